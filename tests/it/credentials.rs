//! Credentials: what is said beside a mend, what comes back on UPDATE, and that no secret leaves the object.

use seawall::{
    decision::{Deliberation, Mended, Request, World, denial, warnings},
    engines::Catalogue,
    facts::Facts,
    review::{self, Review},
    rules,
    settings::{KnownNames, Settings},
    terms::Profile,
};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;

const REPLACE: &str = "spec:\n  defaults: {credentials: {plaintext: replace, secretName: '{workload}-credentials'}}\n";
const NAMED: &str = "spec:\n  defaults: {credentials: {secretName: '{workload}-credentials'}}\n";

/// A StatefulSet with one container.
fn workload(name: &str, container: Value, annotations: Value) -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet",
        "metadata": {"name": name, "namespace": "shop", "annotations": annotations},
        "spec": {
            "serviceName": name, "selector": {"matchLabels": {"app": name}},
            "template": {"metadata": {"labels": {"app": name}}, "spec": {"containers": [container]}},
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
            }}],
        },
    })
}

fn mysql(env: Value) -> Value {
    json!({"name": "mysql", "image": "mysql:8.4.6", "env": env, "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}]})
}

fn mongodb() -> Value {
    json!({"name": "mongodb", "image": "mongo:8.0.17", "volumeMounts": [{"name": "data", "mountPath": "/data/db"}]})
}

/// Lets `look` deliberate on a CREATE of `object`, or on its UPDATE from `old`.
fn deliberate<T>(spec: &str, old: Option<&Value>, object: &Value, look: impl FnOnce(&Deliberation<'_>) -> T) -> T {
    let catalogue = Catalogue::embedded().unwrap();
    let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
    let text = format!("apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {{name: test}}\n{spec}");
    let settings = Settings::read("test.yaml", &text, Some(Profile::Production), known).unwrap();
    let world = World { catalogue: &catalogue, settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "7", "operation": if old.is_some() { "UPDATE" } else { "CREATE" }, "namespace": "shop",
            "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"},
            "userInfo": {"username": "dev"}, "object": object, "oldObject": old,
        },
    })
    .to_string();
    let tree = review::read(review.as_bytes()).unwrap();
    let request = Request::of_review(&Review::of(&tree).unwrap(), &tree);
    look(&Deliberation::of(request, world, NOW).unwrap())
}

fn mended(spec: &str, old: Option<&Value>, object: &Value) -> (Value, Mended) {
    let mended = deliberate(spec, old, object, |d| d.mend(&Facts::empty_namespace()));
    let mut patched = object.clone();
    json_patch::patch(&mut patched, &mended.operations).unwrap();
    (patched, mended)
}

fn env(object: &Value) -> &Value {
    &object["spec"]["template"]["spec"]["containers"][0]["env"]
}

fn reference(variable: &str, secret: &str, key: &str) -> Value {
    json!({"name": variable, "valueFrom": {"secretKeyRef": {"name": secret, "key": key}}})
}

#[test]
fn the_secret_its_keys_and_the_command_are_said() {
    let annotations = json!({
        "seawall.dev/credentials-secret": "orders-db",
        "seawall.dev/credentials-keys": "MYSQL_ROOT_PASSWORD=root",
    });
    let (object, said) = mended("", None, &workload("orders", mysql(json!([])), annotations));
    assert_eq!(*env(&object), json!([reference("MYSQL_ROOT_PASSWORD", "orders-db", "root")]));
    assert_eq!(
        said.notes,
        [
            "new Pods start only when Secret \"orders-db\" holds root",
            "kubectl create secret generic orders-db -n shop --from-literal=root=<value>",
        ]
    );
    let (_, said) = mended(NAMED, None, &workload("sessions", mongodb(), json!({})));
    assert_eq!(
        said.notes.last().unwrap(),
        "kubectl create secret generic sessions-credentials -n shop --from-literal=MONGO_INITDB_ROOT_USERNAME=<value> \
         --from-literal=MONGO_INITDB_ROOT_PASSWORD=<value>"
    );
}

