//! What is followed in a cluster, and judged by.

mod api;
mod exemptions;

use std::{sync::Arc, time::Duration};

use seawall::{
    cluster::{Followers, Sources},
    engines::Catalogue,
    metrics::{Metrics, Webhook},
    rules,
    server::{Answer, Call, Guard, Judge},
    settings::Policies,
    terms::Profile,
};
use serde_json::{Value, json};

use crate::{fixture::NOW, ratchet::mysql};
use api::{Api, EXEMPTIONS, Inside, NAMESPACES, POLICIES, SWITCH};

/// A policy for the namespaces with the label stage=live.
fn policy(name: &str, generation: i64, spec: Value) -> Value {
    let mut spec = spec;
    spec["namespaceSelector"] = json!({"matchLabels": {"stage": "live"}});
    json!({"metadata": {"name": name, "uid": name, "generation": generation, "resourceVersion": "8"}, "spec": spec})
}

fn namespace(name: &str, stage: &str) -> Value {
    json!({"metadata": {"name": name, "resourceVersion": "8", "labels": {"stage": stage}}})
}

fn mode(mode: &str) -> Value {
    json!({"metadata": {"name": "seawall", "resourceVersion": "8"}, "data": {"mode": mode}})
}

/// In live namespaces, of which `shop` is one, everything is enforced.
fn inside() -> Inside {
    let mut inside = Inside::default();
    inside.objects.insert(POLICIES.to_owned(), vec![policy("live", 3, json!({"profile": "production"}))]);
    inside.objects.insert(NAMESPACES.to_owned(), vec![namespace("shop", "live"), namespace("other", "test")]);
    inside
}

struct Following {
    api: Api,
    followers: Followers,
    guard: Guard,
    metrics: Arc<Metrics>,
}

async fn follow(inside: Inside) -> Following {
    let api = Api::serve(inside).await;
    let (catalogue, metrics) = (Arc::new(Catalogue::embedded().unwrap()), Arc::new(Metrics::new()));
    let base = Policies::none(Some(Profile::Observe));
    let switch = ("home".to_owned(), "seawall".to_owned());
    let sources = Sources {
        base: base.clone(),
        catalogue: Arc::clone(&catalogue),
        rules: rules::names(),
        switch,
        tell_every: Duration::from_millis(50),
    };
    let followers = api.cluster.follow(sources, Arc::clone(&metrics), || NOW);
    let cluster = Some(api.cluster.clone());
    let guard = Guard::new(catalogue, base, rules::ALL, Some(36), cluster, Arc::clone(&metrics), || NOW);
    let guard = guard.following(&followers, rules::ALL);
    let following = Following { api, followers, guard, metrics };
    following.until(async |f| f.guard.ready().is_ok()).await;
    following
}

impl Following {
    async fn until(&self, wanted: impl AsyncFn(&Self) -> bool) {
        let waited = async {
            while !wanted(self).await {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(Duration::from_secs(20), waited).await.expect("it does not come to be");
    }

    async fn reviewed(&self, group: &str, object: &Value, old: &Value) -> Value {
        let body = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
            "uid": "u", "operation": if old.is_null() { "CREATE" } else { "UPDATE" },
            "kind": { "group": group, "version": "v1", "kind": object["kind"] }, "name": "db",
            "namespace": object["metadata"]["namespace"], "userInfo": { "username": "dev" }, "object": object, "oldObject": old,
        } });
        let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
        let call = Call::new(Webhook::Validate, body.to_string(), deadline, [127, 0, 0, 1].into());
        let Answer::Review(review) = self.guard.answer(call).await else { panic!("it is not answered") };
        serde_json::from_slice::<Value>(&review.body).unwrap()["response"].clone()
    }

    /// What is answered to a database that keeps its data nowhere.
    async fn unsafe_one(&self, namespace: &str) -> Value {
        let mut object = mysql(&[]);
        object["metadata"]["namespace"] = json!(namespace);
        object["spec"].as_object_mut().unwrap().remove("volumeClaimTemplates");
        object["spec"]["template"]["spec"]["volumes"] = json!([{ "name": "data", "emptyDir": {} }]);
        self.reviewed("apps", &object, &Value::Null).await
    }

    /// Whether it is allowed, and what the audit log says of policies.
    async fn answered(&self, namespace: &str) -> (bool, String) {
        let response = self.unsafe_one(namespace).await;
        let policies = response["auditAnnotations"]["policies"].as_str().unwrap_or_default().to_owned();
        (response["allowed"] == true, policies)
    }
}

