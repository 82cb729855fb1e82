//! What stands around a database at an API server: who is asked, and that nothing of it refuses.

use seawall::{
    decision::{Deliberation, Judged, Request, World},
    facts::{Answer, Around, ConfigMapFacts, DataClaimFacts, Facts, Known, Question},
    review::{self, Review},
    rules,
    settings::Settings,
    terms::{Action, Profile},
    tree::Tree,
    view::{Kind, Workload},
};
use serde_json::{Value, json};

use crate::fixture::{self, NOW};

const USER: &str = "somebody";

/// What is done with an object, and with what is known of the rest.
fn deliberated<T>(object: &Value, old: &Value, user: &str, look: impl FnOnce(&Deliberation<'_>) -> T) -> T {
    let case = fixture::Case {
        requester: Some(user.to_owned()),
        ..fixture::Case::of(object.clone(), Some(old.clone()).filter(|o| !o.is_null()))
    };
    let text = case.review().to_string();
    let tree = review::read(text.as_bytes()).unwrap();
    let settings = Settings::of(Profile::Production);
    let world =
        World { catalogue: fixture::catalogue(), settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let request = Request::of_review(&Review::of(&tree).unwrap(), &tree);
    Deliberation::of(request, world, NOW).map(|deliberation| look(&deliberation)).unwrap()
}

fn asked(object: &Value, old: &Value, user: &str) -> Vec<Question> {
    deliberated(object, old, user, |deliberation| deliberation.questions_around())
}

/// Judged with these answers about what stands around; whatever could excuse a refusal is known not to be.
fn judged(object: &Value, answers: impl Fn(&Question) -> Option<Answer>) -> Judged {
    deliberated(object, &Value::Null, USER, |deliberation| {
        let mut around = Facts::default();
        for question in deliberation.questions_around() {
            let answer = answers(&question).map_or(Known::Missing, Known::Found);
            around.put(question, answer);
        }
        let first = deliberation.judge(None);
        let mut excuses = Facts::default();
        for question in deliberation.questions_before_denial(&first) {
            excuses.put(question, Known::Missing);
        }
        let excuses = first.denies().then_some(excuses);
        deliberation.judge_around(&first, excuses, around)
    })
}

fn action(judged: &Judged, rule: &str) -> Option<Action> {
    judged.judgements.iter().find(|j| j.finding.rule == rule).map(|j| j.action)
}

fn changed(mut object: Value, pointer: &str, value: Value) -> Value {
    *object.pointer_mut(pointer).unwrap() = value;
    object
}

/// A Deployment of PostgreSQL over a claim.
fn rolling() -> Value {
    let mut object = fixture::base("postgres");
    object["kind"] = json!("Deployment");
    object["spec"].as_object_mut().unwrap().remove("volumeClaimTemplates");
    object["spec"]["template"]["spec"]["volumes"] =
        json!([{"name": "data", "persistentVolumeClaim": {"claimName": "orders"}}]);
    object
}

#[test]
fn what_is_no_database_or_stays_as_it_is_asks_nothing() {
    let mysql = fixture::base("mysql");
    assert!(asked(&mysql, &Value::Null, USER).len() > 5);
    assert!(asked(&changed(mysql.clone(), "/spec/replicas", json!(2)), &mysql, USER).len() > 5);
    let mut labelled = mysql.clone();
    labelled["metadata"]["labels"]["team"] = json!("shop");
    let mut owned = mysql.clone();
    owned["metadata"]["ownerReferences"] =
        json!([{"apiVersion": "example.org/v1", "kind": "Database", "name": "x", "uid": "x", "controller": true}]);
    let mut web = mysql.clone();
    let container = &mut web["spec"]["template"]["spec"]["containers"][0];
    *container = json!({"name": "web", "image": "nginx:1.29", "volumeMounts": container["volumeMounts"]});
    let mut scaled = mysql.clone();
    scaled["spec"]["replicas"] = json!(0);
    for (what, object, old, user) in [
        ("a label", &labelled, &mysql, USER),
        ("the same once more", &mysql, &mysql, USER),
        ("what a controller made", &owned, &Value::Null, USER),
        ("a web server", &web, &Value::Null, USER),
        ("nothing that runs", &scaled, &Value::Null, USER),
        ("a restore", &mysql, &Value::Null, "system:serviceaccount:velero:velero"),
    ] {
        assert_eq!(asked(object, old, user), [], "{what}");
    }
}

#[test]
fn a_refusal_asks_nothing_twice() {
    let object = rolling();
    deliberated(&object, &Value::Null, USER, |deliberation| {
        let first = deliberation.judge(None);
        let before = deliberation.questions_before_denial(&first);
        let around = deliberation.questions_around();
        assert!(first.denies() && !before.is_empty());
        assert!(around.iter().all(|question| !before.contains(question)), "{around:?}");
    });
}

#[test]
fn what_stands_around_refuses_nothing() {
    let mut object = fixture::base("mysql");
    let container = &mut object["spec"]["template"]["spec"]["containers"][0];
    container.as_object_mut().unwrap().remove("args");
    container["volumeMounts"].as_array_mut().unwrap().push(json!({"name": "files", "mountPath": "/etc/mysql/conf.d"}));
    object["spec"]["template"]["spec"]["volumes"] = json!([{"name": "files", "configMap": {"name": "sizes"}}]);
    let text = "[mysqld]\ninnodb_buffer_pool_size = 900G\n".to_owned();
    let map = || ConfigMapFacts { data: vec![("sizes.cnf".to_owned(), text.clone())] };
    let judged = judged(&object, |question| match question {
        Question::ConfigMap { .. } => Some(Answer::ConfigMap(map().into())),
        _ => None,
    });
    assert_eq!(action(&judged, "cache-exceeding-memory-limit"), Some(Action::Warn));
    assert!(!judged.denies());
}

#[test]
fn what_stands_around_takes_a_refusal_back() {
    let refused = judged(&rolling(), |_| None);
    assert_eq!(action(&refused, "rolling-update-over-claim"), Some(Action::Deny));
    let claim = DataClaimFacts { access_modes: vec!["ReadWriteOncePod".to_owned()], ..DataClaimFacts::default() };
    let warned = judged(&rolling(), |question| match question {
        Question::DataClaim { .. } => Some(Answer::DataClaim(claim.clone())),
        _ => None,
    });
    assert_eq!(action(&warned, "rolling-update-over-claim"), Some(Action::Warn));
}

/// A budget that selects two workloads is judged by the Pods of both, or by nobody's.
#[test]
fn a_budget_counts_all_that_it_selects() {
    let mysql = fixture::base("mysql");
    let labels = mysql["spec"]["template"]["metadata"]["labels"].clone();
    let budget = json!({"metadata": {"name": "all"}, "spec": {"minAvailable": 1, "selector": {"matchLabels": labels}}});
    let with = |workloads: Option<Answer>, is_known: bool| {
        let budget = budget.to_string();
        deliberated(&mysql, &Value::Null, USER, |deliberation| {
            let mut around = Facts::default();
            for question in deliberation.questions_around() {
                let known = match &question {
                    Question::Around { what: Around::DisruptionBudgets, .. } => {
                        Known::Found(Answer::Objects(vec![budget.clone()]))
                    }
                    Question::Around { what: Around::Workloads, .. } if !is_known => Known::Unknown,
                    Question::Around { what: Around::Workloads, .. } => {
                        workloads.clone().map_or(Known::Missing, Known::Found)
                    }
                    _ => Known::Missing,
                };
                around.put(question, known);
            }
            let judged = deliberation.judge_around(&deliberation.judge(None), None, around);
            let found = judged.judgements.iter().find(|j| j.finding.rule == "blocking-disruption-budget").cloned();
            found.map(|j| (j.finding.place.stable, j.finding.message))
        })
    };
    let (place, message) = with(None, true).unwrap();
    assert_eq!(place, "metadata.name");
    assert!(message.starts_with("PodDisruptionBudget \"all\": no drain may ever evict the one Pod"), "{message}");
    let mut other = mysql.clone();
    other["metadata"]["name"] = json!("other");
    assert_eq!(with(Some(Answer::Objects(vec![other.to_string()])), true), None, "two Pods, of which one may go");
    assert_eq!(with(None, false), None, "nobody says who else is selected");
}

#[test]
fn a_question_is_the_same_whoever_asks() {
    let text = fixture::base("mysql").to_string();
    let tree = Tree::from_json(&text).unwrap();
    let workload = Workload { kind: Kind::StatefulSet, object: tree.root() };
    for what in Around::ALL {
        assert_eq!(workload.around(*what, "shop").name(), what.name());
        assert!(seawall::facts::TABLE.iter().any(|row| row.name == what.name()), "{what:?} has no row");
    }
}
