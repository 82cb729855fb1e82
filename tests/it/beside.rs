//! Documents of one run of `check` are seen together: which ones, where the finding stands, and what many of them cost.

use std::{
    fmt::Write as _,
    fs,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use seawall::manifest::{Manifests, sets};
use serde_json::Value;

use crate::scratch::Scratch;

const SERVICE: &str = "
apiVersion: v1
kind: Service
metadata: {name: db-public}
spec: {type: LoadBalancer, selector: {app: db}, ports: [{port: 3306}]}
";
const DATABASE: &str = "
apiVersion: apps/v1
kind: StatefulSet
metadata: {name: db}
spec:
  selector: {matchLabels: {app: db}}
  template:
    metadata: {labels: {app: db}}
    spec: {containers: [{name: mysql, image: 'mysql:8.4.7'}]}
";

/// What `check -o json` says about a folder of files.
fn checked(files: &[(&str, &str)]) -> Value {
    let folder = Scratch::new();
    for (name, text) in files {
        let path = folder.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(["check", "-o", "json", "."]).env_clear().current_dir(&*folder).stdin(Stdio::null());
    serde_json::from_slice(&command.output().unwrap().stdout).unwrap()
}

/// The rules that find something in the documents of a kind.
fn found(whole: &Value, kind: &str) -> Vec<String> {
    let documents = whole["documents"].as_array().unwrap().iter().filter(|d| d["kind"] == kind);
    let findings = documents.flat_map(|d| d["findings"].as_array().unwrap());
    findings.map(|f| f["rule"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_finding_stands_at_the_document_that_can_be_mended() {
    let whole = checked(&[("service.yaml", SERVICE), ("database.yaml", DATABASE)]);
    let service = &whole["documents"].as_array().unwrap().iter().find(|d| d["kind"] == "Service").unwrap();
    assert_eq!(service["databases"], Value::Array(Vec::new()));
    assert_eq!((&service["patch"], &service["podPatch"]), (&Value::Array(Vec::new()), &Value::Array(Vec::new())));
    let finding = &service["findings"][0];
    assert_eq!(
        (&finding["rule"], &finding["action"], &finding["path"], &finding["line"]),
        (&"published-database".into(), &"warn".into(), &"spec.type".into(), &5.into())
    );
    assert!(finding["container"].is_null(), "{finding}");
    assert!(finding["message"].as_str().unwrap().contains("StatefulSet \"db\""), "{finding}");
    assert!(!found(&whole, "StatefulSet").contains(&"published-database".to_owned()));
}

#[test]
fn what_the_run_does_not_contain_is_unknown() {
    assert_eq!(found(&checked(&[("service.yaml", SERVICE)]), "Service"), Vec::<String>::new());
    let elsewhere = DATABASE.replace("metadata: {name: db}", "metadata: {name: db, namespace: other}");
    let whole = checked(&[("all.yaml", &format!("{SERVICE}---{elsewhere}"))]);
    assert_eq!(found(&whole, "Service"), Vec::<String>::new(), "of another namespace");
    let default = SERVICE.replace("db-public}", "db-public, namespace: default}");
    let whole = checked(&[("all.yaml", &format!("{default}---{DATABASE}"))]);
    assert_eq!(found(&whole, "Service"), ["published-database"], "no namespace is the default one");
}

#[test]
fn projects_of_the_same_names_are_no_neighbours() {
    let other = DATABASE.replace("mysql:8.4.7", "nginx:1.29").replace("name: mysql", "name: web");
    let both = checked(&[("a/service.yaml", SERVICE), ("a/db.yaml", &other), ("b/db.yaml", DATABASE)]);
    assert_eq!(found(&both, "Service"), Vec::<String>::new());
    let own = checked(&[("a/service.yaml", SERVICE), ("a/db.yaml", DATABASE), ("b/db.yaml", &other)]);
    assert_eq!(found(&own, "Service"), ["published-database"]);
}

/// The sets of files, each given with the names of the Pods in it.
fn parted(files: &[(&str, &[&str])]) -> Vec<u32> {
    let mut manifests = Manifests::default();
    for (file, names) in files {
        for name in *names {
            let text = format!("{{apiVersion: v1, kind: Pod, metadata: {{name: {name}}}, spec: {{containers: []}}}}");
            manifests.add_text(file, &text, true);
        }
    }
    sets(&manifests.objects)
}

#[test]
fn a_folder_is_one_set_until_two_of_its_objects_have_one_name() {
    assert_eq!(parted(&[("x/a.yaml", &["a", "b"]), ("x/y/c.yaml", &["c"]), ("-", &["d"])]), [0, 0, 0, 0]);
    let by_folder = parted(&[("x/a.yaml", &["a"]), ("x/b.yaml", &["b"]), ("y/a.yaml", &["a"]), ("z.yaml", &["c"])]);
    assert_eq!(by_folder[0], by_folder[1]);
    assert!(by_folder[0] != by_folder[2] && by_folder[3] != by_folder[0] && by_folder[3] != by_folder[2]);
    let by_file = parted(&[("x/a.yaml", &["a", "b"]), ("x/b.yaml", &["a", "c"])]);
    assert!(by_file[0] == by_file[1] && by_file[2] == by_file[3] && by_file[0] != by_file[2], "{by_file:?}");
    assert_eq!(parted(&[("x/a.yaml", &["a", "a"])]), [0, 0], "one file is one set, whatever is in it");
}

/// Ten times as many documents cost about ten times as much, where all point at all.
#[test]
fn many_documents_do_not_cost_their_square() {
    let folder = |count: usize| {
        let mut text = String::new();
        for n in 0..count / 2 {
            let _ = write!(text, "{}---", SERVICE.replace("db-public", &format!("public-{n}")));
            let claim = "volumes: [{name: d, persistentVolumeClaim: {claimName: one}}], containers: [{volumeMounts: [{name: d, mountPath: /var/lib/mysql}], ";
            let database = DATABASE.replace("metadata: {name: db}", &format!("metadata: {{name: db-{n}}}"));
            let _ = write!(text, "{}---", database.replace("containers: [{", claim));
        }
        text
    };
    let cost = |count| {
        let text = folder(count);
        let begun = Instant::now();
        let whole = checked(&[("all.yaml", &text)]);
        assert_eq!(whole["documents"].as_array().unwrap().len(), count);
        begun.elapsed()
    };
    let (few, many) = (cost(1_000), cost(10_000));
    assert!(many < few * 30 + Duration::from_secs(2), "{few:?} for 1,000 documents, {many:?} for 10,000");
}
