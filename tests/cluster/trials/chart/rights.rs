//! The rights that the chart gives: enough, and none too many.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::authorization::v1::SubjectAccessReview;
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{ENGINES, MYSQL, Shape, claim, database, fragile, list, pod_spec};
use crate::plane::access::facts_role;
use crate::plane::seawall::Seawall;
use crate::plane::watch::{DEADLINE, wait_for};
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("chart::every_right_is_needed_and_none_is_missing", async |plane| needed(&plane).await)]
}

const USER: &str = "chart-rights";

/// One right: a verb on one resource.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Right {
    group: String,
    resource: String,
    verb: String,
}

fn words(rule: &Value, key: &str) -> Vec<String> {
    rule[key].as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
}

/// The rights of the role, taken apart.
fn rights(role: &Value) -> Vec<Right> {
    let mut rights = Vec::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        for group in words(rule, "apiGroups") {
            for resource in words(rule, "resources") {
                let verbs = words(rule, "verbs").into_iter();
                rights.extend(verbs.map(|verb| Right { group: group.clone(), resource: resource.clone(), verb }));
            }
        }
    }
    rights
}

async fn give(plane: &Plane, rights: &[Right]) -> Result<()> {
    let rules: Vec<Value> = rights
        .iter()
        .map(|right| json!({"apiGroups": [right.group], "resources": [right.resource], "verbs": [right.verb]}))
        .collect();
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": USER}, "rules": rules,
    });
    let roles: Api<ClusterRole> = Api::all(plane.client());
    roles.patch(USER, &PatchParams::apply("trials").force(), &Patch::Apply(role)).await.context("no role")?;
    Ok(())
}

/// Waits until the API server grants the right, or refuses it.
async fn settled(plane: &Plane, right: &Right, granted: bool) -> Result<()> {
    let reviews: Api<SubjectAccessReview> = Api::all(plane.client());
    let review: SubjectAccessReview = serde_json::from_value(json!({
        "metadata": {},
        "spec": {"user": USER, "resourceAttributes": {
            "group": right.group, "resource": right.resource, "verb": right.verb,
        }},
    }))?;
    let begin = Instant::now();
    loop {
        let answer = reviews.create(&PostParams::default(), &review).await.context("no review of access")?;
        if answer.status.is_some_and(|status| status.allowed == granted) {
            return Ok(());
        }
        ensure!(begin.elapsed() < DEADLINE, "{right:?} is not settled after {DEADLINE:?}");
    }
}

/// What has to be there to be asked about.
fn there() -> Vec<Value> {
    let web = json!({"restartPolicy": "Never", "containers": [{"name": "web", "image": "nginx:1.27.0"}]});
    let labels = json!({"app": "web"});
    let mut always = web.clone();
    always["restartPolicy"] = json!("Always");
    let template = json!({"metadata": {"labels": labels}, "spec": always});
    let workload = |kind: &str, name: &str| {
        json!({
            "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": name},
            "spec": {"selector": {"matchLabels": labels}, "template": template},
        })
    };
    let mut objects = vec![workload("DaemonSet", "web")];
    for kind in ["ReplicaSet", "Deployment"] {
        let mut object = workload(kind, "web");
        object["spec"]["replicas"] = json!(0);
        objects.push(object);
    }
    let mut set = database(MYSQL, Shape::StatefulSet, "db");
    set["spec"]["replicas"] = json!(0);
    let job = json!({"suspend": true, "template": {"spec": web}});
    objects.extend([
        set,
        json!({"apiVersion": "v1", "kind": "ReplicationController", "metadata": {"name": "web"},
            "spec": {"replicas": 0, "selector": labels, "template": template}}),
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "web"}, "spec": job}),
        json!({"apiVersion": "batch/v1", "kind": "CronJob", "metadata": {"name": "web"},
            "spec": {"schedule": "0 0 1 1 *", "suspend": true, "jobTemplate": {"spec": job}}}),
        claim("old"),
    ]);
    objects
}

/// The database with a ConfigMap that it reads.
fn told_by_others(mut database: Value) -> Value {
    pod_spec(&mut database)["containers"][0]["envFrom"] = json!([{"configMapRef": {"name": "web"}}]);
    database
}

