//! Law 6 for what nobody writes by hand: nothing where something is expected, everything twice, and as much as fits.

use std::time::Duration;

use seawall::{
    decision::{MOST_LISTED, Panics, denial},
    finding::Findings,
    proposal::Proposal,
    rule::{Context, Mutate, Rule, Validate},
    rules,
    terms::{Operation, Tier},
    tree::MAX_ENTRIES,
    view::Database,
};
use serde_json::{Value, json};

use super::{COUNTING, identities, leaked, patches};
use crate::fixture::{Case, base};

fn container() -> Value {
    base("mysql")["spec"]["template"]["spec"]["containers"][0].clone()
}

/// A base with its containers changed.
fn with_containers(containers: Value) -> Case {
    let mut object = base("mysql");
    object["spec"]["template"]["spec"]["containers"] = containers;
    Case::of(object, None)
}

#[test]
fn nothing_where_something_is_expected() {
    for containers in
        [json!([]), json!(null), json!({}), json!("mysql"), json!([null]), json!([[]]), json!([{}]), json!(["mysql"])]
    {
        let case = with_containers(containers.clone());
        let outcome = case.outcome();
        assert_eq!(outcome.judgements.len(), 0, "{containers}");
        assert_eq!(patches::applied(&case.object, &outcome.patch), outcome.stored, "{containers}");
    }
}

#[test]
fn everything_twice() {
    let twice = |value: &Value| json!([value, value]);
    let mut doubled = container();
    for list in ["env", "ports", "volumeMounts"] {
        doubled[list] = doubled[list].as_array().into_iter().flatten().flat_map(|e| [e.clone(), e.clone()]).collect();
    }
    doubled["resources"] = json!(null);
    for containers in [twice(&container()), twice(&doubled)] {
        let case = with_containers(containers).under(Some(json!({
            "profile": "production",
            "defaults": { "memory": { "limit": "8Gi", "request": "8Gi" }, "cpu": { "request": "1" } },
        })));
        let outcome = case.outcome();
        assert_eq!(patches::applied(&case.object, &outcome.patch), outcome.stored);
        assert_eq!(outcome.conflicts, []);
    }
}

#[test]
fn mounts_without_volumes() {
    let mut object = base("postgres");
    object["spec"].as_object_mut().unwrap().remove("volumeClaimTemplates");
    let case = Case::of(object, None);
    let outcome = case.outcome();
    assert_eq!(patches::applied(&case.object, &outcome.patch), outcome.stored);
    assert!(outcome.mends.is_empty(), "{:?}", outcome.mends);
}

/// A database with `n` volumes, each mounted.
fn mounts_of_volumes(n: usize) -> Case {
    let mut object = base("mysql");
    let pod = &mut object["spec"]["template"]["spec"];
    pod["volumes"] = (0..n).map(|i| json!({ "name": format!("v{i}"), "emptyDir": {} })).collect();
    pod["containers"][0]["volumeMounts"] =
        (0..n).map(|i| json!({ "name": format!("v{}", n - 1 - i), "mountPath": format!("/m/{i}") })).collect();
    Case::of(object, None)
}

