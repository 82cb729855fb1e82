//! What lies beside manifests in a folder is passed over, and what was meant to be a manifest is not.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::{
    path::Path,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::{generated::repository, scratch::Scratch};

const SUMMARY: &str =
    "0 objects denied, 0 warnings, 0 mends, 0 silent findings (profile baseline; -o json lists all)\n";

const SERVICE: &str = "apiVersion: v1\nkind: Service\nmetadata: {name: orders}\nspec: {}\n";

/// What people keep beside their manifests.
const STRANGERS: &[(&str, &str)] = &[
    ("chart/Chart.yaml", "apiVersion: v2\nname: orders\nversion: 0.1.0\n"),
    ("chart/values.yaml", "kind: StatefulSet\nimage: {repository: mysql, tag: 8.4.6}\n"),
    (".github.yaml", "hidden: ["),
    ("ci/pipeline.yml", "on: push\njobs: {build: {runs-on: linux}}\n"),
    ("ci/reference.yml", "job:\n  script: !reference [.setup, script]\n"),
    ("docker-compose.yml", "services:\n  db: {image: \"mysql:8.4.6\"}\n"),
    ("grafana/datasource.yaml", "apiVersion: 1\ndatasources: [{name: orders}]\n"),
    ("overlay/kustomization.yaml", "resources: [../base]\n"),
    ("overlay/patch.yaml", "- op: replace\n  path: /spec/replicas\n  value: 1\n"),
    ("package.json", "{\"name\": \"orders\"}\n"),
    ("tsconfig.json", "// for the compiler\n{\"compilerOptions\": {}}\n"),
    ("notes.txt", "{{{"),
];

const TEMPLATE: &str = "{{- if .Values.enabled }}
apiVersion: apps/v1
kind: StatefulSet
metadata:
  name: {{ include \"orders.name\" . }}
{{- end }}
";

fn folder(files: &[(&str, &str)]) -> Scratch {
    let scratch = Scratch::new();
    for (name, text) in files {
        let path = scratch.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }
    scratch
}

/// Exit status, standard output, standard error of `check` in a folder.
fn check(folder: &Path, arguments: &[&str]) -> (i32, String, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.arg("check").args(arguments).env_clear().current_dir(folder).stdin(Stdio::null());
    let output = command.output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
fn what_is_no_manifest_is_passed_over_and_counted() {
    let all = [STRANGERS, &[("chart/templates/set.yaml", TEMPLATE), ("service.yaml", SERVICE)]].concat();
    let expected = format!(
        "1 document, 0 databases: {SUMMARY}\
         10 files passed over: no Kubernetes objects\n\
         1 file passed over: templates (helm template ... | seawall check -)\n"
    );
    assert_eq!(check(&folder(&all), &["."]), (0, expected, String::new()));
}

#[test]
fn who_names_a_file_hears_what_is_wrong_with_it() {
    let folder = folder(&[STRANGERS, &[("chart/templates/set.yaml", TEMPLATE)]].concat());
    for (file, told) in [
        ("chart/Chart.yaml", "1: kind is missing: this is no Kubernetes object"),
        ("chart/values.yaml", "1: apiVersion is missing: this is no Kubernetes object"),
        ("grafana/datasource.yaml", "1: apiVersion is no text"),
        ("chart/templates/set.yaml", "1: `{{` is a placeholder of a template"),
        ("tsconfig.json", "1: `//` does not start a comment in YAML"),
        ("notes.txt", "1: `{{` is a placeholder of a template"),
    ] {
        let (status, out, err) = check(&folder, &[file]);
        assert_eq!((status, out), (2, format!("0 documents, 0 databases: {SUMMARY}")), "{file}");
        assert!(err.starts_with(&format!("error: {file}:{told}\nhelp: ")), "{err}");
    }
}

#[test]
fn what_was_meant_to_be_a_manifest_is_an_error_in_a_folder_too() {
    let (status, out, err) = check(&repository("examples"), &["mistakes"]);
    assert_eq!((status, out), (2, format!("0 documents, 0 databases: {SUMMARY}")));
    for told in ["slash-comments.yaml:2: `//` does not start a comment", "templates.yaml:6: spec.template is missing"] {
        assert!(err.contains(told), "{err}");
    }
    for (text, told) in [
        ("apiVersoin: v1\nkind: Pod\nmetadata: {name: a}\n", "1: apiVersion is missing: this is no Kubernetes object"),
        ("kind: Pod\nmetadata: {name: a}\n", "1: apiVersion is missing: this is no Kubernetes object"),
        ("apiVersion: v1\nmetadata: {name: a}\n", "1: kind is missing: this is no Kubernetes object"),
        ("apiVersion: 1\nkind: Pod\nspec: {}\n", "1: apiVersion is no text"),
        ("apiVersion: v1\nkind: List\nitems: [{a: 1}]\n", "3: apiVersion is missing: this is no Kubernetes object"),
        ("apiVersion: v1\nkind: Pod\n\tspec: {}\n", "3: a tab indents this line: YAML allows only spaces"),
    ] {
        let (status, _, err) = check(&folder(&[("a/b.yaml", text)]), &["a"]);
        assert_eq!(status, 2, "{text}");
        assert!(err.starts_with(&format!("error: a/b.yaml:{told}\n")), "{err}");
    }
}

/// One file may hold both; each document is told by itself.
#[test]
fn documents_of_one_file_are_told_apart() {
    let both = format!("{TEMPLATE}---\n{SERVICE}---\nvalues: 1\n---\napiVersion: v1 // one\nkind: Pod\n");
    let (status, out, err) = check(&folder(&[("both.yaml", &both)]), &["-o", "json", "."]);
    assert_eq!((status, err), (2, String::new()));
    let all: Value = serde_json::from_str(&out).unwrap();
    let documents: Vec<_> = all["documents"].as_array().unwrap().iter().map(|d| (&d["index"], &d["kind"])).collect();
    let (service, nothing) = (Value::from("Service"), Value::Null);
    assert_eq!(documents, [(&"0".into(), &nothing), (&"1".into(), &service), (&"2".into(), &nothing)]);
    assert_eq!(all["errors"][0]["index"], "3");
    assert_eq!(all["errors"].as_array().unwrap().len(), 1);
}

/// Every document has an entry, of the same keys, whatever it is.
#[test]
fn programs_see_what_was_passed_over() {
    let (_, out, _) =
        check(&folder(&[("chart/Chart.yaml", "apiVersion: v2\nname: a\n"), ("a.yaml", SERVICE)]), &["-o", "json", "."]);
    let all: Value = serde_json::from_str(&out).unwrap();
    let keys = |at: usize| all["documents"][at].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(0), keys(1));
    assert_eq!(all["documents"][1]["file"], "./chart/Chart.yaml");
    assert_eq!(all["documents"][1]["kind"], Value::Null);
    assert_eq!(all["errors"], Value::Array(Vec::new()));
}
