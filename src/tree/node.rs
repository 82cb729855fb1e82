//! A value, present or absent, and its place.
use std::fmt;

use super::{Entry, Id, Key, NONE, Tree, Value};

/// Names below the last value that exists; one may hold several, with dots in between. A node is copied often: it has room for few.
type AbsentSteps<'t> = [&'t str; 3];
const NOWHERE: u8 = u8::MAX;

/// What kind of value a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// There is nothing at this place.
    Absent,
    /// A JSON null, which Kubernetes takes for absent.
    Null,
    /// `true` or `false`.
    Bool,
    /// A whole number or a fraction.
    Number,
    /// Text.
    String,
    /// A list.
    List,
    /// A map.
    Map,
    /// JSON that was passed over; see [`Node::unread`].
    Unread,
}

/// A value and its place. `Copy`; absent values have a place too, so that a rule can report at, or write to, what it asked for.
///
/// An absent or null value reads as `None` everywhere. A node that was asked for in more than three absent steps is nowhere: it reads as absent and
/// cannot be written. A [`Node::path`] is one step.
#[derive(Clone, Copy)]
pub struct Node<'t> {
    pub(crate) tree: &'t Tree<'t>,
    pub(crate) at: Id,
    missing: AbsentSteps<'t>,
    /// How many of `missing` are there.
    pub(crate) absent: u8,
    /// Which of them have dots in between, by bit.
    dotted: u8,
}

impl<'t> Node<'t> {
    #[inline]
    pub(crate) fn at(tree: &'t Tree<'t>, at: Id) -> Self {
        Self { tree, at, missing: [""; 3], absent: 0, dotted: 0 }
    }

    /// True for the very same value of the same document.
    #[must_use]
    pub fn is(self, other: Self) -> bool {
        std::ptr::eq(self.tree, other.tree) && self.at == other.at && self.absent == 0 && other.absent == 0
    }

    /// The document that it is in.
    #[must_use]
    pub fn tree(self) -> &'t Tree<'t> {
        self.tree
    }

    #[inline]
    fn moved(self, at: Id) -> Self {
        Self { at, ..self }
    }

    #[inline]
    pub(crate) fn entry(self) -> Option<&'t Entry<'t>> {
        if self.absent > 0 { None } else { self.tree.entry(self.at) }
    }

