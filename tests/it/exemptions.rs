//! `seawall exemptions`, on files.

use std::fs;
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
