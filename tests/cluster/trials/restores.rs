//! A restore in Velero's order by an account that the settings list: nothing is refused and
//! nothing is written, however careless and unsafe the databases are that come back.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::apps::v1::ReplicaSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt as _;
use kube::api::ListParams;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::changes::essence;
use crate::databases::{MYSQL, POSTGRES, Shape, claim, database, fragile, list, plaintext};
use crate::plane::seawall::Seawall;
use crate::plane::storage::create_volume;
use crate::plane::watch::wait_until;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};
use crate::twins::{differences, object, pod_of};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("restores::nothing_is_refused_or_written", async |plane| restore(&plane).await),
        trial("restores::others_are_judged_and_mended", async |plane| others(&plane).await),
    ]
}

/// As the settings list it.
const RESTORER: &str = "system:serviceaccount:velero:velero";
const WORKLOADS: [(&str, &str); 3] = [("StatefulSet", "set"), ("Deployment", "deployed"), ("Pod", "bare")];
const CLAIMS: [&str; 3] = ["data-set-0", "deployed", "bare"];

/// One that lacks everything, two that are unsafe too.
fn workloads() -> [Value; 3] {
    [
        fragile(plaintext(database(MYSQL, Shape::StatefulSet, "set"))),
        fragile(plaintext(database(MYSQL, Shape::Deployment, "deployed"))),
        database(POSTGRES, Shape::Pod, "bare"),
    ]
}

async fn restore(plane: &Arc<Plane>) -> Result<()> {
    // What was backed up, and the same restored where nobody looks on.
    let source = plane.namespace("backed-up").await?;
    let mut objects = vec![claim("deployed"), claim("bare")];
    objects.extend(workloads());
    source.apply(&list(&objects)).await?;
    let backup = backup(&source).await?;

    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let (without, with) = (plane.namespace("restored").await?, seawall.namespace("restored").await?);
    for namespace in [&without, &with] {
        volumes(plane, namespace).await?;
        let restorer = namespace.with_kubectl(plane.kubectl_as(RESTORER, Some("system:masters"))?);
        for step in &backup {
            // One object at a time, as Velero creates them.
            for object in step {
                restorer.kubectl_with(&["create", "-f", "-"], &of(object, namespace).to_string()).await?.succeeded()?;
            }
        }
    }
    let denied = seawall.count("requests", "outcome=\"denied\"").await?;
    ensure!(denied == 0, "{denied} calls were refused");
    let warned = seawall.count("requests", "outcome=\"warned\"").await?;
    ensure!(warned > 0, "nothing was warned about: was Seawall asked?");
    for (kind, name) in WORKLOADS.into_iter().chain(CLAIMS.map(|name| ("PersistentVolumeClaim", name))) {
        let lines = differences(kind, name, &without, &with).await?;
        ensure!(lines.is_empty(), "restored under Seawall, {kind} {name} is another:\n{lines}");
    }
    // The controllers have found their Pods, and made no others.
    let pods = with.api::<Pod>();
    wait_until(&pods, &ListParams::default(), "the Pods to be adopted", |seen| {
        let owned = seen.values().filter(|pod| !pod.owner_references().is_empty()).count();
        (seen.len() == 3 && owned == 2).then_some(())
    })
    .await?;
    seawall.stop().await
}

/// What is there, in the order in which it is to come back: claims, Pods, ReplicaSets, the rest.
async fn backup(source: &Namespace) -> Result<Vec<Vec<Value>>> {
    let mut claims = Vec::new();
    for name in CLAIMS {
        claims.push(stripped("v1", "PersistentVolumeClaim", &object(source, "PersistentVolumeClaim", name).await?));
    }
    let mut pods = Vec::new();
    let mut controllers = Vec::new();
    for (kind, name) in WORKLOADS {
        pods.push(stripped("v1", "Pod", &pod_of(source, name).await?));
        if kind != "Pod" {
            controllers.push(stripped("apps/v1", kind, &object(source, kind, name).await?));
        }
    }
    let sets = source.api::<ReplicaSet>().list(&ListParams::default()).await?;
    let sets = sets.iter().map(serde_json::to_value).collect::<Result<Vec<Value>, _>>()?;
    let sets = sets.iter().map(|set| stripped("apps/v1", "ReplicaSet", set)).collect();
    Ok(vec![claims, pods, sets, controllers])
}

/// An object as a backup has it: no status, no owner, no node, no token.
fn stripped(version: &str, kind: &str, object: &Value) -> Value {
    let mut object = essence(object);
    object["apiVersion"] = json!(version);
    object["kind"] = json!(kind);
    let remove = |map: &mut Value, fields: &[&str]| {
        let map = map.as_object_mut();
        map.into_iter().for_each(|map| fields.iter().for_each(|field| drop(map.remove(*field))));
    };
    remove(&mut object["metadata"], &["ownerReferences", "finalizers", "managedFields"]);
    object["metadata"]["labels"]["velero.io/restore-name"] = json!("after-the-fire");
    if kind == "Pod" {
        remove(&mut object["spec"], &["nodeName"]);
        let is_token = |one: &Value| one["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-"));
        for list in ["/spec/volumes", "/spec/containers/0/volumeMounts"] {
            object
                .pointer_mut(list)
                .and_then(Value::as_array_mut)
                .into_iter()
                .for_each(|all| all.retain(|one| !is_token(one)));
        }
    }
    if kind == "PersistentVolumeClaim" {
        remove(&mut object["metadata"], &["annotations"]);
    }
    object
}

/// A class of its own, so that no other claim takes the volumes that wait for these.
const CLASS: &str = "restored";

/// The object for one namespace: its claim is for the volume that came back before it.
fn of(object: &Value, namespace: &Namespace) -> Value {
    let mut object = object.clone();
    if object["kind"] == "PersistentVolumeClaim" {
        let volume = format!("{}-{}", namespace.name(), object["metadata"]["name"].as_str().unwrap());
        object["spec"]["volumeName"] = json!(volume);
        object["spec"]["storageClassName"] = json!(CLASS);
    }
    object
}

/// The volumes come first.
async fn volumes(plane: &Plane, namespace: &Namespace) -> Result<()> {
    for claim in CLAIMS {
        create_volume(&plane.client(), &format!("{}-{claim}", namespace.name()), CLASS, "1Gi").await?;
    }
    Ok(())
}

/// Who is not listed gets no such leave.
async fn others(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("no-restore").await?;
    let other = namespace.with_kubectl(plane.kubectl_as("system:serviceaccount:velero:other", Some("system:masters"))?);
    let [set, _, bare] = workloads();
    let refused = other.kubectl_with(&["create", "-f", "-"], &set.to_string()).await?.failed()?;
    ensure!(refused.contains("2 problems"), "{refused}");
    other.kubectl_with(&["create", "-f", "-"], &list(&[claim("bare"), bare])).await?.succeeded()?;
    let pod = object(&namespace, "Pod", "bare").await?;
    ensure!(pod["spec"]["terminationGracePeriodSeconds"] == 120, "{}", pod["spec"]);
    ensure!(namespace.api::<PersistentVolumeClaim>().get("bare").await?.labels().is_empty());
    seawall.stop().await
}
