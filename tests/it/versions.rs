//! What one version of Seawall wrote, under another one: nothing that is only listed differently restarts a Pod.

use seawall::{
    decision::{Deliberation, PatchOperation, Request, Requester, World},
    engines::Catalogue,
    facts::{Answer, ClaimUse, Facts, Known, Question},
    review, rules,
    settings::Settings,
    terms::{Operation, Profile},
    tree::Tree,
};
use serde_json::{Value, json};

const MARK: &str = "seawall.dev/patched";
const LIMIT: &str = "spec.template.spec.containers[mysql].resources.limits.memory";
const HOST: &str = "spec.template.spec.hostname";

fn deployment(listed: &Value) -> Value {
    let list = listed.to_string();
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment",
        "metadata": {"name": "orders", "namespace": "shop", "annotations": {MARK: list}},
        "spec": {
            "selector": {"matchLabels": {"app": "orders"}},
            "strategy": {"type": "Recreate"},
            "template": {
                "metadata": {"labels": {"app": "orders"}, "annotations": {MARK: list}},
                "spec": {"hostname": "orders", "containers": [{
                    "name": "mysql", "image": "mysql:8.4.6",
                    "resources": {"limits": {"memory": "2Gi"}, "requests": {"memory": "2Gi"}},
                }]},
            },
        },
    })
}

/// The object that is stored for an UPDATE.
fn stored(old: &Value, new: &Value) -> Value {
    let catalogue = Catalogue::embedded().unwrap();
    let settings = Settings::of(Profile::Observe);
    let world = World { catalogue: &catalogue, settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let text = json!({"request": {"object": new, "oldObject": old}}).to_string();
    let tree = review::read(text.as_bytes()).unwrap();
    let request = Request {
        operation: Operation::Update,
        group: "apps",
        kind: "Deployment",
        subresource: "",
        namespace: "shop",
        requester: Requester::User("dev"),
        tree: &tree,
        object: tree.root().path("request.object"),
        old: tree.root().path("request.oldObject"),
    };
    let patch: Vec<PatchOperation> =
        Deliberation::of(request, world, 1_800_000_000).unwrap().mend(&Facts::default()).operations;
    let mut stored = new.clone();
    json_patch::patch(&mut stored, &json_patch::Patch(patch)).unwrap();
    stored
}

fn labelled(object: &Value) -> Value {
    let mut new = object.clone();
    new["metadata"]["labels"] = json!({"team": "shop"});
    new
}

#[test]
fn a_label_restarts_nothing_whatever_an_other_version_listed() {
    let lists = [
        (
            "a rule that is gone",
            json!([{"place": LIMIT, "rule": "missing-memory-limit"}, {"place": HOST, "rule": "gone"}]),
        ),
        (
            "a place that is gone",
            json!([{"place": LIMIT, "rule": "missing-memory-limit"}, {"place": "spec.template.spec.x", "rule": "gone"}]),
        ),
        ("a word that is new", json!([{"place": LIMIT, "rule": "missing-memory-limit", "since": "9.0.0"}])),
        ("another order", json!([{"place": LIMIT, "rule": "z"}, {"place": HOST, "rule": "a"}])),
    ];
    for (why, list) in lists {
        let old = deployment(&list);
        let new = labelled(&old);
        assert_eq!(stored(&old, &new)["spec"]["template"], old["spec"]["template"], "{why}");
        let mut without = new.clone();
        without["spec"]["template"]["metadata"].as_object_mut().unwrap().remove("annotations");
        without["metadata"].as_object_mut().unwrap().remove("annotations");
        assert_eq!(stored(&old, &without)["spec"]["template"], old["spec"]["template"], "{why}, replaced");
    }
}

#[test]
fn what_an_other_version_wrote_stays_listed_while_it_stays() {
    let list = json!([{"place": LIMIT, "rule": "missing-memory-limit"}, {"place": HOST, "rule": "of-another-version"}]);
    let old = deployment(&list);
    let listed = |object: &Value| object["metadata"]["annotations"][MARK].as_str().unwrap_or("").to_owned();
    let kept = listed(&stored(&old, &labelled(&old)));
    assert!(kept.contains("of-another-version") && kept.contains(LIMIT), "{kept}");
    let mut changed = labelled(&old);
    changed["spec"]["template"]["spec"]["hostname"] = json!("other");
    let after = stored(&old, &changed);
    assert!(!listed(&after).contains("of-another-version"), "{after}");
    assert_eq!(after["spec"]["template"]["metadata"]["annotations"][MARK].as_str().unwrap(), listed(&after));
    assert_eq!(after["spec"]["template"]["spec"]["hostname"], "other", "nobody here knows to put it back");
}

/// A claim that is asked about, and the questions once its use is known.
fn questions(claim: &Value, workloads: &[Value]) -> (Vec<&'static str>, Vec<&'static str>) {
    let catalogue = Catalogue::embedded().unwrap();
    let settings = Settings::of(Profile::Baseline);
    let world = World { catalogue: &catalogue, settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let text = claim.to_string();
    let tree = Tree::from_json(&text).unwrap();
    let request = Request {
        group: "",
        kind: "PersistentVolumeClaim",
        namespace: "shop",
        requester: Requester::User("dev"),
        ..Request::of_document(tree.root(), &tree)
    };
    let deliberation = Deliberation::of(request, world, 1_800_000_000).unwrap();
    let first = deliberation.questions_to_mend();
    let mut facts = Facts::default();
    for question in &first {
        assert!(matches!(question, Question::ClaimUse { .. }), "{question:?}");
        let workloads = workloads.iter().map(Value::to_string).collect();
        let used = ClaimUse { workloads, ..ClaimUse::default() };
        facts.put(question.clone(), Known::Found(Answer::ClaimUse(used)));
    }
    let more = deliberation.more_questions_to_mend(&facts);
    (first.iter().map(Question::name).collect(), more.iter().map(Question::name).collect())
}

#[test]
fn a_claim_costs_what_it_needs() {
    let claim = |spec: Value| json!({"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "data"}, "spec": spec});
    let mut database = deployment(&json!([]));
    database["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "d", "persistentVolumeClaim": {"claimName": "data"}}]);
    database["spec"]["template"]["spec"]["containers"][0]["volumeMounts"] =
        json!([{"name": "d", "mountPath": "/var/lib/mysql"}]);
    let plain = claim(json!({}));
    let classed = claim(json!({"storageClassName": "fast"}));
    assert_eq!(questions(&plain, &[]), (vec!["claim-use"], vec![]), "nobody's: no volume of the cluster is read");
    assert_eq!(questions(&classed, std::slice::from_ref(&database)), (vec!["claim-use"], vec!["storage-classes"]));
    assert_eq!(
        questions(&plain, std::slice::from_ref(&database)),
        (vec!["claim-use"], vec!["storage-classes", "loose-volumes"])
    );
    database["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "example.com/v1", "kind": "Database", "name": "d", "uid": "u", "controller": true}]);
    assert_eq!(questions(&plain, &[database]), (vec!["claim-use"], vec![]), "an operator's");
    let mut ephemeral = plain;
    ephemeral["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "Pod", "name": "p", "uid": "u", "controller": true}]);
    assert_eq!(questions(&ephemeral, &[]), (vec![], vec![]), "it goes with its Pod");
}
