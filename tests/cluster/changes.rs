//! What differs between two objects, field by field, with list elements found by their
//! merge key, so that a path stays readable and an insertion is not a change of the rest.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde_json::Value;

/// One field that differs; None where it is absent.
#[derive(Debug, Clone, PartialEq)]
pub struct Change {
    /// Like `spec.containers[mysql].resources.limits.memory`.
    pub path: String,
    pub before: Option<Value>,
    pub after: Option<Value>,
}

/// Every difference, in the order of the fields' names, down to the single field: a map
/// that only one side has is its fields, one by one.
pub fn changes(before: &Value, after: &Value) -> Vec<Change> {
    let mut found = Vec::new();
    compare("", Some(before), Some(after), &mut found);
    found
}

/// The object without what the API server and its controllers write for their own use.
pub fn essence(object: &Value) -> Value {
    let mut object = object.clone();
    let Some(fields) = object.as_object_mut() else { return object };
    // A list gives its items without their kind.
    for noise in ["status", "apiVersion", "kind"] {
        fields.remove(noise);
    }
    if let Some(metadata) = fields.get_mut("metadata").and_then(Value::as_object_mut) {
        for noise in ["resourceVersion", "managedFields", "generation", "uid", "creationTimestamp", "namespace"] {
            metadata.remove(noise);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
            annotations.remove("deployment.kubernetes.io/revision");
            if annotations.is_empty() {
                metadata.remove("annotations");
            }
        }
    }
    object
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { path, before, after } = self;
        // What a variable held before may be a password.
        let secret = path.contains("env[");
        match (before, after) {
            (Some(_), None) if secret => write!(f, "- {path}"),
            (Some(_), Some(after)) if secret => write!(f, "~ {path}: {}", short(after)),
            (Some(before), None) => write!(f, "- {path}: {}", short(before)),
            (None, Some(after)) => write!(f, "+ {path}: {}", short(after)),
            (Some(before), Some(after)) => write!(f, "~ {path}: {} -> {}", short(before), short(after)),
            (None, None) => write!(f, "  {path}"),
        }
    }
}

fn short(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

fn compare(path: &str, before: Option<&Value>, after: Option<&Value>, found: &mut Vec<Change>) {
    if before == after {
        return;
    }
    match (parts(path, before), parts(path, after)) {
        (Some(old), Some(new)) if !(old.is_empty() && new.is_empty()) => {
            let steps: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
            for step in steps {
                compare(step, old.get(step).copied(), new.get(step).copied(), found);
            }
        }
        _ => found.push(Change { path: path.to_owned(), before: before.cloned(), after: after.cloned() }),
    }
}

/// What can be compared one by one, by path: the fields of a map, or the elements of a
/// list that has a merge key. An absent value has no parts; a scalar cannot be divided.
fn parts<'a>(path: &str, value: Option<&'a Value>) -> Option<BTreeMap<String, &'a Value>> {
    match value {
        None => Some(BTreeMap::new()),
        Some(Value::Object(fields)) => Some(fields.iter().map(|(name, field)| (step(path, name), field)).collect()),
        Some(Value::Array(elements)) => keyed(path, elements),
        Some(_) => None,
    }
}

fn step(path: &str, name: &str) -> String {
    match (path, name.contains(['.', '/'])) {
        ("", _) => name.to_owned(),
        (path, true) => format!("{path}[{name}]"),
        (path, false) => format!("{path}.{name}"),
    }
}

/// The elements by their merge key, if the list has one and every element has its own.
fn keyed<'a>(path: &str, list: &'a [Value]) -> Option<BTreeMap<String, &'a Value>> {
    let field = match path.rsplit(['.', ']']).next()? {
        "volumeMounts" => "mountPath",
        "ports" => "containerPort",
        _ => "name",
    };
    let mut elements = BTreeMap::new();
    for element in list {
        // A claim template's name is in its metadata.
        let key = element.get(field).or_else(|| element.get("metadata")?.get(field))?;
        elements.insert(format!("{path}[{}]", short(key)), element);
    }
    (elements.len() == list.len()).then_some(elements)
}
