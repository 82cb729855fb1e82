//! What must come to its end: namespaces that are torn down, Pods' own claims, what a controller scales away.

use std::sync::Arc;

use anyhow::{Result, ensure};
use futures::future::try_join_all;
use k8s_openapi::api::core::v1::{Namespace as CoreNamespace, PersistentVolumeClaim, Pod};
use kube::api::{Api, ListParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::databases::list;
use crate::guarded::{
    self, ADMIN, DELETER, PRUNER, as_user, labelled_claim, labelled_set, refused, silent, way_through,
};
use crate::plane::Plane;
use crate::plane::watch::{wait_for, wait_until};
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("guards::a_hundred_previews_are_torn_down", async |plane| previews(&plane).await),
        trial("guards::a_namespace_that_is_going_goes", async |plane| teardown(&plane).await),
        trial("guards::what_is_scaled_away_goes", async |plane| scaled(&plane).await),
    ]
}

async fn previews(plane: &Arc<Plane>) -> Result<()> {
    let made = (0..100).map(|_| async {
        let namespace = guarded::namespace(plane, "preview", false).await?;
        namespace.apply(&list(&[labelled_claim("data", "deleted")])).await?;
        anyhow::Ok(namespace.name().to_owned())
    });
    let names = try_join_all(made).await?;
    let pruner = as_user(plane, &guarded::namespace(plane, "previews", false).await?, PRUNER)?;
    let mut delete = vec!["delete", "namespace", "--wait=false"];
    delete.extend(names.iter().map(String::as_str));
    silent(pruner.kubectl(&delete).await?)?;
    let all: Api<CoreNamespace> = Api::all(plane.client());
    wait_until(&all, &ListParams::default(), "the previews to be gone", |seen| {
        (!seen.keys().any(|(_, name)| names.contains(name))).then_some(())
    })
    .await
}

async fn teardown(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "teardown", true).await?;
    let mut held = labelled_claim("held", "deleted");
    held["metadata"]["finalizers"] = json!(["plane.test/hold"]);
    let mut set = labelled_set("set", "Delete", "Delete");
    // No kubelet would end its Pods.
    set["spec"]["replicas"] = json!(0);
    let objects = [held, labelled_claim("lost", "deleted"), set];
    namespace.apply(&list(&objects)).await?;
    let (admin, deleter) = (as_user(plane, &namespace, ADMIN)?, as_user(plane, &namespace, DELETER)?);
    let delete = ["delete", "namespace", namespace.name(), "--wait=false"];
    let said = refused(deleter.kubectl(&delete).await?, "namespaces", "everything in it is deleted with it")?;
    let dry = ["delete", "namespace", namespace.name(), "--dry-run=server"];
    refused(deleter.kubectl(&dry).await?, "namespaces", "everything in it is deleted with it")?;
    admin.shell(way_through(&said)?).await?.succeeded()?;
    silent(admin.kubectl(&delete).await?)?;
    // Once begun, nothing in it is held up: neither for the controller, nor for people who help. What holds it is a finalizer.
    let claims = namespace.api::<PersistentVolumeClaim>();
    guarded::going(&claims, "lost").await?;
    guarded::going(&claims, "held").await?;
    silent(deleter.kubectl(&["label", "pvc/held", "seawall.dev/holds-data-"]).await?)?;
    silent(deleter.kubectl(&["label", "namespace", namespace.name(), "seawall.dev/guard-"]).await?)?;
    let finish = r#"{"metadata":{"finalizers":null}}"#;
    silent(deleter.kubectl(&["patch", "pvc/held", "--type=merge", "--patch", finish]).await?)?;
    let all: Api<CoreNamespace> = Api::all(plane.client());
    wait_for(&all, namespace.name(), "the namespace to be gone", |found| found.is_none().then_some(())).await
}

/// What is scaled away is judged where it is scaled: the controller's own deletion of the claim is not held up.
async fn scaled(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "scaled", true).await?;
    let mut set = labelled_set("db", "Retain", "Delete");
    set["spec"]["replicas"] = json!(2);
    set["spec"]["podManagementPolicy"] = json!("Parallel");
    namespace.apply(&list(&[set])).await?;
    let claims = namespace.api::<PersistentVolumeClaim>();
    wait_for(&claims, "data-db-1", "the second claim", |claim| claim.map(|_| ())).await?;
    silent(namespace.kubectl(&["scale", "sts/db", "--replicas=1"]).await?)?;
    // Its Pod goes first, and no kubelet ends one that was scheduled.
    let is_going = |pod: Option<&Pod>| pod.is_none_or(|pod| pod.metadata.deletion_timestamp.is_some()).then_some(());
    wait_for(&namespace.api::<Pod>(), "db-1", "the Pod to be deleted", is_going).await?;
    let end = ["delete", "pod/db-1", "--force", "--grace-period=0", "--ignore-not-found"];
    namespace.kubectl(&end).await?.succeeded()?;
    guarded::going(&claims, "data-db-1").await?;
    let first = namespace.kubectl(&["get", "pvc/data-db-0"]).await?;
    ensure!(first.ok, "the other claim is gone: {}", first.stderr);
    Ok(())
}
