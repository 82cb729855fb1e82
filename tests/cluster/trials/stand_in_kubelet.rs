//! The stage itself: without a kubelet and without storage, a StatefulSet must still come
//! to life as far as the API can tell, or the other trials would prove nothing.

use anyhow::{Result, ensure};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt as _;
use kube::api::Api;
use libtest_mimic::Trial;

use crate::plane::Namespace;
use crate::plane::node::{self, Attendance};
use crate::plane::watch::wait_for;
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("stand_in_kubelet::a_stateful_set_comes_to_life", async |plane| {
            let namespace = plane.namespace("life").await?;
            comes_to_life(&namespace).await
        }),
        trial("stand_in_kubelet::attendance_runs_and_restarts_pods", async |plane| {
            let namespace = plane.namespace("attendance").await?;
            let _kubelet = Attendance::begin(namespace.api(), plane.client());
            is_attended_to(&namespace).await
        }),
    ]
}

const DATABASE: &str = include_str!("../matrix/statefulset.yaml");

/// By hand: claim bound, Pod scheduled, Pod ready, set ready, Pod restarted with its claim.
async fn comes_to_life(namespace: &Namespace) -> Result<()> {
    namespace.apply(&DATABASE.replace("SUBJECT", "db")).await?;
    let pods: Api<Pod> = namespace.api();
    let first = node::scheduled(&pods, "db-0").await?;
    let claim = bound(namespace, "data-db-0").await?;
    ensure!(claim.spec.as_ref().is_some_and(|spec| spec.storage_class_name.as_deref() == Some("standard")));

    node::run(&pods, "db-0").await?;
    ready(namespace, "db").await?;
    node::restart(&pods, "db-0").await?;
    let second = wait_for(&pods, "db-0", "the Pod to be made again", |pod| {
        pod.filter(|pod| pod.uid() != first.uid() && pod.metadata.deletion_timestamp.is_none()).cloned()
    })
    .await?;
    ensure!(second.uid().is_some() && bound(namespace, "data-db-0").await?.uid() == claim.uid());
    Ok(())
}

/// By itself: the same without a hand on the Pod.
async fn is_attended_to(namespace: &Namespace) -> Result<()> {
    namespace.apply(&DATABASE.replace("SUBJECT", "db")).await?;
    ready(namespace, "db").await?;
    let pods: Api<Pod> = namespace.api();
    let first = pods.get("db-0").await?.uid();
    namespace.kubectl(&["rollout", "restart", "statefulset/db"]).await?.succeeded()?;
    wait_for(&pods, "db-0", "the Pod of the new revision to be ready", |pod| {
        let pod = pod.filter(|pod| pod.uid() != first)?;
        let conditions = pod.status.as_ref()?.conditions.as_ref()?;
        conditions.iter().any(|one| one.type_ == "Ready" && one.status == "True").then_some(())
    })
    .await
}

async fn bound(namespace: &Namespace, name: &str) -> Result<PersistentVolumeClaim> {
    wait_for(&namespace.api::<PersistentVolumeClaim>(), name, "the claim to be bound", |claim| {
        claim
            .filter(|claim| claim.status.as_ref().is_some_and(|status| status.phase.as_deref() == Some("Bound")))
            .cloned()
    })
    .await
}

async fn ready(namespace: &Namespace, name: &str) -> Result<()> {
    wait_for(&namespace.api::<StatefulSet>(), name, "the StatefulSet to be ready", |set| {
        (set?.status.as_ref()?.ready_replicas? == 1).then_some(())
    })
    .await
}
