//! A document in one flat vector: every value knows its parent, so every value knows its place.
//!
//! JSON and YAML are read into the same [`Tree`]; strings are borrowed from the text where it can be. A [`Node`] is a
//! `Copy` view of one value, present or absent, and answers what it is, where it is and on which line.
//! A tree is never turned back into text: what Seawall writes are patches, so nothing that it does not know is lost.
mod build;
mod de;
mod edit;
mod file;
mod json;
mod node;
mod place;
mod quick;
mod same;
pub mod yaml;

use std::{borrow::Cow, fmt};

pub use de::{FieldError, from_node, nearest};
pub use edit::place_and_value;
pub use file::{FileError, from_text, text_of};
pub use json::{JsonError, Seed};
pub use node::{Node, Type};
pub(crate) use place::unescaped_steps;
pub use place::{Place, merge_key};

/// The most values that one tree holds; documented in `docs/limits.md`. An object of 3 MiB, which is what the API server
/// accepts, has fewer than a quarter of them.
pub const MAX_ENTRIES: usize = 400_000;

/// Index of an entry.
pub(crate) type Id = u32;
pub(crate) const NONE: Id = u32::MAX;

#[derive(Clone, PartialEq)]
pub(crate) enum Key<'a> {
    Name(Cow<'a, str>),
    Index(u32),
}

#[derive(Clone)]
pub(crate) enum Value<'a> {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(Cow<'a, str>),
    List,
    Map,
    /// JSON that nobody asked for yet.
    Unread(&'a str),
}

#[derive(Clone)]
pub(crate) struct Entry<'a> {
    pub(crate) key: Key<'a>,
    pub(crate) value: Value<'a>,
    pub(crate) parent: Id,
    pub(crate) first: Id,
    pub(crate) last: Id,
    pub(crate) next: Id,
}

/// One document, or one review with both of its objects.
#[derive(Default, Clone)]
pub struct Tree<'a> {
    pub(crate) entries: Vec<Entry<'a>>,
    /// Values that are documents of their own inside this one (`request.object`, `request.oldObject`): places start there.
    pub(crate) tops: [Option<Id>; 2],
    /// 1-based line of each entry, where the text had lines worth naming; entries beyond its end have their parent's.
    pub(crate) lines: Vec<u32>,
    pub(crate) overflow: bool,
}

impl<'a> Tree<'a> {
    /// The whole document.
    #[must_use]
    pub fn root(&self) -> Node<'_> {
        Node::at(self, 0)
    }

    /// The value that `node` was in the tree that this one was edited from: values keep their number.
    #[must_use]
    pub fn node_at(&self, node: Node<'_>) -> Node<'_> {
        Node::at(self, node.at)
    }

    /// How many values it holds.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// True when nothing was read.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Declares `parent.a` and `parent.b` to be documents of their own: places and pointers start there.
    pub(crate) fn mark_tops(&mut self, parent: &str, names: [&str; 2]) {
        let above = self.root().get(parent);
        self.tops = names.map(|name| Some(above.get(name)).filter(|n| n.absent == 0).map(|n| n.at));
    }

    #[inline]
    pub(crate) fn entry(&self, id: Id) -> Option<&Entry<'a>> {
        self.entries.get(id as usize)
    }

    /// The value of the map at `of` under `name`; of duplicate keys the last one, as the API server reads them.
    pub(crate) fn child_of(&self, of: Id, name: &str) -> Option<Id> {
        let mut next = self.entry(of)?.first;
        let mut found = None;
        while let Some(entry) = self.entry(next) {
            if let Key::Name(own) = &entry.key
                && own.len() == name.len()
                && own == name
            {
                found = Some(next);
            }
            next = entry.next;
        }
        found
    }

    pub(crate) fn is_top(&self, id: Id) -> bool {
        self.tops.contains(&Some(id)) || self.entry(id).is_none_or(|e| e.parent == NONE)
    }
}

/// Says how large, never what: a tree holds passwords.
impl fmt::Debug for Tree<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Tree of {} entries", self.entries.len())
    }
}
