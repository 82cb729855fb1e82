//! What the controllers made of a workload: its first Pod and that Pod's claims, as they
//! were stored, compared with what the workload asks for.

use std::time::Duration;

use anyhow::{Context as _, Result};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::api::ListParams;
use serde_json::{Value, json};

use crate::changes::Change;
use crate::plane::watch::{wait_for, wait_until};
use crate::plane::{Namespace, Plane};
use crate::story::{differences, name, without_seawall};
use crate::transcript::Page;

/// How long a controller may take: it has nothing else to do.
const PATIENCE: Duration = Duration::from_secs(20);

/// A Pod or claim that a controller made.
pub struct Follower {
    pub what: String,
    pub changes: Vec<Change>,
    pub stored: Value,
}

/// The Pod and claims of a workload, once they exist; none for what makes no Pods.
pub async fn of(plane: &Plane, namespace: &Namespace, workload: &Value, page: &mut Page) -> Result<Vec<Follower>> {
    let Some(selector) = selector(workload) else { return Ok(Vec::new()) };
    let selection = ListParams::default().labels(&selector);
    let pods = namespace.api::<Pod>();
    let first = wait_until(&pods, &selection, "the first Pod", |seen| seen.values().next().cloned());
    let Ok(pod) = tokio::time::timeout(PATIENCE, first).await else {
        let newest = ["get", "events", "--sort-by=.lastTimestamp", "-o", "jsonpath={.items[-1:].message}"];
        let event = namespace.kubectl(&newest).await?.stdout;
        page.trouble(&format!("the Pod of {}", name(workload)), format!("was not made: {event}"));
        return Ok(Vec::new());
    };
    let mut followers = vec![pod_follower(plane, workload, serde_json::to_value(pod?)?).await?];
    for template in workload["spec"]["volumeClaimTemplates"].as_array().into_iter().flatten() {
        followers.push(claim_follower(plane, namespace, workload, template).await?);
    }
    Ok(followers)
}

/// The labels by which a workload knows its Pods, if it has any.
fn selector(workload: &Value) -> Option<String> {
    let spec = &workload["spec"];
    match workload["kind"].as_str()? {
        "StatefulSet" | "Deployment" if spec["replicas"] == 0 => None,
        "StatefulSet" | "Deployment" | "DaemonSet" => {
            let labels = spec["selector"]["matchLabels"].as_object()?;
            let pairs = labels.iter().map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()));
            Some(pairs.collect::<Vec<_>>().join(","))
        }
        "Job" => Some(format!("batch.kubernetes.io/job-name={}", name(workload))),
        _ => None,
    }
}

async fn pod_follower(plane: &Plane, workload: &Value, stored: Value) -> Result<Follower> {
    let template = &workload["spec"]["template"];
    let mut asked = json!({
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": template["metadata"],
        "spec": template["spec"],
    });
    asked["metadata"]["name"] = stored["metadata"]["name"].clone();
    // What a controller adds: the Pod's place in its set, and its claims.
    for field in ["hostname", "subdomain", "volumes"] {
        asked["spec"][field] = stored["spec"][field].clone();
    }
    if let Some(volumes) = asked["spec"]["volumes"].as_array_mut() {
        volumes.retain(|volume| !volume["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-")));
    }
    let what = "its first Pod".to_owned();
    Ok(Follower { changes: compare(plane, &asked, &stored).await?, what, stored })
}

async fn claim_follower(plane: &Plane, namespace: &Namespace, workload: &Value, template: &Value) -> Result<Follower> {
    let claim_name = format!("{}-{}-0", name(template), name(workload));
    let claims = namespace.api::<PersistentVolumeClaim>();
    let claim = wait_for(&claims, &claim_name, "the first claim", |claim| claim.cloned()).await?;
    let stored = serde_json::to_value(claim)?;
    let mut asked = template.clone();
    asked["apiVersion"] = json!("v1");
    asked["kind"] = json!("PersistentVolumeClaim");
    asked["metadata"]["name"] = json!(claim_name);
    let what = format!("its claim {claim_name}");
    Ok(Follower { changes: compare(plane, &asked, &stored).await?, what, stored })
}

/// What a mutation did to it: to its spec, and to Seawall's own labels and annotations.
async fn compare(plane: &Plane, asked: &Value, stored: &Value) -> Result<Vec<Change>> {
    let plain = without_seawall(plane, &asked.to_string()).await?;
    let (plain, _) = plain.map_err(anyhow::Error::msg).context("the API server does not take what it stored")?;
    let mut found = differences(&plain, stored);
    // Where the scheduler and the volume controller put it.
    let placed = ["spec.nodeName", "spec.volumeName"];
    found.retain(|change| {
        let own = change.path.contains("seawall.dev/");
        let spec = change.path.starts_with("spec.") && !placed.contains(&change.path.as_str());
        own || spec
    });
    Ok(found)
}
