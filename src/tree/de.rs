//! A node as a serde source: engine files and settings are read through the tree, so their errors have a line and a field.
use std::fmt;

use serde::de::{self, DeserializeOwned, DeserializeSeed, IntoDeserializer, Visitor};

use super::{Node, Type, Value};

/// What is wrong with a field, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// 1-based line, where the text had lines.
    pub line: Option<u32>,
    /// The stable place of the field; empty for the document itself.
    pub field: String,
    /// What is wrong, lower case, no final period.
    pub message: String,
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(line) = self.line {
            write!(f, "line {line}: ")?;
        }
        if !self.field.is_empty() {
            write!(f, "{}: ", self.field)?;
        }
        f.write_str(&self.message)
    }
}

impl std::error::Error for FieldError {}

impl FieldError {
    /// An error at this node.
    #[must_use]
    pub fn at(node: Node<'_>, message: impl Into<String>) -> Self {
        Self { line: node.line(), field: node.stable(), message: message.into() }
    }

    fn or_at(self, node: Node<'_>) -> Self {
        if self.field.is_empty() && self.line.is_none() { Self::at(node, self.message) } else { self }
    }
}

impl de::Error for FieldError {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self { line: None, field: String::new(), message: message.to_string() }
    }
    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("unknown field {field:?}{}", nearest(field, expected)))
    }
    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Self {
        Self::custom(format!("{variant:?} is not one of {}{}", expected.join(", "), nearest(variant, expected)))
    }
    fn missing_field(field: &'static str) -> Self {
        Self::custom(format!("field {field:?} is missing"))
    }
    fn invalid_type(unexpected: de::Unexpected<'_>, expected: &dyn de::Expected) -> Self {
        // The value itself is not quoted: a settings file may hold what nobody should read in a log.
        let found = match unexpected {
            de::Unexpected::Bool(_) => "a boolean",
            de::Unexpected::Str(_) => "a string",
            de::Unexpected::Map => "a map",
            de::Unexpected::Seq => "a list",
            de::Unexpected::Unit | de::Unexpected::Option => "nothing",
            _ => "a number",
        };
        let expected = expected.to_string();
        let expected = match expected.as_str() {
            "i64" | "u32" | "i32" | "u64" => "a whole number",
            "a sequence" => "a list",
            word if word.starts_with("struct ") => "a map",
            word => word,
        };
        Self::custom(format!("expected {expected}, found {found}"))
    }
}

/// `; did you mean "x"?` where one of the known words is near enough.
#[must_use]
pub fn nearest<S: AsRef<str>>(word: &str, known: &[S]) -> String {
    known
        .iter()
        .map(|k| (strsim::damerau_levenshtein(&word.to_lowercase(), &k.as_ref().to_lowercase()), k.as_ref()))
        .filter(|(distance, k)| *distance <= 1 + k.len() / 4)
        .min()
        .map(|(_, k)| format!("; did you mean {k:?}?"))
        .unwrap_or_default()
}

/// Reads a node into a type.
///
/// # Errors
/// When a field is unknown, missing or of another type; with line and place of that field.
pub fn from_node<T: DeserializeOwned>(node: Node<'_>) -> Result<T, FieldError> {
    T::deserialize(Reader(node)).map_err(|e| e.or_at(node))
}

#[derive(Clone, Copy)]
struct Reader<'t>(Node<'t>);

