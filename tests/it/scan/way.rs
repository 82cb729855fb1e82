//! The way to the API server: which one, as whom, in which namespace, and what to do where there is none.

use std::net::TcpListener;

use serde_json::json;

use super::{
    api::{Api, Asked, kubeconfig, refusal, scan},
    cluster, mysql, names, service, told,
};
use crate::scratch::Scratch;

#[test]
fn the_namespace_is_the_one_that_is_named_or_that_of_the_context() {
    let api = Api::serve(cluster(), |_| None);
    assert!(names(&api.json(&[])).iter().all(|name| name.starts_with("shop/")));
    let other = names(&api.json(&["-n", "other"]));
    assert!(!other.is_empty() && other.iter().all(|name| name.starts_with("other/")), "{other:?}");
    let lists = api.asked().into_iter().filter(|asked| asked.plural == "statefulsets");
    assert_eq!(lists.filter_map(|asked| asked.namespace).collect::<Vec<_>>(), ["shop", "other"]);
    let output = api.scan(&["-n", "../secrets"]);
    assert_eq!(told(&output).0, Some(2));
    assert!(told(&output).2.contains("help: a namespace is called like a DNS label"), "{}", told(&output).2);
}

#[test]
fn a_namespace_that_the_settings_skip_is_skipped() {
    let api = Api::serve(cluster(), |_| None);
    let file = api.scratch.join("settings.yaml");
    let settings = "{apiVersion: seawall.dev/v1alpha1, kind: DatabasePolicy, metadata: {name: x}, \
                    spec: {skipNamespaces: [shop], profile: production}}";
    std::fs::write(&file, settings).unwrap();
    let scan = api.json(&["-A", "--config", file.to_str().unwrap()]);
    assert!(names(&scan).iter().all(|name| name.starts_with("other/")), "{:?}", names(&scan));
    assert_eq!((&scan["summary"]["namespaces"], &scan["profile"]), (&json!(1), &json!("production")));
}

#[test]
fn an_empty_namespace_has_no_database() {
    let namespace = json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": "empty"}});
    let api = Api::serve(vec![namespace], |_| None);
    let output = api.scan(&["-n", "empty", "--as-profile", "production"]);
    let (status, out, err) = told(&output);
    assert_eq!((status, err), (Some(0), ""));
    assert!(out.starts_with("no database was found in namespace empty\n"), "{out}");
}

#[test]
fn a_namespace_that_there_is_not_is_an_error() {
    let api = Api::serve(cluster(), |_| None);
    let output = api.scan(&["-n", "shpo", "--as-profile", "production"]);
    let (status, out, err) = told(&output);
    assert_eq!((status, out), (Some(2), ""));
    assert!(err.starts_with("error: there is no namespace \"shpo\" at http://127.0.0.1:"), "{err}");
    assert!(err.contains("\nhelp: give -n NAMESPACE"), "{err}");
    // Whoever may not ask is not told so.
    let forbidden = |asked: &Asked| (asked.plural == "namespaces").then(|| refusal(403, json!({})));
    let output = Api::serve(cluster(), forbidden).scan(&["-n", "shpo"]);
    let (status, out, err) = told(&output);
    assert_eq!(status, Some(0), "{err}");
    assert!(out.starts_with("no database was found in namespace shpo\n"), "{out}");
}