#[test]
fn one_secret_is_announced_once() {
    let env = json!([{"name": "MYSQL_USER", "value": "shop"}, {"name": "MYSQL_PASSWORD", "value": "example"}]);
    let (_, said) = mended(REPLACE, None, &workload("orders", mysql(env), json!({})));
    let commands: Vec<_> = said.notes.iter().filter(|n| n.starts_with("kubectl ")).collect();
    assert_eq!(commands.len(), 1, "{:?}", said.notes);
    assert!(commands[0].contains("MYSQL_ROOT_PASSWORD=") && commands[0].contains("MYSQL_PASSWORD="), "{commands:?}");
}

#[test]
fn a_pair_that_was_dropped_comes_back_whole() {
    let submitted = workload("sessions", mongodb(), json!({}));
    let (old, _) = mended(NAMED, None, &submitted);
    assert_eq!(env(&old).as_array().unwrap().len(), 2);
    // The same manifest again, as a client that replaces whole objects sends it.
    let (new, _) = mended(NAMED, Some(&old), &submitted);
    assert_eq!(env(&new), env(&old));
    // Somebody who turned to a key file no longer lacks them.
    let mut own = submitted;
    own["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["--keyFile", "/etc/mongo/key"]);
    assert!(env(&mended(NAMED, Some(&old), &own).0).is_null());
    // mongod ends at once with authentication and a replica set, but no key file.
    own["spec"]["template"]["spec"]["containers"][0]["args"] = json!(["--replSet", "rs0"]);
    assert!(env(&mended(NAMED, Some(&old), &own).0).is_null());
}

#[test]
fn a_value_that_was_replaced_is_replaced_again() {
    let spelled = json!([{"name": "MYSQL_ROOT_PASSWORD", "value": "example", "x-note": "kept"}]);
    let submitted = workload("orders", mysql(spelled), json!({}));
    let (old, _) = mended(REPLACE, None, &submitted);
    let mut expected = reference("MYSQL_ROOT_PASSWORD", "orders-credentials", "MYSQL_ROOT_PASSWORD");
    expected["x-note"] = json!("kept");
    assert_eq!(*env(&old), json!([expected]));
    let (new, _) = mended(REPLACE, Some(&old), &submitted);
    assert_eq!(*env(&new), json!([expected]));
}

#[test]
fn no_secret_leaves_the_object() {
    const MARKER: &str = "xK9wQz";
    let mut container = mysql(json!([
        {"name": "MYSQL_ROOT_PASSWORD", "value": MARKER},
        {"name": "DATABASE_URL", "value": format!("mysql://u:{MARKER}@db/app")},
        {"name": "DB_PASS", "value": MARKER},
    ]));
    container["args"] =
        json!(["--skip-grant-tables", format!("--wsrep-sst-auth=root:{MARKER}"), format!("--x-password={MARKER}")]);
    container["livenessProbe"] = json!({"exec": {"command": ["mysqladmin", format!("-p{MARKER}"), "ping"]}});
    container["lifecycle"] = json!({
        "postStart": {"exec": {"command": ["sh", "-c", format!("PGPASSWORD={MARKER} psql \"postgres://u:{MARKER}@db\"; curl -u a:{MARKER} x")]}},
        "preStop": {"exec": {"command": ["sh", "-c", format!("redis-cli -a '{MARKER}' AUTH {MARKER}")]}},
    });
    let object = workload("orders", container, json!({"seawall.dev/credentials-secret": "orders"}));
    for spec in ["", REPLACE] {
        let (judged, mend) = deliberate(spec, None, &object, |d| {
            (d.judge(Some(&Facts::empty_namespace())), d.mend(&Facts::empty_namespace()))
        });
        assert!(judged.judgements.len() >= 10, "{}", judged.judgements.len());
        let said = format!(
            "{:?} {:?} {:?}",
            judged,
            denial("StatefulSet", "orders", &judged.judgements),
            warnings(&judged.judgements)
        );
        let written = format!("{:?} {:?} {:?}", mend.mends, mend.notes, mend.refused);
        assert!(!said.contains(MARKER) && !written.contains(MARKER), "{said} {written}");
    }
}
