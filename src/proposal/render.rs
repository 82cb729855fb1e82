//! Merged edits as RFC 6902 operations.
use std::collections::BTreeMap;

use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr::PointerBuf};
use serde_json::{Map, Value};

use super::{Edit, Merged};
use crate::tree::{Node, Tree, unescaped_steps};

impl Merged {
    /// The operations that turn the object at `top` into the mended one. Empty when everything is so already.
    ///
    /// A parent that is absent or null is added whole, with everything that goes below it.
    #[must_use]
    pub fn operations(&self, tree: &Tree<'_>, top: Node<'_>) -> Vec<PatchOperation> {
        let mut replaced = Vec::new();
        let mut removed = Vec::new();
        let mut grafts: BTreeMap<String, Value> = BTreeMap::new();
        let mut appended = Vec::new();
        for mend in self.mends.values() {
            match &mend.edit {
                Edit::Unset => {
                    if tree.at_pointer(top, &mend.place.pointer).is_some() {
                        removed.push(mend.place.pointer.clone());
                    }
                }
                Edit::Append { list, element } => match way(top, list) {
                    Way::There(_) => appended.push((format!("{list}/-"), element.clone())),
                    Way::Missing { first, below } => graft(&mut grafts, first, below, |slot| match slot {
                        Value::Array(items) => items.push(element.clone()),
                        other => *other = Value::Array(vec![element.clone()]),
                    }),
                },
                edit => match way(top, &mend.place.pointer) {
                    Way::There(there) => {
                        replaced.extend(wanted(edit, Some(there)).map(|value| (mend.place.pointer.clone(), value)));
                    }
                    Way::Missing { first, below } => {
                        let Some(value) = wanted(edit, None) else { continue };
                        graft(&mut grafts, first, below, |slot| *slot = value);
                    }
                },
            }
        }
        // Elements are removed from the end, so that the indices before them stay right.
        removed.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| b.cmp(a)));
        let mut operations = Vec::new();
        for (path, value) in replaced {
            operations.extend(pointer(&path).map(|path| PatchOperation::Replace(ReplaceOperation { path, value })));
        }
        for (path, value) in grafts.into_iter().chain(appended) {
            operations.extend(pointer(&path).map(|path| PatchOperation::Add(AddOperation { path, value })));
        }
        for path in removed {
            operations.extend(pointer(&path).map(|path| PatchOperation::Remove(RemoveOperation { path })));
        }
        operations
    }
}

/// The value that an edit leads to; `None` when it is there already.
fn wanted(edit: &Edit, there: Option<Node<'_>>) -> Option<Value> {
    match edit {
        Edit::Set(value) => (there.map(Node::to_json).as_ref() != Some(value)).then(|| value.clone()),
        Edit::RaiseTo(n) => there.and_then(Node::i64).is_none_or(|now| now < *n).then(|| Value::from(*n)),
        Edit::Unset | Edit::Append { .. } => None,
    }
}

/// How far a pointer leads.
enum Way<'t, 'p> {
    /// To a value.
    There(Node<'t>),
    /// Nowhere (or to a null): `first` is the pointer up to the first step that is missing, `below` what comes after it.
    Missing { first: &'p str, below: &'p str },
}

fn way<'t, 'p>(top: Node<'t>, pointer: &'p str) -> Way<'t, 'p> {
    let (mut node, mut rest) = (top, pointer);
    while let Some(after) = rest.strip_prefix('/') {
        let (step, below) = after.split_at(after.bytes().position(|b| b == b'/').unwrap_or(after.len()));
        match node.step(step).filter(|n| n.is_set()) {
            Some(next) => (node, rest) = (next, below),
            None => return Way::Missing { first: pointer.strip_suffix(below).unwrap_or(pointer), below },
        }
    }
    Way::There(node)
}

/// Puts a value below `first`, which is added whole.
fn graft(grafts: &mut BTreeMap<String, Value>, first: &str, below: &str, write: impl FnOnce(&mut Value)) {
    let mut slot = grafts.entry(first.to_owned()).or_insert(Value::Null);
    for step in unescaped_steps(below) {
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(map) = slot else { return };
        slot = map.entry(step).or_insert(Value::Null);
    }
    write(slot);
}

fn pointer(path: &str) -> Option<PointerBuf> {
    PointerBuf::parse(path).ok()
}
