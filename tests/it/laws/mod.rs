//! The laws that hold for every rule and every fixture. Those about a real API server are tested on one.

mod authors;
mod fixes;
mod large;
mod order;
pub(crate) mod patches;
mod shapes;
mod unknown;

use seawall::{decision::PatchOperation, rule::Rule};
use serde_json::Value;

use crate::{fixture::Outcome, specimens::Specimen};

/// A list of rules that lives as long as the program: what `World` wants.
fn leaked(rules: Vec<&'static Rule>) -> &'static [&'static Rule] {
    Box::leak(rules.into_boxed_slice())
}

/// A copy of a rule, to take something out of it.
fn copy(rule: &Rule) -> Rule {
    Rule {
        name: rule.name,
        source: rule.source,
        since: rule.since,
        tier: rule.tier,
        mutate: rule.mutate,
        validate: rule.validate,
        spares_ephemeral: rule.spares_ephemeral,
        needs: rule.needs,
        writes: rule.writes,
    }
}

/// The object after a patch, by another's hand than ours.
fn patched(object: &Value, patch: &[PatchOperation]) -> Value {
    let mut after = object.clone();
    json_patch::patch(&mut after, patch).unwrap_or_else(|e| panic!("does not apply: {e}"));
    after
}

/// What is found, without the words: rule, stable place, what it is about, measure, action. Sorted.
fn identities(outcome: &Outcome) -> Vec<String> {
    let identity = |j: &seawall::decision::Judgement| {
        let f = &j.finding;
        format!("{} {} at {} ({}, {:?}) {}", j.action, f.rule, f.place.stable, f.about, f.measure, j.lowered)
    };
    let mut all: Vec<_> = outcome.judgements.iter().map(identity).collect();
    all.sort();
    all
}

/// Where what is written, and by which rule. Sorted.
fn mended(outcome: &Outcome) -> Vec<(String, &'static str)> {
    let mut all: Vec<_> = outcome.mends.iter().map(|m| (m.place.stable.clone(), m.rule)).collect();
    all.sort();
    all
}

/// The same specimen with another object.
fn with(specimen: &Specimen, object: Value) -> crate::fixture::Case {
    let mut case = specimen.case.clone();
    case.object = object;
    case
}
