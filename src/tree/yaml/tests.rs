//! Documents, values, lines, bounds; and YAML against JSON.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::indexing_slicing, reason = "tests")]

use super::*;
use crate::tree::MAX_ENTRIES;
use proptest::prelude::*;
use serde_json::{Value as Json, json};

/// Each document as JSON, errors as their line and message.
fn read(text: &str) -> Vec<Json> {
    let say = |document: Document| match document.tree {
        Ok(tree) => tree.root().to_json(),
        Err(error) => Json::String(format!("{}: {}", error.line, error.message)),
    };
    documents(text).map(say).collect()
}

fn one(text: &str) -> Json {
    Tree::one_from_yaml(text).map_or_else(|error| Json::String(format!("error: {error}")), |tree| tree.root().to_json())
}

#[test]
fn documents_are_counted_as_pyyaml_counts() {
    // Right column: `list(yaml.load_all(text))` of PyYAML 6.
    let cases = [
        ("", json!([])),
        ("# c", json!([])),
        ("# c\n---\na: 1", json!([{"a": 1}])),
        ("---\n---\n", json!([null, null])),
        ("a: 1\n---\n", json!([{"a": 1}, null])),
        ("a: 1\n---\n# only\n---\nb: 1", json!([{"a": 1}, null, {"b": 1}])),
        ("a: 1\n...\n", json!([{"a": 1}])),
        ("a: 1\n...\n---\nb: 1", json!([{"a": 1}, {"b": 1}])),
        ("--- # x\na: 1", json!([{"a": 1}])),
        ("\n\n---\n\n---\n", json!([null, null])),
        ("---\n...\n---\n...\n", json!([null, null])),
        ("%YAML 1.1\n---\na: 1", json!([{"a": 1}])),
        ("a: 1\n---\n\n\n", json!([{"a": 1}, null])),
        ("---\r\na: 1\r\n---\r\nb: 2\r\n", json!([{"a": 1}, {"b": 2}])),
        ("\u{feff}a: 1\n", json!([{"a": 1}])),
        ("\u{feff}---\na: 1\n", json!([{"a": 1}])),
        ("--- {a: 1}\n--- [1]\n--- x\n", json!([{"a": 1}, [1], "x"])),
        ("{\"a\": [1, \"x\"]}", json!([{"a": [1, "x"]}])),
    ];
    for (text, expected) in cases {
        assert_eq!(Json::Array(read(text)), expected, "{text:?}");
        assert!(documents(text).map(|document| document.index).eq(0..expected.as_array().unwrap().len()), "{text:?}");
    }
}

#[test]
fn a_broken_document_hides_no_other() {
    let text = "a: 1\n---\nb: [1\n---\nc: 3\n---\nd: 'x\n---\ne: 5\n---\nf: 1\nf: 2\n---\ng: 7\n";
    let found = read(text);
    assert_eq!(found[0], json!({"a": 1}));
    assert_eq!(found[1], json!("3: a `[` that opens here is never closed"));
    assert_eq!(found[2], json!({"c": 3}));
    assert_eq!(found[3], json!("7: a quotation mark that opens here is never closed"));
    assert_eq!(found[4], json!({"e": 5}));
    assert_eq!(found[5], json!("12: `f` is already set on line 11"));
    assert_eq!(found[6], json!({"g": 7}));
    assert_eq!(found.len(), 7);
}

#[test]
fn text_behind_a_document_belongs_to_it() {
    assert_eq!(read("{\"a\": 1} x\n---\nb: 1\n").len(), 2);
    assert_eq!(read("  a: 1\nb: 2\n")[0], json!("2: this line does not fit the indentation of the lines around it"));
}

#[test]
fn keys_are_strings_as_in_the_cluster() {
    assert_eq!(
        one("on: 1\ny: 2\n1.5: 3\n0644: 4\n2024-01-01: 5"),
        json!({"true": 1, "1.5": 3, "420": 4, "2024-01-01": 5, "y": 0})
            .as_object()
            .map(|_| json!("error: line 2: `true` is already set on line 1"))
            .unwrap()
    );
    assert_eq!(
        one("on: 1\nn: 2\n1.5: 3\n0644: 4\n2024-01-01: 5\n\"on\": 6"),
        json!({"true": 1, "false": 2, "1.5": 3, "420": 4, "2024-01-01": 5, "on": 6})
    );
    assert_eq!(one("? a\n: 1\n? |\n  b\n: 2"), json!({"a": 1, "b\n": 2}));
    for text in ["? [a]\n: 1", "{a: 1}: 2", "~: 1", "null: 1"] {
        assert_eq!(one(text), json!("error: line 1: the key of this value is no text"), "{text}");
    }
}

