//! The tree against `serde_json::Value`, and its places against themselves.

use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr::PointerBuf};
use proptest::{prelude::*, sample::Index, test_runner::Config};
use seawall::tree::{Node, Tree, Type};
use serde_json::{Value, json};

fn config() -> Config {
    Config { failure_persistence: None, ..Config::default() }
}

fn key() -> impl Strategy<Value = String> {
    let known =
        ["a", "b", "name", "env", "containers", "a/b", "~", "~0", "~1", "", "a.b", "[x]", "\"", "0", "-", "é", "\n"];
    prop_oneof![4 => prop::sample::select(known.to_vec()).prop_map(str::to_owned), 1 => any::<String>()]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        // Fractions that text holds exactly.
        any::<i32>().prop_map(|n| Value::from(f64::from(n) / 8.0)),
        key().prop_map(Value::from),
    ]
}

fn document() -> impl Strategy<Value = Value> {
    scalar().prop_recursive(6, 60, 6, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            prop::collection::vec((key(), inner), 0..6).prop_map(|fields| Value::Object(fields.into_iter().collect())),
        ]
    })
}

/// The pointers of all values, the root's first.
fn pointers(value: &Value) -> Vec<String> {
    fn below(value: &Value, at: &str, all: &mut Vec<String>) {
        all.push(at.to_owned());
        match value {
            Value::Object(map) => map.iter().for_each(|(key, value)| {
                below(value, &format!("{at}/{}", key.replace('~', "~0").replace('/', "~1")), all);
            }),
            Value::Array(items) => items.iter().enumerate().for_each(|(i, v)| below(v, &format!("{at}/{i}"), all)),
            _ => {}
        }
    }
    let mut all = Vec::new();
    below(value, "", &mut all);
    all
}

fn agree(node: Node<'_>, value: &Value) {
    assert_eq!(node.to_json(), *value);
    assert_eq!(node.is_set(), !value.is_null());
    assert_eq!(node.str(), value.as_str());
    assert_eq!(node.i64(), value.as_i64());
    assert_eq!(node.f64(), value.as_f64());
    assert_eq!(node.bool(), value.as_bool());
    match value {
        Value::Array(items) => {
            assert_eq!(node.type_of(), Type::List);
            assert_eq!(node.items().count(), items.len());
            node.items().zip(items).for_each(|(node, value)| agree(node, value));
        }
        Value::Object(map) => {
            assert_eq!(node.type_of(), Type::Map);
            assert_eq!(node.fields().count(), map.len());
            for (key, value) in map {
                agree(node.get(key), value);
            }
            assert_eq!(node.get("is not there").type_of(), Type::Absent);
        }
        _ => assert_eq!(node.items().count(), 0),
    }
}

/// The same without fractions, and without the characters that YAML does not take as they are.
fn plain(value: Value) -> Value {
    let is_plain = |text: &str| text.bytes().all(|b| (b' '..0x7f).contains(&b));
    match value {
        Value::Array(items) => items.into_iter().map(plain).collect(),
        Value::Object(map) => {
            Value::Object(map.into_iter().filter(|(k, _)| is_plain(k)).map(|(k, v)| (k, plain(v))).collect())
        }
        Value::String(text) if !is_plain(&text) => json!("x"),
        Value::Number(n) if n.is_f64() => json!(1),
        other => other,
    }
}

/// Fields with some keys more than once.
fn doubled(fields: &[(String, Value)]) -> String {
    let fields: Vec<_> = fields.iter().map(|(key, value)| format!("{}:{value}", Value::from(key.as_str()))).collect();
    format!("{{{}}}", fields.join(","))
}

/// An edit as proposals make them: a field of a map, a scalar in a list, or one more element at its end.
#[derive(Debug, Clone)]
enum Edit {
    Set(Index, String, Value),
    Replace(Index, Value),
    Remove(Index),
    Append(Index, Value),
}

