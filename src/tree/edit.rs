//! A tree after a patch.
use std::borrow::Cow;

use json_patch::PatchOperation;

use super::{Id, Key, NONE, Node, Tree, Value, place::unescape};

/// Where an operation writes, as a pointer, and what: nothing where it removes. `None` for the kinds that nobody here makes.
#[must_use]
pub fn place_and_value(operation: &PatchOperation) -> Option<(String, Option<&serde_json::Value>)> {
    match operation {
        PatchOperation::Add(op) => Some((op.path.to_string(), Some(&op.value))),
        PatchOperation::Replace(op) => Some((op.path.to_string(), Some(&op.value))),
        PatchOperation::Remove(op) => Some((op.path.to_string(), None)),
        _ => None,
    }
}

impl<'a> Tree<'a> {
    /// The document after `operations`, with pointers from `top`; what stays keeps its id, so lines and places stay valid.
    /// An operation that does not apply is left out: [`crate::proposal`] makes none, and the laws hold both against `json_patch`.
    #[must_use]
    pub fn edited(&self, top: Node<'_>, operations: &[PatchOperation]) -> Tree<'a> {
        let mut tree = self.clone_with_room();
        for operation in operations {
            let Some((path, value)) = place_and_value(operation) else { continue };
            let Some((parent, leaf)) = path.rsplit_once('/') else { continue };
            let Some(at) = tree.at_pointer(Node::at(&tree, top.at), parent).map(|n| n.at) else { continue };
            tree.assign(at, &unescape(leaf), value);
        }
        tree
    }

    /// A copy that some values can be added to without moving the others.
    fn clone_with_room(&self) -> Self {
        let mut entries = Vec::with_capacity(self.entries.len() + 64);
        entries.extend_from_slice(&self.entries);
        Self { entries, tops: self.tops, lines: self.lines.clone(), overflow: self.overflow }
    }

    fn assign(&mut self, parent: Id, leaf: &str, value: Option<&serde_json::Value>) {
        let mut children: Vec<Id> = Node::at(self, parent).children().map(|(id, _)| id).collect();
        match self.entry(parent).map(|e| &e.value) {
            Some(Value::List) => {
                let position = leaf.parse().ok().filter(|i| *i < children.len());
                match (value, position) {
                    (None, Some(i)) => drop(children.remove(i)),
                    (None, None) => return,
                    (Some(value), _) => {
                        let Some(new) = self.graft(parent, Key::Index(u32::MAX), value) else { return };
                        match position.and_then(|i| children.get_mut(i)) {
                            Some(there) => *there = new,
                            None => children.push(new),
                        }
                    }
                }
            }
            Some(Value::Map) => {
                children.retain(|id| self.entry(*id).is_some_and(|e| !matches!(&e.key, Key::Name(n) if n == leaf)));
                if let Some(value) = value {
                    let Some(new) = self.graft(parent, Key::Name(Cow::Owned(leaf.to_owned())), value) else { return };
                    children.push(new);
                }
            }
            _ => return,
        }
        self.relink(parent, &children);
    }

    /// Makes these the children of `parent`, in this order; the elements of a list get their numbers anew.
    fn relink(&mut self, parent: Id, children: &[Id]) {
        let followers = children.iter().skip(1).copied().chain(std::iter::once(NONE));
        for ((id, next), number) in children.iter().zip(followers).zip(0..) {
            if let Some(entry) = self.entries.get_mut(*id as usize) {
                entry.next = next;
                if let Key::Index(index) = &mut entry.key {
                    *index = number;
                }
            }
        }
        if let Some(up) = self.entries.get_mut(parent as usize) {
            up.first = children.first().copied().unwrap_or(NONE);
            up.last = children.last().copied().unwrap_or(NONE);
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn lists_are_edited_in_place() {
        let before = r#"{"l":[1,2,3],"m":{"a":1}}"#;
        for (operation, after) in [
            (r#"{"op":"replace","path":"/l/1","value":{"x":0}}"#, r#"{"l":[1,{"x":0},3],"m":{"a":1}}"#),
            (r#"{"op":"add","path":"/l/-","value":4}"#, r#"{"l":[1,2,3,4],"m":{"a":1}}"#),
            (r#"{"op":"remove","path":"/l/0"}"#, r#"{"l":[2,3],"m":{"a":1}}"#),
            (r#"{"op":"remove","path":"/m/a"}"#, r#"{"l":[1,2,3],"m":{}}"#),
            (r#"{"op":"add","path":"/m/b","value":[]}"#, r#"{"l":[1,2,3],"m":{"a":1,"b":[]}}"#),
        ] {
            let tree = Tree::from_json(before).unwrap();
            let operation: PatchOperation = serde_json::from_str(operation).unwrap();
            let edited = tree.edited(tree.root(), std::slice::from_ref(&operation));
            let expected: serde_json::Value = serde_json::from_str(after).unwrap();
            assert_eq!(edited.root().to_json(), expected);
            let pointers: Vec<String> = edited.root().get("l").items().map(Node::pointer).collect();
            let count = expected.get("l").unwrap().as_array().unwrap().len();
            assert_eq!(pointers, (0..count).map(|i| format!("/l/{i}")).collect::<Vec<_>>());
        }
    }
}
