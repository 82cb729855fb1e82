//! The second opinion, one fact at a time: what continues, what others are in charge of and what nobody can say is warned
//! about; everything else that is unsafe is refused. What takes hours on a real cluster is told by facts here.

use seawall::{
    decision::{Deliberation, Request, Requester, World},
    engines::Catalogue,
    facts::{Answer, ClaimFacts, ClaimUse, ClassFacts, Facts, Known, OwnerFacts, Question, Template},
    review, rules,
    settings::{KnownNames, Settings},
    terms::{Action, Operation, Profile},
};
use serde_json::{Value, json};

const NOW: i64 = 1_800_000_000;
const HOUR: i64 = 3600;
const OPERATOR: &str = "system:serviceaccount:operators:pxc";
const CONTROLLER: &str = "system:serviceaccount:kube-system:job-controller";

/// Lets everybody in; and beside it runs a client with its password on the command line, which is judged in Jobs, too.
fn pod_spec() -> Value {
    json!({
        "containers": [{
            "name": "mariadb", "image": "mariadb:11.8.3", "args": ["--skip-grant-tables"],
            "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}],
        }, {"name": "dump", "image": "mysql:8.4.6", "command": ["mysqldump", "-pword", "orders"]}],
        "volumes": [{"name": "data", "persistentVolumeClaim": {"claimName": "orders"}}],
    })
}

fn object(kind: &str) -> Value {
    let (labels, pod) = (json!({"app": "orders"}), pod_spec());
    let metadata = json!({"name": "orders", "namespace": "shop", "labels": labels});
    if kind == "Pod" {
        return json!({"kind": kind, "metadata": metadata, "spec": pod});
    }
    let template = json!({"metadata": {"labels": labels}, "spec": pod});
    json!({"kind": kind, "metadata": metadata, "spec": {
        "selector": {"matchLabels": labels}, "strategy": {"type": "Recreate"}, "template": template,
    }})
}

fn owned(kind: &str, api_version: &str, owner: &str) -> Value {
    let mut object = object(kind);
    object["metadata"]["ownerReferences"] =
        json!([{"apiVersion": api_version, "kind": owner, "name": "orders", "uid": "u", "controller": true}]);
    object
}

fn settings(catalogue: &Catalogue) -> Settings {
    let text = "apiVersion: seawall.dev/v1alpha1\nkind: DatabasePolicy\nmetadata: {name: test}\nspec:\n  \
                restorers: [restorer]\n  defaults:\n    storage: {className: kept}\n";
    let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
    Settings::read("test.yaml", text, Some(Profile::Production), known).unwrap()
}

