//! The gates of a mend at birth, one fact at a time: what is new is mended, whatever else stays as it is.

use seawall::{
    decision::{Deliberation, Request, Requester, World},
    engines::Catalogue,
    facts::{Answer, ClaimFacts, Facts, Known, OwnerFacts, PodFacts, Question, Template},
    rules,
    settings::{KnownNames, Settings},
    terms::{Operation, Profile},
    tree::Tree,
};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;

fn catalogue() -> Catalogue {
    Catalogue::embedded().unwrap()
}

fn settings(catalogue: &Catalogue, profile: Profile) -> Settings {
    let text = "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {name: test}\nspec:\n  restorers: [restorer]\n  \
                engines:\n    mysql: {memory: {limit: 2Gi, request: 2Gi}}\n";
    let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
    Settings::read("test.yaml", text, Some(profile), known).unwrap()
}

/// A MySQL that lacks a memory limit.
fn mysql() -> Value {
    json!({
        "apiVersion": "apps/v1", "kind": "StatefulSet", "metadata": {"name": "orders", "namespace": "shop"},
        "spec": {
            "serviceName": "orders", "selector": {"matchLabels": {"app": "orders"}},
            "template": {
                "metadata": {"labels": {"app": "orders"}},
                "spec": {"containers": [{
                    "name": "mysql", "image": "mysql:8.4.6",
                    "env": [{"name": "MYSQL_ROOT_PASSWORD", "valueFrom": {"secretKeyRef": {"name": "orders", "key": "root"}}}],
                    "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}],
                }]},
            },
            "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": {
                "accessModes": ["ReadWriteOnce"], "storageClassName": "fast", "resources": {"requests": {"storage": "1Gi"}},
            }}],
        },
    })
}

fn namespace() -> String {
    "shop".to_owned()
}

fn selector() -> Vec<(String, String)> {
    vec![("app".to_owned(), "orders".to_owned())]
}

fn claims() -> Question {
    Question::Claims { namespace: namespace(), names: vec!["data-orders-".to_owned()] }
}

fn history() -> Question {
    Question::History { namespace: namespace(), kind: "StatefulSet".to_owned(), selector: selector() }
}

fn pods() -> Question {
    Question::Pods { namespace: namespace(), selector: selector() }
}

/// Everything known, and nothing there.
fn nothing_there() -> Facts {
    let mut facts = Facts::default();
    facts.put(Question::Namespace(namespace()), Known::Found(Answer::Namespace(Default::default())));
    facts.put(claims(), Known::Found(Answer::Claims(Vec::new())));
    facts.put(history(), Known::Found(Answer::History(Vec::new())));
    facts.put(pods(), Known::Found(Answer::Pods(Vec::new())));
    facts.put(Question::Limits(namespace()), Known::Found(Answer::Limits(Default::default())));
    facts
}

/// The places that a CREATE of `object` by `user` is mended at.
fn mended(object: &Value, user: &'static str, profile: Profile, facts: &Facts) -> Vec<String> {
    mended_at(NOW, object, user, profile, facts)
}

