//! The judge of the server: what it says beforehand of a stricter profile, and what it does for a caller that is gone.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use seawall::{
    engines::Catalogue,
    metrics::{Metrics, Webhook},
    rule::{Rule, Validate},
    rules,
    server::{Answer, Call, Guard, Judge},
    settings::{KnownNames, Policies, Settings},
    terms::{Profile, Tier},
};
use serde_json::{Value, json};
use tokio::sync::mpsc::unbounded_channel;

use crate::{
    fixture::NOW,
    ratchet::mysql,
    server_logs::Lines,
    server_support::{Script, Setup, counted, until},
};

fn guard(policies: impl Into<Policies>, rules: &'static [&'static Rule], metrics: &Arc<Metrics>) -> Guard {
    Guard::new(Catalogue::embedded().unwrap(), policies, rules, Some(36), None, Arc::clone(metrics), || NOW)
}

fn review(object: &Value, old: &Value) -> String {
    json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u-1", "operation": if old.is_null() { "CREATE" } else { "UPDATE" },
        "kind": { "group": "apps", "version": "v1", "kind": "StatefulSet" },
        "name": "orders", "namespace": "shop", "userInfo": { "username": "dev" }, "object": object, "oldObject": old,
    } })
    .to_string()
}

async fn judge(guard: &Guard, body: String) -> Value {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let call = Call::new(Webhook::Validate, body, deadline, [127, 0, 0, 1].into());
    let Answer::Review(review) = guard.answer(call).await else { panic!("it is not answered") };
    serde_json::from_slice::<Value>(&review.body).unwrap()["response"].clone()
}

/// A database that keeps its data nowhere.
fn unsafe_one() -> Value {
    let mut object = mysql(&[]);
    object["spec"].as_object_mut().unwrap().remove("volumeClaimTemplates");
    object["spec"]["template"]["spec"]["volumes"] = json!([{ "name": "data", "emptyDir": {} }]);
    object
}

/// One that leaks its password: production alone refuses it.
fn leaky() -> Value {
    mysql(&[("MYSQL_PASSWORD", "hunter2")])
}

/// The lines about what would be refused, with what is counted of it.
async fn foreseen(profile: Profile, object: &Value, old: &Value) -> (Vec<Value>, String) {
    foreseen_by(Settings::of(profile), object, old).await
}

async fn foreseen_by(policies: impl Into<Policies>, object: &Value, old: &Value) -> (Vec<Value>, String) {
    let policies = policies.into();
    let observes = policies.always().profile() == Profile::Observe && !policies.vary();
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt().json().with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let metrics = Arc::new(Metrics::new());
    let response = judge(&guard(policies, rules::ALL, &metrics), review(object, old)).await;
    if observes {
        assert_eq!((&response["allowed"], &response["warnings"]), (&json!(true), &Value::Null), "{response}");
    }
    let logged = lines.text();
    assert!(!logged.contains("hunter2"), "{logged}");
    let logged = logged.lines().map(|line| serde_json::from_str::<Value>(line).unwrap()["fields"].clone());
    (logged.filter(|fields| fields["message"] == "would be denied").collect(), metrics.encode())
}

#[tokio::test]
async fn what_is_told_beforehand_goes_by_the_namespace_and_the_engine() {
    let head = "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\n";
    let text = format!(
        "{head}metadata: {{name: all}}\nspec: {{profile: baseline}}\n---\n{head}metadata: {{name: shop}}\nspec: {{profile: observe, \
         priority: 1, namespaceSelector: {{matchLabels: {{kubernetes.io/metadata.name: shop}}}}}}\n"
    );
    let read = |text: &str| {
        let known = KnownNames { rules: &rules::names(), engines: &["mysql", "redis"] };
        Policies::read("policies.yaml", text, None, known).unwrap()
    };
    let foreseen = async |text: &str| foreseen_by(read(text), &unsafe_one(), &Value::Null).await.0.len();
    assert_eq!(foreseen(&text).await, 1, "the namespace observes");
    assert_eq!(foreseen(&text.replace("metadata.name: shop", "metadata.name: bank")).await, 0, "it is refused");
    let engine = |engine: &str| {
        let all = text.replace("profile: baseline", "profile: observe");
        all.replace(
            "namespaceSelector: {matchLabels: {kubernetes.io/metadata.name: shop}}",
            &format!("onlyEngines: [{engine}]"),
        )
        .replace("profile: observe, priority", "profile: baseline, priority")
    };
    assert_eq!(foreseen(&engine("redis")).await, 1, "this engine is observed");
    assert_eq!(foreseen(&engine("mysql")).await, 0, "this engine is refused");
}

#[tokio::test]
async fn the_audit_log_is_told_what_was_decided() {
    let metrics = Arc::new(Metrics::new());
    for (profile, decision, key) in [
        (Profile::Baseline, "denied", "deny"),
        (Profile::Advise, "warned", "warn"),
        (Profile::Observe, "allowed", "audit"),
    ] {
        let guard = guard(Settings::of(profile), rules::ALL, &metrics);
        let audit = judge(&guard, review(&unsafe_one(), &Value::Null)).await["auditAnnotations"].clone();
        let rules = audit[key].as_str().unwrap_or_default();
        assert_eq!(audit["decision"], decision, "{profile}: {audit}");
        assert!(rules.split(',').any(|rule| rule == "ephemeral-data"), "{profile}: {audit}");
    }
    let mut web = unsafe_one();
    web["spec"]["template"]["spec"]["containers"] = json!([{"name": "web", "image": "nginx:1.27"}]);
    let guard = guard(Settings::of(Profile::Baseline), rules::ALL, &metrics);
    let response = judge(&guard, review(&web, &Value::Null)).await;
    assert_eq!(response["auditAnnotations"], Value::Null, "of a web server there is nothing to tell");
}

