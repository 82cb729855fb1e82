//! What a rule would write, and the patch that comes of it.
//!
//! Each rule writes into a [`Proposal`] of its own. [`Merged`] puts them together in an order that does not depend on the rules', and
//! renders the smallest patch: parents that are missing are added whole, once; nothing is tested; nothing is overwritten by two rules.
mod merge;
mod render;

use std::borrow::Cow;

use serde_json::Value;

use crate::tree::{Node, Place, Type};

pub use merge::{Conflict, Merged};

/// One thing that a rule writes, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Mend {
    /// The rule.
    pub rule: &'static str,
    /// Where; for an element that is added to a list, the element.
    pub place: Place,
    /// 1-based line of the nearest existing parent.
    pub line: Option<u32>,
    /// What is written, for people: never a value that may be secret.
    pub message: String,
    /// What to know or to do next.
    pub help: Cow<'static, str>,
    /// What must be known beside what the rule's kind of mend needs anyway.
    pub gate: Gate,
    edit: Edit,
}

/// A further condition of a mend, checked where the other gates are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gate {
    /// None.
    #[default]
    None,
    /// Only over data that no server has seen: each claim absent, Pending, or bound for less than two minutes and never mounted.
    FreshData,
}

impl Mend {
    fn new(rule: &'static str, at: Node<'_>, place: Place, edit: Edit) -> Self {
        let (line, message, help) = (at.line(), String::new(), "".into());
        Self { rule, place, line, message, help, gate: Gate::None, edit }
    }

    /// What is written, for people.
    pub fn because(&mut self, message: impl Into<String>) -> &mut Self {
        self.message = message.into();
        self
    }

    /// What to know or to do next.
    pub fn help(&mut self, text: impl Into<Cow<'static, str>>) -> &mut Self {
        self.help = text.into();
        self
    }

    /// Written only over data that no server has seen.
    pub fn only_over_fresh_data(&mut self) -> &mut Self {
        self.gate = Gate::FreshData;
        self
    }
}

#[derive(Debug, Clone, PartialEq)]
enum Edit {
    Set(Value),
    Unset,
    RaiseTo(i64),
    /// Adds an element to the list at the place's parent.
    Append {
        list: String,
        element: Value,
    },
}

/// What one rule would write.
#[derive(Debug)]
pub struct Proposal {
    rule: &'static str,
    mends: Vec<Mend>,
    /// The last mend that was given up: it takes the words of the caller's chain, and nobody reads them.
    given_up: Option<Mend>,
    notes: Vec<String>,
    refused: Vec<String>,
}

impl Proposal {
    /// An empty one for a rule.
    #[must_use]
    pub fn of(rule: &'static str) -> Self {
        Self { rule, mends: Vec::new(), given_up: None, notes: Vec::new(), refused: Vec::new() }
    }

    /// Writes a value, also where parents are missing. A value that is there is replaced: only for values of our own.
    pub fn set(&mut self, at: Node<'_>, value: Value) -> &mut Mend {
        self.write(at, at.place(), Edit::Set(value))
    }

    /// Removes a value. Removing what is absent writes nothing.
    pub fn unset(&mut self, at: Node<'_>) -> &mut Mend {
        self.write(at, at.place(), Edit::Unset)
    }

    /// Raises a whole number to at least `to`; an absent one is set. The largest of all rules' wins.
    pub fn raise(&mut self, at: Node<'_>, to: i64) -> &mut Mend {
        self.write(at, at.place(), Edit::RaiseTo(to))
    }

    /// Adds an element to a list, which may be absent, unless one with the same `merge_key` is there.
    pub fn upsert(&mut self, list: Node<'_>, merge_key: &str, element: Value) -> &mut Mend {
        let name = element.get(merge_key).and_then(Value::as_str).unwrap_or("").to_owned();
        let Place { pointer, stable } = list.place();
        let place = Place { pointer: format!("{pointer}/-"), stable: format!("{stable}[{name}]") };
        let taken = list.items().any(|n| n.fields().any(|(k, v)| k == merge_key && v.str() == Some(&name)));
        if taken {
            self.refused.push(format!("{}: {} is there already", self.rule, place.stable));
            return self.given_up.insert(Mend::new(self.rule, list, place, Edit::Unset));
        }
        self.write(list, place, Edit::Append { list: pointer, element })
    }

    /// Says something to the one who applies, beside what is written: a warning that is no finding.
    pub fn note(&mut self, text: impl Into<String>) {
        self.notes.push(text.into());
    }

    fn write(&mut self, at: Node<'_>, place: Place, edit: Edit) -> &mut Mend {
        let needs = if matches!(edit, Edit::Append { .. }) { Type::List } else { Type::Absent };
        if let Err(why) = writable(at, needs) {
            self.refused.push(format!("{}: {}: {why}", self.rule, place.stable));
            return self.given_up.insert(Mend::new(self.rule, at, place, edit));
        }
        let mend = Mend::new(self.rule, at, place, edit);
        let index = self.mends.len();
        self.mends.push(mend);
        #[expect(clippy::indexing_slicing, reason = "pushed just above")]
        &mut self.mends[index]
    }

    /// Edits that were given up because a parent is of another type, for the log.
    #[must_use]
    pub fn refused(&self) -> &[String] {
        &self.refused
    }

    /// What was written and said.
    #[must_use]
    pub fn into_parts(self) -> (Vec<Mend>, Vec<String>) {
        (self.mends, self.notes)
    }
}

/// A place can be written when it is somewhere, and when what is around it is a map (or nothing yet).
fn writable(at: Node<'_>, needs: Type) -> Result<(), &'static str> {
    if !at.is_somewhere() {
        return Err("the place is nowhere");
    }
    if needs == Type::List && at.is_set() && at.type_of() != Type::List {
        return Err("is no list");
    }
    let mut node = at;
    while let Some(up) = node.parent() {
        if up.is_set() {
            return match (up.type_of(), node.key()) {
                (Type::Map, Some(_)) | (Type::List, None) => Ok(()),
                _ => Err("its parent is no map"),
            };
        }
        node = up;
    }
    Ok(())
}