#[tokio::test]
async fn a_change_is_in_force_once_it_is_heard() {
    let following = follow(inside()).await;
    assert_eq!(following.answered("shop").await, (false, "live@3".to_owned()));
    assert_eq!(following.answered("other").await, (true, String::new()));

    following.api.tell(POLICIES, "MODIFIED", &policy("live", 4, json!({"profile": "advise"})));
    following.until(async |f| f.answered("shop").await == (true, "live@4".to_owned())).await;
    following.api.tell(POLICIES, "ADDED", &policy("more", 1, json!({"profile": "baseline", "priority": 5})));
    following.until(async |f| f.answered("shop").await == (false, "live@4,more@1".to_owned())).await;
    following.api.tell(POLICIES, "DELETED", &policy("more", 1, json!({})));
    following.until(async |f| f.answered("shop").await.0).await;

    following.api.tell(POLICIES, "MODIFIED", &policy("live", 5, json!({"profile": "production"})));
    following.until(async |f| !f.answered("shop").await.0).await;
    following.api.tell(NAMESPACES, "MODIFIED", &namespace("shop", "test"));
    following.until(async |f| f.answered("shop").await.0).await;
    following.api.tell(NAMESPACES, "MODIFIED", &namespace("other", "live"));
    following.until(async |f| !f.answered("other").await.0).await;
}

#[tokio::test]
async fn a_namespace_that_is_not_known_is_asked_for_once() {
    let mut inside = inside();
    inside.objects.insert("/api/v1/namespaces/new".to_owned(), vec![namespace("new", "live")]);
    let following = follow(inside).await;
    let asked = |f: &Following| f.api.count("GET /api/v1/namespaces/new");
    assert!(!following.answered("new").await.0);
    let first = asked(&following);
    assert!(!following.answered("new").await.0);
    assert_eq!((first, asked(&following)), (1, 1));
}

#[tokio::test]
async fn what_is_lost_is_listed_anew() {
    let following = follow(inside()).await;
    let lists = || following.api.count(&format!("GET {POLICIES}"));
    let before = lists();
    let changed = policy("live", 9, json!({"profile": "observe"}));
    following.api.change(|inside| {
        inside.objects.insert(POLICIES.to_owned(), vec![changed]);
    });
    following.api.tell(POLICIES, "ERROR", &json!({"kind": "Status", "code": 410, "reason": "Expired"}));
    following.until(async |f| f.answered("shop").await == (true, "live@9".to_owned())).await;
    assert!(lists() > before);
}

#[tokio::test]
async fn without_an_api_server_what_was_heard_last_holds_and_is_told() {
    let following = follow(inside()).await;
    let lines = |f: &Following| {
        let followed = f.guard.lines().into_iter().filter(|(name, _)| *name != "look-ups");
        followed.map(|(name, line)| format!("{name}: {line}")).collect::<Vec<_>>()
    };
    assert_eq!(lines(&following)[0], "policies: heard 0 s ago");
    following.api.change(|inside| {
        inside.instead.extend([POLICIES, NAMESPACES, EXEMPTIONS, SWITCH].map(|path| (path.to_owned(), 500)))
    });
    following
        .until(async |f| lines(f).iter().all(|line| line.contains("; not now: the API server answered 500")))
        .await;
    assert_eq!(following.answered("shop").await, (false, "live@3".to_owned()));
    assert!(following.guard.ready().is_ok());
    let metrics = following.metrics.encode();
    assert!(metrics.contains(&format!("seawall_policies_heard_timestamp_seconds {NOW}\n")), "{metrics}");
    following.api.change(|inside| inside.instead.clear());
    following.until(async |f| lines(f).iter().all(|line| !line.contains("not now"))).await;
}

#[tokio::test]
async fn where_there_is_no_such_kind_the_command_line_counts() {
    let mut inside = inside();
    inside.instead.extend([(POLICIES.to_owned(), 404), (SWITCH.to_owned(), 403)]);
    let following = follow(inside).await;
    assert_eq!(following.answered("shop").await, (true, String::new()));
}

