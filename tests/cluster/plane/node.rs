//! A node without a machine, and what its kubelet would report about Pods.

use std::collections::BTreeSet;

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::{Node, Pod};
use kube::ResourceExt as _;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams, PostParams};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::watch::{wait_for, wait_until};

/// The one node of the cluster.
pub const NODE: &str = "node-1";

/// Creates the node, Ready and large enough for every trial at once.
pub(super) async fn register(client: &kube::Client) -> Result<()> {
    let nodes: Api<Node> = Api::all(client.clone());
    let node: Node = serde_json::from_value(json!({
        "metadata": {"name": NODE, "labels": {"kubernetes.io/hostname": NODE, "kubernetes.io/os": "linux"}},
    }))?;
    nodes.create(&PostParams::default(), &node).await.context("failed to create the node")?;
    let room = json!({"cpu": "1000", "memory": "4Ti", "ephemeral-storage": "100Ti", "pods": "10000"});
    let status = json!({"status": {
        "capacity": room,
        "allocatable": room,
        "conditions": [{"type": "Ready", "status": "True", "reason": "KubeletReady"}],
    }});
    nodes.patch_status(NODE, &PatchParams::default(), &Patch::Strategic(status)).await.context("no node status")?;
    // The API server taints every new node; the controller that would lift that is off.
    let bare = json!({"spec": {"taints": null}});
    nodes.patch(NODE, &PatchParams::default(), &Patch::Merge(bare)).await.context("the node stays tainted")?;
    Ok(())
}

/// Waits until the scheduler has given a Pod its node.
pub async fn scheduled(pods: &Api<Pod>, name: &str) -> Result<Pod> {
    wait_for(pods, name, &format!("Pod {name} to be scheduled"), |pod| {
        pod.filter(|pod| pod.spec.as_ref().is_some_and(|spec| spec.node_name.is_some())).cloned()
    })
    .await
}

/// Reports a Pod as running and ready, its containers started.
pub async fn run(pods: &Api<Pod>, name: &str) -> Result<()> {
    let pod = pods.get(name).await.with_context(|| format!("no Pod {name} to run"))?;
    let status = json!({"status": running(&pod)});
    pods.patch_status(name, &PatchParams::default(), &Patch::Strategic(status))
        .await
        .with_context(|| format!("failed to report that Pod {name} runs"))?;
    Ok(())
}

fn running(pod: &Pod) -> Value {
    let condition = |kind: &str| json!({"type": kind, "status": "True"});
    let containers: Vec<Value> = pod
        .spec
        .iter()
        .flat_map(|spec| &spec.containers)
        .map(|container| {
            json!({
                "name": container.name, "image": container.image, "imageID": "", "ready": true, "started": true,
                "restartCount": 0, "state": {"running": {}},
            })
        })
        .collect();
    let conditions = ["Initialized", "PodScheduled", "ContainersReady", "Ready"].map(condition);
    json!({
        "phase": "Running",
        "conditions": conditions,
        "containerStatuses": containers,
    })
}

/// Finishes the deletion of a Pod that was asked to go: the containers have stopped.
pub async fn finish(pods: &Api<Pod>, name: &str) -> Result<()> {
    match pods.delete(name, &DeleteParams::default().grace_period(0)).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_not_found() => Ok(()),
        Err(error) => Err(error).with_context(|| format!("failed to finish the deletion of Pod {name}")),
    }
}

/// Deletes a Pod as a drain does and plays the kubelet's part in it.
pub async fn restart(pods: &Api<Pod>, name: &str) -> Result<()> {
    pods.delete(name, &DeleteParams::default()).await.with_context(|| format!("failed to delete Pod {name}"))?;
    finish(pods, name).await
}

/// A kubelet for the Pods that `api` lists, until it is dropped: what is scheduled runs,
/// what was asked to go goes.
pub struct Attendance(JoinHandle<()>);

impl Attendance {
    /// Begins to attend to the Pods of one namespace, or of all.
    pub fn begin(pods: Api<Pod>, client: kube::Client) -> Self {
        Self(tokio::spawn(async move {
            let mut done = BTreeSet::new();
            loop {
                // Waiting in vain for a Pod is no failure here, it is what a kubelet does.
                let Ok((key, leaving)) = next_task(&pods, &done).await else { continue };
                let own: Api<Pod> = Api::namespaced(client.clone(), &key.0);
                let result = if leaving { finish(&own, &key.1).await } else { run(&own, &key.1).await };
                if let Err(error) = result {
                    eprintln!("control plane: the node starts over: {error:#}");
                }
                done.insert((key.2, leaving));
            }
        }))
    }
}

impl Drop for Attendance {
    fn drop(&mut self) {
        self.0.abort();
    }
}

type Task = ((String, String, String), bool);

async fn next_task(pods: &Api<Pod>, done: &BTreeSet<(String, bool)>) -> Result<Task> {
    wait_until(pods, &ListParams::default(), "a Pod to attend to", |seen| {
        seen.values().find_map(|pod| {
            let uid = pod.uid()?;
            let leaving = pod.metadata.deletion_timestamp.is_some();
            pod.spec.as_ref()?.node_name.as_ref()?;
            (!done.contains(&(uid.clone(), leaving)))
                .then(|| ((pod.namespace().unwrap_or_default(), pod.name_any(), uid), leaving))
        })
    })
    .await
}
