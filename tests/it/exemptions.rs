//! Exemptions in files: listed by `seawall exemptions`, known to `check` and `fix`.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::scratch::Scratch;

const EXEMPTIONS: &str = "\
apiVersion: seawall.dev/v1alpha1
kind: DatabaseExemption
metadata: {name: demo, namespace: shop}
spec:
  rules: [floating-tag, ephemeral-data]
  selector: {matchLabels: {app: cart}, matchExpressions: [{key: tier, operator: In, values: [test, demo]}]}
  reason: the demo is made anew each night
  ticket: OPS-7
  expires: 2999-12-31T00:00:00Z
---
apiVersion: seawall.dev/v1alpha1
kind: DatabaseExemption
metadata: {name: over, namespace: bank}
spec: {rules: [floating-tag], name: ledger, reason: the move, expires: 2020-01-01T00:00:00+01:00}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: other}
";

fn exemptions(arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_seawall")).arg("exemptions").args(arguments).env_clear().output().unwrap()
}

#[test]
fn they_are_listed_by_their_end() {
    let scratch = Scratch::new();
    let file = scratch.join("exemptions.yaml");
    fs::write(&file, EXEMPTIONS).unwrap();
    let file = file.to_str().unwrap();
    let output = exemptions(&[file]);
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines[0], "bank/over  has expired, 2019-12-31T23:00:00Z");
    assert_eq!(lines[1], "  floating-tag of ledger");
    assert!(lines[3].starts_with("shop/demo  ") && lines[3].ends_with(" days left, 2999-12-31T00:00:00Z"), "{text}");
    assert_eq!(lines[4], "  floating-tag, ephemeral-data of app=cart,tier in (test,demo)");
    assert_eq!(lines[5], "  the demo is made anew each night (OPS-7)");
    assert_eq!(lines[6], "2 exemptions, 1 of them expired");
    assert_eq!((lines.len(), output.status.code()), (7, Some(0)));

    let output = exemptions(&[file, "-n", "bank", "-o", "json"]);
    let all: Value = serde_json::from_str(std::str::from_utf8(&output.stdout).unwrap()).unwrap();
    let [one] = all["exemptions"].as_array().unwrap().as_slice() else { panic!("{all}") };
    assert!(one["name"] == "over" && one["workload"] == "ledger" && one["daysLeft"].as_i64().unwrap() < -2000, "{one}");
}

#[test]
fn what_makes_no_sense_is_told() {
    let scratch = Scratch::new();
    let file = scratch.join("exemptions.yaml");
    fs::write(&file, EXEMPTIONS.replace("ephemeral-data]", "ephemeral-date]")).unwrap();
    let output = exemptions(&[file.to_str().unwrap()]);
    let errors = String::from_utf8(output.stderr).unwrap();
    assert!(
        errors
            .contains("line 5: spec.rules[1]: no rule is called \"ephemeral-date\"; did you mean \"ephemeral-data\"?")
            || errors.contains("no rule is called \"ephemeral-date\""),
        "{errors}"
    );
    assert_eq!(output.status.code(), Some(2));
    assert_eq!(exemptions(&[]).status.code(), Some(2), "neither files nor a cluster");
}

const CART: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: {name: cart, namespace: shop, labels: {app: cart, tier: demo}}
spec:
  selector: {matchLabels: {app: cart}}
  strategy: {type: Recreate}
  template:
    metadata: {labels: {app: cart}}
    spec:
      containers:
        - {name: postgres, image: postgres:17.5, volumeMounts: [{name: data, mountPath: /var/lib/postgresql/data}]}
      volumes: [{name: data, emptyDir: {}}]
---
";

fn check(arguments: &[&str], file: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(["check", "--profile", "production"]).args(arguments).arg(file).env_clear().output().unwrap()
}

/// The run's own exemptions hold in it: shown with their reason, of their namespace and set alone, and by the clock.
#[test]
fn check_knows_those_of_its_run() {
    let scratch = Scratch::new();
    let judged = |exemption: &str| {
        let file = scratch.join("run.yaml");
        fs::write(&file, format!("{CART}{exemption}")).unwrap();
        check(&[], &file)
    };
    let found = |output: &Output| -> Option<(String, String)> {
        let text = String::from_utf8_lossy(&output.stdout).into_owned();
        let line = text.lines().find(|line| line.contains("[ephemeral-data]"))?;
        Some((line.trim().split(':').next()?.to_owned(), text.clone()))
    };
    let output = judged(EXEMPTIONS);
    let (action, text) = found(&output).unwrap();
    assert_eq!(action, "exempted", "{text}");
    let why = "exempted by demo until 2999-12-31T00:00:00Z: the demo is made anew each night";
    assert!(text.contains(why), "{text}");
    assert!(output.status.success(), "nothing else is refused: {text}");
    for (exemption, why) in [
        (EXEMPTIONS.replace("2999", "2020"), "it has ended"),
        (EXEMPTIONS.replace("demo, namespace: shop", "demo, namespace: bank"), "it is another namespace's"),
        (EXEMPTIONS.replace("[floating-tag, ephemeral-data]", "[floating-tag]"), "it is for another rule"),
        (EXEMPTIONS.replace("values: [test, demo]", "values: [test]"), "it means others"),
        (String::new(), "there is none"),
    ] {
        let (action, text) = found(&judged(&exemption)).unwrap();
        assert_eq!(action, "deny", "{why}: {text}");
    }
    let odd = judged(&EXEMPTIONS.replace("ephemeral-data", "ephemeral-date"));
    assert_eq!(odd.status.code(), Some(2), "an exemption that nobody understands is an error");
    let said = String::from_utf8_lossy(&odd.stderr);
    assert!(said.contains("did you mean \"ephemeral-data\"?") && said.contains("it exempts nobody"), "{said}");
}

#[test]
fn check_tells_programs_of_them() {
    let scratch = Scratch::new();
    let file = scratch.join("run.yaml");
    fs::write(&file, format!("{CART}{EXEMPTIONS}")).unwrap();
    let output = check(&["-o", "json"], &file);
    let all: Value = serde_json::from_slice(&output.stdout).unwrap();
    let findings = all["documents"][0]["findings"].as_array().unwrap();
    let own = |rule: &str| findings.iter().find(|finding| finding["rule"] == rule).unwrap();
    let expected = serde_json::json!({
        "name": "demo", "reason": "the demo is made anew each night", "ticket": "OPS-7", "until": "2999-12-31T00:00:00Z",
    });
    assert_eq!((&own("ephemeral-data")["action"], &own("ephemeral-data")["exemption"]), (&"audit".into(), &expected));
    assert!(findings.iter().any(|finding| finding.get("exemption").is_none()), "others are not exempted");
}

/// What is exempted is nothing that is left to do.
#[test]
fn fix_knows_those_of_its_run() {
    let scratch = Scratch::new();
    let file = scratch.join("run.yaml");
    let left = |exemption: &str| {
        fs::write(&file, format!("{CART}{exemption}")).unwrap();
        let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
        let output = command.args(["fix", "--profile", "production"]).arg(&file).env_clear().output().unwrap();
        (output.status.code(), String::from_utf8_lossy(&output.stdout).contains("ephemeral-data"))
    };
    assert_eq!(left(""), (Some(1), true));
    assert_eq!(left(EXEMPTIONS), (Some(0), false));
}