#[test]
fn tags_are_obeyed() {
    let cases = [
        ("!!str 12", json!("12")),
        ("!!str", json!("")),
        ("!!int \"3\"", json!(3)),
        ("!!float 3", json!(3)),
        ("!!bool \"yes\"", json!(true)),
        ("!!null \"\"", Json::Null),
        ("!!binary aGVsbG8=", json!("hello")),
        ("!!binary \"a b\"", json!("error: line 1: the value is not base64, which its tag `!!binary` says")),
        ("!!bool maybe", json!("error: line 1: the value is not what its tag says")),
        ("!Ref on", json!("on")),
        ("! 12", json!("12")),
        ("!<tag:yaml.org,2002:int> \"5\"", json!(5)),
        ("a: !x {b: !y [on]}", json!({"a": {"b": [true]}})),
        ("'12'", json!("12")),
        ("|\n  12", json!("12\n")),
        ("a: .inf", json!("error: line 1: an infinite number has no place in JSON")),
    ];
    for (text, expected) in cases {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn aliases_and_merges() {
    let cases = [
        ("a: &x {b: [1]}\nc: *x\nd: [*x]", json!({"a": {"b": [1]}, "c": {"b": [1]}, "d": [{"b": [1]}]})),
        (
            "a: &x on\n*x : 1",
            json!({"a": true}).as_object().map(|_| json!("error: line 2: the key of this value is no text")).unwrap(),
        ),
        ("&k a: 1\nb: *k", json!({"a": 1, "b": "a"})),
        ("a: &x {b: 1, c: 2}\nd:\n  <<: *x\n  c: 3", json!({"a": {"b": 1, "c": 2}, "d": {"b": 1, "c": 3}})),
        // As kubectl reads it, and against YAML: what comes later counts.
        ("a: &x {b: 1}\nd:\n  b: 2\n  <<: *x", json!({"a": {"b": 1}, "d": {"b": 1}})),
        (
            "a: [&x {b: 1}, &y {b: 2, c: 3}]\nd:\n  <<: [*x, *y]",
            json!({"a": [{"b": 1}, {"b": 2, "c": 3}], "d": {"b": 1, "c": 3}}),
        ),
        ("d:\n  <<: {b: {c: 1}}\n  b: {e: 2}\n  f: 1", json!({"d": {"b": {"e": 2}, "f": 1}})),
        (
            "a: &x {b: {c: 1}}\nd: &y\n  <<: *x\n  z: 1\ne:\n  <<: *y",
            json!({"a": {"b": {"c": 1}}, "d": {"b": {"c": 1}, "z": 1}, "e": {"b": {"c": 1}, "z": 1}}),
        ),
        ("d: {<<: {a: 1}, <<: {b: 2}}", json!({"d": {"a": 1, "b": 2}})),
        ("\"<<\": 1", json!({"<<": 1})),
        ("<<: 1", json!("error: line 1: `<<` merges maps, and this is none")),
        ("<<: [1]", json!("error: line 1: `<<` merges maps, and this is none")),
        ("a: &x 1\nb:\n  <<: *x", json!("error: line 3: `<<` merges maps, and this is none")),
        ("a: &x [*x]", json!("error: line 1: an anchor contains an alias of itself")),
        (
            "a: *x",
            json!("error: line 1: a value that starts with `*` is an alias, and this one has no anchor before it"),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(one(text), expected, "{text}");
    }
}

#[test]
fn places_hold_after_merges() {
    let tree = Tree::one_from_yaml("a: &x {b: {c: 1}}\nd:\n  <<: [*x]\n  e: 1\n").unwrap();
    let node = tree.root().get("d").get("b").get("c");
    assert_eq!(node.stable(), "d.b.c");
    assert_eq!(node.pointer(), "/d/b/c");
    assert_eq!(node.line(), Some(3));
    assert_eq!(tree.root().get("d").fields().map(|(key, _)| key).collect::<Vec<_>>(), ["b", "e"]);
}

#[test]
fn bombs_do_not_explode() {
    let mut entries = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..10 {
        let below = format!("*a{}, ", level - 1).repeat(10);
        entries += &format!("a{level}: &a{level} [{below}]\n");
    }
    assert_eq!(one(&entries), json!(format!("error: line 6: more than {MAX_ENTRIES} values in one document")));
    let text = format!("a: &x \"{}\"\nb: [{}]", "y".repeat(100_000), "*x, ".repeat(1000));
    assert_eq!(one(&text), json!("error: line 2: aliases repeat more than 8 MiB of text"));
    let many = "- 1\n".repeat(MAX_ENTRIES);
    assert_eq!(one(&many), json!(format!("error: line {MAX_ENTRIES}: more than {MAX_ENTRIES} values in one document")));
    for deep in [
        "[".repeat(1000),
        "- ".repeat(1000),
        "a: {".repeat(1000),
        format!("{}{}{}", "- ".repeat(100), "[".repeat(100), "]".repeat(100)),
    ] {
        assert_eq!(one(&deep), json!("error: line 1: nested deeper than 128 levels"));
    }
    let nested = format!("a: &x {}1{}\nb: {}*x{}", "[".repeat(100), "]".repeat(100), "[".repeat(100), "]".repeat(100));
    assert_eq!(one(&nested), json!("error: line 2: nested deeper than 128 levels"));
    assert!(Tree::one_from_yaml(&format!("{}1{}", "[".repeat(128), "]".repeat(128))).is_ok());
}

#[test]
fn every_value_knows_its_line() {
    let text = "# c\napiVersion: v1\n\nspec:\n  containers:\n  - name: a\n    args: [x,\n      y]\n  -\n    name: b\n    text: |\n      l\n      m\n    last: 1\n";
    let tree = Tree::one_from_yaml(text).unwrap();
    let root = tree.root();
    let containers: Vec<_> = root.path("spec.containers").items().collect();
    assert_eq!(root.get("apiVersion").line(), Some(2));
    assert_eq!(root.get("spec").line(), Some(4));
    assert_eq!(root.path("spec.containers").line(), Some(5));
    assert_eq!(containers[0].line(), Some(6));
    assert_eq!(containers[0].get("args").items().map(|item| item.line()).collect::<Vec<_>>(), [Some(7), Some(8)]);
    assert_eq!(containers[1].line(), Some(10));
    assert_eq!(containers[1].get("last").line(), Some(14));
    assert_eq!(containers[1].get("absent").line(), Some(10));
    assert_eq!(documents("# c\n---\n# d\na: 1\n---\n").map(|document| document.line).collect::<Vec<_>>(), [4, 5]);
}

#[test]
fn quoted_lines_may_stand_anywhere() {
    // As controller-gen wrote descriptions for years, and as kubectl reads them.
    let text = "a:\n  b: 'x\n  y: z\n\n  it''s'\n  c: \"d\\\n\te\"\n---\nf: 1\n";
    assert_eq!(read(text), [json!({"a": {"b": "x y: z\nit's", "c": "de"}}), json!({"f": 1})]);
    let tree = documents(&format!("x: 1\n---\n{text}")).nth(1).unwrap().tree.unwrap();
    assert_eq!(tree.root().path("a.c").line(), Some(8));
}

#[test]
fn one_document_is_one() {
    assert_eq!(one("---\n---\na: 1\n---\n"), json!({"a": 1}));
    assert_eq!(one(""), Json::Null);
    assert_eq!(one("a: 1\n---\nb: 1\n"), json!("error: line 3: more than one document"));
}

fn json_value() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        any::<u64>().prop_map(Json::from),
        // Short fractions: the JSON reader is off by one in the last place of long ones.
        any::<i32>().prop_map(|number| Json::from(f64::from(number) / 16.0)),
        any::<String>().prop_map(Json::from),
        "\\PC{0,20}|[ -~\\n\\t]{0,40}|(on|no|0x1|1e3|~|null|<<|[*&!%@`|>#:,-] ?x?){1,2}".prop_map(Json::from),
    ];
    leaf.prop_recursive(5, 60, 8, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..8).prop_map(Json::from),
            prop::collection::btree_map("\\PC{0,12}|on|1|~|<<|a b", inner, 0..8)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_yaml(value in json_value(), pretty in any::<bool>()) {
        let text = if pretty { serde_json::to_string_pretty(&value) } else { serde_json::to_string(&value) }.unwrap();
        let from_json = Tree::from_json(&text).unwrap();
        let from_yaml = Tree::one_from_yaml(&text).unwrap();
        prop_assert!(from_yaml.root().same(from_json.root()) && from_yaml.len() == from_json.len(), "{text}");
    }

    #[test]
    fn any_text_is_no_panic(text in "\\PC{0,60}|([ \\n\\t:'\"&*!|>{}\\[\\],#?%@`~<=/\\\\-]|a|b: |- |---\\n|<<: |\\.\\.\\.\\n|!!|\\r\\n){0,50}") {
        for document in documents(&text) {
            match document.tree {
                Ok(tree) => prop_assert!(!tree.is_empty() && tree.lines.len() == tree.len()),
                Err(error) => {
                    prop_assert!(error.line >= 1 && error.line as usize <= text.lines().count().max(1) + 1, "{error}");
                    prop_assert!(error.message.chars().count() <= 120 && !error.help.is_empty());
                }
            }
        }
    }
}
