//! Whether two values are the same.
use std::collections::HashMap;

use super::{Node, Value};

impl Node<'_> {
    /// True when both hold the same JSON value; map keys may stand in another order, and a field that is null is as good as none.
    #[must_use]
    pub fn same(self, other: Node<'_>) -> bool {
        match (self.entry().map(|e| &e.value), other.entry().map(|e| &e.value)) {
            (Some(Value::Map), Some(Value::Map)) => self.same_but_for(other, &[]),
            (Some(Value::List), Some(Value::List)) => {
                self.items().count() == other.items().count() && self.items().zip(other.items()).all(|(a, b)| a.same(b))
            }
            (Some(Value::Str(a)), Some(Value::Str(b))) => a == b,
            (Some(Value::Bool(a)), Some(Value::Bool(b))) => a == b,
            (Some(Value::Int(_) | Value::Float(_)), Some(Value::Int(_) | Value::Float(_))) => self.f64() == other.f64(),
            (Some(Value::Unread(a)), Some(Value::Unread(b))) => a == b,
            (None | Some(Value::Null), None | Some(Value::Null)) => true,
            _ => false,
        }
    }

    /// True when two maps hold the same beside some keys.
    #[must_use]
    pub fn same_but_for(self, other: Node<'_>, keys: &[&str]) -> bool {
        fn counted<'n>(map: Node<'n>, keys: &[&str]) -> impl Iterator<Item = (&'n str, Node<'n>)> {
            map.fields().filter(|(key, value)| !keys.contains(key) && value.is_set())
        }
        let pairs = || counted(self, keys).zip(counted(other, keys));
        // Most stand in the same order; of those that do not, each is looked up once.
        let in_order = pairs().take_while(|((a, _), (b, _))| a == b).count();
        let rest: HashMap<&str, Node<'_>> = counted(other, keys).skip(in_order).collect();
        counted(self, keys).skip(in_order).count() == rest.len()
            && pairs().take(in_order).all(|((_, a), (_, b))| a.same(b))
            && counted(self, keys)
                .skip(in_order)
                .all(|(key, value)| rest.get(key).is_some_and(|there| value.same(*there)))
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use crate::tree::Tree;

    #[test]
    fn order_matters_in_lists_alone() {
        for (a, b, same) in [
            (r#"{"a":1,"b":{"c":[1,2]}}"#, r#"{"b":{"c":[1,2]},"a":1.0}"#, true),
            (r#"{"a":1,"b":2,"c":3}"#, r#"{"a":1,"c":3,"b":2}"#, true),
            (r#"{"a":1,"b":2,"c":3}"#, r#"{"a":1,"c":2,"b":3}"#, false),
            (r#"{"a":1,"b":2}"#, r#"{"a":1,"c":2}"#, false),
            (r#"{"a":1,"b":2}"#, r#"{"a":1}"#, false),
            ("[1,2]", "[2,1]", false),
            (r#"{"a":null,"b":{"c":null}}"#, r#"{"b":{}}"#, true),
            (r#"{"a":null}"#, r#"{"a":false}"#, false),
            ("[null]", "[]", false),
            (r#"{"a":"1"}"#, r#"{"a":1}"#, false),
        ] {
            let (one, other) = (Tree::from_json(a).unwrap(), Tree::from_json(b).unwrap());
            assert_eq!(one.root().same(other.root()), same, "{a} {b}");
            assert_eq!(other.root().same(one.root()), same, "{b} {a}");
        }
    }

    #[test]
    fn what_is_left_out_does_not_count() {
        for (a, b, same) in [
            (r#"{"spec":1,"metadata":{"x":1}}"#, r#"{"metadata":{},"spec":1}"#, true),
            (r#"{"spec":1,"status":1}"#, r#"{"spec":1,"more":null}"#, true),
            (r#"{"spec":1}"#, r#"{"spec":1,"more":2}"#, false),
            (r#"{"spec":1,"more":2}"#, r#"{"spec":1}"#, false),
            (r#"{"spec":1}"#, r#"{"spec":2}"#, false),
        ] {
            let (one, other) = (Tree::from_json(a).unwrap(), Tree::from_json(b).unwrap());
            assert_eq!(one.root().same_but_for(other.root(), &["metadata", "status"]), same, "{a} {b}");
        }
    }

    /// A tenant may send maps of many keys in any order.
    #[test]
    fn maps_of_many_keys_cost_no_square() {
        let map = |keys: &mut dyn Iterator<Item = u32>| {
            let fields: Vec<String> = keys.map(|k| format!("\"k{k}\":{k}")).collect();
            format!("{{{}}}", fields.join(","))
        };
        let (up, down) = (map(&mut (0..200_000)), map(&mut (0..200_000).rev()));
        let (up, down) = (Tree::from_json(&up).unwrap(), Tree::from_json(&down).unwrap());
        assert!(up.root().same(down.root()));
    }
}
