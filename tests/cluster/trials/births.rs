//! What a new database is given, by comparison with its twin that was made without Seawall:
//! the objects as they are stored, and what the real controllers make of them.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet, StatefulSet};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::ResourceExt as _;
use kube::api::{ListParams, Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::changes::{changes, essence};
use crate::databases::{BITNAMI, MYSQL, Shape, claim, database, list};
use crate::plane::Namespace;
use crate::plane::Plane;
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::stage::{self, EVERYTHING, snapshot, trial};
use crate::twins::{differences, indented, lines, object, pod_of};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("births::what_is_new_is_given_what_it_lacks_once", async |plane| once(&plane).await),
        trial("births::a_claim_gets_the_class_of_its_siblings", async |plane| siblings(&plane).await),
    ]
}

/// Kind, name, and the label `app` of its Pod.
const WORKLOADS: [(&str, &str); 4] =
    [("StatefulSet", "set"), ("StatefulSet", "hooked"), ("Deployment", "deployed"), ("Pod", "bare")];
const CLAIMS: [&str; 3] = ["data-set-0", "data-hooked-0", "deployed"];

async fn once(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let (without, with) = (plane.namespace("twins").await?, seawall.namespace("births").await?);
    let manifest = list(&[
        database(MYSQL, Shape::StatefulSet, "set"),
        database(BITNAMI, Shape::StatefulSet, "hooked"),
        // Before its claim, which is a database's only where a workload says so.
        database(MYSQL, Shape::Deployment, "deployed"),
        claim("deployed"),
        database(MYSQL, Shape::Pod, "bare"),
    ]);
    without.apply(&manifest).await?;
    with.apply(&manifest).await?;

    let mut text = String::new();
    for (kind, name) in WORKLOADS {
        text += &format!("{kind} {name}\n{}", differences(kind, name, &without, &with).await?);
        if kind != "Pod" {
            let (plain, mended) = (pod_of(&without, name).await?, pod_of(&with, name).await?);
            text += &format!("  its Pod\n{}", indented(&lines(&plain, &mended)));
        }
    }
    for name in CLAIMS {
        text += &format!("claim {name}\n{}", differences("PersistentVolumeClaim", name, &without, &with).await?);
    }
    // An API server that does not know the action for certain is written none.
    let knows_sleep = plane.minor().await? >= 34;
    snapshot(if knows_sleep { "births" } else { "births-without-sleep" }, &text);

    one_replica_set(&with).await?;
    let before = stored(&with).await?;
    with.apply(&manifest).await?;
    let lines: Vec<String> = changes(&before, &stored(&with).await?).iter().map(ToString::to_string).collect();
    ensure!(lines.is_empty(), "the second apply of the same manifest changed something:\n{}", lines.join("\n"));
    seawall.stop().await
}

/// The Deployment's controller has found nothing to roll out a second time, and its ReplicaSet has the template.
async fn one_replica_set(namespace: &Namespace) -> Result<()> {
    let deployment = namespace.api::<Deployment>().get("deployed").await?;
    let sets = namespace.api::<ReplicaSet>().list(&ListParams::default()).await?.items;
    ensure!(sets.len() == 1, "the Deployment has {} ReplicaSets", sets.len());
    let mut of_set = serde_json::to_value(sets[0].spec.as_ref().and_then(|spec| spec.template.clone()))?;
    of_set["metadata"]["labels"].as_object_mut().context("no labels")?.remove("pod-template-hash");
    let of_deployment = serde_json::to_value(deployment.spec.map(|spec| spec.template))?;
    ensure!(of_set == of_deployment, "the ReplicaSet's template is not the Deployment's");
    ensure!(deployment.status.is_some_and(|status| status.collision_count.is_none()), "a hash collided");
    Ok(())
}

/// Everything that the trial made, as it is stored now, with the generation of what has one.
async fn stored(namespace: &Namespace) -> Result<Value> {
    let mut all = json!({});
    for (kind, name) in WORKLOADS.into_iter().chain(CLAIMS.map(|name| ("PersistentVolumeClaim", name))) {
        let object = object(namespace, kind, name).await?;
        all[format!("{kind} {name}")] = json!({"is": essence(&object), "generation": object["metadata"]["generation"]});
    }
    Ok(all)
}

/// The settings say `fast`; the claim that is there already says `standard`.
async fn siblings(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "baseline", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("siblings").await?;
    let mut first = claim("data-set-0");
    first["spec"]["storageClassName"] = json!("standard");
    let mut set = database(MYSQL, Shape::StatefulSet, "set");
    // The second Pod does not wait for the first one.
    set["spec"]["podManagementPolicy"] = json!("Parallel");
    namespace.apply(&list(&[first, set, database(MYSQL, Shape::StatefulSet, "only")])).await?;
    let scale = Patch::Merge(json!({"spec": {"replicas": 2}}));
    namespace.api::<StatefulSet>().patch_scale("set", &PatchParams::default(), &scale).await?;

    let class = async |name: &str| -> Result<(Option<String>, Option<String>)> {
        let claims = namespace.api::<PersistentVolumeClaim>();
        let claim = wait_for(&claims, name, "the claim to be made", |claim| claim.cloned()).await?;
        let fate = claim.labels().get("seawall.dev/holds-data").cloned();
        Ok((claim.spec.and_then(|spec| spec.storage_class_name), fate))
    };
    for (name, expected, fate) in [("data-set-1", "standard", "deleted"), ("data-only-0", "fast", "retained")] {
        let found = class(name).await?;
        let wanted = (Some(expected.to_owned()), Some(fate.to_owned()));
        ensure!(found == wanted, "claim {name} has class and fate {found:?}, not {wanted:?}");
    }
    seawall.stop().await
}