impl<'de> de::Deserializer<'de> for Reader<'de> {
    type Error = FieldError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        let node = self.0;
        let read = match node.entry().map(|e| &e.value) {
            None | Some(Value::Null) => visitor.visit_unit(),
            Some(Value::Bool(b)) => visitor.visit_bool(*b),
            Some(Value::Int(n)) => visitor.visit_i64(*n),
            Some(Value::Float(n)) => visitor.visit_f64(*n),
            Some(Value::Str(s)) => visitor.visit_str(s),
            Some(Value::List) => visitor.visit_seq(de::value::SeqDeserializer::new(node.items().map(Reader))),
            Some(Value::Map) => visitor.visit_map(Fields { rest: Box::new(node.fields()), value: None }),
            Some(Value::Unread(_)) => visitor.visit_unit(),
        };
        read.map_err(|e| e.or_at(node))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, FieldError> {
        if self.0.is_set() { visitor.visit_some(self) } else { visitor.visit_none() }
    }

    /// By its fields' names only: the order of a list would say nothing to anybody.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        if self.0.type_of() == Type::List {
            return Err(FieldError::at(self.0, "expected a map, found a list"));
        }
        self.deserialize_any(visitor)
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, FieldError> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, FieldError> {
        let node = self.0;
        let read = match node.type_of() {
            Type::String => visitor.visit_enum(node.text().into_deserializer()),
            // YAML reads the words off and no as false, which people do not mean where `off` is one of the words.
            Type::Bool if node.bool() == Some(false) && variants.contains(&"off") => {
                visitor.visit_enum("off".into_deserializer())
            }
            Type::Map if node.fields().count() == 1 => match node.fields().next() {
                Some((key, value)) => visitor.visit_enum(Choice { key, value }),
                None => Err(de::Error::custom(format!("expected {name}"))),
            },
            _ => Err(de::Error::custom(format!("expected one of {}", variants.join(", ")))),
        };
        read.map_err(|e| e.or_at(node))
    }

    serde::forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map identifier ignored_any
    }
}

impl<'t> IntoDeserializer<'t, FieldError> for Reader<'t> {
    type Deserializer = Self;
    fn into_deserializer(self) -> Self {
        self
    }
}

struct Fields<'t> {
    rest: Box<dyn Iterator<Item = (&'t str, Node<'t>)> + 't>,
    value: Option<Node<'t>>,
}

impl<'t> de::MapAccess<'t> for Fields<'t> {
    type Error = FieldError;

    fn next_key_seed<K: DeserializeSeed<'t>>(&mut self, seed: K) -> Result<Option<K::Value>, FieldError> {
        let Some((key, value)) = self.rest.next() else { return Ok(None) };
        self.value = Some(value);
        let read: Result<_, FieldError> = seed.deserialize(key.into_deserializer());
        read.map(Some).map_err(|e| e.or_at(value))
    }

    fn next_value_seed<V: DeserializeSeed<'t>>(&mut self, seed: V) -> Result<V::Value, FieldError> {
        let node = self.value.take().ok_or_else(|| de::Error::custom("a value without a key"))?;
        seed.deserialize(Reader(node)).map_err(|e| e.or_at(node))
    }
}

/// A map of one key: an enum variant with content.
struct Choice<'t> {
    key: &'t str,
    value: Node<'t>,
}

impl<'t> de::EnumAccess<'t> for Choice<'t> {
    type Error = FieldError;
    type Variant = Reader<'t>;

    fn variant_seed<V: DeserializeSeed<'t>>(self, seed: V) -> Result<(V::Value, Reader<'t>), FieldError> {
        let read: Result<_, FieldError> = seed.deserialize(self.key.into_deserializer());
        Ok((read.map_err(|e| e.or_at(self.value))?, Reader(self.value)))
    }
}

impl<'t> de::VariantAccess<'t> for Reader<'t> {
    type Error = FieldError;

    fn unit_variant(self) -> Result<(), FieldError> {
        if self.0.is_set() { Err(FieldError::at(self.0, "expected a word alone, found a map")) } else { Ok(()) }
    }
    fn newtype_variant_seed<T: DeserializeSeed<'t>>(self, seed: T) -> Result<T::Value, FieldError> {
        seed.deserialize(self)
    }
    fn tuple_variant<V: Visitor<'t>>(self, _: usize, visitor: V) -> Result<V::Value, FieldError> {
        de::Deserializer::deserialize_any(self, visitor)
    }
    fn struct_variant<V: Visitor<'t>>(self, _: &'static [&'static str], visitor: V) -> Result<V::Value, FieldError> {
        de::Deserializer::deserialize_any(self, visitor)
    }
}
