//! Aliases and merge keys: values that stand somewhere else.

use super::{
    error::Problem,
    load::{Anchored, Frame, Kind, Loader, NESTING, Name, Slot},
};
use crate::tree::{Id, Key, NONE, Value};
use std::borrow::Cow;

/// Text that aliases may repeat, in bytes: entries are counted, and their texts are copied.
const ALIAS_TEXT: usize = 8 << 20;

impl Loader {
    /// Puts what an anchor names where a value or a key is expected.
    pub(super) fn alias(&mut self, anchor: usize, line: u32) -> Result<(), Problem> {
        let slot = self.slot();
        let target = match self.anchors.get(&anchor) {
            Some(Anchored::Value(id)) => *id,
            Some(Anchored::Key(name)) => {
                let name = name.clone();
                return match slot {
                    None => self.named(name, 0, line),
                    Some(Slot::Merge) => Err(Problem::MergeNoMap),
                    Some(slot) => self.place(slot, Value::Str(Cow::Owned(name)), line).map(|_| ()),
                };
            }
            // The anchor is known to the parser, so its value is still open.
            None => return Err(Problem::SelfReference),
        };
        let Some(slot) = slot else {
            return match self.tree.entry(target).map(|entry| &entry.value) {
                Some(Value::Str(text)) => {
                    let text = text.clone().into_owned();
                    self.named(text, 0, line)
                }
                _ => Err(Problem::NoTextKey),
            };
        };
        let merged = matches!(slot, Slot::Merge);
        let parent = self.frames.last().map_or(NONE, |frame| frame.id);
        let before = self.tree.entry(parent).map_or(NONE, |entry| entry.last);
        let value = self.copied_value(target)?;
        let id = self.place(slot, value, line)?;
        self.copy_children(target, id, line, self.frames.len() + 1)?;
        if merged { self.merge(id, before, line) } else { Ok(()) }
    }

    fn copied_value(&mut self, source: Id) -> Result<Value<'static>, Problem> {
        let value = self.tree.entry(source).map_or(Value::Null, |entry| entry.value.clone());
        if let Value::Str(text) = &value {
            self.count(text.len())?;
        }
        Ok(value)
    }

    fn count(&mut self, bytes: usize) -> Result<(), Problem> {
        self.copied += bytes;
        if self.copied > ALIAS_TEXT { Err(Problem::AliasText) } else { Ok(()) }
    }

    /// Copies what stands below `source`. Its depth is bounded, since it was read, and counted again.
    fn copy_children(&mut self, source: Id, target: Id, line: u32, depth: usize) -> Result<(), Problem> {
        let mut next = self.tree.entry(source).map_or(NONE, |entry| entry.first);
        if next != NONE && depth > NESTING {
            return Err(Problem::TooDeep);
        }
        while let Some(entry) = self.tree.entry(next) {
            let (child, key) = (next, entry.key.clone());
            next = entry.next;
            if let Key::Name(name) = &key {
                let length = name.len();
                self.count(length)?;
            }
            let value = self.copied_value(child)?;
            let copy = self.push(target, key, value, line)?;
            self.copy_children(child, copy, line, depth + 1)?;
        }
        Ok(())
    }

    /// Takes the last child out of the innermost map and puts its keys there: those of a map, or of each map of a list.
    pub(super) fn merge(&mut self, id: Id, before: Id, line: u32) -> Result<(), Problem> {
        let Some(parent) = self.frames.last().map(|frame| frame.id) else { return Ok(()) };
        if let Some(up) = self.tree.entries.get_mut(parent as usize) {
            up.last = before;
            if before == NONE {
                up.first = NONE;
            }
        }
        if let Some(sibling) = self.tree.entries.get_mut(before as usize) {
            sibling.next = NONE;
        }
        let entry = self.tree.entry(id).map(|entry| (matches!(entry.value, Value::Map), entry.first));
        match entry {
            Some((true, first)) => self.merge_map(parent, first, line),
            Some((false, first)) if self.tree.entry(id).is_some_and(|entry| matches!(entry.value, Value::List)) => {
                let mut maps = Vec::new();
                let mut next = first;
                while let Some(entry) = self.tree.entry(next) {
                    if !matches!(entry.value, Value::Map) {
                        return Err(Problem::MergeNoMap);
                    }
                    maps.push(entry.first);
                    next = entry.next;
                }
                // Of two maps in the list the earlier one counts, so it comes last.
                maps.into_iter().rev().try_for_each(|first| self.merge_map(parent, first, line))
            }
            _ => Err(Problem::MergeNoMap),
        }
    }

    /// Moves the fields from `first` on into the innermost map. As kubectl does it, they replace what is there before.
    fn merge_map(&mut self, parent: Id, first: Id, line: u32) -> Result<(), Problem> {
        let mut next = first;
        while let Some(entry) = self.tree.entry(next).cloned() {
            let from = next;
            next = entry.next;
            let Key::Name(name) = entry.key else { continue };
            let old = match self.frames.last() {
                Some(Frame { kind: Kind::Map { names, .. }, .. }) => names.get(name.as_ref()).copied(),
                _ => None,
            };
            let id = match old {
                Some(old) => {
                    self.replace(old.id, entry.value, line);
                    old.id
                }
                None => {
                    let id = self.push(parent, Key::Name(name.clone()), entry.value, line)?;
                    if let Some(Frame { kind: Kind::Map { names, .. }, .. }) = self.frames.last_mut() {
                        names.insert(name.into_owned(), Name { id, line, merged: true });
                    }
                    id
                }
            };
            self.adopt(from, id);
        }
        Ok(())
    }

    /// Hangs the children of one entry below another.
    fn adopt(&mut self, from: Id, to: Id) {
        let (first, last) = self.tree.entry(from).map_or((NONE, NONE), |entry| (entry.first, entry.last));
        if let Some(entry) = self.tree.entries.get_mut(to as usize) {
            (entry.first, entry.last) = (first, last);
        }
        let mut next = first;
        while let Some(child) = self.tree.entries.get_mut(next as usize) {
            child.parent = to;
            next = child.next;
        }
    }
}
