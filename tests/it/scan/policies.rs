//! Policies by the labels that a cluster tells: in a scan, in `policy show`, in a review.

use std::{process::Command, sync::Arc, time::Duration};

use seawall::{
    cluster::{Cluster, Proxies},
    engines::Catalogue,
    metrics::{Metrics, Webhook},
    rules,
    server::{Answer, Call, Guard, Judge},
    settings::{KnownNames, Policies},
};
use serde_json::{Value, json};

use super::{
    api::{Api, Asked, refusal},
    cluster,
};
use crate::fixture::{NOW, catalogue};

/// In namespaces with the label stage=live everything is enforced, elsewhere watched.
const POLICIES: &str = "apiVersion: seawall.dev/v1alpha1
kind: DatabasePolicy
metadata: {name: large}
spec: {profile: observe}
---
apiVersion: seawall.dev/v1alpha1
kind: DatabasePolicy
metadata: {name: live}
spec: {namespaceSelector: {matchLabels: {stage: live}}, priority: 1, profile: production}
";

fn namespace(name: &str, stage: &str) -> Value {
    json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": {"stage": stage}}})
}

/// The namespace `shop` is live, `other` is not; `lost` cannot be read.
fn api() -> Api {
    let mut objects: Vec<Value> = cluster().into_iter().filter(|object| object["kind"] != "Namespace").collect();
    objects.extend([namespace("shop", "live"), namespace("other", "test")]);
    let api = Api::serve(objects, |asked: &Asked| match asked.line.as_str() {
        "/api/v1/namespaces/shop" => Some((200, namespace("shop", "live").to_string())),
        "/api/v1/namespaces/other" => Some((200, namespace("other", "test").to_string())),
        "/api/v1/namespaces/lost" => Some(refusal(500, json!({}))),
        _ => None,
    });
    std::fs::write(api.scratch.join("policies.yaml"), POLICIES).unwrap();
    api
}

fn path(api: &Api, file: &str) -> String {
    api.scratch.join(file).to_str().unwrap().to_owned()
}

#[test]
fn a_scan_shows_of_each_namespace_what_holds_there() {
    let api = api();
    let scan = api.json(&["-A", "--config", &path(&api, "policies.yaml")]);
    let objects = scan["objects"].as_array().unwrap();
    let profiles = |namespace: &str| -> Vec<&Value> {
        objects.iter().filter(|o| o["namespace"] == namespace).map(|o| &o["profile"]).collect()
    };
    assert!(!profiles("shop").is_empty() && profiles("shop").iter().all(|p| **p == "production"), "{objects:#?}");
    assert!(!profiles("other").is_empty() && profiles("other").iter().all(|p| **p == "observe"), "{objects:#?}");
    let asked = api.json(&["-A", "--as-profile", "advise", "--config", &path(&api, "policies.yaml")]);
    assert!(asked["objects"].as_array().unwrap().iter().all(|o| o["profile"] == "advise"), "{asked:#}");
}

#[test]
fn labels_can_be_asked_for() {
    let api = api();
    let show = |namespace: &str| {
        let (config, kubeconfig) = (path(&api, "policies.yaml"), path(&api, "kubeconfig"));
        let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
        command.args(["policy", "show", namespace, "--config", &config, "--kubeconfig", &kubeconfig]).env_clear();
        let output = command.output().unwrap();
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    };
    assert!(show("shop").contains("  profile  production  "), "{}", show("shop"));
    assert!(show("other").contains("  profile  observe  "), "{}", show("other"));
    let lost = show("lost");
    assert!(lost.starts_with("error: ") && lost.contains("\nhelp: give the labels yourself"), "{lost}");
}

/// A Deployment that keeps its data nowhere.
fn postgres(namespace: &str) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "db", "namespace": namespace},
        "spec": {"selector": {"matchLabels": {"app": "db"}}, "template": {"metadata": {"labels": {"app": "db"}},
            "spec": {"containers": [{"name": "postgres", "image": "postgres:17.5"}]}}}})
}

