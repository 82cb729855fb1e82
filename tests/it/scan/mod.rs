//! `seawall scan`, run as people run it, against an API server that only lists.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

mod api;
mod lists;
mod policies;
mod proxy;
mod way;

use std::{path::PathBuf, process::Output};

use seawall::manifest;
use serde_json::{Value, json};

use self::api::{Api, refusal};
use crate::generated::{repository, text};

/// The objects of an example, in a namespace.
fn example(file: &str, namespace: &str) -> Vec<Value> {
    let paths: Vec<PathBuf> = vec![repository("examples").join(file)];
    let manifests = manifest::read(&paths);
    assert!(manifests.errors.is_empty() && !manifests.objects.is_empty(), "{file}: {:?}", manifests.errors);
    let objects = manifests.objects.iter().map(|manifest| manifest.object().to_json());
    objects.map(|object| within(object, namespace)).collect()
}

fn within(mut object: Value, namespace: &str) -> Value {
    object["metadata"]["namespace"] = json!(namespace);
    object
}

/// A server as its authors might run it.
fn mysql(name: &str, namespace: &str) -> Value {
    let labels = json!({"app": name});
    json!({
        "kind": "StatefulSet", "apiVersion": "apps/v1",
        "metadata": {"name": name, "namespace": namespace, "labels": {"app.kubernetes.io/managed-by": "Helm"}},
        "spec": {
            "replicas": 2, "serviceName": name, "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{
                "name": "mysql", "image": "mysql:8.4.3",
                "env": [{"name": "MYSQL_ROOT_PASSWORD", "value": "not-so-secret"}],
                "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}],
            }]}},
            "volumeClaimTemplates": [{
                "metadata": {"name": "data"},
                "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "5Gi"}}},
            }],
        },
    })
}

fn claim(name: &str, namespace: &str, capacity: &str) -> Value {
    json!({
        "kind": "PersistentVolumeClaim", "apiVersion": "v1",
        "metadata": {
            "name": name, "namespace": namespace,
            "annotations": {"pv.kubernetes.io/bound-by-controller": "yes"},
        },
        "spec": {
            "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "volumeName": "pvc-1",
            "resources": {"requests": {"storage": "5Gi"}},
        },
        "status": {"phase": "Bound", "capacity": {"storage": capacity}},
    })
}

fn service(name: &str, namespace: &str, app: &str) -> Value {
    json!({
        "kind": "Service", "apiVersion": "v1", "metadata": {"name": name, "namespace": namespace},
        "spec": {"type": "LoadBalancer", "selector": {"app": app}, "ports": [{"port": 3306}]},
    })
}

fn names(scan: &Value) -> Vec<String> {
    let text = |object: &Value, field: &str| object[field].as_str().unwrap().to_owned();
    let objects = scan["objects"].as_array().unwrap().iter();
    objects.map(|o| format!("{}/{}/{}", text(o, "namespace"), text(o, "kind"), text(o, "name"))).collect()
}

fn told(output: &Output) -> (Option<i32>, &str, &str) {
    let text = |bytes| std::str::from_utf8(bytes).unwrap();
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// Two namespaces: a database with its claims, a safe one, what an operator made, and what has none.
fn cluster() -> Vec<Value> {
    let mut operated = mysql("operated", "other");
    operated["metadata"]["labels"] = json!({});
    operated["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "mysql.oracle.com/v2", "kind": "InnoDBCluster", "name": "db", "controller": true}]);
    let mut made = mysql("ledger", "shop");
    made["kind"] = json!("Pod");
    made["spec"] = made["spec"]["template"]["spec"].clone();
    made["metadata"]["name"] = json!("ledger-0");
    made["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "StatefulSet", "name": "ledger", "controller": true}]);
    let web = json!({
        "kind": "Deployment", "apiVersion": "apps/v1", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"template": {"spec": {"containers": [{"name": "web", "image": "nginx:1.27"}]}}},
    });
    let mut objects = vec![
        mysql("ledger", "shop"),
        made,
        claim("data-ledger-0", "shop", "10Gi"),
        claim("data-ledger-1", "shop", "10Gi"),
        claim("data-ledgers-0", "shop", "99Gi"),
        web,
        operated,
        service("to-ledger", "shop", "ledger"),
        // The same labels, in a namespace where nothing has them.
        service("to-nothing", "other", "ledger"),
        json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "shop"}}),
        json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "other"}}),
    ];
    objects.extend(example("unsafe/redis-open.yaml", "other"));
    objects
}