#[tokio::test]
async fn who_observes_is_told_what_would_be_refused() {
    for profile in [Profile::Observe, Profile::Advise] {
        let (lines, counts) = foreseen(profile, &unsafe_one(), &Value::Null).await;
        let [line] = lines.as_slice() else { panic!("{profile}: {lines:?}") };
        let said = ["object", "rules", "would", "profiles", "user", "operation"].map(|field| line[field].as_str());
        let expected = ["StatefulSet shop/orders", "ephemeral-data", "deny", "baseline,production", "dev", "CREATE"];
        assert_eq!(said, expected.map(Some), "{profile}");
        for profile in ["baseline", "production"] {
            let series = format!(r#"seawall_would_deny_total{{rule="ephemeral-data",profile="{profile}"}} 1"#);
            assert!(counts.contains(&series), "{counts}");
        }
        assert!(counts.contains(r#"seawall_findings_total{rule="ephemeral-data",tier="loss",action=""#), "{counts}");
    }
    let (lines, counts) = foreseen(Profile::Observe, &leaky(), &Value::Null).await;
    assert_eq!(lines.iter().map(|l| l["profiles"].as_str().unwrap()).collect::<Vec<_>>(), ["production"]);
    assert!(!counts.contains(r#"profile="baseline""#), "{counts}");
}

#[tokio::test]
async fn nothing_is_foreseen_where_nothing_would_be_refused() {
    let none = |(lines, counts): (Vec<Value>, String), why: &str| {
        assert_eq!(lines, Vec::<Value>::new(), "{why}");
        assert!(!counts.contains("seawall_would_deny_total{"), "{why}");
    };
    none(foreseen(Profile::Observe, &mysql(&[]), &Value::Null).await, "well run");
    none(foreseen(Profile::Observe, &unsafe_one(), &unsafe_one()).await, "it was so before");
    let mut labelled = unsafe_one();
    labelled["metadata"]["annotations"] = json!({ "team": "shop" });
    none(foreseen(Profile::Observe, &labelled, &unsafe_one()).await, "its spec stays as it is");
    none(foreseen(Profile::Baseline, &unsafe_one(), &Value::Null).await, "it is refused");
}

/// The strictest profile believes no label.
#[tokio::test]
async fn a_label_hides_nothing_from_production() {
    let mut ephemeral = unsafe_one();
    ephemeral["metadata"]["labels"] = json!({ "seawall.dev/data": "ephemeral" });
    ephemeral["spec"]["template"]["metadata"]["labels"]["seawall.dev/data"] = json!("ephemeral");
    let (lines, _) = foreseen(Profile::Observe, &ephemeral, &Value::Null).await;
    assert_eq!(lines.iter().map(|l| l["profiles"].as_str().unwrap()).collect::<Vec<_>>(), ["production"]);
}

static BEGUN: AtomicBool = AtomicBool::new(false);
static GO_ON: AtomicBool = AtomicBool::new(false);
static ASKED: AtomicUsize = AtomicUsize::new(0);

/// Finds something, and takes its time.
static SLOW: Rule = Rule {
    name: "slow",
    source: "",
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(|database, _, findings| {
        findings.report(database.container.0, "is a database");
        BEGUN.store(true, Ordering::SeqCst);
        while !GO_ON.load(Ordering::SeqCst) {
            std::thread::yield_now();
        }
    })),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

static NEXT: Rule = Rule {
    name: "the-next",
    source: "",
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(|_, _, _| {
        ASKED.fetch_add(1, Ordering::SeqCst);
    })),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

static SLOW_RULES: &[&Rule] = &[&SLOW, &NEXT];

#[tokio::test]
async fn a_large_review_that_nobody_waits_for_is_given_up_and_not_counted() {
    let metrics = Arc::new(Metrics::new());
    let judge_of = Arc::new(guard(Settings::of(Profile::Baseline), SLOW_RULES, &metrics));
    let (ended, mut has_ended) = unbounded_channel();
    let (within, setup) = (Arc::clone(&judge_of), Setup::new());
    let served = setup
        .serve(Script::new(move |call: Call| {
            let (guard, ended) = (Arc::clone(&within), ended.clone());
            async move {
                let answer = guard.answer(call).await;
                ended.send(()).unwrap();
                answer
            }
        }))
        .await;
    let mut object = mysql(&[]);
    object["metadata"]["annotations"] = json!({ "padding": "x".repeat(64 * 1024) });
    let body = review(&object, &Value::Null);
    let mut client = setup.client().connect(served.tls).await.unwrap();
    let length = body.len();
    let head = format!(
        "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\r\n"
    );
    client.say(head).await.unwrap();
    client.say(&body).await.unwrap();
    until("begun", || BEGUN.load(Ordering::SeqCst)).await;
    drop(client);
    until("abandoned", || counted(&served.metrics, "seawall_requests_in_flight") == 0.0).await;
    GO_ON.store(true, Ordering::SeqCst);
    has_ended.recv().await.unwrap();
    assert_eq!(ASKED.load(Ordering::SeqCst), 0, "no more rules are asked");
    assert_eq!(counted(&metrics, "seawall_findings_total"), 0.0, "what was found half-way");
    judge(&judge_of, body).await;
    assert!(ASKED.load(Ordering::SeqCst) > 0 && counted(&metrics, "seawall_findings_total") > 0.0);
}
