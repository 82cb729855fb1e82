//! Lists: pages, tokens that expired, pages that are too large, and rights that are missing.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::json;

use super::{
    api::{Api, Asked, list, refusal},
    mysql, names, told,
};

/// Databases in several namespaces, whose names are not in the order of their keys.
fn many() -> Vec<serde_json::Value> {
    let all = (0..25).map(|n| mysql(&format!("db-{n}"), ["a", "a-b", "a0", "b", "z"][n % 5]));
    all.collect()
}

fn of_databases(asked: &Asked) -> bool {
    asked.plural == "statefulsets"
}

/// Serves at most three objects a page.
fn in_small_pages(asked: &Asked) -> String {
    list(&many(), &Asked { limit: asked.limit.min(3), ..asked.clone() })
}

fn all_of_them(api: &Api) -> Vec<Asked> {
    let scan = api.json(&["-A"]);
    let mut found = names(&scan);
    assert_eq!(found.len(), 25, "{found:?}");
    found.dedup();
    assert_eq!(found.len(), 25, "{found:?}");
    assert_eq!((&scan["summary"]["objects"], &scan["summary"]["namespaces"]), (&json!(25), &json!(5)));
    assert_eq!(scan["lacks"], json!([]));
    api.asked().into_iter().filter(of_databases).collect()
}

#[test]
fn every_page_is_read_once() {
    let api = Api::serve(Vec::new(), |asked| of_databases(asked).then(|| (200, in_small_pages(asked))));
    let asked = all_of_them(&api);
    assert_eq!(asked.len(), 9, "{asked:?}");
    assert!(asked.iter().all(|asked| asked.limit <= 500), "{asked:?}");
}

#[test]
fn a_token_that_expired_is_replaced_by_the_one_that_is_offered() {
    let api = Api::serve(Vec::new(), |asked| {
        if !of_databases(asked) {
            return None;
        }
        if asked.token == "9" {
            return Some(refusal(410, json!({"reason": "Expired", "metadata": {"continue": "fresh-9"}})));
        }
        let token = asked.token.trim_start_matches("fresh-").to_owned();
        Some((200, in_small_pages(&Asked { token, ..asked.clone() })))
    });
    let asked = all_of_them(&api);
    assert_eq!(asked.iter().filter(|asked| asked.token.is_empty()).count(), 1, "nothing is read twice: {asked:?}");
    assert_eq!(asked.iter().filter(|asked| asked.token == "fresh-9").count(), 1, "{asked:?}");
}

#[test]
fn a_list_whose_token_expired_without_another_begins_anew_and_shows_nothing_twice() {
    let expired = AtomicUsize::new(0);
    let api = Api::serve(Vec::new(), move |asked| {
        if !of_databases(asked) {
            return None;
        }
        if asked.token == "9" && expired.fetch_add(1, Ordering::Relaxed) == 0 {
            return Some(refusal(410, json!({"reason": "Expired"})));
        }
        Some((200, in_small_pages(asked)))
    });
    let asked = all_of_them(&api);
    assert_eq!(asked.iter().filter(|asked| asked.token.is_empty()).count(), 2, "{asked:?}");
}

#[test]
fn a_list_whose_tokens_never_hold_is_given_up() {
    for other in [json!({}), json!({"continue": "another"})] {
        let api = Api::serve(Vec::new(), move |asked| match of_databases(asked) {
            false => None,
            true if asked.token.is_empty() => Some((200, in_small_pages(asked))),
            true => Some(refusal(410, json!({"reason": "Expired", "metadata": other}))),
        });
        let output = api.scan(&["-A"]);
        let (status, out, err) = told(&output);
        assert_eq!(status, Some(2), "{err}");
        assert!(err.starts_with("error: statefulsets.apps in all namespaces: "), "{err}");
        assert!(
            out.contains("3 databases") && out.contains("incomplete: statefulsets.apps could not be read"),
            "{out}"
        );
    }
}

#[test]
fn a_page_that_is_too_large_is_asked_for_in_parts() {
    let api = Api::serve(Vec::new(), |asked| {
        let large = of_databases(asked) && asked.limit > 20;
        if large {
            Some((200, " ".repeat((8 << 20) + 1)))
        } else {
            of_databases(asked).then(|| (200, in_small_pages(asked)))
        }
    });
    all_of_them(&api);
}

#[test]
fn a_right_that_is_missing_is_named_and_the_rest_goes_on() {
    let refused = |asked: &Asked| {
        let forbidden = ["deployments", "namespaces"].contains(&asked.plural.as_str());
        forbidden.then(|| refusal(403, json!({"reason": "Forbidden"})))
    };
    let api = Api::serve(super::cluster(), refused);
    let output = api.scan(&["-A", "--as-profile", "production"]);
    let (status, out, err) = told(&output);
    assert_eq!(status, Some(2), "it is not known whether anything else would be denied: {err}");
    assert!(
        out.contains("StatefulSet/ledger") && out.contains("incomplete: deployments.apps could not be read"),
        "{out}"
    );
    assert_eq!(
        err,
        "note: namespaces: not allowed to list them: whether a namespace is labelled seawall.dev/data is not known\n\
         error: deployments.apps in all namespaces: not allowed to list them\n\
         help: ask for a ClusterRole with the verb list on it, bound by a ClusterRoleBinding\n"
    );
    let scan = api.json(&["-A"]);
    assert!(!names(&scan).contains(&"shop/Service/to-ledger".to_owned()), "it may select what was not seen");
    let lacks: Vec<_> = scan["lacks"].as_array().unwrap().iter().map(|lack| &lack["resource"]).collect();
    assert_eq!(lacks, [&json!("deployments.apps"), &json!("namespaces")]);
}