#[test]
fn a_cluster_is_told_on_one_page() {
    let api = Api::serve(cluster(), |_| None);
    let output = api.scan(&["-A"]);
    let (status, out, err) = told(&output);
    assert_eq!((status, err), (Some(0), ""), "{out}");
    insta::assert_snapshot!("scan", out);
    let (table, _) = out.split_once("\n\n").unwrap();
    assert!(text("README.md").contains(table), "README.md shows this scan as it was once");
    // Nobody's password is repeated, and nothing is drawn where nobody looks.
    assert!(!out.contains("not-so-secret") && !out.contains('\u{1b}'), "{out}");
}

#[test]
fn the_exit_status_tells_whether_a_profile_would_deny() {
    let api = Api::serve(cluster(), |_| None);
    assert_eq!(api.scan(&["-A"]).status.code(), Some(0), "nothing was asked for");
    assert_eq!(api.scan(&["-A", "--as-profile", "production"]).status.code(), Some(1));
    assert_eq!(api.scan(&["-A", "--as-profile", "advise"]).status.code(), Some(0));
}

#[test]
fn programs_get_everything() {
    let api = Api::serve(cluster(), |_| None);
    let scan = api.json(&["-A", "--as-profile", "production"]);
    let ledger = scan["objects"].as_array().unwrap().iter().find(|object| object["name"] == "ledger").unwrap();
    assert_eq!(ledger["owner"], "Helm");
    assert_eq!(ledger["replicas"], 2);
    let database = &ledger["databases"][0];
    assert_eq!((&database["engine"], &database["version"]), (&json!("mysql"), &json!("8.4.3")));
    assert_eq!(database["storage"], json!({"claims": 2, "bytes": 20_i64 << 30, "classes": ["fast"]}));
    let denies = |profile: &str| ledger["profiles"][profile]["deny"].as_u64().unwrap();
    assert_eq!((denies("observe"), denies("baseline")), (0, 0));
    assert!(denies("production") > 0);
    assert!(ledger["findings"].as_array().unwrap().iter().any(|f| f["rule"] == "plaintext-credentials"));
    let found = names(&scan);
    assert!(found.contains(&"shop/Service/to-ledger".to_owned()), "it opens the database beside it: {found:?}");
    assert!(!found.contains(&"other/Service/to-nothing".to_owned()), "{found:?}");
    assert!(!found.iter().any(|name| name.contains("/Pod/") || name.contains("web")), "{found:?}");
    assert_eq!(scan["summary"]["namespaces"], 2);
    assert_eq!(scan["summary"]["databases"], 3);
    assert_eq!((&scan["lacks"], &scan["kubernetesVersion"]), (&json!([]), &json!("1.36")));
    // Whoever an operator answers to, it is not refused.
    let operated = scan["objects"].as_array().unwrap().iter().find(|object| object["name"] == "operated").unwrap();
    assert_eq!(
        (&operated["owner"], &operated["profiles"]["production"]["deny"]),
        (&json!("InnoDBCluster/db"), &json!(0))
    );
}

#[test]
fn what_would_change_is_counted() {
    let api = Api::serve(cluster(), |_| None);
    let output = api.scan(&["-A", "--diff", "observe", "production"]);
    let (status, out, err) = told(&output);
    assert_eq!((status, err), (Some(0), ""), "{out}");
    insta::assert_snapshot!("diff", out);
    let scan = api.json(&["-A", "--diff", "observe", "production"]);
    assert_eq!(scan["diff"]["objects"]["from"]["deny"], 0);
    assert_eq!(scan["diff"]["objects"]["to"], scan["summary"]["profiles"]["production"]);
    let same = api.json(&["-A", "--diff", "advise", "advise"]);
    assert_eq!(same["diff"]["rules"], json!([]));
}

#[test]
fn a_namespace_that_says_its_data_may_go_is_believed() {
    let mut objects = example("unsafe/postgres-empty-dir.yaml", "shop");
    let denied = |objects: Vec<Value>, profile: &str| {
        Api::serve(objects, |_| None).scan(&["--as-profile", profile]).status.code()
    };
    assert_eq!(denied(objects.clone(), "baseline"), Some(1));
    let namespace = json!({"name": "shop", "labels": {"seawall.dev/data": "ephemeral"}});
    objects.push(json!({"kind": "Namespace", "apiVersion": "v1", "metadata": namespace}));
    assert_eq!(denied(objects.clone(), "baseline"), Some(0));
    assert_eq!(denied(objects, "production"), Some(1), "which believes no label");
}

