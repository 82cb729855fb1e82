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