/// What a cluster has where Seawall is not asked.
fn with_kube_system() -> Vec<serde_json::Value> {
    let mut etcd = mysql("etcd-node-1", "kube-system");
    etcd["kind"] = json!("Pod");
    etcd["spec"] = etcd["spec"]["template"]["spec"].clone();
    etcd["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "Node", "name": "node-1", "controller": true}]);
    let mut objects = cluster();
    objects.push(etcd);
    objects.push(service("to-etcd", "kube-system", "etcd"));
    objects
}

#[test]
fn where_seawall_is_not_asked_nothing_is_judged() {
    let api = Api::serve(with_kube_system(), |_| None);
    let (scan, plain) = (api.json(&["-A"]), Api::serve(cluster(), |_| None).json(&["-A"]));
    let found = scan["objects"].as_array().unwrap().iter().find(|o| o["namespace"] == "kube-system").unwrap();
    assert_eq!((&found["name"], &found["owner"]), (&json!("etcd-node-1"), &json!("Node/node-1")));
    assert_eq!((&found["isGuarded"], &found["findings"]), (&json!(false), &json!([])));
    assert_eq!(found["profiles"]["production"], json!({"deny": 0, "warn": 0, "audit": 0, "mend": 0}));
    assert_eq!((&scan["summary"]["unguarded"], &plain["summary"]["unguarded"]), (&json!(1), &json!(0)));
    for key in ["objects", "databases", "namespaces", "profiles", "rules"] {
        assert_eq!(scan["summary"][key], plain["summary"][key], "{key}");
    }
    let output = api.scan(&["-n", "kube-system", "--as-profile", "production"]);
    let (status, out, err) = told(&output);
    assert_eq!((status, err), (Some(0), ""), "{out}");
    assert!(out.contains("Node/node-1   not guarded   -\n"), "{out}");
    assert!(out.contains("; 1 more where Seawall is not asked (kube-system, seawall-system)"), "{out}");
}

#[test]
fn a_database_that_nothing_else_stands_for_is_shown_with_its_owner() {
    let mut synced = mysql("db-0-x-shop-x-vc", "tenant");
    synced["kind"] = json!("Pod");
    synced["spec"] = synced["spec"]["template"]["spec"].clone();
    synced["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "v1", "kind": "Service", "name": "vc", "controller": true}]);
    let scan = Api::serve(vec![synced], |_| None).json(&["-A"]);
    assert_eq!(names(&scan), ["tenant/Pod/db-0-x-shop-x-vc"]);
    assert_eq!(scan["objects"][0]["owner"], "Service/vc");
}

#[test]
fn without_a_kubeconfig_it_says_how_to_give_one() {
    let home = Scratch::new();
    let run = |arguments: &[&str]| {
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_seawall"));
        command.arg("scan").args(arguments).env_clear().env("HOME", &*home).output().unwrap()
    };
    assert_eq!(
        told(&run(&[])),
        (Some(2), "", "error: there is no kubeconfig\nhelp: give --kubeconfig FILE, or set KUBECONFIG to one\n")
    );
    let missing = run(&["--kubeconfig", "/nowhere/kubeconfig"]);
    let (status, _, err) = told(&missing);
    assert_eq!(status, Some(2));
    assert!(err.starts_with("error: failed to read kubeconfig /nowhere/kubeconfig: "), "{err}");
    assert!(err.contains("\nhelp: give --kubeconfig FILE"), "{err}");
}

#[test]
fn kubeconfig_is_found_where_kubectl_finds_it() {
    let api = Api::serve(cluster(), |_| None);
    let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(["scan", "-n", "shop"]).env_clear().env("KUBECONFIG", api.scratch.join("kubeconfig"));
    let output = command.output().unwrap();
    assert!(told(&output).1.contains("StatefulSet/ledger"), "{}", told(&output).2);
}

#[test]
fn a_context_that_there_is_not_is_told_with_those_that_there_are() {
    let api = Api::serve(cluster(), |_| None);
    assert_eq!(
        told(&api.scan(&["--context", "live"])),
        (Some(2), "", "error: the kubeconfig has no context \"live\"\nhelp: give --context with one of here\n")
    );
    assert_eq!(told(&api.scan(&["--context", "here"])).0, Some(0));
}

#[test]
fn a_server_that_is_away_is_named() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let folder = Scratch::new();
    std::fs::write(folder.join("kubeconfig"), kubeconfig(address)).unwrap();
    let output = scan(&folder).output().unwrap();
    let (status, out, err) = told(&output);
    assert_eq!((status, out), (Some(2), ""));
    assert!(err.starts_with(&format!("error: failed to reach the API server at http://{address}/: ")), "{err}");
    assert!(err.contains("\nhelp: see whether it is up"), "{err}");
}

#[test]
fn credentials_that_nobody_knows_are_told_apart_from_rights_that_are_missing() {
    let api = Api::serve(cluster(), |_| Some(refusal(401, json!({"reason": "Unauthorized"}))));
    let output = api.scan(&["-A"]);
    let (status, _, err) = told(&output);
    assert_eq!(status, Some(2));
    assert!(err.contains("help: log in again"), "{err}");
}
