//! What is on its way out, and what controllers do, is let through, however unsafe it is.

use std::collections::BTreeSet;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt;
use kube::api::{DeleteParams, EvictParams, ListParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::databases::{MYSQL, Shape, claim, database, fragile, list, plaintext};
use crate::plane::node::{self, Attendance};
use crate::plane::seawall::Seawall;
use crate::plane::watch::{wait_for, wait_until};
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("endings::what_is_being_deleted_is_let_through", async |plane| terminating(&plane).await),
        trial("endings::controllers_are_never_refused", async |plane| controllers(&plane).await),
        trial("endings::a_namespace_can_be_deleted", async |plane| whole_namespace(&plane).await),
    ]
}

/// Unsafe databases in a namespace that is guarded from then on.
async fn old(plane: &Arc<Plane>, trial: &str) -> Result<(Namespace, Seawall)> {
    let namespace = plane.namespace(trial).await?;
    let mut set = fragile(plaintext(database(MYSQL, Shape::StatefulSet, "set")));
    let mut deployed = fragile(plaintext(database(MYSQL, Shape::Deployment, "deployed")));
    let mut bare = fragile(plaintext(database(MYSQL, Shape::Pod, "bare")));
    for object in [&mut set, &mut deployed, &mut bare] {
        object["metadata"]["finalizers"] = json!(["plane.test/wait"]);
    }
    namespace.apply(&list(&[claim("deployed"), claim("bare"), set, deployed, bare])).await?;
    pods(&namespace, "the Pods", |pods| pods.len() == 3).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    seawall.guard(&namespace).await?;
    Ok((namespace, seawall))
}

async fn pods(namespace: &Namespace, what: &str, wanted: impl Fn(&[Pod]) -> bool) -> Result<Vec<Pod>> {
    wait_until(&namespace.api::<Pod>(), &ListParams::default(), what, |seen| {
        let all: Vec<Pod> = seen.values().cloned().collect();
        wanted(&all).then_some(all)
    })
    .await
}

/// A finalizer holds what is deleted, so that it can still be changed: even to something that nobody else could send.
async fn terminating(plane: &Arc<Plane>) -> Result<()> {
    let (namespace, seawall) = old(plane, "terminating").await?;
    for target in ["statefulset/set", "deployment/deployed"] {
        namespace.kubectl(&["delete", target, "--wait=false"]).await?.succeeded()?;
        let worse = json!({"spec": {"template": {"spec": {"terminationGracePeriodSeconds": 0}}}}).to_string();
        namespace.kubectl(&["patch", target, "--type=merge", "-p", &worse]).await?.succeeded()?;
    }
    namespace.kubectl(&["delete", "pod/bare", "--wait=false", "--grace-period=0", "--force"]).await?.succeeded()?;
    for target in ["statefulset/set", "deployment/deployed", "pod/bare"] {
        let free = json!({"metadata": {"finalizers": []}}).to_string();
        namespace.kubectl(&["patch", target, "--type=merge", "-p", &free]).await?.succeeded()?;
    }
    wait_for(&namespace.api::<StatefulSet>(), "set", "the StatefulSet to be gone", |set| set.is_none().then_some(()))
        .await?;
    wait_for(&namespace.api::<Deployment>(), "deployed", "the Deployment to be gone", |found| {
        found.is_none().then_some(())
    })
    .await?;
    let updates = seawall.count("requests", "operation=\"UPDATE\"").await?;
    let denied = seawall.count("requests", "outcome=\"denied\"").await?;
    ensure!(denied == 0, "{denied} calls were refused");
    // The API server does not even ask: the webhooks' conditions say so.
    ensure!(updates == 0, "Seawall was asked {updates} times about what is being deleted");
    seawall.stop().await
}

/// Pods are evicted and deleted, a ReplicaSet is deleted, and the controllers make them again.
async fn controllers(plane: &Arc<Plane>) -> Result<()> {
    let (namespace, seawall) = old(plane, "controllers").await?;
    let before = pods(&namespace, "three Pods", |pods| pods.len() == 3).await?;
    let api = namespace.api::<Pod>();
    for pod in &before {
        let name = pod.name_any();
        node::scheduled(&api, &name).await?;
        node::run(&api, &name).await?;
    }
    // A drain, a deletion by hand, and a deletion that a controller has to make good.
    let _kubelet = Attendance::begin(namespace.api(), plane.client());
    api.evict("set-0", &EvictParams::default()).await.context("an eviction was refused")?;
    namespace.kubectl(&["delete", "pod/set-0", "--ignore-not-found"]).await?.succeeded()?;
    let deployed = before.iter().find(|pod| pod.labels().get("app").is_some_and(|app| app == "deployed"));
    let deployed = deployed.context("no Pod of the Deployment")?.name_any();
    api.evict(&deployed, &EvictParams::default()).await.context("an eviction was refused")?;
    let remade = made_again(&namespace, &before, &["set", "deployed"]).await?;

    // The Deployment's controller has to make a ReplicaSet first.
    namespace.api::<ReplicaSet>().delete_collection(&DeleteParams::default(), &ListParams::default()).await?;
    let mut known = before;
    known.extend(remade);
    made_again(&namespace, &known, &["deployed"]).await?;
    let denied = seawall.count("requests", "outcome=\"denied\"").await?;
    ensure!(denied == 0, "{denied} calls were refused");
    seawall.stop().await
}

/// Waits until each of these workloads has a Pod that is none of those `known`, and looks whether Seawall has seen it.
async fn made_again(namespace: &Namespace, known: &[Pod], workloads: &[&str]) -> Result<Vec<Pod>> {
    let is_new = |pod: &&Pod| !known.iter().any(|old| old.uid() == pod.uid());
    let app = |pod: &Pod| pod.labels().get("app").cloned();
    let all = pods(namespace, "the controllers to make their Pods again", |pods| {
        let new: BTreeSet<_> = pods.iter().filter(is_new).filter_map(app).collect();
        workloads.iter().all(|workload| new.contains(*workload))
    })
    .await?;
    let new: Vec<Pod> = all.into_iter().filter(|pod| is_new(&pod)).collect();
    for pod in &new {
        let spec = pod.spec.as_ref().context("no spec")?;
        let resources = &spec.containers[0].resources;
        ensure!(spec.termination_grace_period_seconds == Some(120), "{}: was Seawall there?", pod.name_any());
        ensure!(resources.as_ref().is_none_or(|resources| resources.limits.is_none()), "{resources:?}");
    }
    Ok(new)
}

/// With databases, claims and volumes in it, while Seawall is called for each of them.
async fn whole_namespace(plane: &Arc<Plane>) -> Result<()> {
    let (namespace, seawall) = old(plane, "doomed").await?;
    let _kubelet = Attendance::begin(namespace.api(), plane.client());
    for target in ["statefulset/set", "deployment/deployed", "pod/bare"] {
        let free = json!({"metadata": {"finalizers": []}}).to_string();
        namespace.kubectl(&["patch", target, "--type=merge", "-p", &free]).await?.succeeded()?;
    }
    plane.kubectl(&["delete", "namespace", namespace.name(), "--wait=false"]).await?.succeeded()?;
    let namespaces = kube::Api::<k8s_openapi::api::core::v1::Namespace>::all(plane.client());
    wait_for(&namespaces, namespace.name(), "the namespace to be gone", |found| found.is_none().then_some(())).await?;
    seawall.stop().await
}
