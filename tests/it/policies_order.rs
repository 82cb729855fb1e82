//! The order in which policies are read changes nothing.

use std::fmt::Write as _;

use proptest::{prelude::*, sample::Index, test_runner::Config};
use seawall::{
    settings::Policies,
    terms::{Action, Profile, Tier},
};
use serde_json::{Value, json};

use crate::policies::{LIVE, policies, settings, within};

/// Any policy, within what can be said without being wrong.
fn any_spec() -> impl Strategy<Value = Value> {
    let selector = prop::sample::select(vec![
        Value::Null,
        Value::Null,
        json!({"matchLabels": {"stage": "live"}}),
        json!({"matchExpressions": [{"key": "stage", "operator": "NotIn", "values": ["live"]}]}),
        json!({"matchExpressions": [{"key": "team", "operator": "Exists"}]}),
    ]);
    let maybe = |all: Vec<Value>| prop::option::of(prop::sample::select(all)).prop_map(|v| v.unwrap_or(Value::Null));
    let engines = maybe(vec![json!(["mysql"]), json!(["redis"]), json!(["mysql", "redis"])]);
    let profiles = maybe(Profile::WORDS.iter().map(|p| json!(p)).collect());
    let actions = maybe(Action::WORDS.iter().map(|a| json!({"floating-tag": a})).collect());
    let lists = maybe(vec![json!([]), json!(["a"]), json!(["a", "b"]), json!(["c"])]);
    let versions = maybe(vec![json!("0.0.9"), json!("0.1"), json!("0.1.0")]);
    let values = || {
        maybe(vec![
            json!({"memory": {"limit": "1Gi"}}),
            json!({"memory": {"limit": "1024Mi"}, "storage": {"className": "slow"}}),
            json!({"storage": {"allowedClasses": ["slow", "fast"], "classesBySize": [{"atLeast": "1Gi", "className": "slow"}]}}),
            json!({"storage": {"allowedClasses": ["own", "fast", "slow"], "classesBySize": [{"atLeast": "2Gi", "className": "fast"}]}}),
            json!({"memory": {"limit": "2Gi", "request": "1Gi"}, "drainSeconds": 3}),
            json!({"storage": {"className": "fast"}, "credentials": {"plaintext": "replace", "keys": {"A": "a"}}}),
            json!({"credentials": {"plaintext": "report", "keys": {"A": "b"}, "secretName": "x"}, "drainSeconds": 8}),
        ])
    };
    ((selector, engines, 0..3_i32), (profiles, actions, lists, versions), (values(), values())).prop_map(
        |((selector, engines, priority), (profile, rules, list, version), (defaults, mysql))| {
            let mut spec = json!({"priority": priority});
            let is_for_all = engines.is_null();
            for (key, value) in [
                ("namespaceSelector", selector),
                ("onlyEngines", engines.clone()),
                ("profile", profile),
                ("rules", rules),
                ("rulesVersion", version),
                ("defaults", defaults),
            ] {
                if !value.is_null() {
                    spec[key] = value;
                }
            }
            if is_for_all && !list.is_null() {
                spec["skipNamespaces"] = list.clone();
                spec["restorers"] = list;
            }
            let has_mysql = is_for_all || engines.as_array().is_some_and(|e| e.contains(&json!("mysql")));
            if has_mysql && !mysql.is_null() {
                spec["engines"] = json!({"mysql": mysql});
            }
            spec
        },
    )
}

/// All that can be asked of settings, and all that `policy show` tells but lines, as text.
fn told(all: &Policies) -> String {
    let mut text = String::new();
    for labels in [&[][..], LIVE, &[("team", "a")], &[("stage", "live"), ("team", "a")]] {
        let settings = settings(all, labels);
        let users = [settings.skips("a"), settings.skips("b"), settings.is_restorer("a"), settings.is_restorer("c")];
        writeln!(text, "{labels:?} {users:?}").unwrap();
        for engines in
            [&[][..], &["mysql"], &["redis"], &["postgres"], &["mysql", "redis"], &["redis", "postgres", "mysql"]]
        {
            let own = settings.of_object(engines.iter().copied());
            let (profile, most) = (own.profile(), own.most("0.1.0"));
            writeln!(text, "{engines:?} {profile} {most} {}", own.action("floating-tag", Tier::Hygiene)).unwrap();
        }
        for engine in [None, Some("mysql"), Some("redis")] {
            for (field, winner) in within(labels, |namespace| all.shown(namespace, engine)) {
                let tied: Vec<_> = winner.tied.iter().map(|(said, origin)| (said, &origin.policy)).collect();
                writeln!(text, "{engine:?} {field} {} {} {tied:?}", winner.said, winner.origin.policy).unwrap();
            }
            let of = settings.of_engine(engine.unwrap_or("postgres"));
            let class = [None, Some(1 << 30), Some(1 << 40)].map(|bytes| of.storage_class(bytes).map(|v| v.value));
            let class = (class, of.allowed_classes().map(|allowed| allowed.value));
            let memory = (of.memory_limit().map(|v| v.value), of.memory_request().map(|v| v.value));
            let credentials = (of.secret_name().map(|v| v.value), of.secret_key("A"), of.plaintext());
            writeln!(text, "{class:?} {memory:?} {credentials:?} {:?}", of.drain_seconds().map(|v| v.value)).unwrap();
        }
    }
    text
}

proptest! {
    #![proptest_config(Config { failure_persistence: None, cases: 200, ..Config::default() })]

    #[test]
    fn the_order_of_policies_changes_nothing(
        specs in prop::collection::vec(any_spec(), 1..6),
        swaps in prop::collection::vec((any::<Index>(), any::<Index>()), 6),
        asked in prop::option::of(prop::sample::select(Profile::ALL.to_vec())),
    ) {
        let names = ["a", "b", "c", "d", "e", "f"];
        let mut ordered: Vec<(&str, Value)> = names.into_iter().zip(specs).collect();
        let before = told(&policies(asked, &ordered));
        for (one, other) in swaps {
            let (one, other) = (one.index(ordered.len()), other.index(ordered.len()));
            ordered.swap(one, other);
        }
        let after = told(&policies(asked, &ordered));
        prop_assert_eq!(before, after);
    }
}
