//! The same object made twice, with Seawall and without: whatever differs is Seawall's doing.

use std::fmt::Debug;

use anyhow::Result;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::Resource;
use kube::api::ListParams;
use kube::core::NamespaceResourceScope;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::changes::{changes, essence};
use crate::plane::Namespace;
use crate::plane::watch::{wait_for, wait_until};

/// How an object differs from its twin of the same name in another namespace.
pub async fn differences(kind: &str, name: &str, without: &Namespace, with: &Namespace) -> Result<String> {
    Ok(lines(&object(without, kind, name).await?, &object(with, kind, name).await?))
}

/// One line for each field that differs and is not different in every run.
pub fn lines(without: &Value, with: &Value) -> String {
    let random = [
        "kube-api-access-",
        "-hash:",
        "ownerReferences",
        "metadata.name:",
        "metadata.generateName:",
        "volumeName:",
        "nodeName:",
    ];
    let all = changes(&essence(without), &essence(with));
    let kept = all.iter().map(|change| format!("  {change}\n"));
    kept.filter(|line| !random.iter().any(|word| line.contains(word))).collect()
}

/// A block of lines, two further to the right.
pub fn indented(text: &str) -> String {
    text.lines().map(|line| format!("  {line}\n")).collect()
}

/// An object as it is stored once its controllers have done their part.
pub async fn object(namespace: &Namespace, kind: &str, name: &str) -> Result<Value> {
    async fn named<K>(namespace: &Namespace, name: &str, settled: impl Fn(&Value) -> bool) -> Result<Value>
    where
        K: Resource<Scope = NamespaceResourceScope> + Clone + Serialize + DeserializeOwned + Debug,
        K::DynamicType: Default,
    {
        wait_for(&namespace.api::<K>(), name, &format!("{name} to be settled"), |found| {
            serde_json::to_value(found?).ok().filter(|object| settled(object))
        })
        .await
    }
    let observed = |object: &Value| object["status"]["observedGeneration"] == object["metadata"]["generation"];
    match kind {
        "StatefulSet" => named::<StatefulSet>(namespace, name, observed).await,
        "Deployment" => named::<Deployment>(namespace, name, observed).await,
        "Pod" => named::<Pod>(namespace, name, |_| true).await,
        _ => named::<PersistentVolumeClaim>(namespace, name, |claim| claim["status"]["phase"] == "Bound").await,
    }
}

/// The one Pod of a workload.
pub async fn pod_of(namespace: &Namespace, name: &str) -> Result<Value> {
    let selection = ListParams::default().labels(&format!("app={name}"));
    let pods = namespace.api::<Pod>();
    let pod = wait_until(&pods, &selection, "its Pod to be scheduled", |seen| {
        seen.values().find(|pod| pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some())).cloned()
    })
    .await?;
    Ok(serde_json::to_value(pod)?)
}
