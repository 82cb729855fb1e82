//! examples/settings.yaml is whole: every field is in it, or, where it says what several policies are for, in examples/policies; and what
//! is switched off in it can be switched on.

#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests")]

use seawall::cli::docs::declarations;
use seawall::engines::Catalogue;
use seawall::rules;
use seawall::settings::{KnownNames, Settings};

use crate::generated::text;

fn read(document: &str) -> Result<Settings, String> {
    let catalogue = Catalogue::embedded().unwrap();
    let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
    Settings::read("settings.yaml", document, None, known).map_err(|error| error.to_string())
}

/// With every `#` that has no blank behind it taken away.
fn switched_on(document: &str) -> String {
    let line = |line: &str| match line.split_once('#') {
        Some((indent, field)) if indent.trim().is_empty() && field.starts_with(|c: char| c.is_alphabetic()) => {
            format!("{indent}{field}\n")
        }
        _ => format!("{line}\n"),
    };
    document.lines().map(line).collect()
}

#[test]
fn it_can_be_read_as_it_is_and_with_everything_switched_on() {
    let example = text("examples/settings.yaml");
    read(&example).unwrap();
    let all = switched_on(&example);
    assert_ne!(all, example, "something is switched off in it");
    let settings = read(&all).unwrap();
    assert!(settings.of_engine("mysql").drain_seconds().is_some(), "drainSeconds was switched on");
}

#[test]
fn every_field_is_in_it() {
    let mut example = switched_on(&text("examples/settings.yaml"));
    for file in ["everywhere", "advise", "enforce"] {
        example.push_str(&text(&format!("examples/policies/{file}.yaml")).replace("- key:", "key:"));
    }
    let keys: Vec<&str> = example.lines().filter_map(|line| line.trim().split_once(':').map(|(key, _)| key)).collect();
    // An object's own metadata is nothing to set.
    let declared = declarations(&text("src/settings/document.rs"));
    let fields = declared.iter().filter(|d| !d.is_enum && d.name != "Metadata").flat_map(|d| &d.items);
    let missing: Vec<&str> = fields.map(|f| f.name.as_str()).filter(|name| !keys.contains(name)).collect();
    assert!(missing.is_empty(), "examples/settings.yaml and examples/policies lack {missing:?}");
}

#[test]
fn fields_come_together_as_the_documentation_says() {
    let settings = read(
        "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {name: test}\nspec:\n  defaults:\n    memory: \
         {limit: 4Gi, request: 1Gi}\n    credentials: {secretName: all, keys: {A: a, B: b}}\n  engines:\n    mysql:\n      memory: \
         {limit: 2Gi}\n      credentials: {keys: {A: own}}\n",
    )
    .unwrap();
    let mysql = settings.of_engine("mysql");
    assert_eq!(mysql.memory_limit().map(|v| v.value), Some("2Gi"));
    assert_eq!(mysql.memory_request().map(|v| v.value), Some("1Gi"));
    assert_eq!(mysql.secret_name().map(|v| v.value), Some("all"));
    assert_eq!((mysql.secret_key("A"), mysql.secret_key("B"), mysql.secret_key("C")), ("own", "b", "C"));
}