/// A database that takes variables of Services for settings.
fn with_named_settings() -> Value {
    let neo4j = ENGINES.into_iter().find(|engine| engine.name == "neo4j").expect("an engine of the trials");
    database(neo4j, Shape::StatefulSet, "graph")
}

/// What is tried, each a question or several. Nothing of it is stored.
fn asked() -> String {
    let mut objects = vec![
        database(MYSQL, Shape::StatefulSet, "new"),
        database(MYSQL, Shape::Deployment, "old"),
        fragile(database(MYSQL, Shape::StatefulSet, "fragile")),
        fragile(database(MYSQL, Shape::Deployment, "fragile")),
        claim("data-db-1"),
        told_by_others(database(MYSQL, Shape::Deployment, "old")),
        with_named_settings(),
    ];
    let owners = [
        ("apps/v1", "StatefulSet", "db"),
        ("apps/v1", "DaemonSet", "web"),
        ("apps/v1", "ReplicaSet", "web"),
        ("apps/v1", "Deployment", "web"),
        ("v1", "ReplicationController", "web"),
        ("batch/v1", "Job", "web"),
        ("batch/v1", "CronJob", "web"),
    ];
    for (version, kind, name) in owners {
        let mut pod = database(MYSQL, Shape::Pod, &format!("of-{}", kind.to_lowercase()));
        if version == "batch/v1" {
            // A database that ends is not mended; a password for all to see is told wherever it is.
            pod["spec"]["containers"][0]["args"] = json!(["mysql", "-hdb", "-uroot", "-pnot-so-secret"]);
        }
        pod["metadata"]["ownerReferences"] = json!([{
            "apiVersion": version, "kind": kind, "name": name, "uid": "of-no-matter", "controller": true,
        }]);
        objects.push(pod);
    }
    list(&objects)
}

/// Tries everything; how many questions were not answered, and how many were.
async fn tried(seawall: &Seawall, namespace: &Namespace) -> Result<(u64, u64)> {
    let unknown = async || -> Result<u64> {
        let refused = seawall.count("fact_lookups", "result=\"refused\"").await?;
        Ok(refused + seawall.count("fact_lookups", "result=\"unknown\"").await?)
    };
    let found = async || seawall.count("fact_lookups", "result=\"found\"").await;
    let before = (unknown().await?, found().await?);
    namespace.kubectl_with(&["create", "--dry-run=server", "-f", "-"], &asked()).await?;
    Ok((unknown().await? - before.0, found().await? - before.1))
}

async fn needed(plane: &Arc<Plane>) -> Result<()> {
    let all = rights(&facts_role()?);
    ensure!(all.len() > 15, "only {} rights were found", all.len());
    ensure!(all.iter().all(|right| right.resource != "secrets"), "a right to Secrets of everybody");
    give(plane, &all).await?;
    let bindings: Api<ClusterRoleBinding> = Api::all(plane.client());
    let binding: ClusterRoleBinding = serde_json::from_value(json!({
        "metadata": {"name": USER},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": USER},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER}],
    }))?;
    bindings.create(&PostParams::default(), &binding).await.context("no binding")?;
    for right in &all {
        settled(plane, right, true).await?;
    }

    let mut options = stage::seawall(plane, "production", Some(EVERYTHING))?;
    options.kubeconfig = Some(plane.kubeconfig(USER, None)?);
    let seawall = Seawall::start(plane, options).await?;
    let namespace = seawall.namespace("rights").await?;
    namespace.apply(&list(&there())).await?;
    let claims = namespace.api::<k8s_openapi::api::core::v1::PersistentVolumeClaim>();
    wait_for(&claims, "old", "the claim to be bound", |claim| {
        (claim?.status.as_ref()?.phase.as_deref() == Some("Bound")).then_some(())
    })
    .await?;

    let (unknown, found) = tried(&seawall, &namespace).await?;
    ensure!(unknown == 0 && found > 20, "with all rights {unknown} questions have no answer, {found} have one");
    for right in &all {
        let others: Vec<Right> = all.iter().filter(|other| *other != right).cloned().collect();
        give(plane, &others).await?;
        settled(plane, right, false).await?;
        let (unknown, _) = tried(&seawall, &namespace).await?;
        ensure!(unknown > 0, "nobody needs {right:?}: everything works without");
    }
    bindings.delete(USER, &DeleteParams::default()).await?;
    seawall.stop().await
}
