//! Law 9: what its author wrote stays as it was written.

use seawall::{
    decision::PatchOperation,
    rules,
    settings::document::Plaintext,
    terms::{Operation, Profile, keys},
};
use serde_json::{Value, json};

use super::{patches, with};
use crate::{
    fixture::{Case, Outcome, catalogue},
    specimens,
};

/// Fields that no patch may hold, neither on its way nor in what it adds.
const NEVER: [&str; 18] = [
    "args",
    "command",
    "cpuLimit",
    "fsGroup",
    "image",
    "livenessProbe",
    "mountPath",
    "readinessProbe",
    "replicas",
    "runAsGroup",
    "runAsUser",
    "securityContext",
    "startupProbe",
    "subPath",
    "subPathExpr",
    "volumeClaimTemplates",
    "volumeMounts",
    "volumes",
];

/// The one command that is ours to add.
fn is_hook(path: &str) -> bool {
    path.contains("/lifecycle/preStop")
}

/// Every path that an operation writes: its own, and those within its value.
fn paths(operation: &PatchOperation) -> Vec<String> {
    fn below(path: &str, value: &Value, all: &mut Vec<String>) {
        all.push(path.to_owned());
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| below(&format!("{path}/{key}"), value, all)),
            Value::Array(items) => items.iter().for_each(|item| below(&format!("{path}/-"), item, all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    let value = match operation {
        PatchOperation::Add(op) => &op.value,
        PatchOperation::Replace(op) => &op.value,
        _ => &Value::Null,
    };
    below(operation.path().as_str(), value, &mut all);
    all
}

/// Names of variables that an operation writes.
fn variables(operation: &PatchOperation) -> Vec<String> {
    let PatchOperation::Add(op) = operation else { return Vec::new() };
    let items = match (op.path.to_string().ends_with("/env/-"), &op.value) {
        (true, item) => vec![item.clone()],
        (false, Value::Array(items)) => items.clone(),
        _ => Vec::new(),
    };
    items.iter().filter_map(|item| Some(item["name"].as_str()?.to_owned())).collect()
}

fn is_ours(path: &str) -> bool {
    [keys::PATCHED, keys::HOLDS_DATA].iter().any(|key| path.ends_with(&key.replace('/', "~1")))
}

/// The API server writes a class by itself, before it asks us; who wrote it stands in `managedFields`.
fn chose_its_class(claim: &Value) -> bool {
    let managers = claim["metadata"]["managedFields"].to_string();
    !managers.contains("\"f:spec\"") || managers.contains("\"f:storageClassName\"")
}

/// Holds one patch against what it is applied to.
pub(super) fn hold(case: &Case, outcome: &Outcome) {
    let replaces = catalogue().names().iter().any(|e| case.settings.of_engine(e).plaintext() == Plaintext::Replace);
    let pod = case.object["kind"] == "Pod";
    for operation in &outcome.patch {
        let path = operation.path().to_string();
        if !matches!(operation, PatchOperation::Add(_)) {
            let was = case.object.pointer(&path);
            let grace = pod && path == "/spec/terminationGracePeriodSeconds" && was == Some(&json!(30));
            let password =
                replaces && was.is_some_and(|variable| variable["name"].is_string() && variable["value"].is_string());
            let class = path == "/spec/storageClassName" && !chose_its_class(&case.object);
            assert!(is_ours(&path) || grace || password || class, "{path} is not ours to change");
        }
        let names = variables(operation);
        let engines = catalogue().engines().iter();
        let mut movers = engines.flat_map(|e| &e.data.variables);
        let moves = movers.find(|v| names.contains(v));
        assert!(moves.is_none(), "{path}: {moves:?} moves the data directory");
    }
    for path in outcome.patch.iter().chain(&outcome.pod_patch).flat_map(paths) {
        let never = path.split('/').find(|step| NEVER.contains(step));
        assert!(never.is_none() || is_hook(&path), "{path}: {never:?} is not ours to write");
        assert!(!path.ends_with("/limits/cpu"), "{path}: a database that is throttled misses its heartbeats");
    }
}

#[test]
fn what_its_author_wrote_stays() {
    specimens::each(|specimen| {
        let outcome = specimen.outcome();
        hold(&specimen.case, outcome);
        for operation in &outcome.pod_patch {
            let path = operation.path().to_string();
            let added = matches!(operation, PatchOperation::Add(_));
            assert!(added || path == "/spec/terminationGracePeriodSeconds", "{path} in its Pods");
        }
    });
}

/// A value that somebody wrote is the same afterwards, whatever else the patch does.
#[test]
fn every_scalar_is_still_there() {
    /// Held one by one above.
    const EXCEPTIONS: [&str; 3] = ["/value", "/spec/terminationGracePeriodSeconds", "/spec/storageClassName"];

    fn same(path: &str, was: &Value, is: &Value) {
        match (was, is) {
            (Value::Object(was), Value::Object(is)) => was.iter().for_each(|(key, value)| {
                same(&format!("{path}/{key}"), value, is.get(key).unwrap_or(&Value::Null));
            }),
            (Value::Array(was), Value::Array(is)) => {
                was.iter().zip(is).enumerate().for_each(|(i, (was, is))| same(&format!("{path}/{i}"), was, is));
                assert!(is.len() >= was.len(), "{path} is shorter");
            }
            (Value::Null, _) => {}
            _ => assert!(was == is || EXCEPTIONS.iter().any(|end| path.ends_with(end)), "{path} is another"),
        }
    }
    specimens::each(|specimen| {
        let mut object = specimen.case.object.clone();
        for (map, key) in [("annotations", keys::PATCHED), ("labels", keys::HOLDS_DATA)] {
            if let Some(map) = object.pointer_mut(&format!("/metadata/{map}")).and_then(Value::as_object_mut) {
                map.remove(key);
            }
        }
        same("", &object, &patches::applied(&specimen.case.object, &specimen.outcome().patch));
    });
}

const FORGED: &str =
    r#"[{"place":"spec.template.spec.containers[x].resources.limits.memory","rule":"missing-memory-limit"}]"#;

#[test]
fn our_own_marks_are_nobody_elses_to_set() {
    specimens::each(|specimen| {
        if specimen.case.operation != Operation::Create {
            return;
        }
        let owned = specimen.case.object["metadata"].get("ownerReferences").is_some();
        let facts = specimen.facts();
        let plain = specimen.outcome();
        let mut object = specimen.case.object.clone();
        for (map, key, value) in [("annotations", keys::PATCHED, FORGED), ("labels", keys::HOLDS_DATA, "forged")] {
            if object["metadata"][map].is_null() {
                object["metadata"][map] = json!({});
            }
            object["metadata"][map][key] = json!(value);
        }
        let outcome = with(specimen, object.clone()).outcome_under(rules::ALL, facts);
        let ours = |stored: &Value, map: &str, key: &str| stored["metadata"][map][key].clone();
        let concerned = plain.stored != specimen.case.object;
        if concerned {
            let lists = [&outcome, plain].map(|o| ours(&o.stored, "annotations", keys::PATCHED));
            assert_eq!(lists[0], lists[1], "the list");
            // A Pod's labels are its controller's, which may know it by them.
            let labels = [&outcome, plain].map(|o| ours(&o.stored, "labels", keys::HOLDS_DATA));
            assert!(owned || labels[0] == labels[1], "the label: {}", labels[0]);
        }
    });
}

#[test]
fn profiles_that_do_not_mend_write_nothing() {
    specimens::each(|specimen| {
        if specimen.case.operation != Operation::Create {
            return;
        }
        let facts = specimen.facts();
        for profile in [Profile::Observe, Profile::Advise] {
            let outcome = specimen.case.in_profile(profile).outcome_under(rules::ALL, facts);
            assert_eq!(outcome.patch, [], "{profile}");
            assert_eq!(outcome.pod_patch, [], "{profile}");
        }
    });
}
