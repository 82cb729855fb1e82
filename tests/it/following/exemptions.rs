//! Exemptions that are followed.

use serde_json::{Value, json};

use super::{
    api::{EXEMPTIONS, NAMESPACES, POLICIES},
    follow, inside, namespace, policy,
};
use crate::{fixture::NOW, ratchet::mysql};

/// An exemption of the database that is asked for, from what it is refused for.
fn exemption(name: &str, ends: i64) -> Value {
    let end = jiff::Timestamp::from_second(ends).unwrap().to_string();
    json!({"metadata": {"name": name, "namespace": "shop", "resourceVersion": "8"}, "spec": {
        "rules": ["ephemeral-data"], "name": mysql(&[])["metadata"]["name"], "reason": "a demo", "expires": end,
    }})
}

#[tokio::test]
async fn an_exemption_holds_in_its_namespace_until_it_ends() {
    let mut inside = inside();
    inside.objects.get_mut(NAMESPACES).unwrap().push(namespace("bank", "live"));
    let following = follow(inside).await;
    assert!(!following.answered("shop").await.0);
    following.api.tell(EXEMPTIONS, "ADDED", &exemption("demo", NOW + 30 * 86_400));
    following.until(async |f| f.answered("shop").await.0).await;
    assert!(!following.answered("bank").await.0, "another namespace");
    let response = following.unsafe_one("shop").await;
    assert_eq!(response["auditAnnotations"]["exempted"], "ephemeral-data");
    let of_data = |response: &Value| response["warnings"].to_string().contains("emptyDir");
    assert!(!of_data(&response), "nothing is said while it lasts: {response}");

    following.api.tell(EXEMPTIONS, "MODIFIED", &exemption("demo", NOW + 86_400));
    following.until(async |f| of_data(&f.unsafe_one("shop").await)).await;
    let response = following.unsafe_one("shop").await;
    let warnings = response["warnings"].to_string();
    assert!(response["allowed"] == true && warnings.contains("exemption demo from ephemeral-data ends "), "{response}");

    // The clock is at its end.
    following.api.tell(EXEMPTIONS, "MODIFIED", &exemption("demo", NOW));
    following.until(async |f| !f.answered("shop").await.0).await;
    following.api.tell(EXEMPTIONS, "MODIFIED", &exemption("demo", NOW + 1));
    following.until(async |f| f.answered("shop").await.0).await;
    following.api.tell(EXEMPTIONS, "DELETED", &exemption("demo", NOW + 1));
    following.until(async |f| !f.answered("shop").await.0).await;

    // What policies allow counts for those that are there as well.
    following.api.tell(EXEMPTIONS, "ADDED", &exemption("demo", NOW + 30 * 86_400));
    following.until(async |f| f.answered("shop").await.0).await;
    let none = json!({"profile": "production", "exemptions": {"rules": ["floating-tag"]}});
    following.api.tell(POLICIES, "MODIFIED", &policy("live", 4, none));
    following.until(async |f| !f.answered("shop").await.0).await;
}

#[tokio::test]
async fn what_lets_something_in_is_told() {
    let following = follow(inside()).await;
    following.api.tell(EXEMPTIONS, "ADDED", &exemption("demo", NOW + 30 * 86_400 + 1));
    let told = |f: &super::Following| {
        let written = f.api.written().into_iter().filter(|w| w["kind"] == "DatabaseExemption");
        written.map(|w| w["status"].clone()).next_back().unwrap_or_default()
    };
    following.until(async |f| told(f) == json!({"daysLeft": 30})).await;
    assert!(following.answered("shop").await.0);
    let now = jiff::Timestamp::from_second(NOW).unwrap().to_string();
    following.until(async |f| told(f) == json!({"daysLeft": 30, "lastUsed": now})).await;
    // What stands there is not said again, and no other replica's later word is taken back.
    let mut said = exemption("demo", NOW + 30 * 86_400 + 1);
    said["status"] = json!({"daysLeft": 30, "lastUsed": "2999-01-01T00:00:00Z"});
    following.api.tell(EXEMPTIONS, "MODIFIED", &said);
    following.until(async |f| f.api.inside.lock().unwrap().events.is_empty()).await;
    said["spec"]["expires"] = json!(jiff::Timestamp::from_second(NOW + 5 * 86_400).unwrap().to_string());
    following.api.tell(EXEMPTIONS, "MODIFIED", &said);
    assert!(following.answered("shop").await.0);
    following.until(async |f| told(f) == json!({"daysLeft": 5, "lastUsed": "2999-01-01T00:00:00Z"})).await;
}
