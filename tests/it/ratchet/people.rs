//! Whose object it is, and who asks.

use seawall::{
    facts::{Answer, Known, OwnerFacts, Question},
    terms::{Action, Operation},
};
use serde_json::{Value, json};

use super::{Trial, mysql, owned, pod};

const REFUSED: (Action, &str) = (Action::Deny, "");
const OPERATORS: (Action, &str) = (Action::Warn, "an operator is in charge");

fn faulty() -> Value {
    mysql(&[("FAULT", "1")])
}

#[test]
fn a_restorer_is_warned() {
    let mut trial = Trial::create(faulty()).by("velero");
    assert_eq!(trial.verdict("value"), REFUSED);
    trial.policy["restorers"] = json!(["velero"]);
    assert_eq!(trial.verdict("value"), (Action::Warn, "a restorer brings it"));
    assert_eq!(trial.by("dev").verdict("value"), REFUSED);
}

fn owner(kind: &str, chain: Known<Answer>) -> (Question, Known<Answer>) {
    let question = Question::Owner {
        namespace: "shop".to_owned(),
        api_version: "apps/v1".to_owned(),
        kind: kind.to_owned(),
        name: "orders".to_owned(),
    };
    (question, chain)
}

fn chain(groups: &[&str]) -> Known<Answer> {
    let owner = |group: &&str| OwnerFacts { group: (*group).to_owned(), kind: "Any".to_owned(), ..Default::default() };
    Known::Found(Answer::Owner(groups.iter().map(owner).collect()))
}

#[test]
fn what_a_controller_makes_is_never_refused() {
    let controllers = (Action::Audit, "a controller made it");
    for chain in [chain(&["apps"]), chain(&["apps", "pxc.percona.com"]), Known::Missing, Known::Unknown] {
        let (question, chain) = owner("StatefulSet", chain);
        let made = || Trial::create(owned(pod(&faulty()), "apps/v1", "StatefulSet"));
        let by = |user| made().by(user).knowing(question.clone(), chain.clone()).verdict("value");
        assert_eq!(by("system:serviceaccount:kube-system:statefulset-controller"), controllers, "{chain:?}");
        assert_eq!(by("dev"), REFUSED, "a reference that a person wrote proves nothing: {chain:?}");
    }
    let mut set = faulty();
    set["kind"] = json!("ReplicaSet");
    let by = |user| Trial::create(owned(set.clone(), "apps/v1", "Deployment")).by(user).verdict("value");
    assert_eq!(by("system:serviceaccount:kube-system:deployment-controller"), controllers);
    assert_eq!(by("dev"), REFUSED);
    assert_eq!(Trial::create(set.clone()).verdict("value"), REFUSED, "nobody's but its author's");
    assert_eq!(Trial::create(pod(&faulty())).verdict("value"), REFUSED, "a bare Pod");
}

#[test]
fn an_operator_is_never_refused() {
    const OUTSIDE: &str = "system:serviceaccount:operators:pxc";
    const INSIDE: &str = "system:serviceaccount:shop:pxc";
    let table = [
        ("its own", "pxc.percona.com/v1", OUTSIDE, json!({}), false),
        ("a person's forgery", "pxc.percona.com/v1", "dev", json!({}), true),
        ("of an account of the same namespace", "pxc.percona.com/v1", INSIDE, json!({}), true),
        ("which the settings list", "pxc.percona.com/v1", INSIDE, json!({ "operatorAccounts": [INSIDE] }), false),
        ("of an unknown group", "example.com/v1", OUTSIDE, json!({}), false),
        ("of an unknown group, by an account of the same namespace", "example.com/v1", INSIDE, json!({}), true),
        ("which the settings know", "example.com/v1", OUTSIDE, json!({ "operatorGroups": ["example.com"] }), false),
        ("of a group that only looks like one", "pxc.percona.com.example.com/v1", INSIDE, json!({}), true),
        (
            "of an account that only looks like one",
            "pxc.percona.com/v1",
            "serviceaccount:operators:pxc",
            json!({}),
            true,
        ),
    ];
    for (what, group, user, policy, is_refused) in table {
        let mut trial = Trial::create(owned(faulty(), group, "Cluster")).by(user);
        for (key, value) in policy.as_object().unwrap() {
            trial.policy[key] = value.clone();
        }
        let (action, _) = trial.verdict("value");
        assert_eq!(action == Action::Deny, is_refused, "{what}: {action}");
    }
}

/// A reference without `controller: true` makes nobody an owner, and a label alone proves nothing.
#[test]
fn what_anybody_can_write_stops_no_denial() {
    let mut referred = owned(faulty(), "pxc.percona.com/v1", "Cluster");
    referred["metadata"]["ownerReferences"][0]["controller"] = json!(false);
    let user = "system:serviceaccount:operators:pxc";
    assert_eq!(Trial::create(referred).by(user).verdict("value"), REFUSED);
    let mut labelled = faulty();
    labelled["metadata"]["labels"] = json!({ "app.kubernetes.io/managed-by": "percona-xtradb-cluster-operator" });
    assert_eq!(Trial::create(labelled.clone()).verdict("value"), REFUSED);
    // Where nobody asks, as in `check`, nobody can be told from anybody.
    let nobody = Trial { user: None, ..Trial::create(labelled) };
    assert_eq!(nobody.verdict("value"), OPERATORS);
}

#[test]
fn what_is_being_deleted_is_let_through() {
    let terminating = |mut object: Value| {
        object["metadata"]["deletionTimestamp"] = json!("2027-01-15T08:00:00Z");
        object
    };
    let silent = |trial: Trial| trial.with(|_| ()).is_none();
    assert!(silent(Trial::update(terminating(mysql(&[])), faulty())), "a PUT that lacks the time");
    assert!(silent(Trial::update(terminating(mysql(&[])), terminating(faulty()))));
    assert!(!silent(Trial::update(mysql(&[]), terminating(faulty()))), "the old object tells");
    assert_eq!(Trial::update(mysql(&[]), terminating(faulty())).verdict("value"), REFUSED);
}

#[test]
fn what_is_no_workload_of_its_author_is_not_looked_at() {
    let silent = |trial: Trial| trial.with(|_| ()).is_none();
    assert!(!silent(Trial::create(faulty())));
    for subresource in ["scale", "status", "ephemeralcontainers", "resize", "binding"] {
        assert!(silent(Trial { subresource, ..Trial::update(mysql(&[]), faulty()) }), "{subresource}");
    }
    for operation in [Operation::Delete, Operation::Connect] {
        assert!(silent(Trial { operation, ..Trial::create(faulty()) }), "{operation}");
    }
    let mut mirror = pod(&faulty());
    mirror["metadata"]["annotations"] = json!({ "kubernetes.io/config.mirror": "hash" });
    assert!(silent(Trial::create(mirror)), "a mirror Pod");
    let mut foreign = faulty();
    foreign["apiVersion"] = json!("example.com/v1");
    assert!(silent(Trial::create(foreign)), "another group's StatefulSet");
    let mut skipping = Trial::create(faulty());
    skipping.policy["skipNamespaces"] = json!(["shop"]);
    assert!(silent(skipping), "a namespace that the settings skip");
}