#[test]
fn of_config_maps_only_those_are_read_that_databases_use() {
    let mut database = mysql("ledger", "shop");
    database["spec"]["template"]["spec"]["containers"][0]["envFrom"] = json!([{"configMapRef": {"name": "ledger"}}]);
    let map = |name: &str| {
        json!({
            "kind": "ConfigMap", "apiVersion": "v1", "metadata": {"name": name, "namespace": "shop"},
            "data": {"MYSQL_PASSWORD": "not-so-secret"},
        })
    };
    let api = Api::serve(vec![database, map("ledger"), map("other")], |_| None);
    let scan = api.json(&["-n", "shop"]);
    assert!(names(&scan).contains(&"shop/ConfigMap/ledger".to_owned()), "{:?}", names(&scan));
    let asked: Vec<_> = api.asked().into_iter().filter(|asked| asked.plural == "configmaps").collect();
    assert_eq!(asked.len(), 1, "{asked:?}");
    assert_eq!((asked[0].namespace.as_deref(), asked[0].name.as_deref()), (Some("shop"), Some("ledger")));
    assert!(api.asked().iter().all(|asked| !asked.line.contains("secrets")), "{:?}", api.asked());
}

#[test]
fn what_seawall_wrote_is_not_written_again() {
    let api = Api::serve(cluster(), |_| None);
    let before = api.json(&["-n", "shop", "--as-profile", "production"]);
    let mut objects = cluster();
    objects[0]["metadata"]["labels"] = json!({"seawall.dev/holds-data": "true"});
    objects[0]["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(120);
    let listed = json!([{"place": "spec.template.spec.terminationGracePeriodSeconds", "rule": "unfinished-shutdown"}]);
    objects[0]["metadata"]["annotations"] = json!({"seawall.dev/patched": listed.to_string()});
    let after = Api::serve(objects, |_| None).json(&["-n", "shop", "--as-profile", "production"]);
    let of = |scan: &Value, field: &str| {
        let ledger = scan["objects"].as_array().unwrap().iter().find(|object| object["name"] == "ledger").unwrap();
        ledger["profiles"]["production"][field].as_u64().unwrap()
    };
    assert_eq!((of(&before, "mend"), of(&after, "mend")), (1, 0));
    assert_eq!(of(&before, "deny"), of(&after, "deny"));
}

/// Every key below a value; what stands under a rule's name counts as under any.
fn keys(value: &Value, found: &mut std::collections::BTreeSet<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.keys().filter(|key| !key.contains('-')).cloned());
            map.values().for_each(|value| keys(value, found));
        }
        Value::Array(items) => items.iter().for_each(|value| keys(value, found)),
        _ => {}
    }
}

#[test]
fn every_key_is_documented() {
    let api = Api::serve(cluster(), |asked| (asked.plural == "jobs").then(|| refusal(403, json!({}))));
    let mut found = std::collections::BTreeSet::new();
    keys(&api.json(&["-A", "--diff", "observe", "production"]), &mut found);
    assert!(found.len() > 30, "{found:?}");
    let document = text("docs/json.md");
    let (_, section) = document.split_once("## What `seawall scan -o json` prints").unwrap();
    let words: Vec<&str> = section.split('`').flat_map(|part| part.split(['.', '[', ']'])).collect();
    let missing: Vec<_> = found.iter().filter(|key| !words.contains(&key.as_str())).collect();
    assert!(missing.is_empty(), "docs/json.md does not say what these are: {missing:?}");
}

#[test]
fn a_claim_is_shown_the_class_that_it_would_be_given() {
    let class = |name: &str, default: bool| {
        json!({
            "kind": "StorageClass", "apiVersion": "storage.k8s.io/v1", "reclaimPolicy": "Delete",
            "metadata": {"name": name, "annotations": {"storageclass.kubernetes.io/is-default-class": default.to_string()}},
        })
    };
    let objects =
        vec![mysql("ledger", "shop"), claim("data-ledger-0", "shop", "5Gi"), class("fast", true), class("gold", false)];
    let settings = "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {name: x}\n\
                    spec: {defaults: {storage: {className: gold}}}\n";
    let mended = |refused: &'static str| {
        let api = Api::serve(objects.clone(), move |asked| {
            (asked.plural == refused).then(|| refusal(403, json!({"reason": "Forbidden"})))
        });
        let file = api.scratch.join("settings.yaml");
        std::fs::write(&file, settings).unwrap();
        let scan = api.json(&["--config", file.to_str().unwrap()]);
        let counts = &scan["summary"]["rules"]["missing-storage-class"];
        ["observe", "baseline"].map(|profile| counts[profile]["mend"].as_u64().unwrap_or(0))
    };
    assert_eq!(mended("nothing"), [0, 1]);
    for kind in ["storageclasses", "persistentvolumes", "statefulsets"] {
        assert_eq!(mended(kind), [0, 0], "{kind} are unknown");
    }
}
