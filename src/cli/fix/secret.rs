//! The Secrets that corrected manifests refer to, as manifests without a value.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};

use json_patch::PatchOperation;
use serde_json::Value;

use super::job::{Named, PLAINTEXT, written};
use crate::manifest::{Manifest, edit::scalar};

/// A Secret to be made.
pub(super) struct Secret {
    pub(super) name: String,
    /// Where its manifest goes.
    pub(super) file: PathBuf,
    pub(super) keys: Vec<String>,
    pub(super) text: String,
    /// A value that stood in a manifest goes into it.
    pub(super) is_known: bool,
}

/// What a database has today stays what it is; what it lacked is chosen.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Origin {
    Today,
    New,
}

/// Folder, namespace and name.
type Identity = (PathBuf, String, String);

/// What was written about Secrets.
#[derive(Default)]
pub(super) struct Secrets {
    all: BTreeMap<Identity, (BTreeMap<String, Origin>, BTreeSet<Named>)>,
}

impl Secrets {
    /// Takes note of the references among the operations that a rule has written into an object.
    pub(super) fn add(&mut self, file: &str, object: &Named, rule: &str, operations: &[PatchOperation]) {
        let origin = if rule == PLAINTEXT { Origin::Today } else { Origin::New };
        let folder = Path::new(file).parent().map(Path::to_owned).unwrap_or_default();
        let mut found = Vec::new();
        operations.iter().filter_map(written).for_each(|value| references(value, &mut found));
        for (name, key) in found {
            let identity = (folder.clone(), object.namespace.clone(), name);
            let (keys, users) = self.all.entry(identity).or_default();
            let known = keys.entry(key).or_insert(origin);
            *known = origin.min(*known);
            users.insert(object.clone());
        }
    }

    /// Those of which there is no manifest among these. A namespace is part of a file's name only where it must be.
    pub(super) fn missing(self, manifests: &[Manifest]) -> Vec<Secret> {
        let is_there = |namespace: &str, name: &str| {
            let objects = manifests.iter().map(Named::of);
            objects
                .filter(|object| object.kind.ends_with("Secret") && object.name == name)
                .any(|object| object.namespace.is_empty() || namespace.is_empty() || object.namespace == namespace)
        };
        let mut taken = BTreeSet::new();
        let mut secrets = Vec::new();
        for ((folder, namespace, name), (keys, users)) in self.all {
            if is_there(&namespace, &name) {
                continue;
            }
            let mut file = folder.join(format!("{name}.secret.yaml"));
            if !taken.insert(file.clone()) {
                file = folder.join(format!("{name}.{}.secret.yaml", in_a_name(&namespace)));
            }
            let text = text(&name, &namespace, &keys, &users);
            let is_known = keys.values().any(|origin| *origin == Origin::Today);
            secrets.push(Secret { name, file, keys: keys.into_keys().collect(), text, is_known });
        }
        secrets
    }
}

/// A namespace as part of a file's name: nobody has checked what a manifest calls one.
fn in_a_name(namespace: &str) -> String {
    namespace.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect()
}

/// A manifest's word in a comment, which ends with its line.
fn in_a_comment(text: &str) -> String {
    text.chars().filter(|c| !c.is_control() && !matches!(c, '\u{2028}' | '\u{2029}' | '\u{feff}')).collect()
}

/// The `secretKeyRef`s in a value: name and key.
fn references(value: &Value, found: &mut Vec<(String, String)>) {
    match value {
        Value::Object(map) => {
            let reference =
                map.get("secretKeyRef").and_then(|r| Some((r.get("name")?.as_str()?, r.get("key")?.as_str()?)));
            found.extend(reference.map(|(name, key)| (name.to_owned(), key.to_owned())));
            map.values().for_each(|value| references(value, found));
        }
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

/// The placeholders are lists: where a text belongs the API server takes none, so that nobody gives a database a placeholder as its
/// password, or writes one over a Secret that is there.
fn text(name: &str, namespace: &str, keys: &BTreeMap<String, Origin>, users: &BTreeSet<Named>) -> String {
    let users: Vec<String> = users.iter().map(|user| format!("{} {}", user.kind, user.name)).collect();
    let mut text = format!("# The credentials of {}.\n", in_a_comment(&users.join(", ")));
    text.push_str(
        "# Put each value, in quotation marks, in the place of its list. Until then the API server refuses this manifest, so\n\
         # that no placeholder becomes a password. Once it holds a value, keep it out of Git.\n\
         apiVersion: v1\nkind: Secret\nmetadata:\n",
    );
    let _ = writeln!(text, "  name: {}", scalar(name));
    if !namespace.is_empty() {
        let _ = writeln!(text, "  namespace: {}", scalar(namespace));
    }
    text.push_str("type: Opaque\nstringData:\n");
    for (key, origin) in keys {
        let placeholder = match origin {
            Origin::Today => "the value that it has today",
            Origin::New => "a value of your choice",
        };
        let _ = writeln!(text, "  {}: [{placeholder}]", scalar(key));
    }
    text
}