/// Every list that a body can fill, filled as far as a tree goes. What takes as long as the square of it would be here for hours.
#[test]
fn as_much_as_fits() {
    let many = |n: usize, element: &dyn Fn(usize) -> Value| -> Value { (0..n).map(element).collect() };
    let variable = |i: usize| json!({ "name": format!("V{i}"), "value": "$(V0)" });
    let within = |fields: &[(&str, Value)]| {
        let mut container = container();
        fields.iter().for_each(|(key, list)| container[*key] = list.clone());
        with_containers(json!([container]))
    };
    let most = MAX_ENTRIES / 20;
    let mut volumes = base("mysql");
    volumes["spec"]["template"]["spec"]["volumes"] =
        many(most / 4, &|i| json!({ "name": format!("v{i}"), "emptyDir": {} }));
    let sound = |i: usize| {
        let mut container = container();
        container["name"] = json!(format!("c{i}"));
        container
    };
    let shapes = [
        ("variables", within(&[("env", many(most / 3, &variable))])),
        (
            "mounts",
            within(&[("volumeMounts", many(most / 3, &|i| json!({ "name": "data", "mountPath": format!("/m/{i}") })))]),
        ),
        ("mounts of as many volumes", mounts_of_volumes(most / 6)),
        ("arguments", within(&[("args", many(most, &|i| json!(format!("--v{i}"))))])),
        (
            "references",
            within(&[
                ("env", many(most / 6, &variable)),
                ("args", many(most / 3, &|i| json!(format!("--v{i}=$(V{i})")))),
            ]),
        ),
        ("words of a script", within(&[("args", json!(["sh", "-c", "a; ".repeat(most)]))])),
        ("volumes", Case::of(volumes, None)),
        ("sound containers", with_containers(many(most / 60, &sound))),
        ("careless containers", with_containers(many(most / 20, &careless)).under(Some(writing_everything()))),
    ];
    for (what, case) in shapes {
        for old in [Value::Null, case.object.clone()] {
            let update = Case {
                operation: if old.is_null() { Operation::Create } else { Operation::Update },
                old,
                ..case.clone()
            };
            let started = spent();
            let outcome = update.outcome();
            let took = spent() - started;
            assert_eq!(patches::applied(&update.object, &outcome.patch), outcome.stored, "{what}");
            println!("{what}, {}: {took:?}", update.operation);
            assert!(took < LONGEST, "{what}: {took:?}");
        }
    }
}

/// For a build without optimisation.
const LONGEST: Duration = Duration::from_secs(3);

/// What this thread has worked since it began; how busy the machine is does not count.
fn spent() -> Duration {
    let status = std::fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    Duration::from_nanos(status.split(' ').next().unwrap().parse().unwrap())
}

/// A server that lacks everything.
fn careless(i: usize) -> Value {
    json!({
        "name": format!("c{i}"), "image": "mysql:latest", "args": ["--skip-grant-tables"],
        "env": [{ "name": "MYSQL_PASSWORD", "value": "b" }],
        "volumeMounts": [{ "name": "data", "mountPath": "/var/lib/mysql" }],
        "livenessProbe": { "tcpSocket": { "port": 3306 } },
    })
}

fn writing_everything() -> Value {
    json!({
        "profile": "production",
        "defaults": {
            "memory": { "limit": "8Gi", "request": "8Gi" }, "cpu": { "request": "1" },
            "credentials": { "secretName": "{workload}-credentials" },
        },
    })
}

/// As many problems as fit are one message that people can still read.
#[test]
fn a_denial_lists_what_can_be_read() {
    let outcome = with_containers((0..500).map(careless).collect()).outcome();
    let said = denial("StatefulSet", "mysql", &outcome.judgements).unwrap();
    let listed = said.lines().filter(|line| line.starts_with("- ")).count();
    assert_eq!(listed, MOST_LISTED + 1, "{}", said.len());
    assert!(
        said.lines().next_back().is_some_and(|line| line.starts_with("- and ") && line.ends_with(" more")),
        "{said}"
    );
}

static PANICKING: Rule = Rule {
    name: "panicking",
    source: "",
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: Some(Mutate::Birth(|_: &Database<'_>, _: &Context<'_>, _: &mut Proposal| panic!("on purpose"))),
    validate: Some(Validate::Database(|_: &Database<'_>, _: &Context<'_>, _: &mut Findings| panic!("on purpose"))),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

/// A rule that panics loses its own words and edits, is counted, and changes nothing else.
#[test]
fn a_rule_that_panics_costs_its_own_words() {
    let _alone = COUNTING.lock().unwrap();
    let with = leaked(rules::ALL.iter().copied().chain([&PANICKING]).collect());
    let case = with_containers(json!([careless(0)])).under(Some(writing_everything()));
    let facts = case.facts();
    let before = Panics::count();
    let usual = case.outcome_under(rules::ALL, &facts);
    assert_eq!(Panics::count(), before);
    let outcome = case.outcome_under(with, &facts);
    assert!(Panics::count() > before, "it is counted");
    assert_eq!(identities(&outcome), identities(&usual));
    assert_eq!((outcome.patch, outcome.pod_patch), (usual.patch, usual.pod_patch));
}
