//! The examples in the documentation of the rules, executed: what it warns of is found, what it recommends is sound.

use seawall::{
    facts::Around,
    rule::{Rule, Validate},
    rules::ALL,
    terms::{Action, Operation},
    tree::yaml,
};
use serde_json::{Value, json};

use crate::{
    fixture::{Case, Outcome},
    rules::{assert_sound, each},
};

/// The headings of every rule's documentation, in their order.
const HEADINGS: [&str; 4] = ["Why", "Example", "Use instead", "References"];

/// Rules about what is not there, which an API server alone can say: the kinds of which the documents of an example are all.
const ABSENT: [(&str, &[Around]); 3] = [
    ("missing-backup", &[Around::Snapshots, Around::BackupJobs]),
    ("missing-disruption-budget", &[Around::DisruptionBudgets]),
    ("missing-network-policy", &[Around::NetworkPolicies]),
];

/// Runs the manifest of a section, with what stands behind it as the rest of its run, and under the policy among that; for a rule about
/// changes the one before, then the one after.
fn run(rule: &Rule, section: &str) -> Outcome {
    let blocks = rule.documentation().blocks(section);
    let [block] = &blocks[..] else { panic!("{section}: {} code blocks instead of one", blocks.len()) };
    let mut documents: Vec<Value> = yaml::documents(block)
        .map(|document| match document.tree {
            Ok(tree) => tree.root().to_json(),
            Err(error) => panic!("{section}: line {}: {}", error.line, error.message),
        })
        .collect();
    let is_change = matches!(rule.validate, Some(Validate::Change(_) | Validate::Refused(_)));
    if is_change {
        assert_eq!(documents.len(), 2, "{section}: documents");
        let object = documents.pop().unwrap();
        return Case::of(object, documents.pop()).outcome();
    }
    let policy = documents.iter().position(|document| document["kind"] == "DatabasePolicy");
    let policy = policy.map(|at| documents.remove(at)["spec"].take());
    assert!(!documents.is_empty(), "{section}: no document");
    let object = documents.remove(0);
    for (at, other) in documents.iter().enumerate() {
        let rest = documents.iter().enumerate().filter(|(rest, _)| *rest != at).map(|(_, o)| o.clone());
        let outcome = Case::of(other.clone(), None)
            .under(policy.clone())
            .beside(rest.chain([object.clone()]).collect())
            .outcome();
        assert_sound(&outcome);
    }
    if matches!(rule.validate, Some(Validate::Deletion(_))) {
        return Case::deleting(object).outcome();
    }
    let all_of = ABSENT.iter().find(|(name, _)| *name == rule.name).map_or(&[][..], |(_, kinds)| kinds);
    let mut case = Case::of(object, None).under(policy).beside(documents).with_all_of(all_of);
    if rule.name == "missing-backup" {
        case.facts.insert("data-claim".to_owned(), json!({"days": 8, "claim": {}}));
        case.operation = Operation::Update;
    }
    case.outcome()
}

fn rules() -> Vec<(String, &'static Rule)> {
    ALL.iter().map(|rule| (rule.name.to_owned(), *rule)).collect()
}

#[test]
fn documentation_has_a_summary_and_four_sections() {
    each(rules(), |rule| {
        let documentation = rule.documentation();
        let headings: Vec<_> = documentation.sections.iter().map(|(heading, _)| heading.as_str()).collect();
        assert_eq!(headings, HEADINGS);
        assert!(documentation.summary.ends_with('.') && !documentation.summary.contains('\n'), "the summary");
        assert!(documentation.sections.iter().all(|(_, text)| !text.is_empty()), "an empty section");
    });
}

#[test]
fn examples_are_found() {
    each(rules(), |rule| {
        let outcome = run(rule, "Example");
        let found = outcome.judgements.iter().any(|j| j.finding.rule == rule.name);
        let mended = outcome.mends.iter().any(|m| m.rule == rule.name);
        assert!(found || mended, "nothing is said about the example");
    });
}

#[test]
fn replacements_are_sound() {
    each(rules(), |rule| {
        let outcome = run(rule, "Use instead");
        let own = outcome.judgements.iter().find(|j| j.finding.rule == rule.name && j.action > Action::Audit);
        assert!(own.is_none(), "the replacement has the same fault: {:?}", own.map(|j| &j.finding.message));
        assert_sound(&outcome);
    });
}
