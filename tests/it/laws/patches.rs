//! Law 1: patching twice is patching once. Law 3: every operation applies to the object that was sent.

use seawall::{decision::PatchOperation, rules};
use serde_json::{Value, json};

use super::{mended, patched, with};
use crate::{fixture::Outcome, specimens};

#[test]
fn patching_twice_is_patching_once() {
    specimens::each(|specimen| {
        let facts = specimen.facts();
        let once = specimen.outcome();
        let twice = with(specimen, once.stored.clone()).outcome_under(rules::ALL, facts);
        assert_eq!(twice.patch, [], "the second patch; the first is {:?}", once.patch);
    });
}

#[test]
fn rules_agree() {
    specimens::each(|specimen| {
        let outcome = specimen.outcome();
        assert_eq!(outcome.conflicts, []);
    });
}

/// Applies operations one by one, as strictly as the API server does and a little more: nothing is tested, nothing is moved, what is
/// replaced or removed is there, what is added is not.
pub(crate) fn applied(object: &Value, patch: &[PatchOperation]) -> Value {
    let mut now = object.clone();
    for operation in patch {
        let path = operation.path().to_string();
        let there = now.pointer(&path).filter(|v| !v.is_null());
        match operation {
            PatchOperation::Add(_) => assert!(there.is_none(), "adds {path}, which is there"),
            PatchOperation::Replace(_) | PatchOperation::Remove(_) => assert!(there.is_some(), "{path} is not there"),
            other => panic!("{other:?} is none of add, replace, remove"),
        }
        now = patched(&now, std::slice::from_ref(operation));
    }
    now
}

fn hold(object: &Value, outcome: &Outcome) {
    assert_eq!(applied(object, &outcome.patch), outcome.stored, "json_patch and our own tree differ");
    let template =
        outcome.stored.pointer("/spec/template").or_else(|| outcome.stored.pointer("/spec/jobTemplate/spec/template"));
    if !outcome.pod_patch.is_empty() {
        applied(template.expect("only templates are given a patch for their Pods"), &outcome.pod_patch);
    }
}

#[test]
fn every_operation_applies() {
    specimens::each(|specimen| hold(&specimen.case.object, specimen.outcome()));
}

/// Every parent that a mend may need, as a null: the API server takes it for absent.
fn nulled(object: &Value) -> Value {
    let mut nulled = object.clone();
    let null = |map: &mut Value, keys: &[&str]| {
        let Some(map) = map.as_object_mut() else { return };
        for key in keys {
            map.entry(*key).or_insert(Value::Null);
        }
    };
    let within = |object: &mut Value, pointer: &str, keys: &[&str]| {
        if let Some(map) = object.pointer_mut(pointer) {
            null(map, keys);
        }
    };
    within(&mut nulled, "/metadata", &["annotations", "labels"]);
    let prefixes = ["", "/spec/template", "/spec/jobTemplate/spec/template"];
    let is_pod = object["kind"] == "Pod";
    for prefix in prefixes.into_iter().filter(|p| is_pod == p.is_empty()) {
        within(&mut nulled, prefix, &["metadata"]);
        within(&mut nulled, &format!("{prefix}/metadata"), &["annotations", "labels"]);
        within(&mut nulled, &format!("{prefix}/spec"), &["terminationGracePeriodSeconds", "volumes", "initContainers"]);
        for list in ["containers", "initContainers"] {
            let Some(containers) = nulled.pointer_mut(&format!("{prefix}/spec/{list}")) else { continue };
            for container in containers.as_array_mut().into_iter().flatten() {
                null(container, &["env", "resources", "lifecycle"]);
                within(container, "/resources", &["limits", "requests"]);
                within(container, "/lifecycle", &["preStop"]);
            }
        }
    }
    if object["kind"] == "PersistentVolumeClaim" {
        within(&mut nulled, "/spec", &["storageClassName", "volumeName", "selector", "dataSource"]);
    }
    nulled
}

#[test]
fn a_null_is_as_good_as_nothing() {
    specimens::each(|specimen| {
        let facts = specimen.facts();
        let plain = specimen.outcome();
        let object = nulled(&specimen.case.object);
        let outcome = with(specimen, object.clone()).outcome_under(rules::ALL, facts);
        assert_eq!(mended(&outcome), mended(plain));
        assert_eq!(super::identities(&outcome), super::identities(plain));
        hold(&object, &outcome);
    });
}

/// Keys that need escapes in a pointer, beside those that Seawall writes.
#[test]
fn keys_are_escaped() {
    specimens::each(|specimen| {
        let mut object = specimen.case.object.clone();
        let strange = json!({ "a/b~c": "d", "~1": "e", "~01/": "f", "": "g" });
        object["metadata"]["annotations"] = strange.clone();
        object["metadata"]["labels"] = strange.clone();
        let facts = specimen.facts();
        let outcome = with(specimen, object.clone()).outcome_under(rules::ALL, facts);
        hold(&object, &outcome);
        for (key, value) in strange.as_object().unwrap() {
            assert_eq!(outcome.stored["metadata"]["annotations"][key], *value);
        }
    });
}