fn edit() -> impl Strategy<Value = Edit> {
    prop_oneof![
        (any::<Index>(), key(), document()).prop_map(|(at, key, value)| Edit::Set(at, key, value)),
        (any::<Index>(), document()).prop_map(|(at, value)| Edit::Replace(at, value)),
        any::<Index>().prop_map(Edit::Remove),
        (any::<Index>(), document()).prop_map(|(at, value)| Edit::Append(at, value)),
    ]
}

/// The edit as an operation on this document; `None` where there is nothing that it fits.
fn operation(document: &Value, edit: &Edit) -> Option<PatchOperation> {
    let all = pointers(document);
    let is_in_map =
        |p: &&String| p.rsplit_once('/').is_some_and(|(up, _)| document.pointer(up).is_some_and(Value::is_object));
    let pick = |index: &Index, fits: &dyn Fn(&&String) -> bool| {
        let fitting: Vec<&String> = all.iter().filter(|p| fits(p)).collect();
        (!fitting.is_empty()).then(|| (*index.get(&fitting)).clone())
    };
    let path = |text: String| PointerBuf::parse(text).ok();
    Some(match edit {
        Edit::Set(at, key, value) => {
            let map = pick(at, &|p| document.pointer(p).is_some_and(Value::is_object))?;
            let path = path(format!("{map}/{}", key.replace('~', "~0").replace('/', "~1")))?;
            PatchOperation::Add(AddOperation { path, value: value.clone() })
        }
        Edit::Replace(at, value) => {
            let path = path(pick(at, &|p| !p.is_empty())?)?;
            PatchOperation::Replace(ReplaceOperation { path, value: value.clone() })
        }
        Edit::Remove(at) => PatchOperation::Remove(RemoveOperation { path: path(pick(at, &is_in_map)?)? }),
        Edit::Append(at, value) => {
            let list = pick(at, &|p| document.pointer(p).is_some_and(Value::is_array))?;
            PatchOperation::Add(AddOperation { path: path(format!("{list}/-"))?, value: value.clone() })
        }
    })
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn a_tree_reads_as_serde_json_does(value in document()) {
        let text = value.to_string();
        let tree = Tree::from_json(&text).unwrap();
        agree(tree.root(), &value);
        for pointer in pointers(&value) {
            let node = tree.at_pointer(tree.root(), &pointer).expect("it is there");
            prop_assert_eq!(node.to_json(), value.pointer(&pointer).unwrap().clone());
            prop_assert_eq!(node.pointer(), pointer);
        }
        let pretty = serde_json::to_string_pretty(&value).unwrap();
        agree(Tree::from_json(&pretty).unwrap().root(), &value);
    }

    #[test]
    fn of_duplicate_keys_the_last_one_wins(fields in prop::collection::vec((key(), scalar()), 0..12)) {
        let text = doubled(&fields);
        let value: Value = serde_json::from_str(&text).unwrap();
        let tree = Tree::from_json(&text).unwrap();
        prop_assert_eq!(tree.root().to_json(), value.clone());
        for (key, value) in value.as_object().unwrap() {
            prop_assert_eq!(tree.root().get(key).to_json(), value.clone());
        }
    }

    /// What one takes for JSON the other does, whatever is done to the text.
    #[test]
    fn a_tree_refuses_what_serde_json_refuses(value in document(), cut in any::<Index>(), put in "[\\[\\]{}:,\"\\\\0-9eE.+tfnu \\x00-\\x1f-]{0,3}") {
        let text = value.to_string();
        let mut at = cut.index(text.len() + 1);
        while !text.is_char_boundary(at) {
            at -= 1;
        }
        let broken = format!("{}{put}{}", &text[..at], text[at..].chars().skip(1).collect::<String>());
        let expected = serde_json::from_str::<Value>(&broken);
        match (Tree::from_json(&broken), expected) {
            (Ok(tree), Ok(value)) if !broken.contains("e") && !broken.contains('E') => {
                // Numbers beyond an i64 are fractions in a tree.
                let is_large = |v: &Value| pointers(v).iter().any(|p| v.pointer(p).is_some_and(|n| n.is_u64() && !n.is_i64()));
                prop_assert!(is_large(&value) || tree.root().to_json() == value, "{broken}");
            }
            (tree, value) => prop_assert_eq!(tree.is_ok(), value.is_ok(), "{}", broken),
        }
    }

    #[test]
    fn json_is_yaml(value in document()) {
        let value = plain(value);
        let tree = Tree::one_from_yaml(&value.to_string()).map_err(|e| TestCaseError::fail(format!("{}: {value}", e.message)))?;
        prop_assert_eq!(tree.root().to_json(), value);
    }

    #[test]
    fn an_edited_tree_is_the_patched_document(value in document(), edits in prop::collection::vec(edit(), 1..6)) {
        let text = value.to_string();
        let mut tree = Tree::from_json(&text).unwrap();
        let mut expected = value.clone();
        let mut operations = Vec::new();
        for edit in &edits {
            let Some(operation) = operation(&expected, edit) else { continue };
            json_patch::patch(&mut expected, std::slice::from_ref(&operation)).unwrap();
            tree = tree.edited(tree.root(), std::slice::from_ref(&operation));
            prop_assert_eq!(tree.root().to_json(), expected.clone(), "after {}", operation);
            operations.push(operation);
        }
        let at_once = Tree::from_json(&text).unwrap();
        let at_once = at_once.edited(at_once.root(), &operations);
        prop_assert_eq!(at_once.root().to_json(), expected);
    }

    #[test]
    fn absent_places_have_names_too(value in document(), steps in prop::collection::vec("[a-z/~]{1,4}", 1..9)) {
        let text = value.to_string();
        let tree = Tree::from_json(&text).unwrap();
        let node = steps.iter().fold(tree.root().get("is not there"), |node, step| node.get(step));
        prop_assert_eq!(node.type_of(), Type::Absent);
        prop_assert_eq!(node.is_somewhere(), steps.len() < 3);
        if node.is_somewhere() {
            let escaped: String = steps.iter().map(|s| format!("/{}", s.replace('~', "~0").replace('/', "~1"))).collect();
            prop_assert_eq!(node.pointer(), format!("/is not there{escaped}"));
        }
    }

    #[test]
    fn an_absent_path_is_what_its_steps_are(value in document(), steps in prop::collection::vec("[a-z/~]{1,4}", 1..9)) {
        let text = value.to_string();
        let tree = Tree::from_json(&text).unwrap();
        let path = format!("is not there.{}", steps.join("."));
        let mut node = tree.root().path(&path);
        let escaped: Vec<String> = steps.iter().map(|s| s.replace('~', "~0").replace('/', "~1")).collect();
        for (count, step) in steps.iter().enumerate().rev() {
            prop_assert_eq!(node.type_of(), Type::Absent);
            prop_assert_eq!(node.key(), Some(step.as_str()));
            prop_assert_eq!(node.pointer(), format!("/is not there/{}", escaped[..=count].join("/")));
            prop_assert_eq!(node.get("x").get("a.b").pointer(), format!("{}/x/a.b", node.pointer()));
            node = node.parent().unwrap();
        }
        prop_assert_eq!(node.key(), Some("is not there"));
        prop_assert_eq!(node.parent().unwrap().pointer(), "");
    }

    #[test]
    fn any_words_may_be_looked_up(value in document(), words in "[a-z.\\[\\]\"~/ ]{0,20}") {
        let text = value.to_string();
        let tree = Tree::from_json(&text).unwrap();
        let _ = tree.at_stable(tree.root(), &words).map(Node::place);
        let _ = tree.at_pointer(tree.root(), &words).map(Node::place);
    }
}
