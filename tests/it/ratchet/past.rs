//! What was so before, ran before, or stands over data.

use seawall::{
    facts::{Answer, ClaimFacts, Known},
    terms::Action,
};
use serde_json::{Value, json};

use super::{HOUR, Trial, Verdict, claims, history, mysql, ran};
use crate::fixture::NOW;

/// Variables of the container, and their values.
type Faults = &'static [(&'static str, &'static str)];

const SO_BEFORE: (Action, &str) = (Action::Warn, "it was so before");
const HEARD: (Action, &str) = (Action::Audit, "it was so before, and its spec stays as it is");
const REFUSED: (Action, &str) = (Action::Deny, "");

#[test]
fn only_what_is_worse_than_before_is_refused() {
    let table: [(&str, Faults, Faults, Verdict); 9] = [
        ("as before, and nothing else", &[("FAULT", "x")], &[("FAULT", "x")], HEARD),
        ("as before, beside a change", &[("FAULT", "x")], &[("FAULT", "x"), ("OTHER", "x")], SO_BEFORE),
        ("new", &[], &[("FAULT", "x")], REFUSED),
        ("in another place", &[("FAULT_A", "x")], &[("FAULT", "x")], REFUSED),
        ("as bad", &[("FAULT", "2")], &[("FAULT", "2")], HEARD),
        ("less bad", &[("FAULT", "2")], &[("FAULT", "1")], SO_BEFORE),
        ("worse", &[("FAULT", "2")], &[("FAULT", "3")], REFUSED),
        ("measured for the first time", &[("FAULT", "x")], &[("FAULT", "1")], REFUSED),
        ("measured no longer", &[("FAULT", "1")], &[("FAULT", "x")], SO_BEFORE),
    ];
    for (what, old, new, expected) in table {
        let trial = Trial::update(mysql(old), mysql(new));
        assert_eq!(trial.verdict("env[FAULT].value"), expected, "{what}");
    }
}

/// A second server in the same Pod.
pub(super) fn with_second(mut workload: Value, name: &str) -> Value {
    let containers = workload["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap();
    let mut second = containers[0].clone();
    second["name"] = json!(name);
    containers.push(second);
    workload
}

#[test]
fn another_order_is_no_other_fault() {
    let old = with_second(mysql(&[("FAULT", "1"), ("OTHER", "x")]), "second");
    let mut new = old.clone();
    let containers = new["spec"]["template"]["spec"]["containers"].as_array_mut().unwrap();
    containers.reverse();
    containers.iter_mut().for_each(|c| c["env"].as_array_mut().unwrap().reverse());
    assert_eq!(Trial::update(old, new).verdicts("env[FAULT].value"), [SO_BEFORE, SO_BEFORE]);
}

#[test]
fn another_container_is_another_fault() {
    let old = mysql(&[("FAULT", "1")]);
    let doubled = Trial::update(old.clone(), with_second(old, "second"));
    assert_eq!(doubled.verdict("containers[mysql].env[FAULT].value"), SO_BEFORE);
    assert_eq!(doubled.verdict("containers[second].env[FAULT].value"), REFUSED);
}

#[test]
fn what_ran_before_may_run_again() {
    let (sound, faulty) = (mysql(&[]), mysql(&[("FAULT", "2")]));
    let rolled_back = |answer| Trial::update(sound.clone(), faulty.clone()).knowing(history(), answer).verdict("value");
    let again = (Action::Warn, "a template that ran before has it too");
    assert_eq!(rolled_back(ran(&[&faulty, &sound])), again);
    assert_eq!(rolled_back(ran(&[&mysql(&[("FAULT", "3")])])), again, "it was worse");
    assert_eq!(rolled_back(ran(&[&mysql(&[("FAULT", "1")])])), REFUSED, "it was less bad");
    assert_eq!(rolled_back(ran(&[&sound])), REFUSED, "no template had it");
    assert_eq!(rolled_back(Known::Missing), REFUSED, "there is no history");
    assert_eq!(rolled_back(Known::Unknown), (Action::Warn, "nobody says whether it ran before"));
}

#[test]
fn the_past_excuses_what_is_inside_the_template_only() {
    let mut beside = mysql(&[]);
    beside["spec"]["serviceName"] = json!("fault");
    let trial = Trial::update(mysql(&[]), beside.clone()).knowing(history(), ran(&[&beside]));
    assert_eq!(trial.verdict("serviceName"), REFUSED, "no template ever held it");
    assert_eq!(Trial::update(beside.clone(), beside).verdict("serviceName"), HEARD);
}

#[test]
fn a_create_that_adopts_is_measured_against_what_it_adopts() {
    let faulty = mysql(&[("FAULT", "2")]);
    let created = |answer| Trial::create(faulty.clone()).knowing(history(), answer).verdict("value");
    assert_eq!(created(ran(&[&faulty])), (Action::Warn, "a template that ran before has it too"));
    assert_eq!(created(ran(&[&mysql(&[])])), REFUSED);
    assert_eq!(created(Known::Unknown).0, Action::Warn);
}

#[test]
fn a_create_over_data_is_not_refused() {
    let claim =
        |bound, age| ClaimFacts { name: "data-orders-0".to_owned(), bound, created: NOW - age, ..Default::default() };
    let over = |claim| Known::Found(Answer::Claims(vec![claim]));
    let table = [
        ("no claim", Known::Found(Answer::Claims(Vec::new())), REFUSED),
        ("none, as it is known", Known::Missing, REFUSED),
        ("bound long ago", over(claim(true, HOUR + 1)), (Action::Warn, "it continues existing data")),
        ("bound just now", over(claim(true, 10)), REFUSED),
        ("never bound", over(claim(false, 9 * HOUR)), REFUSED),
        ("nobody says", Known::Unknown, (Action::Warn, "nobody says whether it continues existing data")),
    ];
    for (what, answer, expected) in table {
        let trial = Trial::create(mysql(&[("FAULT", "1")])).knowing(claims(), answer);
        assert_eq!(trial.verdict("value"), expected, "{what}");
    }
    // An UPDATE has its old object to be measured by.
    let update = Trial::update(mysql(&[]), mysql(&[("FAULT", "1")])).knowing(claims(), over(claim(true, 9 * HOUR)));
    assert_eq!(update.verdict("value"), REFUSED);
}

#[test]
fn questions_are_asked_before_a_denial_only() {
    let asked = |trial: &Trial| {
        let mut names: Vec<_> = trial
            .with(|d| d.questions_before_denial(&d.judge(None)))
            .unwrap()
            .iter()
            .map(seawall::facts::Question::name)
            .collect();
        names.sort_unstable();
        names
    };
    let faulty = || mysql(&[("FAULT", "1")]);
    assert_eq!(asked(&Trial::create(mysql(&[]))), [""; 0], "nothing is wrong");
    assert_eq!(asked(&Trial::update(faulty(), faulty())), [""; 0], "it was so before");
    assert_eq!(asked(&Trial::create(faulty())), ["claims", "history"]);
    assert_eq!(asked(&Trial::update(mysql(&[]), faulty())), ["history"]);
    let baseline = Trial::create(faulty()).in_profile(seawall::terms::Profile::Baseline);
    assert_eq!(asked(&baseline), ["claims", "history", "namespace"], "its namespace may say that it is meant to go");
}