fn mended_at(now: i64, object: &Value, user: &'static str, profile: Profile, facts: &Facts) -> Vec<String> {
    let catalogue = catalogue();
    let settings = settings(&catalogue, profile);
    let text = object.to_string();
    let tree = Tree::from_json(&text).unwrap();
    let world = World { catalogue: &catalogue, settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let root = tree.root();
    let request = Request {
        operation: Operation::Create,
        group: "apps",
        kind: "StatefulSet",
        subresource: "",
        namespace: "shop",
        requester: Requester::User(user),
        tree: &tree,
        object: root,
        old: root.get("absent"),
    };
    let deliberation = Deliberation::of(request, world, now).unwrap();
    deliberation.mend(facts).mends.iter().map(|m| m.place.stable.clone()).collect()
}

fn is_mended(facts: &Facts) -> bool {
    mended(&mysql(), "dev", Profile::Baseline, facts).iter().any(|p| p.ends_with("resources.limits.memory"))
}

fn with_claim(claim: ClaimFacts) -> Facts {
    let mut facts = nothing_there();
    facts.put(claims(), Known::Found(Answer::Claims(vec![ClaimFacts { name: "data-orders-0".to_owned(), ..claim }])));
    facts
}

#[test]
fn what_is_new_is_mended() {
    assert!(is_mended(&nothing_there()));
    assert!(is_mended(&with_claim(ClaimFacts { created: NOW - 10, ..Default::default() })), "a claim of now is new");
    let young = ClaimFacts { created: NOW - 60, bound: true, volume_created: Some(NOW - 59), ..Default::default() };
    assert!(is_mended(&with_claim(young)), "a claim bound to a volume made for it is new");
}

#[test]
fn what_continues_is_not() {
    let old = ClaimFacts { created: NOW - HOUR - 1, ..Default::default() };
    assert!(!is_mended(&with_claim(old)), "a claim older than an hour");
    let rebound =
        ClaimFacts { created: NOW - 10, bound: true, volume_created: Some(NOW - 9 * HOUR), ..Default::default() };
    assert!(!is_mended(&with_claim(rebound)), "a volume older than its claim");
    let restored = ClaimFacts { created: NOW - 10, came_with_data: true, ..Default::default() };
    assert!(!is_mended(&with_claim(restored)), "a claim that came with data");
    let mut facts = nothing_there();
    let pod = PodFacts { name: "orders-0".to_owned(), controller: None };
    facts.put(pods(), Known::Found(Answer::Pods(vec![pod])));
    assert!(!is_mended(&facts), "Pods that are there");
}

#[test]
fn a_clock_that_is_behind_makes_nothing_new() {
    let made = |age: i64| with_claim(ClaimFacts { created: NOW - age, ..Default::default() });
    for behind in [2 * HOUR, 24 * HOUR] {
        let mended = mended_at(NOW - behind, &mysql(), "dev", Profile::Baseline, &made(behind / 2));
        assert!(mended.is_empty(), "a claim of {} s by a clock that is {behind} s behind", behind / 2);
    }
    assert!(!mended_at(NOW - 5, &mysql(), "dev", Profile::Baseline, &made(1)).is_empty(), "clocks differ by seconds");
}

#[test]
fn what_selects_by_expressions_alone_is_not_new() {
    let mut object = mysql();
    object["spec"]["selector"] = json!({"matchExpressions": [{"key": "app", "operator": "In", "values": ["orders"]}]});
    assert!(mended(&object, "dev", Profile::Baseline, &nothing_there()).is_empty());
}

#[test]
fn what_nobody_says_is_not_new() {
    for question in [claims(), history(), pods()] {
        let mut facts = nothing_there();
        facts.put(question.clone(), Known::Unknown);
        assert!(!is_mended(&facts), "{} unknown", question.name());
    }
    let mut facts = nothing_there();
    facts.put(Question::Limits(namespace()), Known::Unknown);
    assert!(!is_mended(&facts), "limits unknown");
}

#[test]
fn restorers_observers_and_advisers_leave_it_alone() {
    assert!(mended(&mysql(), "restorer", Profile::Production, &nothing_there()).is_empty());
    for profile in [Profile::Observe, Profile::Advise] {
        assert!(mended(&mysql(), "dev", profile, &nothing_there()).is_empty(), "{profile}");
    }
}

#[test]
fn an_operators_object_is_left_alone() {
    let mut labelled = mysql();
    labelled["metadata"]["labels"] = json!({"app.kubernetes.io/managed-by": "percona-xtradb-cluster-operator"});
    assert!(mended(&labelled, "dev", Profile::Production, &nothing_there()).is_empty(), "a label stops mends");
    let mut owned = mysql();
    owned["metadata"]["ownerReferences"] = json!([{"apiVersion": "pxc.percona.com/v1", "kind": "PerconaXtraDBCluster", "name": "c", "uid": "u", "controller": true}]);
    for user in ["dev", "system:serviceaccount:operators:pxc"] {
        assert!(mended(&owned, user, Profile::Production, &nothing_there()).is_empty(), "{user}");
    }
    let mut chained = mysql();
    chained["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "apps/v1", "kind": "Deployment", "name": "d", "uid": "u", "controller": true}]);
    let mut facts = nothing_there();
    let question = Question::Owner {
        namespace: namespace(),
        api_version: "apps/v1".to_owned(),
        kind: "Deployment".to_owned(),
        name: "d".to_owned(),
    };
    let chain = vec![OwnerFacts { group: "pxc.percona.com".to_owned(), ..Default::default() }];
    facts.put(question, Known::Found(Answer::Owner(chain)));
    assert!(mended(&chained, "dev", Profile::Production, &facts).is_empty(), "the chain ends at an operator");
}

#[test]
fn a_create_that_adopts_gets_back_what_the_newest_template_was_given() {
    let mut template = mysql()["spec"]["template"].clone();
    template["spec"]["containers"][0]["resources"] =
        json!({"limits": {"memory": "3Gi"}, "requests": {"memory": "3Gi"}});
    let place = "spec.template.spec.containers[mysql].resources.limits.memory";
    let list = json!([{"place": place, "rule": "missing-memory-limit"}]).to_string();
    template["metadata"]["annotations"] = json!({"seawall.dev/patched": list});
    let ran = Template { name: "orders-1".to_owned(), revision: 1, controller: None, template: template.to_string() };
    let mut facts = nothing_there();
    facts.put(history(), Known::Found(Answer::History(vec![ran])));
    for profile in Profile::ALL {
        assert_eq!(mended(&mysql(), "dev", *profile, &facts), [place], "{profile}: the listed place only, as it was");
    }
}

#[test]
fn another_s_template_of_the_same_labels_is_not_adopted() {
    let ran = |controller: Option<&str>| {
        let template = mysql()["spec"]["template"].to_string();
        let ran = Template { name: "x-1".to_owned(), revision: 1, controller: controller.map(str::to_owned), template };
        let mut facts = nothing_there();
        facts.put(history(), Known::Found(Answer::History(vec![ran])));
        facts
    };
    assert!(is_mended(&ran(Some("orders-canary"))), "another controller's: this one is new");
    assert!(!is_mended(&ran(None)), "an orphaned one is adopted");
    assert!(!is_mended(&ran(Some("orders"))), "its own is continued");
}
