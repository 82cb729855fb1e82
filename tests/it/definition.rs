//! The CustomResourceDefinition that the chart installs is the one that the types say.

use seawall::settings::document::definition::{definition, fields, schema};
use serde_json::{Map, Value};

use crate::generated;

const HEAD: &str = "\
# The CustomResourceDefinition of DatabasePolicy. Generated from src/settings/document.rs by `make bless`: do not edit.
";

/// YAML of a value: blocks, and texts as JSON spells them.
fn yaml(value: &Value, depth: usize, out: &mut String) {
    let indent = "  ".repeat(depth);
    match value {
        Value::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                let plain = key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._/".contains(&b)) && key != "null";
                let key = if plain { key.clone() } else { Value::from(key.as_str()).to_string() };
                out.push_str(&format!("{indent}{key}:"));
                nested(value, depth + 1, out);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                let mut own = String::new();
                yaml(item, depth + 1, &mut own);
                // The first line of a block stands behind the dash.
                out.push_str(&format!("{indent}- {}", own.trim_start_matches(' ')));
            }
        }
        plain => out.push_str(&format!("{indent}{plain}\n")),
    }
}

fn nested(value: &Value, depth: usize, out: &mut String) {
    match value {
        Value::Object(map) if !map.is_empty() => {
            out.push('\n');
            yaml(value, depth, out);
        }
        Value::Array(items) if !items.is_empty() => {
            out.push('\n');
            yaml(value, depth - 1, out);
        }
        plain => out.push_str(&format!(" {plain}\n")),
    }
}

#[test]
fn the_chart_installs_what_the_types_say() {
    let definition = definition();
    let mut text = HEAD.to_owned();
    yaml(&definition, 0, &mut text);
    assert!(!text.contains("{{"), "Helm would take it for a template");
    let read = seawall::tree::Tree::one_from_yaml(&text).unwrap().root().to_json();
    assert!(read == definition, "it does not read as it was written");
    generated::hold("charts/seawall/templates/crd-databasepolicies.yaml", &text);
}

#[test]
fn a_field_that_is_not_served_can_be_named() {
    let definition = definition();
    let schema = schema(&definition).unwrap();
    let all = fields(schema, &Map::new());
    for field in ["spec.profile", "spec.engines.*.memory.limit", "spec.namespaceSelector.matchExpressions[].operator"] {
        assert!(all.iter().any(|known| known == field), "{field}: {all:#?}");
    }
    let mut older = schema.clone();
    older["properties"]["spec"]["properties"].as_object_mut().unwrap().remove("rulesVersion");
    let older = fields(&older, &Map::new());
    let missing: Vec<_> = all.into_iter().filter(|field| !older.contains(field)).collect();
    assert_eq!(missing, ["spec.rulesVersion"]);
}