/// What the guard answers: `denied`, `warned` or nothing.
fn answered(api: &Api, policies: &str, object: &Value) -> &'static str {
    let known = KnownNames { rules: &rules::names(), engines: &catalogue().names() };
    let policies = Policies::read("p.yaml", policies, None, known).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let body = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "operation": "CREATE", "kind": { "group": "apps", "version": "v1", "kind": object["kind"] },
        "name": "db", "namespace": object["metadata"]["namespace"], "userInfo": { "username": "dev" }, "object": object,
    } });
    let answer = runtime.block_on(async {
        let cluster = Cluster::from_kubeconfig(&api.scratch.join("kubeconfig"), &Proxies::default()).unwrap();
        let metrics = Arc::new(Metrics::new());
        let catalogue = Catalogue::embedded().unwrap();
        let guard = Guard::new(catalogue, policies, rules::ALL, Some(36), Some(cluster), metrics, || NOW);
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        let call = Call::new(Webhook::Validate, body.to_string(), deadline, [127, 0, 0, 1].into());
        guard.answer(call).await
    });
    let Answer::Review(review) = answer else { panic!("{object} is not answered") };
    let response = serde_json::from_slice::<Value>(&review.body).unwrap()["response"].clone();
    match (&response["allowed"], &response["warnings"]) {
        (Value::Bool(false), _) => "denied",
        (_, Value::Array(_)) => "warned",
        _ => "",
    }
}

/// How often a namespace was asked for.
fn looked_up(api: &Api, namespace: &str) -> usize {
    let line = format!("/api/v1/namespaces/{namespace}");
    api.asked().iter().filter(|asked| asked.line == line).count()
}

#[test]
fn a_review_is_judged_by_the_labels_of_its_namespace() {
    let api = api();
    assert_eq!(answered(&api, POLICIES, &postgres("shop")), "denied");
    assert_eq!(answered(&api, POLICIES, &postgres("other")), "");
    // Where nothing is refused, what a stricter profile would refuse gets its second opinion, which asks again.
    assert_eq!((looked_up(&api, "shop"), looked_up(&api, "other")), (1, 2));
}

#[test]
fn where_the_labels_cannot_be_read_nothing_is_refused() {
    let strict = POLICIES.replace("observe", "production").replace("priority: 1, profile: production", "priority: 1");
    let api = api();
    assert_eq!(answered(&api, &strict, &postgres("other")), "denied");
    assert_eq!(answered(&api, &strict, &postgres("lost")), "warned");
}

#[test]
fn labels_are_asked_for_only_where_they_matter() {
    let api = api();
    let web = json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "db", "namespace": "shop"},
        "spec": {"selector": {"matchLabels": {"app": "web"}}, "template": {"metadata": {"labels": {"app": "web"}},
            "spec": {"containers": [{"name": "web", "image": "nginx:1.29"}]}}}});
    assert_eq!(answered(&api, POLICIES, &web), "");
    assert_eq!(looked_up(&api, "shop"), 0, "a web server");
    let unselective = POLICIES.split("---").next().unwrap();
    // Nothing is refused, so that no second opinion asks for them either.
    let unselective = unselective.replace("observe", "baseline, rules: {unmounted-data: warn}");
    assert_eq!(answered(&api, &unselective, &postgres("shop")), "warned");
    assert_eq!(looked_up(&api, "shop"), 0, "no policy goes by labels");
}

#[test]
fn a_scan_that_may_not_list_namespaces_says_that_policies_go_by_them() {
    let api = Api::serve(cluster(), |asked| (asked.plural == "namespaces").then(|| refusal(403, json!({}))));
    std::fs::write(api.scratch.join("policies.yaml"), POLICIES).unwrap();
    let noted = |arguments: &[&str]| -> Vec<String> {
        let scan = api.json(&[&["-A"], arguments].concat());
        let lacks = scan["lacks"].as_array().unwrap().iter().filter(|lack| lack["resource"] == "namespaces");
        lacks.map(|lack| lack["what"].as_str().unwrap().to_owned()).collect()
    };
    let selective = noted(&["--config", &path(&api, "policies.yaml")]);
    assert!(matches!(selective.as_slice(), [what] if what.starts_with("which policies hold")), "{selective:?}");
    let plain = noted(&[]);
    assert!(matches!(plain.as_slice(), [what] if what.starts_with("whether a namespace")), "{plain:?}");
}
