//! Which class a claim is given, and which it may have, by its engine and its size.

use serde_json::{Value, json};

use crate::policies::{policies, within};

#[test]
fn a_claim_s_class_goes_by_its_engine_and_size() {
    const GIB: i64 = 1 << 30;
    let large = json!([{"atLeast": "1Ti", "className": "bulk"}, {"atLeast": "100Gi", "className": "large"}]);
    let everywhere = json!({
        "defaults": {"storage": {"className": "fast", "classesBySize": large}},
        "engines": {"redis": {"storage": {"classesBySize": []}}, "mysql": {"storage": {"className": "own"}}},
    });
    // A class that another policy gives, and this one forbids, is not given at all.
    let strict = json!({"priority": 1, "engines": {"mysql": {"storage": {"allowedClasses": ["own", "bulk"]}}}});
    let all = policies(None, &[("everywhere", everywhere), ("strict", strict)]);
    let class = |engine: &str, gib: Option<i64>| {
        all.always().of_engine(engine).storage_class(gib.map(|gib| gib * GIB)).map(|class| class.value)
    };
    for (engine, gib, expected) in [
        ("postgres", None, Some("fast")),
        ("postgres", Some(99), Some("fast")),
        ("postgres", Some(100), Some("large")),
        ("postgres", Some(1024), Some("bulk")),
        ("", Some(4096), Some("bulk")),
        ("redis", Some(4096), Some("fast")),
        ("mysql", Some(1), Some("own")),
        ("mysql", Some(200), None),
        ("mysql", Some(2048), Some("bulk")),
    ] {
        assert_eq!(class(engine, gib), expected, "{engine} {gib:?}");
    }
}

#[test]
fn where_nobody_knows_the_engine_what_any_may_have_is_allowed() {
    let list = |classes: Value| json!({"storage": {"allowedClasses": classes}});
    let allowed = |spec: Value, engine: &str| {
        let all = policies(None, &[("p", spec)]);
        all.always().of_engine(engine).allowed_classes().map(|allowed| allowed.value.join(","))
    };
    let both = || json!({"defaults": list(json!(["b", "a"])), "engines": {"mysql": list(json!(["c", "a"]))}});
    assert_eq!(allowed(both(), "").as_deref(), Some("a,b,c"));
    assert_eq!(allowed(both(), "mysql").as_deref(), Some("a,c"));
    assert_eq!(allowed(both(), "redis").as_deref(), Some("a,b"));
    let one = || json!({"engines": {"mysql": list(json!(["a"]))}});
    assert_eq!((allowed(one(), ""), allowed(one(), "redis")), (None, None), "the others may have any");
    assert_eq!(allowed(json!({"defaults": list(json!(["a"]))}), "").as_deref(), Some("a"));
}

/// Of two lists of sizes one counts, of two lists of what is allowed what both allow.
#[test]
fn on_a_tie_what_all_allow_is_allowed() {
    let one = json!({"classesBySize": [{"atLeast": "2Ti", "className": "b"}, {"atLeast": "1Ti", "className": "a"}], "allowedClasses": ["a", "", "b"]});
    let other = json!({"classesBySize": [{"atLeast": "1Ti", "className": "c"}], "allowedClasses": ["", "a", "c"]});
    for (first, second) in [(&one, &other), (&other, &one)] {
        let spec = |storage: &Value| json!({"defaults": {"storage": storage}});
        let all = policies(None, &[("first", spec(first)), ("second", spec(second))]);
        let shown = within(&[], |namespace| all.shown(namespace, None));
        let said = |field: &str| shown.iter().find(|(f, _)| f.to_string() == field).map(|(_, w)| w.said.to_string());
        assert_eq!(said("storage.classesBySize").as_deref(), Some("[1Ti: a, 2Ti: b]"));
        assert_eq!(said("storage.allowedClasses").as_deref(), Some("[\"\", a]"));
        assert_eq!(all.conflicts().len(), 2, "{:?}", all.conflicts());
    }
}
