//! JSON into a tree, in one pass.
use std::{borrow::Cow, fmt};

use serde::de::{DeserializeSeed, Deserializer, Error as _, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::{
    Id, Key, MAX_ENTRIES, NONE, Tree, Value,
    quick::{self, GivenUp},
};

/// Why a text is no tree.
#[derive(Debug, thiserror::Error)]
pub enum JsonError {
    /// The text is not JSON, or is nested deeper than 128 levels.
    #[error("not valid JSON: {0}")]
    Malformed(#[from] serde_json::Error),
    /// The text holds more values than [`MAX_ENTRIES`].
    #[error("more than {MAX_ENTRIES} values in one document")]
    TooMany,
}

const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

impl<'a> Tree<'a> {
    /// Reads one JSON document. What no rule reads stays unread: `metadata.managedFields`, `status`, the last-applied annotation, what of a
    /// review nobody asks.
    ///
    /// # Errors
    /// When the text is no JSON, is followed by something else, is nested too deeply or holds too many values.
    pub fn from_json(text: &'a str) -> Result<Self, JsonError> {
        match quick::read(text) {
            Ok(tree) => Ok(tree),
            Err(GivenUp::TooMany) => Err(JsonError::TooMany),
            Err(GivenUp::Unusual) => Self::from_any_json(text),
        }
    }

    /// As [`Tree::from_json`]: without hurry, and with words for what is wrong.
    pub(super) fn from_any_json(text: &'a str) -> Result<Self, JsonError> {
        let mut tree = Self { entries: Vec::with_capacity((text.len() / 24).min(MAX_ENTRIES)), ..Self::default() };
        let mut reader = serde_json::Deserializer::from_str(text);
        let read = Seed { tree: &mut tree, parent: NONE, key: Key::Index(0) }.deserialize(&mut reader);
        match read.and_then(|_| reader.end()) {
            Ok(()) => Ok(tree),
            Err(_) if tree.overflow => Err(JsonError::TooMany),
            Err(e) => Err(JsonError::Malformed(e)),
        }
    }
}

/// Reads one value into a tree, as part of a larger read.
pub struct Seed<'t, 'a> {
    tree: &'t mut Tree<'a>,
    parent: Id,
    key: Key<'a>,
}

impl<'a> Seed<'_, 'a> {
    fn leaf<E: serde::de::Error>(self, value: Value<'a>) -> Result<Id, E> {
        self.tree.push(self.parent, self.key, value).ok_or_else(|| E::custom("too many values"))
    }
}

/// Which values of the map `key` below `parent` no rule reads, although they can be most of the bytes.
pub(super) fn stays_unread(key: &Key<'_>, parent: Id) -> fn(&str) -> bool {
    let Key::Name(name) = key else {
        return if parent == NONE { |key| key == "status" } else { |_| false };
    };
    match name.as_ref() {
        "metadata" => |key| key == "managedFields",
        "annotations" => |key| key == LAST_APPLIED,
        "object" | "oldObject" => |key| key == "status",
        // Of a review the kind is enough, and the user's name.
        "request" => |key| matches!(key, "options" | "requestKind" | "requestResource" | "resource"),
        "userInfo" => |key| matches!(key, "extra" | "groups"),
        // The files of a token, in every Pod.
        "projected" => |key| key == "sources",
        _ => |_| false,
    }
}

struct Text;

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Cow<'de, str>;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Cow<'de, str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }
    fn visit_borrowed_str<E>(self, s: &'de str) -> Result<Self::Value, E> {
        Ok(Cow::Borrowed(s))
    }
    fn visit_str<E>(self, s: &str) -> Result<Self::Value, E> {
        Ok(Cow::Owned(s.to_owned()))
    }
}

impl<'de> DeserializeSeed<'de> for Seed<'_, 'de> {
    type Value = Id;

    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Id, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Seed<'_, 'de> {
    type Value = Id;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E: serde::de::Error>(self) -> Result<Id, E> {
        self.leaf(Value::Null)
    }
    fn visit_bool<E: serde::de::Error>(self, b: bool) -> Result<Id, E> {
        self.leaf(Value::Bool(b))
    }
    fn visit_i64<E: serde::de::Error>(self, n: i64) -> Result<Id, E> {
        self.leaf(Value::Int(n))
    }
    #[expect(clippy::cast_precision_loss, reason = "no field that a rule reads is larger than an i64")]
    fn visit_u64<E: serde::de::Error>(self, n: u64) -> Result<Id, E> {
        self.leaf(i64::try_from(n).map_or(Value::Float(n as f64), Value::Int))
    }
    fn visit_f64<E: serde::de::Error>(self, n: f64) -> Result<Id, E> {
        self.leaf(Value::Float(n))
    }
    fn visit_borrowed_str<E: serde::de::Error>(self, s: &'de str) -> Result<Id, E> {
        self.leaf(Value::Str(Cow::Borrowed(s)))
    }
    fn visit_str<E: serde::de::Error>(self, s: &str) -> Result<Id, E> {
        self.leaf(Value::Str(Cow::Owned(s.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Id, A::Error> {
        let unread = stays_unread(&self.key, self.parent);
        let id =
            self.tree.push(self.parent, self.key, Value::Map).ok_or_else(|| A::Error::custom("too many values"))?;
        while let Some(key) = map.next_key_seed(Text)? {
            if unread(&key) {
                let raw: &'de RawValue = map.next_value()?;
                self.tree
                    .push(id, Key::Name(key), Value::Unread(raw.get()))
                    .ok_or_else(|| A::Error::custom("too many values"))?;
            } else {
                map.next_value_seed(Seed { tree: &mut *self.tree, parent: id, key: Key::Name(key) })?;
            }
        }
        Ok(id)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Id, A::Error> {
        let id =
            self.tree.push(self.parent, self.key, Value::List).ok_or_else(|| A::Error::custom("too many values"))?;
        let mut index = 0;
        while seq.next_element_seed(Seed { tree: &mut *self.tree, parent: id, key: Key::Index(index) })?.is_some() {
            index += 1;
        }
        Ok(id)
    }
}
