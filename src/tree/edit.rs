//! A tree after a patch.
use std::borrow::Cow;

use json_patch::PatchOperation;

use super::{Id, Key, NONE, Node, Tree, Value, place::unescape};

impl<'a> Tree<'a> {
    /// The document after `operations`, with pointers from `top`; what stays keeps its id, so lines and places stay valid.
    /// An operation that does not apply is left out: [`crate::proposal`] makes none, and the laws hold both against `json_patch`.
    #[must_use]
    pub fn edited(&self, top: Node<'_>, operations: &[PatchOperation]) -> Tree<'a> {
        let mut tree = self.clone();
        for operation in operations {
            let (path, value) = match operation {
                PatchOperation::Add(op) => (op.path.to_string(), Some(&op.value)),
                PatchOperation::Replace(op) => (op.path.to_string(), Some(&op.value)),
                PatchOperation::Remove(op) => (op.path.to_string(), None),
                _ => continue,
            };
            let Some((parent, leaf)) = path.rsplit_once('/') else { continue };
            let Some(at) = tree.at_pointer(Node::at(&tree, top.at), parent).map(|n| n.at) else { continue };
            tree.assign(at, &unescape(leaf), value);
        }
        tree
    }

    fn assign(&mut self, parent: Id, leaf: &str, value: Option<&serde_json::Value>) {
        match self.entry(parent).map(|e| &e.value) {
            Some(Value::List) => {
                let next = self.unlink(parent, leaf);
                if let Some(value) = value {
                    // Only appends are made by proposals; an index in the middle is a replacement and keeps its number.
                    let index = leaf.parse().unwrap_or(next);
                    self.graft(parent, Key::Index(index), value);
                }
            }
            Some(Value::Map) => {
                self.unlink(parent, leaf);
                if let Some(value) = value {
                    self.graft(parent, Key::Name(Cow::Owned(leaf.to_owned())), value);
                }
            }
            _ => {}
        }
    }

    /// Takes the children called `leaf` out; returns the index that comes after those of all others.
    fn unlink(&mut self, parent: Id, leaf: &str) -> u32 {
        let children: Vec<Id> = Node::at(self, parent).children().map(|(id, _)| id).collect();
        let kept: Vec<Id> = children
            .into_iter()
            .filter(|id| {
                self.entry(*id).is_some_and(|e| match &e.key {
                    Key::Name(name) => name != leaf,
                    Key::Index(index) => leaf.parse() != Ok(*index),
                })
            })
            .collect();
        let next = kept.iter().skip(1).copied().chain(std::iter::once(NONE));
        for (id, next) in kept.iter().zip(next.collect::<Vec<_>>()) {
            if let Some(entry) = self.entries.get_mut(*id as usize) {
                entry.next = next;
            }
        }
        if let Some(up) = self.entries.get_mut(parent as usize) {
            up.first = kept.first().copied().unwrap_or(NONE);
            up.last = kept.last().copied().unwrap_or(NONE);
        }
        let indices = kept.iter().filter_map(|id| match self.entry(*id).map(|e| &e.key) {
            Some(Key::Index(index)) => Some(index.saturating_add(1)),
            _ => None,
        });
        indices.max().unwrap_or(0)
    }
}
