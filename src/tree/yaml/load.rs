//! From the events of one document to a tree.

use super::{
    error::Problem,
    hints::is_swallowed_comment,
    scalar::{key, value},
};
use crate::tree::{Id, Key, NONE, Tree, Value};
use granit_parser::{Event, ScalarStyle, Tag};
use std::{borrow::Cow, collections::HashMap};

/// As deep as JSON is read.
pub(super) const NESTING: usize = 128;
/// Text that aliases may repeat, in bytes: entries are counted, and their texts are copied.
const ALIAS_TEXT: usize = 8 << 20;

/// Where the next value goes.
#[derive(Clone)]
enum Slot {
    /// The document itself.
    Root,
    /// The next place of a list.
    Item,
    /// Under this key of a map, which stands on this line.
    Named(String, u32),
    /// Into the map itself (`<<`).
    Merge,
}

/// An open list or map.
struct Frame {
    id: Id,
    /// What will become of it when it closes.
    merged: bool,
    /// The sibling before it, to take it out again if it is merged.
    before: Id,
    line: u32,
    anchor: usize,
    kind: Kind,
}

enum Kind {
    List { length: u32 },
    Map { next: Option<Slot>, names: HashMap<String, Name> },
}

/// A key of an open map.
#[derive(Clone, Copy)]
struct Name {
    id: Id,
    line: u32,
    /// It came by `<<`, so that a written one replaces it.
    merged: bool,
}

/// What an anchor names.
enum Anchored {
    Value(Id),
    Key(String),
}

/// Builds one tree.
pub(super) struct Loader {
    tree: Tree<'static>,
    frames: Vec<Frame>,
    anchors: HashMap<usize, Anchored>,
    copied: usize,
}

impl Loader {
    pub(super) fn new() -> Self {
        Self { tree: Tree::default(), frames: Vec::new(), anchors: HashMap::new(), copied: 0 }
    }

