//! `seawall policy show`, and policies in `check`: namespaces by their labels, and rules that are newer than wanted.

use std::process::{Command, Output, Stdio};

use serde_json::{Value, json};

use crate::{generated::repository, scratch::Scratch};

fn seawall(arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(arguments).env_clear().current_dir(repository("")).stdin(Stdio::null());
    command.output().unwrap()
}

fn out(arguments: &[&str]) -> String {
    let output = seawall(arguments);
    assert!(output.stderr.is_empty(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn show(arguments: &[&str]) -> Value {
    let text = out(&[&["policy", "show", "--config", "examples/policies", "-o", "json"], arguments].concat());
    serde_json::from_str(&text).unwrap()
}

fn value<'v>(shown: &'v Value, field: &str) -> &'v Value {
    let all = shown["values"].as_array().unwrap();
    all.iter().find(|v| v["field"] == field).unwrap_or_else(|| panic!("{field}: {shown:#}"))
}

#[test]
fn every_value_is_shown_with_its_origin() {
    let shop = show(&["shop"]);
    assert_eq!(
        shop["policies"],
        json!(["enforce", "everywhere"].iter().chain(&["enforce-caches"]).collect::<std::collections::BTreeSet<_>>())
    );
    let profile = value(&shop, "profile");
    assert_eq!((&profile["value"], &profile["policy"]), (&json!("production"), &json!("enforce")));
    assert_eq!(profile["file"], "examples/policies/enforce.yaml");
    let line = usize::try_from(profile["line"].as_u64().unwrap()).unwrap();
    let text = crate::generated::text("examples/policies/enforce.yaml");
    assert_eq!(text.lines().nth(line - 1), Some("  profile: production"));
    assert_eq!(value(&shop, "skipNamespaces")["value"], json!(["kube-system"]));
    assert_eq!(value(&show(&["shop", "--engine", "redis"]), "profile")["policy"], "enforce-caches");
    let mysql = show(&["shop", "--engine", "mysql"]);
    assert_eq!((&value(&mysql, "memory.limit")["value"], &mysql["engines"]), (&json!("2Gi"), &json!({})));
    assert_eq!(mysql["policies"], json!(["enforce", "everywhere"]));
    let fields = |engine: &str| -> Vec<&Value> {
        shop["engines"][engine].as_array().unwrap().iter().map(|value| &value["field"]).collect()
    };
    assert_eq!(fields("mysql"), ["memory.limit", "memory.request"], "what is otherwise for one engine");
    assert_eq!(fields("valkey"), ["profile"]);
}

#[test]
fn labels_are_those_that_are_given_else_those_of_the_folder_else_none() {
    for (arguments, expected) in [
        (&["bank"][..], "advise"),
        (&["nowhere"], "observe"),
        (&["nowhere", "--labels", "databases=advise"], "advise"),
        (&["bank", "--labels", "databases=enforce,a=b"], "production"),
        (&["bank", "--labels", "databases=enforce,preview=1"], "observe"),
    ] {
        assert_eq!(value(&show(arguments), "profile")["value"], expected, "{arguments:?}");
    }
}

#[test]
fn without_a_policy_the_profile_is_that_of_the_command_line() {
    let text = out(&["policy", "show", "shop"]);
    assert_eq!(text, "shop  no policy\n  profile  baseline  by default\n");
    let text = out(&["policy", "show", "shop", "--profile", "observe"]);
    assert_eq!(text, "shop  no policy\n  profile  observe  --profile\n");
}

#[test]
fn policies_that_disagree_are_both_shown() {
    let folder = Scratch::new();
    let file = folder.join("p.yaml");
    let policy = |name: &str, profile: &str| {
        format!(
            "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {{name: {name}}}\nspec: {{profile: {profile}}}\n"
        )
    };
    std::fs::write(&file, format!("{}---\n{}", policy("a", "observe"), policy("b", "advise"))).unwrap();
    let file = file.to_str().unwrap();
    let text = out(&["policy", "show", "shop", "--config", file]);
    assert_eq!(
        text,
        format!(
            "shop  a, b\n  profile  advise  {file}:9 (b)\n           conflicts with observe, of the same priority, at {file}:4 (a)\n"
        )
    );
}

#[test]
fn what_is_wrong_is_said_with_a_remedy() {
    for (arguments, error, help) in [
        (
            &["--engine", "mysq"][..],
            "no engine is called \"mysq\"; did you mean \"mysql\"?",
            "`seawall engines` lists them",
        ),
        (&["--config", "src/rules"], "no DatabasePolicy in src/rules", "docs/settings.md shows the whole document"),
        (&["--kubeconfig", "/nowhere"], "failed to read kubeconfig /nowhere", "give --kubeconfig FILE"),
    ] {
        let output = seawall(&[&["policy", "show", "shop"], arguments].concat());
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.starts_with(&format!("error: {error}")) && said.contains(&format!("\nhelp: {help}")), "{said}");
    }
}