    #[inline]
    pub(crate) fn children(self) -> impl Iterator<Item = (Id, &'t Entry<'t>)> + use<'t> {
        let tree = self.tree;
        let mut next = self.entry().map_or(NONE, |e| e.first);
        std::iter::from_fn(move || {
            let id = next;
            let entry = tree.entry(id)?;
            next = entry.next;
            Some((id, entry))
        })
    }

    #[inline]
    pub(super) fn child(self, name: &str) -> Option<Id> {
        if self.absent > 0 { None } else { self.tree.child_of(self.at, name) }
    }

    /// The value of a map under `name`.
    #[must_use]
    #[inline]
    pub fn get(self, name: &'t str) -> Self {
        if let Some(at) = self.child(name) {
            return self.moved(at);
        }
        self.absent_at(name, false)
    }

    /// No place at all: it reads as absent, and cannot be written.
    #[must_use]
    pub fn nowhere(self) -> Self {
        Self { absent: NOWHERE, ..self }
    }

    /// The place of something absent below this one.
    fn absent_at(mut self, steps: &'t str, is_dotted: bool) -> Self {
        match self.missing.get_mut(usize::from(self.absent)) {
            Some(slot) => {
                *slot = steps;
                self.dotted |= u8::from(is_dotted) << self.absent;
                self.absent += 1;
            }
            None => self.absent = NOWHERE,
        }
        self
    }

    /// The names between the last value that exists and this place.
    pub(super) fn absent_steps(&self) -> impl Iterator<Item = &'t str> {
        let count = if self.is_somewhere() { usize::from(self.absent) } else { 0 };
        let dotted = self.dotted;
        self.missing.into_iter().take(count).enumerate().flat_map(move |(slot, steps)| {
            let most = if dotted >> slot & 1 == 1 { usize::MAX } else { 1 };
            steps.splitn(most, '.')
        })
    }

    /// Several [`Node::get`]s: `get_all("spec.template.spec")`. No key that contains a dot can be asked for in this way.
    #[must_use]
    pub fn path(self, dotted: &'t str) -> Self {
        let (mut node, mut rest) = (self, dotted);
        while let Some((name, behind)) = rest.bytes().position(|b| b == b'.').and_then(|dot| rest.split_at_checked(dot))
        {
            let Some(at) = node.child(name) else { return node.absent_at(rest, true) };
            node = node.moved(at);
            rest = behind.get(1..).unwrap_or("");
        }
        node.get(rest)
    }

    /// The elements of a list, or the values of a map; nothing for anything else.
    #[inline]
    pub fn items(self) -> impl Iterator<Item = Node<'t>> + use<'t> {
        self.children().map(move |(at, _)| self.moved(at))
    }

    /// Keys and values of a map.
    #[inline]
    pub fn fields(self) -> impl Iterator<Item = (&'t str, Node<'t>)> + use<'t> {
        self.children().filter_map(move |(at, e)| match &e.key {
            Key::Name(name) => Some((name.as_ref(), self.moved(at))),
            Key::Index(_) => None,
        })
    }

    /// The element of a list whose field `key` is the string `value`.
    #[must_use]
    pub fn named(self, key: &'t str, value: &str) -> Option<Self> {
        self.items().find(|n| n.get(key).str() == Some(value))
    }

    /// The last element of a list whose field `key` is the string `value`.
    #[must_use]
    pub fn last_named(self, key: &str, value: &str) -> Option<Self> {
        let is_it = |(id, _): &(Id, &Entry<'_>)| {
            let found = self.tree.child_of(*id, key).and_then(|at| self.tree.entry(at));
            matches!(found.map(|entry| &entry.value), Some(Value::Str(text)) if text == value)
        };
        self.children().filter(is_it).last().map(|(at, _)| self.moved(at))
    }

    /// The strings of a list; other elements are left out.
    pub fn strs(self) -> impl Iterator<Item = &'t str> + use<'t> {
        self.items().filter_map(Node::str)
    }

    /// The map or list around this value.
    #[must_use]
    pub fn parent(self) -> Option<Self> {
        if self.absent > 0 {
            if self.absent == NOWHERE {
                return None;
            }
            let slot = self.absent - 1;
            let above = Self { absent: slot, dotted: self.dotted & !(1 << slot), ..self };
            // The last name goes; those before it stay.
            let last = self.missing.get(usize::from(slot)).filter(|_| self.dotted >> slot & 1 == 1);
            return Some(match last.and_then(|steps| steps.rsplit_once('.')) {
                Some((before, _)) => above.absent_at(before, true),
                None => above,
            });
        }
        let up = self.tree.entry(self.at)?.parent;
        (up != NONE).then(|| self.moved(up))
    }

    /// The key under which a map holds this value.
    #[must_use]
    pub fn key(self) -> Option<&'t str> {
        if self.absent > 0 {
            return self.absent_steps().last();
        }
        match &self.tree.entry(self.at)?.key {
            Key::Name(name) => Some(name),
            Key::Index(_) => None,
        }
    }

    /// What kind of value this is.
    #[must_use]
    #[inline]
    pub fn type_of(self) -> Type {
        match self.entry().map(|e| &e.value) {
            None => Type::Absent,
            Some(Value::Null) => Type::Null,
            Some(Value::Bool(_)) => Type::Bool,
            Some(Value::Int(_) | Value::Float(_)) => Type::Number,
            Some(Value::Str(_)) => Type::String,
            Some(Value::List) => Type::List,
            Some(Value::Map) => Type::Map,
            Some(Value::Unread(_)) => Type::Unread,
        }
    }

    /// Neither absent nor null.
    #[must_use]
    #[inline]
    pub fn is_set(self) -> bool {
        !matches!(self.type_of(), Type::Absent | Type::Null)
    }

    /// False for a place that cannot be named or written.
    #[must_use]
    pub fn is_somewhere(self) -> bool {
        self.absent != NOWHERE
    }

    /// The text of a string.
    #[must_use]
    #[inline]
    pub fn str(self) -> Option<&'t str> {
        match &self.entry()?.value {
            Value::Str(s) => Some(s),
            _ => None,
        }
    }

    /// A string, or `""`: for names, where absent and empty mean the same.
    #[must_use]
    #[inline]
    pub fn text(self) -> &'t str {
        self.str().unwrap_or("")
    }

    /// A whole number.
    #[must_use]
    #[inline]
    pub fn i64(self) -> Option<i64> {
        match self.entry()?.value {
            Value::Int(n) => Some(n),
            _ => None,
        }
    }

    /// Any number.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "the numbers that rules compare are far below 2^53")]
    pub fn f64(self) -> Option<f64> {
        match self.entry()?.value {
            Value::Int(n) => Some(n as f64),
            Value::Float(n) => Some(n),
            _ => None,
        }
    }

    /// A boolean.
    #[must_use]
    #[inline]
    pub fn bool(self) -> Option<bool> {
        match self.entry()?.value {
            Value::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// The JSON text of a value that was passed over.
    #[must_use]
    pub fn unread(self) -> Option<&'t str> {
        match self.entry()?.value {
            Value::Unread(text) => Some(text),
            _ => None,
        }
    }

    /// The value as `serde_json` has it, for what is copied into a patch. Unread values are parsed; what cannot be is null.
    #[must_use]
    pub fn to_json(self) -> serde_json::Value {
        use serde_json::Value as Json;
        match self.entry().map(|e| &e.value) {
            None | Some(Value::Null) => Json::Null,
            Some(Value::Bool(b)) => Json::Bool(*b),
            Some(Value::Int(n)) => Json::from(*n),
            Some(Value::Float(n)) => Json::from(*n),
            Some(Value::Str(s)) => Json::String(s.clone().into_owned()),
            Some(Value::List) => self.items().map(Node::to_json).collect(),
            Some(Value::Map) => Json::Object(self.fields().map(|(k, v)| (k.to_owned(), v.to_json())).collect()),
            Some(Value::Unread(text)) => serde_json::from_str(text).unwrap_or(Json::Null),
        }
    }

    /// The 1-based line of this value, or of the nearest existing one around it; `None` where the text had none.
    #[must_use]
    pub fn line(self) -> Option<u32> {
        let mut id = self.at;
        loop {
            if let Some(line) = self.tree.lines.get(id as usize).filter(|l| **l > 0) {
                return Some(*line);
            }
            id = self.tree.entry(id)?.parent;
        }
    }
}

/// Says where, never what: a node may hold a password.
impl fmt::Debug for Node<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Node({} {:?})", self.stable(), self.type_of())
    }
}
