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

/// Where the next value goes.
#[derive(Clone)]
pub(super) enum Slot {
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
pub(super) struct Frame {
    pub(super) id: Id,
    /// What will become of it when it closes.
    pub(super) merged: bool,
    /// The sibling before it, to take it out again if it is merged.
    pub(super) before: Id,
    pub(super) line: u32,
    pub(super) anchor: usize,
    pub(super) kind: Kind,
}

pub(super) enum Kind {
    List { length: u32 },
    Map { next: Option<Slot>, names: HashMap<String, Name> },
}

/// A key of an open map.
#[derive(Clone, Copy)]
pub(super) struct Name {
    pub(super) id: Id,
    pub(super) line: u32,
    /// It came by `<<`, so that a written one replaces it.
    pub(super) merged: bool,
}

/// What an anchor names.
pub(super) enum Anchored {
    Value(Id),
    Key(String),
}

/// Builds one tree.
pub(super) struct Loader {
    pub(super) tree: Tree<'static>,
    pub(super) frames: Vec<Frame>,
    pub(super) anchors: HashMap<usize, Anchored>,
    pub(super) copied: usize,
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

    pub(super) fn push(
        &mut self,
        parent: Id,
        key: Key<'static>,
        value: Value<'static>,
        line: u32,
    ) -> Result<Id, Problem> {
        let id = self.tree.push(parent, key, value).ok_or(Problem::TooMany)?;
        self.tree.lines.push(line);
        Ok(id)
    }

    /// The place for the next value; `None` where a map waits for a key.
    pub(super) fn slot(&mut self) -> Option<Slot> {
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

    pub(super) fn anchor(&mut self, anchor: usize, target: Anchored) {
        if anchor > 0 {
            self.anchors.insert(anchor, target);
        }
    }

    fn expect_value(&mut self, slot: Slot) {
        if let Some(Frame { kind: Kind::Map { next, .. }, .. }) = self.frames.last_mut() {
            *next = Some(slot);
        }
    }

    pub(super) fn named(&mut self, name: String, anchor: usize, line: u32) -> Result<(), Problem> {
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
    pub(super) fn place(&mut self, slot: Slot, value: Value<'static>, line: u32) -> Result<Id, Problem> {
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
    pub(super) fn replace(&mut self, id: Id, value: Value<'static>, line: u32) {
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
}
