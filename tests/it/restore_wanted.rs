//! What was ours comes back only where its rule still wants it.

use seawall::{
    rule::{Rule, Validate},
    rules,
    terms::{Profile, Tier, keys},
};
use serde_json::{Value, json};

use crate::{
    ratchet::{Trial, mysql},
    restore::{LIMIT, after, container, list, places, stored, updated},
};

/// What the rule about missing credentials wrote, and an UPDATE without it: as changed by the test.
fn without_credentials(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let place = "spec.template.spec.containers[mysql].env[MYSQL_ROOT_PASSWORD]";
    let entries = json!([{ "place": place, "rule": "missing-credentials" }]).to_string();
    let mut old = mysql(&[]);
    for annotations in ["/metadata", "/spec/template/metadata"] {
        old.pointer_mut(annotations).unwrap()["annotations"] = json!({ keys::PATCHED: entries });
    }
    let mut new = mysql(&[]);
    container(&mut new).as_object_mut().unwrap().remove("env");
    change(&mut new);
    let trial = Trial { rules: rules::ALL, ..Trial::update(old, new) }.in_profile(Profile::Baseline);
    places(&trial.mended()).into_iter().map(str::to_owned).collect()
}

#[test]
fn what_another_engine_was_given_stays_away() {
    assert_eq!(without_credentials(|_| ()).len(), 1, "the same engine");
    assert_eq!(without_credentials(|new| container(new)["image"] = json!("mysql:9.4.0")).len(), 1, "a newer version");
    let other = without_credentials(|new| container(new)["image"] = json!("postgres:17.7"));
    assert_eq!(other, [""; 0], "a variable of mysql in a postgres that is still called so");
}

#[test]
fn what_is_meant_to_go_needs_no_credentials_back() {
    let ephemeral = without_credentials(|new| {
        new["metadata"]["labels"] = json!({ keys::DATA: "ephemeral" });
        new["spec"]["template"]["metadata"]["labels"][keys::DATA] = json!("ephemeral");
    });
    assert_eq!(ephemeral, [""; 0]);
}

static PANICS: Rule = Rule {
    name: "given",
    source: "",
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(|_, _, _| panic!("on purpose"))),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &["containers[*].resources.limits.memory"],
};

#[test]
#[should_panic(expected = "a rule panicked")]
fn a_rule_that_panics_is_counted_here_too() {
    // The trial's own words: the rule's panic did not come so far.
    static PANICKING: &[&Rule] = &[&PANICS];
    Trial { rules: PANICKING, ..updated(stored(&list(&[LIMIT])), mysql(&[])) }.mended();
}

/// Who may take the label off in a guarded namespace is what the guards' policies ask; that it is meant, the old object says.
#[test]
fn a_label_that_was_taken_off_on_purpose_does_not_come_back() {
    let mut old = stored("[]");
    old["metadata"]["annotations"][keys::CONFIRM_DELETE] = json!("orders@2031-01-01T00:00:00Z");
    let mut new = old.clone();
    new["metadata"]["labels"] = json!({});
    assert_eq!(after(&updated(old, new))["metadata"]["labels"][keys::HOLDS_DATA], Value::Null);
}

#[test]
fn a_label_that_is_not_true_is_taken_off() {
    let mut new = stored("[]");
    new["metadata"]["labels"][keys::HOLDS_DATA] = json!("deleted");
    assert_eq!(after(&updated(mysql(&[]), new))["metadata"]["labels"][keys::HOLDS_DATA], Value::Null);
}