#[tokio::test]
async fn a_policy_that_makes_no_sense_takes_nothing_else_down() {
    let mut inside = inside();
    let odd = policy(
        "odd",
        1,
        json!({"rules": {"no-such-rule": "deny", "ephemeral-data": "warn"}, "later": 1, "priority": 1}),
    );
    let lost = policy("lost", 1, json!({"profile": "observe", "priority": "high"}));
    inside.objects.get_mut(POLICIES).unwrap().extend([odd, lost]);
    let following = follow(inside).await;
    // What odd says of a rule that there is holds, and so does what live says.
    assert_eq!(following.answered("shop").await, (true, "live@3,odd@1".to_owned()));
    let metrics = following.metrics.encode();
    assert!(
        metrics.contains("seawall_policies 2\n") && metrics.contains("seawall_policies_not_accepted 2\n"),
        "{metrics}"
    );

    following.until(async |f| f.api.written().len() == 3).await;
    let written = following.api.written();
    let said = |name: &str| {
        let status = written.iter().find(|w| w["metadata"]["name"] == name).unwrap()["status"].clone();
        let accepted =
            status["conditions"].as_array().unwrap().iter().find(|c| c["type"] == "Accepted").unwrap().clone();
        (accepted["status"].clone(), accepted["reason"].clone(), accepted["message"].as_str().unwrap().to_owned())
    };
    assert_eq!(said("live"), (json!("True"), json!("Valid"), "all of it is in force".to_owned()));
    let (status, reason, message) = said("odd");
    assert_eq!((status, reason), (json!("False"), json!("PartlyInvalid")));
    assert!(
        message.contains("no rule is called \"no-such-rule\"") && message.contains("unknown field \"later\""),
        "{message}"
    );
    assert_eq!((said("lost").0, said("lost").1), (json!("False"), json!("Invalid")));
}

#[tokio::test]
async fn a_status_is_said_once_whoever_says_something_else() {
    let following = follow(inside()).await;
    following.until(async |f| f.api.written().len() == 1).await;
    let mut object = policy("live", 3, json!({"profile": "production"}));
    object["status"] = following.api.written()[0]["status"].clone();
    following.api.tell(POLICIES, "MODIFIED", &object);
    // A replica of another version understands it differently.
    object["status"]["conditions"][0]["status"] = json!("False");
    following.api.tell(POLICIES, "MODIFIED", &object);
    following.api.tell(POLICIES, "MODIFIED", &policy("live", 4, json!({"profile": "observe"})));
    following.until(async |f| f.api.written().len() == 2).await;
    assert_eq!(following.api.written()[1]["status"]["observedGeneration"], 4);
}

#[tokio::test]
async fn while_it_is_switched_off_everything_is_let_through() {
    let following = follow(inside()).await;
    assert!(!following.answered("shop").await.0);
    following.api.tell(SWITCH, "ADDED", &mode("off"));
    following.until(async |f| f.answered("shop").await.0).await;
    let odd =
        json!({"kind": "DatabasePolicy", "metadata": {"name": "odd"}, "spec": {"rules": {"no-such-rule": "off"}}});
    let response = following.reviewed("seawall.dev", &odd, &Value::Null).await;
    assert_eq!((&response["allowed"], &response["auditAnnotations"]["mode"]), (&json!(true), &json!("off")));
    assert!(following.followers.live().now().is_off());
    following.api.tell(SWITCH, "MODIFIED", &mode("of"));
    following.until(async |f| !f.answered("shop").await.0).await;
    following.api.tell(SWITCH, "MODIFIED", &mode("off"));
    following.until(async |f| f.answered("shop").await.0).await;
    following.api.tell(SWITCH, "DELETED", &mode("off"));
    following.until(async |f| !f.answered("shop").await.0).await;
}

#[tokio::test]
async fn a_policy_is_refused_for_what_is_new_in_it() {
    let following = follow(inside()).await;
    let odd = |spec: Value| json!({"kind": "DatabasePolicy", "metadata": {"name": "odd"}, "spec": spec});
    let one = odd(json!({"rules": {"floating-tags": "off"}}));
    let response = following.reviewed("seawall.dev", &one, &Value::Null).await;
    let message = "DatabasePolicy \"db\" has 1 problem\n- spec.rules.floating-tags: no rule is called \"floating-tags\"; did you mean \"floating-tag\"?";
    assert_eq!(response["status"]["message"], message);
    // Another version took it; what else is changed is none of ours.
    let response = following.reviewed("seawall.dev", &one, &one).await;
    assert_eq!((&response["allowed"], response["warnings"].as_array().unwrap().len()), (&json!(true), 1));
    let two = odd(json!({"rules": {"floating-tags": "off"}, "engines": {"mssql": {"memory": {"limit": "1Gi"}}}}));
    let response = following.reviewed("seawall.dev", &two, &one).await;
    assert!(response["status"]["message"].as_str().unwrap().contains("mssql does not start in 1Gi"), "{response}");
    assert!(!response["status"]["message"].as_str().unwrap().contains("floating"), "{response}");
    let mut leaving = two.clone();
    leaving["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert_eq!(following.reviewed("seawall.dev", &two, &leaving).await["allowed"], true);
}
