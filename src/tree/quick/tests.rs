//! Both readers of JSON make the same trees.
#![allow(clippy::unwrap_used, reason = "tests")]
use proptest::prelude::*;
use serde_json::json;

use super::*;

/// Everything that a tree knows, floats to the bit.
fn entries(tree: &Tree<'_>) -> Vec<String> {
    let value = |value: &Value<'_>| match value {
        Value::Null => "null".to_owned(),
        Value::Bool(b) => format!("{b}"),
        Value::Int(n) => format!("int {n}"),
        Value::Float(n) => format!("float {:x}", n.to_bits()),
        Value::Str(s) => format!("{s:?}"),
        Value::List => "list".to_owned(),
        Value::Map => "map".to_owned(),
        Value::Unread(text) => format!("unread {text}"),
    };
    let key = |key: &Key<'_>| match key {
        Key::Name(name) => format!("{name:?}"),
        Key::Index(index) => format!("{index}"),
    };
    let one =
        |e: &Entry<'_>| format!("{} {} {} {} {} {}", key(&e.key), value(&e.value), e.parent, e.first, e.last, e.next);
    tree.entries.iter().map(one).collect()
}

/// Reads a text in both ways; true if the quick one managed.
fn agree(text: &str) -> bool {
    match (read(text), Tree::from_any_json(text)) {
        (Ok(quick), Ok(careful)) => assert_eq!(entries(&quick), entries(&careful), "{text}"),
        (Ok(_), Err(error)) => panic!("{text} is no JSON: {error}"),
        (Err(GivenUp::Unusual), _) => return false,
        (Err(GivenUp::TooMany), other) => assert!(matches!(other, Err(JsonError::TooMany)), "{text}"),
    }
    true
}

use super::super::json::JsonError;

#[test]
fn reviews_are_read_quickly() {
    for text in [
        include_str!("../../../benches/reviews/web.json"),
        include_str!("../../../benches/reviews/silent.json"),
        include_str!("../../../benches/reviews/patched.json"),
        include_str!("../../../benches/reviews/denied.json"),
    ] {
        assert!(agree(text));
    }
}

#[test]
fn what_takes_thought_is_read_with_thought() {
    for text in ["0", "-1", "1.5e3", "999999999999999999", "-9223372036854775808", r#""\u00e9\ud83d\ude00\n""#, " [ ] "]
    {
        assert!(agree(text), "{text}");
    }
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    for text in ["01", "1e999", "- 1", r#""\ud800""#, "\"\u{1}\"", "tru", "[1,]", r#"{"a" 1}"#, "1 2", "", &deep] {
        assert!(!agree(text), "{text}");
    }
    // What is passed over need not be read, but must be JSON.
    for (text, quick) in [
        (r#"{"status": {"a": ["\ud800", "\"", 1.5, null]}}"#, true),
        (r#"{"status": 1e999}"#, false),
        (r#"{"status": "\x"}"#, false),
        (r#"{"status": "\u12g4"}"#, false),
        (r#"{"status": {"a"}}"#, false),
    ] {
        assert_eq!(agree(text), quick, "{text}");
    }
}

#[test]
fn a_text_with_too_many_values_is_read_once() {
    let text = format!("[{}1]", "1,".repeat(MAX_ENTRIES));
    assert_eq!(read(&text).err(), Some(GivenUp::TooMany));
}

fn value() -> impl Strategy<Value = serde_json::Value> {
    let key = "metadata|status|object|annotations|managedFields|[a-z]{0,3}|\\PC{0,3}|[\"\\\\\n\u{1}]{0,2}";
    let leaf = prop_oneof![
        Just(json!(null)),
        any::<bool>().prop_map(|b| json!(b)),
        any::<i64>().prop_map(|n| json!(n)),
        (-999_i64..999).prop_map(|n| json!(n)),
        any::<u64>().prop_map(|n| json!(n)),
        any::<f64>().prop_map(|n| json!(n)),
        "\\PC{0,12}|[\"\\\\\u{0}-\u{20}a]{0,9}".prop_map(|s| json!(s)),
    ];
    leaf.prop_recursive(6, 60, 6, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(|all| json!(all)),
            prop::collection::hash_map(key, inner, 0..6).prop_map(|all| json!(all)),
        ]
    })
}

proptest! {
    #[test]
    fn both_readers_agree(value in value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        agree(&text);
    }

    #[test]
    fn both_readers_agree_on_broken_texts(
        value in value(),
        place in any::<prop::sample::Index>(),
        removed in 0_usize..3,
        put in prop::sample::select(vec!["", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "-", "e", ".", " ", "\u{7f}", "\u{1f}", "é", "u"]),
    ) {
        let mut text: Vec<char> = serde_json::to_string(&value).unwrap().chars().collect();
        let at = place.index(text.len());
        text.splice(at..(at + removed).min(text.len()), put.chars());
        agree(&text.into_iter().collect::<String>());
    }
}
