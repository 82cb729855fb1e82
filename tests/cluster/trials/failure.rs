//! What goes on while Seawall fails: each cell of `failure.yaml`, for each failure, on a real API server.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Pod;
use kube::api::Api;
use libtest_mimic::Trial;
use seawall::terms::keys;
use seawall::tree::Tree;
use serde_json::{Value, json};

use crate::databases::{MYSQL, Shape, claim, database, list, pod_spec};
use crate::plane::kubectl::Output;
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};

const TABLE: &str = include_str!("../failure.yaml");

pub fn trials() -> Vec<Trial> {
    let table = table().expect("failure.yaml");
    let faults = table["faults"].as_array().expect("faults").clone();
    let trials = faults.into_iter().map(|fault| {
        let name = fault["name"].as_str().expect("a name").to_owned();
        trial(&format!("failure::{name}"), async move |plane| failing(&plane, &fault).await)
    });
    trials.collect()
}

fn table() -> Result<Value> {
    let tree = Tree::one_from_yaml(TABLE).map_err(|error| anyhow::anyhow!("{error:?}"))?;
    Ok(tree.root().to_json())
}

/// How the API server says that the entry which fails closed got no answer.
const REFUSAL: &str = "failed calling webhook \"validate-guarded.";
/// Beyond what a failure takes: a machine that does other things, too.
const SLACK: Duration = Duration::from_secs(15);

/// One column of the table.
struct Column {
    namespace: Namespace,
    guard: &'static str,
    content: &'static str,
}

impl Column {
    /// A workload of this column: MySQL, or a web server.
    fn workload(&self, shape: Shape, name: &str) -> Value {
        let mut object = database(MYSQL, shape, name);
        if self.content == "other" {
            let spec = pod_spec(&mut object);
            *spec = json!({"containers": [{"name": "web", "image": "nginx:1.27.0"}]});
            if shape == Shape::StatefulSet {
                object["spec"]["volumeClaimTemplates"] = json!([]);
            }
        }
        object
    }

