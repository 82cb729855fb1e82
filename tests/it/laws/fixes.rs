//! Law 2: a fix is a fix. Law 8: what a fixture promises depends on the rule, and sound manifests pass in silence.

use seawall::{finding::Finding, rule::Rule, rules};

use super::{copy, leaked};
use crate::{
    fixture::Outcome,
    rules::{assert_sound, each},
    specimens::{self, Promise},
};

fn found<'o>(outcome: &'o Outcome, rule: &Rule) -> Vec<&'o Finding> {
    outcome.judgements.iter().map(|j| &j.finding).filter(|f| f.rule == rule.name).collect()
}

fn identity(f: &Finding) -> (String, String) {
    (f.place.stable.clone(), f.about.clone().into_owned())
}

/// A rule that only reports.
fn without_mends(rule: &Rule) -> &'static [&'static Rule] {
    leaked(vec![Box::leak(Box::new(Rule { mutate: None, ..copy(rule) }))])
}

/// A rule that only mends.
fn without_reports(rule: &Rule) -> &'static [&'static Rule] {
    leaked(vec![Box::leak(Box::new(Rule { validate: None, ..copy(rule) }))])
}

#[test]
fn a_fix_is_a_fix() {
    let mending: Vec<_> = rules::ALL
        .iter()
        .filter(|r| r.mutate.is_some() && r.validate.is_some())
        .map(|rule| (*rule, leaked(vec![*rule]), without_mends(rule)))
        .collect();
    assert!(!mending.is_empty());
    specimens::each(|specimen| {
        let facts = specimen.facts();
        for (rule, whole, reports) in &mending {
            let outcome = specimen.case.outcome_under(whole, facts);
            if outcome.mends.is_empty() {
                continue;
            }
            let before = specimen.case.outcome_under(reports, facts);
            let before: Vec<_> = found(&before, rule).into_iter().map(identity).collect();
            let after: Vec<_> = found(&outcome, rule).into_iter().map(identity).collect();
            for mend in &outcome.mends {
                let place = &mend.place.stable;
                let left = after.iter().find(|(at, _)| at.starts_with(place.as_str()));
                assert!(left.is_none(), "{}: writes {place}, and reports {left:?}", rule.name);
            }
            let new = after.iter().find(|f| !before.contains(f));
            assert!(new.is_none(), "{}: its mend brings up {new:?}", rule.name);
            assert!(before.is_empty() || after.len() < before.len(), "{}: mends, and reports as before", rule.name);
        }
    });
}

#[test]
fn fixtures_fail_when_the_function_of_their_rule_is_emptied() {
    let emptied: Vec<_> = rules::ALL.iter().map(|r| (r.name, without_reports(r), without_mends(r))).collect();
    specimens::each(|specimen| {
        let Some((rule, promise)) = specimen.of else { return };
        let (_, mute, idle) = emptied.iter().find(|(name, ..)| *name == rule.name).unwrap();
        let facts = specimen.facts();
        match promise {
            Promise::Pass => {}
            Promise::Fail => {
                let (whole, mute) = (specimen.outcome(), specimen.case.outcome_under(mute, facts));
                assert!(!found(whole, rule).is_empty(), "is not reported");
                assert!(found(&mute, rule).is_empty(), "is reported by nobody");
            }
            Promise::Fix => {
                let (whole, idle) = (specimen.outcome(), specimen.case.outcome_under(idle, facts));
                assert!(whole.mends.iter().any(|m| m.rule == rule.name), "is not mended");
                assert!(idle.mends.is_empty(), "is mended by nobody");
            }
        }
    });
}

#[test]
fn safe_examples_pass_in_silence() {
    let safe: Vec<_> = specimens::all().iter().filter(|s| s.name.starts_with("examples/safe/")).collect();
    assert!(!safe.is_empty());
    each(safe.into_iter().map(|s| (s.name.clone(), s)), |specimen| assert_sound(specimen.outcome()));
}
