//! Several policies together: which one counts for a field, in a namespace, for an engine.

use std::sync::Arc;

use seawall::{
    rules,
    settings::{KnownNames, Namespace, Policies, Settings},
    terms::{Action, Profile, Tier},
};
use serde_json::{Value, json};

use crate::{fixture::catalogue, scratch::Scratch};

pub(crate) const LIVE: &[(&str, &str)] = &[("stage", "live")];

fn document(name: &str, spec: &Value) -> String {
    json!({"apiVersion": "seawall.dev/v1alpha1", "kind": "DatabasePolicy", "metadata": {"name": name}, "spec": spec})
        .to_string()
}

pub(crate) fn policies(profile: Option<Profile>, specs: &[(&str, Value)]) -> Policies {
    let documents: Vec<String> = specs.iter().map(|(name, spec)| document(name, spec)).collect();
    read(&documents.join("\n---\n"), profile).unwrap_or_else(|error| panic!("{error}"))
}

fn read(text: &str, profile: Option<Profile>) -> Result<Policies, String> {
    let known = KnownNames { rules: &rules::names(), engines: &catalogue().names() };
    Policies::read("p.yaml", text, profile, known).map_err(|error| error.to_string())
}

pub(crate) fn within<T>(labels: &[(&str, &str)], with: impl FnOnce(Namespace<'_>) -> T) -> T {
    let labels: Vec<(String, String)> = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
    with(Namespace { name: "shop", labels: &labels })
}

pub(crate) fn settings(policies: &Policies, labels: &[(&str, &str)]) -> Arc<Settings> {
    within(labels, |namespace| policies.of_namespace(namespace))
}

fn profile(policies: &Policies, labels: &[(&str, &str)], engines: &[&str]) -> Profile {
    settings(policies, labels).of_object(engines.iter().copied()).profile()
}

#[test]
fn for_each_field_the_highest_priority_that_sets_it_counts() {
    let all = policies(
        None,
        &[
            (
                "base",
                json!({"profile": "observe", "rules": {"floating-tag": "warn", "ephemeral-data": "audit"},
                "defaults": {"drainSeconds": 5, "storage": {"className": "slow"}, "credentials": {"keys": {"A": "a", "B": "b"}}}}),
            ),
            (
                "live",
                json!({"namespaceSelector": {"matchLabels": {"stage": "live"}}, "priority": 10, "profile": "production",
                "rules": {"floating-tag": "off"}, "defaults": {"storage": {"className": "fast"}, "credentials": {"keys": {"A": "own"}}}}),
            ),
            (
                "never",
                json!({"namespaceSelector": {"matchLabels": {"stage": "none"}}, "priority": 99, "profile": "advise"}),
            ),
        ],
    );
    let live = settings(&all, LIVE);
    assert_eq!((live.profile(), all.always().profile()), (Profile::Production, Profile::Observe));
    assert_eq!(live.action("floating-tag", Tier::Hygiene), Action::Off);
    assert_eq!(live.action("ephemeral-data", Tier::Loss), Action::Audit, "only the lower one sets it");
    assert!(Arc::ptr_eq(&live, &settings(&all, LIVE)), "merged once, then kept");
    let mysql = live.of_engine("mysql");
    assert_eq!(mysql.storage_class(None).map(|v| (v.value, v.origin)), Some(("fast", "p.yaml:3 (live)")));
    assert_eq!(mysql.drain_seconds().map(|v| v.value), Some(5));
    assert_eq!((mysql.secret_key("A"), mysql.secret_key("B")), ("own", "b"));
    assert_eq!(all.always().of_engine("mysql").storage_class(None).map(|v| v.value), Some("slow"));
}

#[test]
fn priority_comes_before_what_is_said_for_an_engine_alone_and_that_before_the_rest() {
    let class = |name: &str| json!({"storage": {"className": name}});
    let low = json!({"engines": {"mysql": class("low")}});
    let high = json!({"priority": 1, "defaults": class("high")});
    let all = policies(None, &[("low", low.clone()), ("high", high)]);
    assert_eq!(all.always().of_engine("mysql").storage_class(None).map(|v| v.value), Some("high"));
    let all = policies(None, &[("low", low), ("beside", json!({"defaults": class("a")}))]);
    assert_eq!(all.always().of_engine("mysql").storage_class(None).map(|v| v.value), Some("low"));
    assert_eq!(all.conflicts(), [], "one refines the other");
}

/// On a tie what does more counts, of numbers the larger, of names the first; and whoever lost is shown.
#[test]
fn on_a_tie_the_stricter_counts() {
    for (field, spec, one, other, expected) in [
        ("profile", "/profile", json!("observe"), json!("advise"), "advise"),
        ("rules.floating-tag", "/rules/floating-tag", json!("deny"), json!("off"), "deny"),
        ("rulesVersion", "/rulesVersion", json!("0.1"), json!("0.1.3"), "0.1"),
        ("rulesVersion", "/rulesVersion", json!("0.9"), json!("0.10"), "0.10"),
        ("memory.limit", "/defaults/memory/limit", json!("900Mi"), json!("1Gi"), "1Gi"),
        ("cpu.request", "/defaults/cpu/request", json!("1"), json!("250m"), "1"),
        ("terminationGracePeriodSeconds", "/defaults/terminationGracePeriodSeconds", json!(60), json!(300), "300"),
        ("credentials.plaintext", "/defaults/credentials/plaintext", json!("replace"), json!("report"), "replace"),
        ("storage.className", "/defaults/storage/className", json!("zfs"), json!("fast"), "fast"),
        ("skipNamespaces", "/skipNamespaces", json!(["a", "b"]), json!(["c", "b"]), "[b]"),
        ("restorers", "/restorers", json!(["x"]), json!(["y", "x"]), "[x, y]"),
        ("operatorGroups", "/operatorGroups", json!(["x"]), json!([]), "[x]"),
        ("operatorAccounts", "/operatorAccounts", json!(["b"]), json!(["a"]), "[a, b]"),
    ] {
        let nested = |value: &Value| {
            spec.rsplit('/').filter(|key| !key.is_empty()).fold(value.clone(), |inner, key| json!({ key: inner }))
        };
        for (first, second) in [(&one, &other), (&other, &one)] {
            let all = policies(None, &[("first", nested(first)), ("second", nested(second))]);
            let shown = within(&[], |namespace| all.shown(namespace, None));
            let (_, winner) = shown.iter().find(|(f, _)| f.to_string() == field).unwrap();
            assert_eq!(winner.said.to_string(), expected, "{field}: {first} and {second}");
            assert!(!winner.tied.is_empty(), "{field}: nobody says that they disagree");
            assert_eq!(all.conflicts().len(), 1, "{field}: {:?}", all.conflicts());
            let agreed = policies(None, &[("first", nested(first)), ("second", nested(first))]);
            assert_eq!(agreed.conflicts(), [], "{field}: they agree");
            assert!(within(&[], |n| agreed.shown(n, None)).values().all(|winner| winner.tied.is_empty()), "{field}");
        }
    }
}

#[test]
fn policies_that_never_meet_do_not_disagree() {
    let of = |stage: &str, profile: &str| json!({"namespaceSelector": {"matchLabels": {"stage": stage}}, "profile": profile});
    assert_eq!(policies(None, &[("a", of("live", "observe")), ("b", of("test", "advise"))]).conflicts(), []);
    let engine = |engine: &str, profile: &str| json!({"onlyEngines": [engine], "profile": profile});
    assert_eq!(policies(None, &[("a", engine("mysql", "observe")), ("b", engine("redis", "advise"))]).conflicts(), []);
    assert_eq!(
        policies(None, &[("a", of("live", "observe")), ("b", json!({"profile": "advise"}))]).conflicts().len(),
        1
    );
}

#[test]
fn an_object_of_several_engines_gets_what_does_more() {
    let all = policies(
        None,
        &[
            ("base", json!({"profile": "advise", "rules": {"floating-tag": "off"}})),
            ("mysql", json!({"onlyEngines": ["mysql"], "priority": 1, "profile": "production"})),
            (
                "redis",
                json!({"onlyEngines": ["redis"], "priority": 1, "profile": "observe", "rules": {"floating-tag": "deny"},
                "defaults": {"drainSeconds": 9}}),
            ),
        ],
    );
    for (engines, expected, floating) in [
        (&[][..], Profile::Advise, Action::Off),
        (&["postgres"], Profile::Advise, Action::Off),
        (&["redis"], Profile::Observe, Action::Deny),
        (&["mysql"], Profile::Production, Action::Off),
        (&["redis", "redis"], Profile::Observe, Action::Deny),
        (&["redis", "mysql"], Profile::Production, Action::Deny),
        (&["redis", "postgres"], Profile::Advise, Action::Deny),
        (&["postgres", "redis", "mysql"], Profile::Production, Action::Deny),
    ] {
        let settings = all.always().of_object(engines.iter().copied());
        assert_eq!(settings.profile(), expected, "{engines:?}");
        assert_eq!(settings.action("floating-tag", Tier::Hygiene), floating, "{engines:?}");
        assert_eq!(settings.of_engine("redis").drain_seconds().map(|v| v.value), Some(9), "{engines:?}");
        assert_eq!(settings.of_engine("mysql").drain_seconds().map(|v| v.value), None, "{engines:?}");
    }
    assert!(all.vary() && !all.are_selective());
    let many: Vec<(String, Value)> = ["mysql", "redis", "postgres", "mongodb", "mariadb"]
        .iter()
        .enumerate()
        .map(|(at, engine)| {
            ((*engine).to_owned(), json!({"onlyEngines": [engine], "rules": {rules::names()[at]: "deny"}}))
        })
        .collect();
    let many: Vec<(&str, Value)> = many.iter().map(|(name, spec)| (name.as_str(), spec.clone())).collect();
    let all = policies(Some(Profile::Observe), &many);
    let both = all.always().of_object(["mysql", "mariadb"].into_iter());
    for at in [0, 4] {
        assert_eq!(both.action(rules::names()[at], Tier::Loss), Action::Deny, "{at}");
    }
    let one = all.always().of_object(std::iter::once("mariadb"));
    assert_eq!(one.action(rules::names()[0], Tier::Loss), Action::Audit);
}

/// `--profile` speaks for everything that no policy singles out: by namespace, by engine, or by a priority.
#[test]
fn the_profile_of_the_command_line_comes_before_policies_at_large_and_after_all_others() {
    let asked = Some(Profile::Advise);
    let large = |profile: &str| ("large", json!({"profile": profile}));
    let selective = ("live", json!({"namespaceSelector": {"matchLabels": {"stage": "live"}}, "profile": "observe"}));
    let none = Policies::none(asked);
    assert_eq!(none.always().profile(), Profile::Advise);
    assert_eq!(Policies::none(None).always().profile(), Profile::Baseline);
    assert_eq!(policies(asked, &[large("production")]).always().profile(), Profile::Advise);
    let both = policies(asked, &[large("production"), selective]);
    assert_eq!((profile(&both, LIVE, &[]), profile(&both, &[], &[])), (Profile::Observe, Profile::Advise));
    let engine = policies(asked, &[("mysql", json!({"onlyEngines": ["mysql"], "profile": "production"}))]);
    assert_eq!(
        (profile(&engine, &[], &["mysql"]), profile(&engine, &[], &["redis"])),
        (Profile::Production, Profile::Advise)
    );
    let hour = policies(asked, &[("bad-hour", json!({"priority": 1000, "profile": "observe"}))]);
    assert_eq!(hour.always().profile(), Profile::Observe, "the switch for a bad hour");
}

#[test]
fn where_nobody_knows_the_labels_nothing_is_refused_or_written() {
    let spec = json!({"namespaceSelector": {"matchLabels": {"stage": "live"}}, "profile": "observe"});
    let rule = json!({"profile": "production", "rules": {"floating-tag": "deny"}});
    let unknown = policies(None, &[("large", rule), ("live", spec)]).of_unknown();
    assert_eq!(unknown.profile(), Profile::Advise);
    assert_eq!(unknown.action("floating-tag", Tier::Hygiene), Action::Warn);
    assert_eq!(unknown.action("ephemeral-data", Tier::Loss), Action::Warn);
}

#[test]
fn what_is_wrong_is_said_with_its_line() {
    for (spec, expected) in [
        ("{onlyEngines: [mysq]}", "spec.onlyEngines: no engine is called \"mysq\"; did you mean \"mysql\"?"),
        ("{onlyEngines: []}", "spec.onlyEngines: names no engine: leave it out to mean all of them"),
        ("{onlyEngines: [mysql], engines: {redis: {}}}", "spec.engines.redis: redis is not among onlyEngines"),
        (
            "{onlyEngines: [mysql], skipNamespaces: [a]}",
            "spec.skipNamespaces: is not about engines: put it into a policy without onlyEngines",
        ),
        ("{priority: high}", "spec.priority: expected a whole number, found a string"),
        ("{rulesVersion: 0.1}", "spec.rulesVersion: expected a string, found a number"),
        ("{rulesVersion: new}", "spec.rulesVersion: expected a version of Seawall, such as \"0.1\" or \"0.1.0\""),
        (
            "{namespaceSelector: {matchLabel: {a: b}}}",
            "spec.namespaceSelector.matchLabel: unknown field \"matchLabel\"; did you mean \"matchLabels\"?",
        ),
        (
            "{namespaceSelector: {matchLabels: {a b: c}}}",
            "spec.namespaceSelector.matchLabels.a b: expected a label's key, such as team or example.com/team",
        ),
        (
            "{namespaceSelector: {matchLabels: {a: -c}}}",
            "spec.namespaceSelector.matchLabels.a: expected a label's value: at most 63 letters, digits, `-`, `_` and `.`",
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: a, operator: Is, values: [b]}]}}",
            "spec.namespaceSelector.matchExpressions.operator: \"Is\" is not one of In, NotIn, Exists, DoesNotExist; did you mean \"In\"?",
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: a, operator: In}]}}",
            "spec.namespaceSelector.matchExpressions.values: In and NotIn need values",
        ),
        (
            "{namespaceSelector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}",
            "spec.namespaceSelector.matchExpressions.values: Exists and DoesNotExist take no values",
        ),
    ] {
        let text =
            format!("apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {{name: x}}\nspec: {spec}\n");
        assert_eq!(read(&text, None).err(), Some(format!("p.yaml: line 4: {expected}")), "{spec}");
    }
    let twice = format!("{}\n---\n{}", document("x", &json!({})), document("x", &json!({})));
    assert_eq!(
        read(&twice, None).err().as_deref(),
        Some("p.yaml: line 3: metadata.name: another policy is called \"x\", in p.yaml:1")
    );
}

