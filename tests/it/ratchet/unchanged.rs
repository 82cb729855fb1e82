//! An UPDATE that leaves the spec as it is repeats no warning: who labels an old database has heard what is wrong with it.

use seawall::{
    rules,
    terms::{Action, Operation, Profile, keys},
};
use serde_json::{Value, json};

use super::{Trial, Verdict, mysql};
use crate::{fixture::Case, specimens};

const HEARD: Verdict = (Action::Audit, "it was so before, and its spec stays as it is");
const SO_BEFORE: Verdict = (Action::Warn, "it was so before");

fn old() -> Value {
    let mut object = mysql(&[("FAULT", "1")]);
    object["spec"]["replicas"] = json!(1);
    object["status"] = json!({ "readyReplicas": 1 });
    object
}

/// The old object with one place set anew.
fn with(pointer: &str, value: Value) -> Value {
    let (parent, leaf) = pointer.rsplit_once('/').unwrap();
    let mut object = old();
    object.pointer_mut(parent).unwrap_or_else(|| panic!("{parent}"))[leaf] = value;
    object
}

#[test]
fn what_is_beside_the_spec_repeats_nothing() {
    for (what, object) in [
        ("the same manifest again", old()),
        ("a label", with("/metadata/labels", json!({ "team": "shop" }))),
        ("an annotation", with("/metadata/annotations", json!({ "note": "checked" }))),
        ("a finalizer", with("/metadata/finalizers", json!(["example.com/hold"]))),
        ("what is written into its status", with("/status/readyReplicas", json!(0))),
        ("a status that the submitter left out", with("/status", Value::Null)),
    ] {
        for profile in Profile::ALL {
            let trial = Trial::update(old(), object.clone()).in_profile(*profile);
            let expected = if *profile == Profile::Observe { (Action::Audit, "") } else { HEARD };
            assert_eq!(trial.verdict("env[FAULT].value"), expected, "{what} in {profile}");
        }
    }
}

/// Who changes it has it in hand: that is the moment to say what else is wrong. New metadata of a template replaces the Pods.
#[test]
fn who_changes_the_spec_hears_it_again() {
    let template = "/spec/template/metadata";
    for (what, object) in [
        ("replicas", with("/spec/replicas", json!(2))),
        ("an image", with("/spec/template/spec/containers/0/image", json!("mysql:8.4.7"))),
        ("a restart", with(&format!("{template}/annotations"), json!({ "kubectl.kubernetes.io/restartedAt": "now" }))),
        ("a label of its Pods", with(&format!("{template}/labels/tier"), json!("db"))),
    ] {
        assert_eq!(Trial::update(old(), object).verdict("env[FAULT].value"), SO_BEFORE, "{what}");
    }
}

/// It was so before, and its author is told for the first time.
#[test]
fn who_takes_back_what_the_data_is_worth_hears_it() {
    let mut spared = old();
    spared["metadata"]["labels"] = json!({ keys::DATA: "ephemeral" });
    let updated = |old: &Value, new: &Value| Trial::update(old.clone(), new.clone()).in_profile(Profile::Baseline);
    assert_eq!(updated(&spared, &spared).verdicts("env[FAULT].value"), []);
    assert_eq!(updated(&spared, &old()).verdict("env[FAULT].value"), SO_BEFORE);
    assert_eq!(updated(&old(), &old()).verdict("env[FAULT].value"), HEARD);
}

/// Under all rules, whatever it is: who puts a label onto what is stored is told nothing.
#[test]
fn a_label_is_no_occasion() {
    specimens::each(|specimen| {
        let old = specimen.outcome().stored.clone();
        if !old["metadata"].is_object() {
            return;
        }
        let mut object = old.clone();
        object["metadata"]["labels"]["example.com/seen"] = json!("yes");
        let case = Case { operation: Operation::Update, old, object, ..specimen.case.clone() };
        let outcome = case.outcome_under(rules::ALL, specimen.facts());
        let loud: Vec<_> =
            outcome.judgements.iter().filter(|j| j.action > Action::Audit).map(|j| j.finding.rule).collect();
        assert!(loud.is_empty() && outcome.notes.is_empty(), "{loud:?} {:?}", outcome.notes);
    });
}

#[test]
fn a_claim_is_no_other() {
    let claim = json!({
        "apiVersion": "v1", "kind": "PersistentVolumeClaim",
        "metadata": { "name": "data-orders-0", "namespace": "shop", "labels": { keys::DATA: "durable" } },
        "spec": { "accessModes": ["ReadWriteMany"], "resources": { "requests": { "storage": "1Gi" } } },
    });
    let verdict = |old: &Value, new: &Value| {
        let mut trial = Trial::update(old.clone(), new.clone());
        trial.rules = rules::ALL;
        trial.verdict("accessModes")
    };
    let mut labelled = claim.clone();
    labelled["metadata"]["labels"]["team"] = json!("shop");
    assert_eq!(verdict(&claim, &labelled), HEARD);
    let mut grown = claim.clone();
    grown["spec"]["resources"]["requests"]["storage"] = json!("2Gi");
    assert_eq!(verdict(&claim, &grown).0, Action::Warn);
}
