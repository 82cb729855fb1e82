//! Merged edits as RFC 6902 operations.
use std::collections::BTreeMap;

use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr::PointerBuf};
use serde_json::{Map, Value};

use super::{Edit, Merged};
use crate::tree::{Node, Tree, steps};

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
                Edit::Append { list, element } => match tree.at_pointer(top, list).filter(|n| n.is_set()) {
                    Some(_) => appended.push((format!("{list}/-"), element.clone())),
                    None => graft(top, &mut grafts, list, |slot| match slot {
                        Value::Array(items) => items.push(element.clone()),
                        other => *other = Value::Array(vec![element.clone()]),
                    }),
                },
                edit => {
                    let there = tree.at_pointer(top, &mend.place.pointer);
                    let Some(value) = wanted(edit, there) else { continue };
                    match there.filter(|n| n.is_set()) {
                        Some(_) => replaced.push((mend.place.pointer.clone(), value)),
                        None => graft(top, &mut grafts, &mend.place.pointer, |slot| *slot = value.clone()),
                    }
                }
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

/// Puts a value where parents may be missing: the first missing one (or a null) is added, with what lies below.
fn graft(top: Node<'_>, grafts: &mut BTreeMap<String, Value>, path: &str, write: impl FnOnce(&mut Value)) {
    let mut root = String::new();
    let mut node = top;
    let mut steps = steps(path);
    for step in steps.by_ref() {
        root.push('/');
        root.push_str(step);
        match node.step(step).filter(|n| n.is_set()) {
            Some(next) => node = next,
            None => break,
        }
    }
    let mut slot = grafts.entry(root).or_insert(Value::Null);
    for step in steps {
        if !slot.is_object() {
            *slot = Value::Object(Map::new());
        }
        let Value::Object(map) = slot else { return };
        slot = map.entry(step.replace("~1", "/").replace("~0", "~")).or_insert(Value::Null);
    }
    write(slot);
}

fn pointer(path: &str) -> Option<PointerBuf> {
    PointerBuf::parse(path).ok()
}
