//! The chart, as far as it can be held without Helm: its version, its values and their schema, and what is watched.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use seawall::metrics::{
    End, EventEnd, Found, Kind, Metrics, Outcome, ParseFailure, REQUEST, Reload, Rotation, StepEnd, Webhook,
};
use seawall::terms::{Action, Operation, Profile, Tier};
use seawall::tree::Tree;
use serde_json::Value;

use crate::generated::text;

/// Files of the chart with PromQL in them.
const WATCHED: [&str; 2] = ["charts/seawall/files/alerts.yaml", "charts/seawall/files/dashboard.json"];

fn yaml(path: &str) -> Value {
    Tree::one_from_yaml(&text(path)).unwrap_or_else(|error| panic!("{path}: {error:?}")).root().to_json()
}

#[test]
fn the_chart_has_the_version_of_the_program() {
    let chart = yaml("charts/seawall/Chart.yaml");
    assert_eq!(chart["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(chart["appVersion"], env!("CARGO_PKG_VERSION"));
}

/// Every key below `value` that is no list and no free map: `certificates.mode`.
fn keys(value: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (key, inner) in value.as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        found.insert(path.clone());
        keys(inner, &path, found);
    }
}

fn schema_keys(schema: &Value, path: &str, found: &mut BTreeSet<String>) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        found.insert(path.clone());
        schema_keys(inner, &path, found);
    }
}

#[test]
fn every_value_has_a_schema_and_every_schema_a_value() {
    let (mut values, mut schema) = (BTreeSet::new(), BTreeSet::new());
    keys(&yaml("charts/seawall/values.yaml"), "", &mut values);
    schema_keys(&yaml("charts/seawall/values.schema.json"), "", &mut schema);
    // What is inside of these is Kubernetes' or the user's.
    let free = ["resources.", "grafanaDashboard.labels.", "certificates.certManager.issuerRef."];
    let own = |key: &&String| !free.iter().any(|prefix| key.starts_with(prefix)) && *key != "global";
    let missing: Vec<_> = values.iter().filter(own).filter(|key| !schema.contains(*key)).collect();
    assert!(missing.is_empty(), "values.schema.json lacks {missing:?}");
    let stale: Vec<_> = schema.iter().filter(own).filter(|key| !values.contains(*key)).collect();
    assert!(stale.is_empty(), "values.yaml lacks {stale:?}");
}

/// The series that there can be, with the labels that they have.
fn series() -> BTreeMap<String, BTreeSet<String>> {
    let mut metrics = Metrics::new();
    metrics.show_rotation();
    metrics.rotation(Rotation::Blocked);
    metrics.certificate_step("switch", StepEnd::Failed);
    let (validate, create) = (Webhook::Validate, Some(Operation::Create));
    metrics.request(validate, Kind::of("Pod"), create, Outcome::Denied, Duration::from_millis(1));
    metrics.finding("ephemeral-data", Tier::Loss, Action::Deny);
    metrics.would_deny("shared-claim", Profile::Production);
    metrics.patch("missing-requests");
    metrics.lookup("owner", Found::Unknown);
    metrics.parse_failure(ParseFailure::TooLarge);
    metrics.panicked(REQUEST);
    metrics.connection_ended(End::Evicted);
    metrics.certificate_reload(Reload::Failed);
    metrics.event(EventEnd::Dropped);
    metrics.labels_corrected(1, 0);
    let mut all = BTreeMap::new();
    for line in metrics.encode().lines().filter(|line| !line.starts_with('#')) {
        let (name, rest) = line.split_once(['{', ' ']).expect("a series");
        let labels = rest.split_once('}').map_or("", |(labels, _)| labels);
        let labels = labels.split(',').filter_map(|pair| pair.split_once('=')).map(|(key, _)| key.to_owned());
        all.entry(name.to_owned()).or_insert_with(BTreeSet::new).extend(labels);
    }
    all
}

/// The metrics of an expression that begin with `prefix`, each with the labels in the braces behind it.
fn selectors(text: &str, prefix: &str) -> Vec<(String, Vec<String>)> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
    let mut found = Vec::new();
    for (at, _) in text.match_indices(prefix) {
        if text[..at].chars().next_back().is_some_and(is_word) {
            continue;
        }
        let rest = &text[at..];
        let end = rest.find(|c| !is_word(c)).unwrap_or(rest.len());
        let braces = rest[end..].strip_prefix('{').and_then(|rest| rest.split_once('}')).map_or("", |(inner, _)| inner);
        let labels =
            braces.split(',').filter_map(|pair| pair.split_once(['=', '!'])).map(|(key, _)| key.trim().to_owned());
        found.push((rest[..end].to_owned(), labels.filter(|label| !label.is_empty()).collect()));
    }
    found
}

/// The expressions of alerts and panels.
fn expressions(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(map) => {
            found.extend(map.get("expr").and_then(Value::as_str).map(str::to_owned));
            map.values().for_each(|inner| expressions(inner, found));
        }
        Value::Array(items) => items.iter().for_each(|item| expressions(item, found)),
        _ => {}
    }
}

#[test]
fn every_metric_that_is_watched_exists() {
    let series = series();
    for file in WATCHED {
        let mut all = Vec::new();
        expressions(&yaml(file), &mut all);
        assert!(all.len() >= 10, "{file}: only {} expressions", all.len());
        for expression in &all {
            let own = selectors(expression, "seawall_");
            let of_server = selectors(expression, "apiserver_");
            assert!(!own.is_empty() || !of_server.is_empty(), "{file}: {expression} watches nothing");
            for (name, labels) in &own {
                let known = series.get(name).unwrap_or_else(|| panic!("{file}: there is no {name}: {series:#?}"));
                assert!(labels.iter().all(|label| known.contains(label)), "{file}: {name} has not all of {labels:?}");
                // What is grouped by is a label of what is grouped, or the bucket's.
                for grouped in
                    expression.split("by (").skip(1).filter_map(|rest| rest.split_once(')')).map(|(by, _)| by)
                {
                    let missing = grouped.split(',').map(str::trim).find(|label| !known.contains(*label));
                    assert_eq!(missing, None, "{file}: {expression}");
                }
            }
        }
    }
}

#[test]
fn an_alert_says_what_it_is_and_what_to_do() {
    let alerts = yaml(WATCHED[0]);
    let rules = alerts["groups"][0]["rules"].as_array().expect("rules");
    let mut names = BTreeSet::new();
    for rule in rules {
        let name = rule["alert"].as_str().expect("a name");
        assert!(name.starts_with("Seawall") && names.insert(name), "{name}");
        let severity = rule["labels"]["severity"].as_str().unwrap_or_default();
        assert!(["critical", "warning", "info"].contains(&severity), "{name}: {severity}");
        for annotation in ["summary", "description"] {
            assert!(
                rule["annotations"][annotation].as_str().is_some_and(|text| text.len() > 20),
                "{name}: {annotation}"
            );
        }
    }
}

#[test]
fn selectors_are_found_in_every_spelling() {
    let found = selectors("sum(rate(a_b{x=\"1\",y!~\"2\"}[5m])) / a_c - not_a_d > a_e{}", "a_");
    let expected = [("a_b", vec!["x", "y"]), ("a_c", vec![]), ("a_e", vec![])];
    let expected: Vec<_> =
        expected.iter().map(|(n, l)| ((*n).to_owned(), l.iter().map(|l| (*l).to_owned()).collect())).collect();
    assert_eq!(found, expected as Vec<(String, Vec<String>)>);
}
