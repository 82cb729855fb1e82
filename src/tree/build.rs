//! Appending values to a tree.
use std::borrow::Cow;

use super::{Entry, Id, Key, MAX_ENTRIES, NONE, Tree, Value};

impl<'a> Tree<'a> {
    /// Appends a value below `parent` (`NONE` for the root). `None` when the tree is full; the tree is then marked.
    pub(crate) fn push(&mut self, parent: Id, key: Key<'a>, value: Value<'a>) -> Option<Id> {
        if self.entries.len() >= MAX_ENTRIES {
            self.overflow = true;
            return None;
        }
        let id = Id::try_from(self.entries.len()).ok()?;
        self.entries.push(Entry { key, value, parent, first: NONE, last: NONE, next: NONE });
        if let Some(up) = self.entries.get_mut(parent as usize) {
            let before = std::mem::replace(&mut up.last, id);
            if before == NONE {
                up.first = id;
            } else if let Some(sibling) = self.entries.get_mut(before as usize) {
                sibling.next = id;
            }
        }
        Some(id)
    }

    /// Appends a `serde_json` value and all below it.
    pub(crate) fn graft(&mut self, parent: Id, key: Key<'a>, value: &serde_json::Value) -> Option<Id> {
        use serde_json::Value as Json;
        let scalar = match value {
            Json::Null => Value::Null,
            Json::Bool(b) => Value::Bool(*b),
            Json::Number(n) => n.as_i64().map_or(Value::Float(n.as_f64().unwrap_or(0.0)), Value::Int),
            Json::String(s) => Value::Str(Cow::Owned(s.clone())),
            Json::Array(_) => Value::List,
            Json::Object(_) => Value::Map,
        };
        let id = self.push(parent, key, scalar)?;
        match value {
            Json::Array(items) => {
                for (index, item) in (0..).zip(items) {
                    self.graft(id, Key::Index(index), item)?;
                }
            }
            Json::Object(map) => {
                for (name, item) in map {
                    self.graft(id, Key::Name(Cow::Owned(name.clone())), item)?;
                }
            }
            _ => {}
        }
        Some(id)
    }
}