    /// The tree; a document without a value is null.
    pub(super) fn finish(mut self, line: u32) -> Tree<'static> {
        if self.tree.is_empty() {
            let _ = self.push(NONE, Key::Index(0), Value::Null, line);
        }
        self.tree
    }

    /// Takes the next event; `line` is its own.
    pub(super) fn event(&mut self, event: Event<'_>, line: u32) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => self.scalar(text, style, anchor, tag.as_deref(), line),
            Event::SequenceStart(_, anchor, _) => self.open(Kind::List { length: 0 }, Value::List, anchor, line),
            Event::MappingStart(_, anchor, _) => {
                self.open(Kind::Map { next: None, names: HashMap::new() }, Value::Map, anchor, line)
            }
            Event::SequenceEnd | Event::MappingEnd => self.close(),
            Event::Alias(anchor) => self.alias(anchor, line),
            Event::UnresolvedAlias(_) => Err(Problem::UnknownAlias),
            _ => Ok(()),
        }
    }

    fn push(&mut self, parent: Id, key: Key<'static>, value: Value<'static>, line: u32) -> Result<Id, Problem> {
        let id = self.tree.push(parent, key, value).ok_or(Problem::TooMany)?;
        self.tree.lines.push(line);
        Ok(id)
    }

    /// The place for the next value; `None` where a map waits for a key.
    fn slot(&mut self) -> Option<Slot> {
        match self.frames.last_mut() {
            None => Some(Slot::Root),
            Some(Frame { kind: Kind::List { .. }, .. }) => Some(Slot::Item),
            Some(Frame { kind: Kind::Map { next, .. }, .. }) => next.take(),
        }
    }

    fn scalar(
        &mut self,
        text: Cow<'_, str>,
        style: ScalarStyle,
        anchor: usize,
        tag: Option<&Tag>,
        line: u32,
    ) -> Result<(), Problem> {
        match self.slot() {
            None => {
                let merge = tag.map_or(style == ScalarStyle::Plain, |tag| {
                    tag.suffix_in_namespace("tag:yaml.org,2002:").as_deref() == Some("merge")
                });
                if merge && text == "<<" {
                    self.expect_value(Slot::Merge);
                    return Ok(());
                }
                self.named(key(text, style, tag)?, anchor, line)
            }
            Some(Slot::Merge) => Err(Problem::MergeNoMap),
            Some(slot) => {
                if style == ScalarStyle::Plain && self.swallows_comment(&slot, &text) {
                    return Err(Problem::SlashComment);
                }
                let id = self.place(slot, value(text, style, tag)?, line)?;
                self.anchor(anchor, Anchored::Value(id));
                Ok(())
            }
        }
    }

    /// `apiVersion: v1 // comment` is valid, and is not what was meant.
    fn swallows_comment(&self, slot: &Slot, text: &str) -> bool {
        let Slot::Named(name, _) = slot else { return false };
        if !text.contains("//") {
            return false;
        }
        let mut path = vec![Some(name.as_str())];
        // The innermost frame's own key and that of its parent are all that is looked at.
        for frame in self.frames.iter().rev() {
            path.push(match self.tree.entry(frame.id).map(|entry| &entry.key) {
                Some(Key::Name(key)) => Some(key.as_ref()),
                _ => None,
            });
        }
        // The root has no key.
        path.pop();
        path.reverse();
        is_swallowed_comment(&path, text)
    }

    fn anchor(&mut self, anchor: usize, target: Anchored) {
        if anchor > 0 {
            self.anchors.insert(anchor, target);
        }
    }

    fn expect_value(&mut self, slot: Slot) {
        if let Some(Frame { kind: Kind::Map { next, .. }, .. }) = self.frames.last_mut() {
            *next = Some(slot);
        }
    }

    fn named(&mut self, name: String, anchor: usize, line: u32) -> Result<(), Problem> {
        if let Some(Frame { kind: Kind::Map { names, .. }, .. }) = self.frames.last()
            && let Some(first) = names.get(&name).filter(|first| !first.merged)
        {
            return Err(Problem::Duplicate { key: name, first: first.line });
        }
        if anchor > 0 {
            self.anchor(anchor, Anchored::Key(name.clone()));
        }
        self.expect_value(Slot::Named(name, line));
        Ok(())
    }

    /// Puts a value where it belongs. `line` is the value's; a key has its own.
    fn place(&mut self, slot: Slot, value: Value<'static>, line: u32) -> Result<Id, Problem> {
        let Some(frame) = self.frames.last_mut() else { return self.push(NONE, Key::Index(0), value, line) };
        let parent = frame.id;
        match (&mut frame.kind, slot) {
            (Kind::List { length }, _) => {
                let index = *length;
                *length += 1;
                self.push(parent, Key::Index(index), value, line)
            }
            (Kind::Map { names, .. }, Slot::Named(name, line)) => match names.get(&name).copied() {
                Some(old) => {
                    names.insert(name, Name { line, merged: false, ..old });
                    self.replace(old.id, value, line);
                    Ok(old.id)
                }
                None => {
                    let id = self.push(parent, Key::Name(Cow::Owned(name.clone())), value, line)?;
                    if let Some(Frame { kind: Kind::Map { names, .. }, .. }) = self.frames.last_mut() {
                        names.insert(name, Name { id, line, merged: false });
                    }
                    Ok(id)
                }
            },
            (Kind::Map { .. }, _) => self.push(parent, Key::Name(Cow::Borrowed("<<")), value, line),
        }
    }

    /// Gives an entry a new value, under which nothing stands yet.
    fn replace(&mut self, id: Id, value: Value<'static>, line: u32) {
        if let Some(entry) = self.tree.entries.get_mut(id as usize) {
            (entry.value, entry.first, entry.last) = (value, NONE, NONE);
        }
        if let Some(slot) = self.tree.lines.get_mut(id as usize) {
            *slot = line;
        }
    }

    fn open(&mut self, kind: Kind, value: Value<'static>, anchor: usize, line: u32) -> Result<(), Problem> {
        if self.frames.len() >= NESTING {
            return Err(Problem::TooDeep);
        }
        let slot = self.slot().ok_or(Problem::NoTextKey)?;
        let merged = matches!(slot, Slot::Merge);
        let parent = self.frames.last().map_or(NONE, |frame| frame.id);
        let before = self.tree.entry(parent).map_or(NONE, |entry| entry.last);
        let id = self.place(slot, value, line)?;
        self.frames.push(Frame { id, merged, before, line, anchor, kind });
        Ok(())
    }

    fn close(&mut self) -> Result<(), Problem> {
        let Some(frame) = self.frames.pop() else { return Ok(()) };
        self.anchor(frame.anchor, Anchored::Value(frame.id));
        if frame.merged { self.merge(frame.id, frame.before, frame.line) } else { Ok(()) }
    }

    fn alias(&mut self, anchor: usize, line: u32) -> Result<(), Problem> {
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
    fn merge(&mut self, id: Id, before: Id, line: u32) -> Result<(), Problem> {
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
