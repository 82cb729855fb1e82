//! Law 5: the order of the rules changes nothing, nor does the order of what has none. The same in gives the same bytes out.

use std::fmt::Write as _;

use seawall::{
    decision::{denial, warnings},
    rule::Rule,
    rules,
};
use serde_json::Value;

use super::{identities, leaked, mended, with};
use crate::{fixture::Outcome, specimens};

/// Everything that leaves the process, as bytes.
fn bytes(outcome: &Outcome) -> String {
    let patches = serde_json::to_string(&(&outcome.patch, &outcome.pod_patch)).unwrap();
    let said = denial("", "", &outcome.judgements).unwrap_or_default();
    format!("{patches}\n{said}\n{:?}\n{:?}\n{:?}", warnings(&outcome.judgements), outcome.notes, outcome.mends)
}

/// Another order, which depends on nothing but `seed`.
fn shuffled<T>(mut items: Vec<T>, seed: u64) -> Vec<T> {
    let mut state = seed;
    for i in (1..items.len()).rev() {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(i, usize::try_from(state >> 33).unwrap() % (i + 1));
    }
    items
}

#[test]
fn the_order_of_the_rules_changes_nothing() {
    let mut orders: Vec<Vec<&'static Rule>> = vec![rules::ALL.iter().rev().copied().collect()];
    orders.extend((1..=2).map(|seed| shuffled(rules::ALL.to_vec(), seed)));
    let orders: Vec<_> = orders.into_iter().map(leaked).collect();
    specimens::each(|specimen| {
        let facts = specimen.facts();
        let usual = bytes(specimen.outcome());
        for order in &orders {
            assert_eq!(bytes(&specimen.case.outcome_under(order, facts)), usual);
        }
    });
}

#[test]
fn the_same_in_gives_the_same_bytes_out() {
    specimens::each(|specimen| {
        let once = bytes(specimen.outcome());
        assert_eq!(bytes(&specimen.case.outcome()), once);
    });
}

/// JSON with the keys of every map in another order.
fn written(value: &Value, seed: u64, out: &mut String) {
    match value {
        Value::Array(items) => {
            out.push('[');
            for (i, item) in items.iter().enumerate() {
                if i > 0 {
                    out.push(',');
                }
                written(item, seed, out);
            }
            out.push(']');
        }
        Value::Object(map) => {
            out.push('{');
            for (i, (key, item)) in shuffled(map.iter().collect(), seed).into_iter().enumerate() {
                let comma = if i > 0 { "," } else { "" };
                write!(out, "{comma}{}:", Value::from(key.as_str())).unwrap();
                written(item, seed, out);
            }
            out.push('}');
        }
        scalar => write!(out, "{scalar}").unwrap(),
    }
}

#[test]
fn the_order_of_keys_changes_nothing() {
    specimens::each(|specimen| {
        let facts = specimen.facts();
        let usual = bytes(specimen.outcome());
        let mut text = String::new();
        written(&specimen.case.review(), 1, &mut text);
        assert_eq!(bytes(&specimen.case.outcome_of(&text, rules::ALL, facts)), usual);
    });
}

/// Lists whose order means nothing. Variables may refer to earlier ones, and init containers run one after another.
const UNORDERED: [&str; 4] = ["containers", "volumes", "volumeMounts", "volumeClaimTemplates"];

fn reversed(value: &mut Value, key: &str) {
    match value {
        Value::Array(items) => {
            items.iter_mut().for_each(|item| reversed(item, ""));
            if UNORDERED.contains(&key) {
                items.reverse();
            }
        }
        Value::Object(map) => map.iter_mut().for_each(|(key, item)| reversed(item, key)),
        _ => {}
    }
}

#[test]
fn the_order_of_containers_and_volumes_changes_nothing() {
    specimens::each(|specimen| {
        let facts = specimen.facts();
        let usual = specimen.outcome();
        let mut object = specimen.case.object.clone();
        reversed(&mut object, "");
        // The old object keeps its order: so the ratchet is held to it as well.
        let mut outcome = with(specimen, object).outcome_under(rules::ALL, facts);
        assert_eq!(identities(&outcome), identities(usual));
        assert_eq!(mended(&outcome), mended(usual));
        reversed(&mut outcome.stored, "");
        assert_eq!(outcome.stored, usual.stored);
    });
}
