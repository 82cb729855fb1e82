//! `kubectl delete --cascade=orphan` and the same manifest again: how people change what
//! cannot be changed. The Pods live on, and nothing may roll.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use kube::{Resource, ResourceExt};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::changes::{changes, essence};
use crate::databases::{MYSQL, Shape, claim, database, fragile, list, plaintext};
use crate::plane::seawall::Seawall;
use crate::plane::watch::{wait_for, wait_until};
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};
use crate::twins::{object, pod_of};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("orphans::adoption_brings_the_mends_back", async |plane| mended(&plane).await),
        trial("orphans::adoption_is_not_refused_for_what_ran", async |plane| excused(&plane).await),
    ]
}

const WORKLOADS: [(&str, &str); 2] = [("StatefulSet", "set"), ("Deployment", "deployed")];

fn workloads() -> [Value; 2] {
    [database(MYSQL, Shape::StatefulSet, "set"), database(MYSQL, Shape::Deployment, "deployed")]
}

async fn mended(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("adopted").await?;
    let [set, deployed] = workloads();
    let manifest = list(&[set, deployed, claim("deployed")]);
    namespace.apply(&manifest).await?;
    let before = state(&namespace).await?;
    let limit =
        &before["StatefulSet set"]["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"];
    ensure!(limit == "4Gi", "the StatefulSet was not mended: {limit}");

    orphan(&namespace).await?;
    namespace.apply(&manifest).await?;
    adopted(&namespace).await?;
    let lines: Vec<String> = changes(&before, &state(&namespace).await?).iter().map(ToString::to_string).collect();
    ensure!(lines.is_empty(), "what was made again is not what was there:\n{}", lines.join("\n"));
    seawall.stop().await
}

async fn excused(plane: &Arc<Plane>) -> Result<()> {
    let namespace = plane.namespace("excused").await?;
    let manifest = list(&workloads().map(|workload| fragile(plaintext(workload))));
    namespace.apply(&list(&[claim("deployed")])).await?;
    namespace.apply(&manifest).await?;
    let before = state(&namespace).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    seawall.guard(&namespace).await?;

    orphan(&namespace).await?;
    for worse in workloads() {
        let mut worse = fragile(plaintext(worse));
        worse["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(0);
        let refused = namespace.kubectl_with(&["apply", "-f", "-"], &worse.to_string()).await?.failed()?;
        ensure!(refused.contains("1 problem ") && refused.contains("is killed at once"), "{refused}");
    }
    let again = namespace.kubectl_with(&["apply", "-f", "-"], &manifest).await?;
    ensure!(again.ok && again.stderr.contains("keeps MYSQL_ROOT_PASSWORD in plain text"), "{}", again.stderr);
    adopted(&namespace).await?;
    let lines: Vec<String> = changes(&before, &state(&namespace).await?).iter().map(ToString::to_string).collect();
    // The label says that the set's claims hold data; it is on no template, so nothing rolls.
    ensure!(
        lines.iter().all(|line| line == "+ StatefulSet set.metadata.labels[seawall.dev/holds-data]: true"),
        "what was made again is not what was there:\n{}",
        lines.join("\n")
    );
    seawall.stop().await
}

/// Deletes the workloads and leaves their Pods; returns when the collector has let go of them.
async fn orphan(namespace: &Namespace) -> Result<()> {
    for (kind, name) in WORKLOADS {
        let target = format!("{kind}/{name}").to_lowercase();
        namespace.kubectl(&["delete", &target, "--cascade=orphan", "--wait=true"]).await?.succeeded()?;
    }
    owners(namespace, "to be orphaned", |owners| !owners).await
}

/// Waits until what was orphaned has its controllers again.
async fn adopted(namespace: &Namespace) -> Result<()> {
    owners(namespace, "to be adopted", |owners| owners).await?;
    for (kind, name) in WORKLOADS {
        object(namespace, kind, name).await?;
    }
    // The controller says what it runs only after it has looked at what there is.
    wait_for(&namespace.api::<StatefulSet>(), "set", "the set's revision", |set| {
        set?.status.as_ref()?.current_revision.as_ref().map(|_| ())
    })
    .await?;
    wait_for(&namespace.api::<Deployment>(), "deployed", "the Deployment's revision", |found| {
        found?.annotations().get("deployment.kubernetes.io/revision").map(|_| ())
    })
    .await
}

/// Waits until of the set's Pod, all revisions and all ReplicaSets the answer to "has an owner" is as wanted.
async fn owners(namespace: &Namespace, what: &str, wanted: impl Fn(bool) -> bool) -> Result<()> {
    fn has_owner<K: Resource>(object: &K) -> bool {
        !object.owner_references().is_empty()
    }
    let everything = ListParams::default();
    let of_set = ListParams::default().labels("app=set");
    wait_until(&namespace.api::<Pod>(), &of_set, &format!("the Pod {what}"), |seen| {
        seen.values().all(|one| wanted(has_owner(one))).then_some(())
    })
    .await?;
    wait_until(&namespace.api::<ControllerRevision>(), &everything, &format!("the revisions {what}"), |seen| {
        seen.values().all(|one| wanted(has_owner(one))).then_some(())
    })
    .await?;
    wait_until(&namespace.api::<ReplicaSet>(), &everything, &format!("the ReplicaSets {what}"), |seen| {
        seen.values().all(|one| wanted(has_owner(one))).then_some(())
    })
    .await
}

/// The workloads as they are stored, the uids of their Pods, and the names of all templates that were ever kept.
async fn state(namespace: &Namespace) -> Result<Value> {
    let mut state = json!({});
    for (kind, name) in WORKLOADS {
        state[format!("{kind} {name}")] = essence(&object(namespace, kind, name).await?);
        state[format!("Pod of {name}")] = pod_of(namespace, name).await?["metadata"]["uid"].clone();
    }
    let everything = ListParams::default();
    let revisions = namespace.api::<ControllerRevision>().list(&everything).await?;
    let sets = namespace.api::<ReplicaSet>().list(&everything).await?;
    state["templates"] = revisions
        .iter()
        .map(ResourceExt::name_any)
        .chain(sets.iter().map(ResourceExt::name_any))
        .map(|name| (name, json!(true)))
        .collect::<serde_json::Map<_, _>>()
        .into();
    Ok(state)
}