#[test]
fn what_is_only_taken_into_account_may_be_unknown() {
    let cluster_wide = ["namespaces", "storageclasses", "persistentvolumes"];
    let refused = move |asked: &Asked| {
        let forbidden = cluster_wide.contains(&asked.plural.as_str());
        forbidden.then(|| refusal(403, json!({"reason": "Forbidden"})))
    };
    let output = Api::serve(super::cluster(), refused).scan(&["-n", "shop"]);
    let (status, _, err) = told(&output);
    assert_eq!(status, Some(0), "{err}");
    assert_eq!(err.matches("note: ").count(), 3, "{err}");
}

#[test]
fn without_any_right_nothing_is_said_to_be_well() {
    let api = Api::serve(super::cluster(), |_| Some(refusal(403, json!({"reason": "Forbidden", "message": "nobody"}))));
    for (arguments, help) in [(&["-A"][..], "-n NAMESPACE"), (&[], "in this namespace")] {
        let output = api.scan(arguments);
        let (status, out, err) = told(&output);
        assert_eq!((status, out), (Some(2), ""));
        assert!(err.starts_with("error: nothing can be read: failed to list statefulsets.apps in "), "{err}");
        assert!(err.contains(help), "{err}");
    }
}

#[test]
fn what_nobody_serves_is_not_missed() {
    let old = |asked: &Asked| (asked.plural == "horizontalpodautoscalers").then(|| refusal(404, json!({})));
    let api = Api::serve(super::cluster(), old);
    let scan = api.json(&["-A"]);
    assert_eq!(scan["lacks"], json!([]));
    assert!(api.asked().iter().all(|asked| asked.plural != "scaledobjects"), "KEDA is not installed");
}

/// Serves pages, and fails once in the middle of the list.
fn failing_once(instead: impl Fn() -> (u16, String) + Send + Sync + 'static) -> Api {
    let failed = AtomicUsize::new(0);
    Api::serve(Vec::new(), move |asked| {
        if !of_databases(asked) {
            return None;
        }
        let fails = asked.token == "9" && failed.fetch_add(1, Ordering::Relaxed) == 0;
        Some(if fails { instead() } else { (200, in_small_pages(asked)) })
    })
}

#[test]
fn a_page_that_fails_once_is_asked_for_again() {
    for code in [429, 500, 503] {
        let asked = all_of_them(&failing_once(move || refusal(code, json!({"reason": "Timeout"}))));
        assert_eq!(asked.iter().filter(|asked| asked.token == "9").count(), 2, "{code}: {asked:?}");
        assert_eq!(asked.iter().filter(|asked| asked.token.is_empty()).count(), 1, "{code}: {asked:?}");
    }
    // The connection breaks within the answer.
    all_of_them(&failing_once(|| (200, super::api::BREAK_OFF.to_owned())));
}

#[test]
fn a_page_that_always_fails_is_told_in_the_words_of_its_status() {
    let failing =
        |asked: &Asked| of_databases(asked).then(|| refusal(500, json!({"message": "etcdserver: request timed out"})));
    let output = Api::serve(super::cluster(), failing).scan(&["-A"]);
    let (status, _, err) = told(&output);
    assert_eq!(status, Some(2));
    let told =
        "error: statefulsets.apps in all namespaces: the API server answered 500: etcdserver: request timed out\n";
    assert!(err.starts_with(told), "{err}");
}

fn forbids(plural: &'static str) -> impl Fn(&Asked) -> super::api::Answer {
    move |asked| (asked.plural == plural).then(|| refusal(403, json!({"reason": "Forbidden"})))
}

#[test]
fn what_is_not_part_of_kubernetes_is_only_noted() {
    let mut objects = super::cluster();
    objects.push(json!({
        "kind": "ScaledObject", "apiVersion": "keda.sh/v1alpha1", "metadata": {"name": "web", "namespace": "shop"},
        "spec": {"scaleTargetRef": {"name": "web"}},
    }));
    let api = Api::serve(objects, forbids("scaledobjects"));
    let output = api.scan(&["-A"]);
    let (status, out, err) = told(&output);
    assert_eq!(status, Some(0), "{err}");
    assert!(!out.contains("incomplete"), "{out}");
    let told = "note: scaledobjects.keda.sh: not allowed to list them: whether they scale a database is not known\n";
    assert_eq!(err, told);
    assert_eq!(api.scan(&["-A", "--as-profile", "production"]).status.code(), Some(1));
    let lacks = &api.json(&["-A"])["lacks"];
    assert_eq!((&lacks[0]["resource"], &lacks[0]["leavesGaps"]), (&json!("scaledobjects.keda.sh"), &json!(false)));
}

#[test]
fn what_stands_beside_a_database_does_not_hide_that_it_would_be_denied() {
    let status = |plural, profile| {
        let api = Api::serve(super::cluster(), forbids(plural));
        api.scan(&["-A", "--as-profile", profile]).status.code()
    };
    assert_eq!(status("services", "production"), Some(1));
    assert_eq!(status("services", "advise"), Some(2), "who knows what it opens");
    assert_eq!(status("jobs", "production"), Some(2));
    assert_eq!(status("persistentvolumeclaims", "production"), Some(2));
}