#[test]
fn a_folder_is_read_whole_and_other_documents_are_passed_over() {
    let folder = Scratch::new();
    let known = KnownNames { rules: &rules::names(), engines: &catalogue().names() };
    let load = || Policies::load(&folder, None, known).map_err(|error| error.to_string());
    std::fs::write(
        folder.join("shop.yaml"),
        "{apiVersion: v1, kind: Namespace, metadata: {name: shop, labels: {a: b}}}",
    )
    .unwrap();
    assert_eq!(load().err(), Some(format!("no DatabasePolicy in {}", folder.display())));
    std::fs::create_dir(folder.join("more")).unwrap();
    std::fs::write(folder.join("more/one.yaml"), document("one", &json!({"profile": "observe"}))).unwrap();
    let two = json!({"namespaceSelector": {"matchLabels": {"a": "b"}}, "priority": 1, "profile": "advise"});
    std::fs::write(folder.join("two.json"), document("two", &two)).unwrap();
    std::fs::write(folder.join(".hidden.yaml"), "no: policy").unwrap();
    let all = load().unwrap();
    let labels = all.labels_of("shop").unwrap();
    let namespace = Namespace { name: "shop", labels };
    assert_eq!(all.names_in(namespace, None), ["one", "two"]);
    assert_eq!((all.of_namespace(namespace).profile(), all.always().profile()), (Profile::Advise, Profile::Observe));
    for (text, expected) in [
        (
            "{apiVersion: seawall.dev/v1alpha1, kind: DatabasePolcy, metadata: {name: x}}",
            "kind: expected DatabasePolicy",
        ),
        ("{apiVersion: v1, kind: DatabasePolicy, metadata: {name: x}}", "apiVersion: expected seawall.dev/v1alpha1"),
    ] {
        std::fs::write(folder.join("z.yaml"), text).unwrap();
        let error = load().err().unwrap();
        assert!(error.ends_with(&format!("z.yaml: line 1: {expected}")), "{error}");
    }
}