/// What `check` does about each document: kind, namespace, and the action of each finding.
fn judged(arguments: &[&str]) -> Vec<(String, Vec<String>)> {
    let output = seawall(&[&["check", "-o", "json"], arguments].concat());
    let whole: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(whole["errors"], json!([]));
    let words = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let documents = whole["documents"].as_array().unwrap().iter().filter(|d| d["kind"] == "Deployment");
    let findings = |d: &Value| d["findings"].as_array().unwrap().iter().map(|f| words(&f["action"])).collect();
    documents.map(|d| (words(&d["namespace"]), findings(d))).collect()
}

#[test]
fn a_document_is_judged_by_what_holds_in_its_namespace() {
    let all = judged(&["--config", "examples/policies", "examples/policies"]);
    let (bank, shop) = (&all[0], &all[1]);
    assert_eq!((bank.0.as_str(), shop.0.as_str()), ("bank", "shop"));
    assert!(bank.1.contains(&"warn".to_owned()) && !bank.1.contains(&"deny".to_owned()), "{bank:?}");
    assert!(shop.1.contains(&"deny".to_owned()), "{shop:?}");
    // Without the Namespaces no label is known.
    for (namespace, actions) in judged(&["--config", "examples/policies", "examples/policies/ledger.yaml"]) {
        assert!(actions.iter().all(|action| action == "audit"), "{namespace}: {actions:?}");
    }
}

#[test]
fn rules_that_are_newer_than_wanted_warn_at_most_and_write_nothing() {
    let folder = Scratch::new();
    let file = folder.join("p.yaml");
    let check = |version: &str, path: &str| -> Value {
        let policy = json!({"apiVersion": "seawall.dev/v1alpha1", "kind": "DatabasePolicy", "metadata": {"name": "x"},
            "spec": {"profile": "production", "rulesVersion": version, "defaults": {"credentials": {"secretName": "x"}}}});
        std::fs::write(&file, policy.to_string()).unwrap();
        let output = seawall(&["check", "-o", "json", "--config", file.to_str().unwrap(), path]);
        serde_json::from_slice(&output.stdout).unwrap()
    };
    let count = |whole: &Value, list: &str, action: Option<&str>| {
        let all = whole["documents"].as_array().unwrap().iter().flat_map(|d| d[list].as_array().unwrap());
        all.filter(|f| action.is_none_or(|action| f["action"] == action)).count()
    };
    let (bad, bare) = ("examples/unsafe/postgres-empty-dir.yaml", "examples/careless/mysql-bare-bones.yaml");
    let (today, before) = (check("0.1", bad), check("0.0.9", bad));
    assert!(count(&today, "findings", Some("deny")) > 0);
    assert_eq!(count(&before, "findings", Some("deny")), 0);
    assert!(count(&before, "findings", Some("warn")) >= count(&today, "findings", Some("deny")));
    assert!(count(&check("0.1.0", bare), "mends", None) > 0);
    assert_eq!(count(&check("0.0.9", bare), "mends", None), 0);
}