    fn job(&self, name: &str) -> Value {
        let mut spec = pod_spec(&mut self.workload(Shape::Pod, name)).clone();
        spec["restartPolicy"] = json!("Never");
        json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name}, "spec": {"template": {"spec": spec}}})
    }

    /// What is there before the failure: a StatefulSet with its Pod, a Deployment with something to go back to, Pods and claims.
    async fn furnish(&self) -> Result<()> {
        let mut deployment = self.workload(Shape::Deployment, "deployed");
        deployment["spec"]["replicas"] = json!(0);
        let mut set = self.workload(Shape::StatefulSet, "set");
        // In order, the second Pod would wait for the first one to be ready, which takes a kubelet.
        set["spec"]["podManagementPolicy"] = json!("Parallel");
        let objects = [
            claim("deployed"),
            claim("bare"),
            claim("spare"),
            deployment.clone(),
            set,
            self.workload(Shape::Pod, "bare"),
        ];
        self.namespace.apply(&list(&objects)).await?;
        deployment["spec"]["template"]["metadata"]["annotations"] = json!({"revision": "two"});
        self.namespace.apply(&deployment.to_string()).await?;
        // Its first ReplicaSet has to be there to go back to.
        let sets: Api<k8s_openapi::api::apps::v1::ReplicaSet> = self.namespace.api();
        let all = kube::api::ListParams::default();
        crate::plane::watch::wait_until(&sets, &all, "two ReplicaSets", |seen| (seen.len() >= 2).then_some(())).await?;
        self.pod("set-0", None).await?;
        Ok(())
    }

    /// Waits for a Pod of this name, and not the one with that uid.
    async fn pod(&self, name: &str, old: Option<&str>) -> Result<String> {
        let pods: Api<Pod> = self.namespace.api();
        wait_for(&pods, name, &format!("Pod {name}"), |pod| {
            pod.and_then(|pod| pod.metadata.uid.clone()).filter(|uid| Some(uid.as_str()) != old)
        })
        .await
    }

    async fn create(&self, object: &Value) -> Result<Output> {
        self.namespace.kubectl_with(&["create", "-f", "-"], &object.to_string()).await
    }

    /// Does it: what kubectl said, and the Pod that has to come of it, with the uid of the one before.
    async fn act(&self, action: &str) -> Result<(Output, Option<(&'static str, Option<String>)>)> {
        let kubectl = async |args: &[&str]| self.namespace.kubectl(args).await;
        let output = match action {
            "create-statefulset" => self.create(&self.workload(Shape::StatefulSet, "new")).await?,
            "create-deployment" => self.create(&self.workload(Shape::Deployment, "new")).await?,
            "create-pod" => self.create(&self.workload(Shape::Pod, "new")).await?,
            "create-job" => self.create(&self.job("new")).await?,
            "create-claim" => self.create(&claim("new")).await?,
            "create-secret" => {
                let of = |kind: &str| json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "new"}});
                self.namespace.kubectl_with(&["create", "-f", "-"], &list(&[of("Secret"), of("ConfigMap")])).await?
            }
            "label" => kubectl(&["label", "deployment/deployed", "team=shop"]).await?,
            "restart" => kubectl(&["rollout", "restart", "statefulset/set"]).await?,
            "roll-back" => kubectl(&["rollout", "undo", "deployment/deployed"]).await?,
            "drain" | "crash" => {
                let old = self.pod("set-0", None).await?;
                let output = if action == "crash" {
                    kubectl(&["delete", "pod/set-0", "--grace-period=0", "--force"]).await?
                } else {
                    let eviction = json!({
                        "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "set-0"},
                        "deleteOptions": {"gracePeriodSeconds": 0},
                    });
                    let path = format!("/api/v1/namespaces/{}/pods/set-0/eviction", self.namespace.name());
                    self.namespace.kubectl_with(&["create", "--raw", &path, "-f", "-"], &eviction.to_string()).await?
                };
                return Ok((output, Some(("set-0", Some(old)))));
            }
            "scale" => kubectl(&["scale", "statefulset/set", "--replicas=2"]).await?,
            "delete-pod" => kubectl(&["delete", "pod/bare", "--wait=false"]).await?,
            "delete-claim" => kubectl(&["delete", "pvc/spare", "--wait=false"]).await?,
            "delete-deployment" => kubectl(&["delete", "deployment/deployed", "--wait=false"]).await?,
            "delete-statefulset" => kubectl(&["delete", "statefulset/set", "--wait=false"]).await?,
            "delete-namespace" => kubectl(&["delete", "namespace", self.namespace.name(), "--dry-run=server"]).await?,
            "way-out" => {
                let label = format!("{}-", keys::GUARD);
                kubectl(&["label", "namespace", self.namespace.name(), &label]).await?.succeeded()?;
                self.create(&self.workload(Shape::StatefulSet, "afterwards")).await?
            }
            other => bail!("nobody here knows how to {other}"),
        };
        let pod = (action == "scale").then_some(("set-1", None));
        Ok((output, pod))
    }

    /// One cell.
    async fn assert(&self, fault: &Value, action: &Value) -> Result<()> {
        let name = action["name"].as_str().context("no name")?;
        let longer = Duration::from_secs(fault["seconds"].as_u64().context("no seconds")?);
        let begin = Instant::now();
        let (output, pod) = self.act(name).await?;
        let took = begin.elapsed();
        match action[self.guard][self.content].as_str() {
            Some("passes") => ensure!(output.ok, "{}", output.stderr),
            Some("refused") => {
                ensure!(!output.ok && output.stderr.contains(REFUSAL), "not refused: {}", output.stderr)
            }
            other => bail!("a cell is passes or refused, not {other:?}"),
        }
        ensure!(took < longer + SLACK, "it took {took:?}");
        if let Some((pod, old)) = pod {
            self.pod(pod, old.as_deref()).await?;
        }
        Ok(())
    }
}

async fn failing(plane: &Arc<Plane>, fault: &Value) -> Result<()> {
    let mut seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let mut columns = Vec::new();
    for content in ["database", "other"] {
        columns.push(Column { namespace: seawall.namespace("failing").await?, guard: "open", content });
        columns.push(Column { namespace: seawall.enforced_namespace("failing").await?, guard: "guarded", content });
    }
    try_join_all(columns.iter().map(Column::furnish)).await.context("before the failure")?;

    let _failing = seawall.fail(fault["name"].as_str().context("no name")?).await?;
    let guarded = columns.iter().find(|column| column.guard == "guarded").context("no guarded namespace")?;
    let begin = Instant::now();
    // A changed configuration is in force some moments later.
    while guarded
        .namespace
        .kubectl_with(&["create", "--dry-run=server", "-f", "-"], &claim("probe").to_string())
        .await?
        .ok
    {
        ensure!(begin.elapsed() < Duration::from_secs(60), "it does not fail");
    }
    let table = table()?;
    let actions = table["actions"].as_array().context("no actions")?;
    try_join_all(columns.iter().map(|column| async move {
        for action in actions {
            let cell = format!("{}, {}, {}", action["name"], column.guard, column.content);
            column.assert(fault, action).await.context(cell)?;
        }
        Ok::<_, anyhow::Error>(())
    }))
    .await?;
    seawall.stop().await
}