/// Looks at the CREATE of an object by a user; `None` where there is nothing to say.
fn deliberated<T>(object: &Value, old: &Value, user: &str, look: impl FnOnce(&Deliberation<'_>) -> T) -> Option<T> {
    let catalogue = Catalogue::embedded().unwrap();
    let settings = settings(&catalogue);
    let text = json!({"request": {"object": object, "oldObject": old}}).to_string();
    let tree = review::read(text.as_bytes()).unwrap();
    let world = World { catalogue: &catalogue, settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let kind = object["kind"].as_str().unwrap();
    let request = Request {
        operation: if old.is_null() { Operation::Create } else { Operation::Update },
        group: match kind {
            "Pod" | "PersistentVolumeClaim" => "",
            "Job" => "batch",
            _ => "apps",
        },
        kind,
        subresource: "",
        namespace: "shop",
        requester: Requester::User(user),
        tree: &tree,
        object: tree.root().path("request.object"),
        old: tree.root().path("request.oldObject"),
    };
    Deliberation::of(request, world, NOW).map(|deliberation| look(&deliberation))
}

/// What is done about the open database, or the password on the command line of a Job, and why not more.
fn action(object: &Value, user: &str, facts: &Facts) -> (Action, &'static str) {
    let found = deliberated(object, &Value::Null, user, |deliberation| {
        let judged = deliberation.judge(Some(facts));
        let rule = if object["kind"] == "Job" { "credential-on-command-line" } else { "disabled-authentication" };
        judged.judgements.iter().find(|j| j.finding.rule == rule).map(|j| (j.action, j.lowered))
    });
    found.flatten().unwrap()
}

fn claims() -> Question {
    Question::Claims { namespace: "shop".to_owned(), names: vec!["orders".to_owned()] }
}

fn history() -> Question {
    let selector = vec![("app".to_owned(), "orders".to_owned())];
    Question::History { namespace: "shop".to_owned(), kind: "Deployment".to_owned(), selector }
}

fn owner(kind: &str) -> Question {
    let (namespace, name) = ("shop".to_owned(), "orders".to_owned());
    Question::Owner { namespace, api_version: "apps/v1".to_owned(), kind: kind.to_owned(), name }
}

/// Everything known, and nothing there.
fn nothing_there() -> Facts {
    let mut facts = Facts::default();
    facts.put(claims(), Known::Found(Answer::Claims(Vec::new())));
    facts.put(history(), Known::Found(Answer::History(Vec::new())));
    facts
}

fn over_claim(bound: bool, age: i64) -> Facts {
    let mut facts = nothing_there();
    let claim = ClaimFacts { name: "orders".to_owned(), created: NOW - age, bound, ..ClaimFacts::default() };
    facts.put(claims(), Known::Found(Answer::Claims(vec![claim])));
    facts
}

#[test]
fn a_create_over_old_data_is_warned_about() {
    let act = |facts: &Facts| action(&object("Deployment"), "dev", facts);
    assert_eq!(act(&nothing_there()), (Action::Deny, ""));
    assert_eq!(act(&over_claim(true, HOUR + 1)), (Action::Warn, "it continues existing data"));
    assert_eq!(act(&over_claim(true, HOUR)), (Action::Deny, ""), "an hour is not enough");
    assert_eq!(
        act(&over_claim(false, 9 * HOUR)),
        (Action::Deny, ""),
        "an old claim that was never bound holds nothing"
    );
    let mut unknown = nothing_there();
    unknown.put(claims(), Known::Unknown);
    assert_eq!(act(&unknown), (Action::Warn, "nobody says whether it continues existing data"));
    assert_eq!(action(&object("Pod"), "dev", &over_claim(true, 2 * HOUR)).0, Action::Warn, "a bare Pod's, too");
}

#[test]
fn a_create_that_adopts_is_measured_against_what_ran() {
    let ran = |spec: Value| {
        let mut facts = nothing_there();
        let template = json!({"metadata": {"labels": {"app": "orders"}}, "spec": spec}).to_string();
        let template = Template { name: "orders-1".to_owned(), revision: 1, controller: None, template };
        facts.put(history(), Known::Found(Answer::History(vec![template])));
        action(&object("Deployment"), "dev", &facts)
    };
    assert_eq!(ran(pod_spec()), (Action::Warn, "a template that ran before has it too"));
    let mut safe = pod_spec();
    safe["containers"][0]["args"] = json!([]);
    assert_eq!(ran(safe), (Action::Deny, ""));
    let mut unknown = nothing_there();
    unknown.put(history(), Known::Unknown);
    assert_eq!(action(&object("Deployment"), "dev", &unknown), (Action::Warn, "nobody says whether it ran before"));
}

#[test]
fn who_asks_counts_and_a_reference_alone_does_not() {
    let act = |object: &Value, user: &str| action(object, user, &nothing_there());
    assert_eq!(act(&object("Deployment"), "restorer"), (Action::Warn, "a restorer brings it"));
    let operated = |kind| owned(kind, "pxc.percona.com/v1", "PerconaXtraDBCluster");
    assert_eq!(act(&operated("Deployment"), OPERATOR), (Action::Warn, "an operator is in charge"));
    for kind in ["Deployment", "Pod"] {
        assert_eq!(act(&operated(kind), "dev"), (Action::Deny, ""), "a person's {kind}");
        assert_eq!(act(&owned(kind, "apps/v1", "ReplicaSet"), "dev"), (Action::Deny, ""), "a person's {kind}");
    }
    let inside = "system:serviceaccount:shop:deployer";
    assert_eq!(act(&operated("Deployment"), inside), (Action::Deny, ""), "an account of the namespace");
    let unknown = owned("Deployment", "widgets.example.com/v1", "Widget");
    assert_eq!(
        act(&unknown, OPERATOR),
        (Action::Warn, "a controller that nobody knows made it"),
        "never worked against"
    );
    assert_eq!(act(&unknown, inside), (Action::Deny, ""), "an account of the namespace proves nothing");
    assert_eq!(act(&unknown, "dev"), (Action::Deny, ""), "nor does a reference that a person wrote");
    let notes = |object: &Value, user: &str| {
        deliberated(object, &Value::Null, user, |d| d.judge(Some(&nothing_there())).notes).unwrap()
    };
    assert!(notes(&unknown, OPERATOR).iter().any(|note| note.contains("operatorGroups")), "how to make it known");
    assert_eq!(notes(&unknown, inside), [""; 0]);
    assert_eq!(notes(&operated("Deployment"), OPERATOR), [""; 0]);
    for kind in ["Pod", "ReplicaSet"] {
        assert_eq!(act(&operated(kind), inside), (Action::Audit, "a controller made it"), "{kind}");
        assert_eq!(act(&owned(kind, "apps/v1", "Deployment"), CONTROLLER).0, Action::Audit, "{kind}");
    }
    let job = owned("Job", "batch/v1", "CronJob");
    assert_eq!(act(&job, CONTROLLER), (Action::Audit, "a controller made it"));
    assert_eq!(act(&job, "dev"), (Action::Warn, "its CronJob is what was judged"), "kubectl create job --from");
    assert_eq!(act(&object("Job"), "dev"), (Action::Deny, ""));

    // The chain of a real owner ends at an operator; a person who names that owner is still a person.
    let mut facts = nothing_there();
    let chain = vec![OwnerFacts { group: "pxc.percona.com".to_owned(), ..OwnerFacts::default() }];
    facts.put(owner("StatefulSet"), Known::Found(Answer::Owner(chain)));
    let pod = owned("Pod", "apps/v1", "StatefulSet");
    assert_eq!(action(&pod, "dev", &facts), (Action::Deny, ""));
    assert_ne!(action(&pod, CONTROLLER, &facts).0, Action::Deny);
}

/// Groups of operators whose databases Seawall looks into.
#[test]
fn what_these_operators_make_is_theirs() {
    for group in [
        "kubedb.com",
        "apps.k8s.appscode.com",
        "app.redislabs.com",
        "druid.gardener.cloud",
        "mysql.presslabs.org",
        "moco.cybozu.com",
        "kubegres.reactive-tech.io",
        "apps.foundationdb.org",
        "asdb.aerospike.com",
        "memsql.com",
        "ydb.tech",
    ] {
        let object = owned("Deployment", &format!("{group}/v1"), "Cluster");
        let seen = action(&object, OPERATOR, &nothing_there());
        assert_eq!(seen, (Action::Warn, "an operator is in charge"), "{group}");
    }
}

#[test]
fn what_is_being_deleted_is_let_through() {
    let mut old = object("Deployment");
    old["metadata"]["deletionTimestamp"] = json!("2026-01-01T00:00:00Z");
    assert!(deliberated(&object("Deployment"), &old, "dev", |_| ()).is_none());
}

#[test]
fn an_operator_chooses_for_its_claims_and_a_restorer_for_his() {
    let claim = json!({"kind": "PersistentVolumeClaim", "metadata": {"name": "orders", "namespace": "shop"}, "spec": {
        "accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}},
    }});
    let mends = |workload: &Value, user: &str| {
        let mut facts = Facts::default();
        let used = ClaimUse { workloads: vec![workload.to_string()], sibling_classes: Vec::new() };
        let question = Question::ClaimUse { namespace: "shop".to_owned(), name: "orders".to_owned() };
        facts.put(question, Known::Found(Answer::ClaimUse(used)));
        let class = ClassFacts {
            name: "kept".to_owned(),
            default: false,
            reclaim_policy: "Retain".to_owned(),
            ..ClassFacts::default()
        };
        facts.put(Question::StorageClasses, Known::Found(Answer::StorageClasses(vec![class])));
        facts.put(Question::LooseVolumes, Known::Found(Answer::LooseVolumes(false)));
        deliberated(&claim, &Value::Null, user, |deliberation| deliberation.mend(&facts).operations.len()).unwrap()
    };
    assert!(mends(&object("Deployment"), "dev") > 0, "somebody's own");
    assert_eq!(mends(&object("Deployment"), "restorer"), 0);
    assert_eq!(mends(&owned("Deployment", "pxc.percona.com/v1", "PerconaXtraDBCluster"), CONTROLLER), 0);
    let mut labelled = object("Deployment");
    labelled["metadata"]["labels"]["app.kubernetes.io/managed-by"] = json!("percona-operator");
    assert_eq!(mends(&labelled, CONTROLLER), 0);
}

#[test]
fn who_is_gone_is_not_worked_for() {
    let gone = std::sync::atomic::AtomicBool::new(false);
    let text = json!({"request": {"object": object("Deployment")}}).to_string();
    let (catalogue, tree) = (Catalogue::embedded().unwrap(), review::read(text.as_bytes()).unwrap());
    let settings = settings(&catalogue);
    let world = World { catalogue: &catalogue, settings: &settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let request = Request::of_document(tree.root().path("request.object"), &tree);
    let request = Request { group: "apps", ..request };
    let deliberation = Deliberation::of(request, world, NOW).unwrap().interrupted_by(Some(&gone));
    assert!(deliberation.judge(Some(&nothing_there())).denies());
    gone.store(true, std::sync::atomic::Ordering::Relaxed);
    assert!(deliberation.judge(Some(&nothing_there())).judgements.is_empty());
}
