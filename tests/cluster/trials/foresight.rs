//! What the API server lets nobody change: Seawall prints how it is done, and what it prints works.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt as _;
use kube::api::ListParams;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{MYSQL, Shape, database};
use crate::plane::node::Attendance;
use crate::plane::seawall::Seawall;
use crate::plane::watch::{wait_for, wait_until};
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("foresight::claims_grow_while_the_pods_live_on", async |plane| grown(&plane).await),
        trial("foresight::pods_follow_a_new_selector_and_service", async |plane| renamed(&plane).await),
        trial("foresight::a_lost_claim_template_gets_no_commands", async |plane| lost(&plane).await),
        trial("foresight::the_validating_webhook_is_not_asked", async |plane| order(&plane).await),
    ]
}

const REPLICAS: usize = 2;
const LATER: &str = "then apply the same manifest again";

async fn guarded(plane: &Arc<Plane>, trial: &str) -> Result<(Seawall, Namespace, Attendance)> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace(trial).await?;
    let kubelet = Attendance::begin(namespace.api::<Pod>(), plane.client());
    namespace.apply(&set().to_string()).await?;
    ready(&namespace, "orders").await?;
    Ok((seawall, namespace, kubelet))
}

fn set() -> Value {
    let mut set = database(MYSQL, Shape::StatefulSet, "orders");
    set["spec"]["replicas"] = json!(REPLICAS);
    set
}

fn with_size(mut set: Value, size: &str) -> Value {
    set["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"] = json!(size);
    set
}

/// Applies what the API server refuses, and does what the warnings say.
async fn follow_the_warnings(plane: &Plane, namespace: &Namespace, manifest: &Value) -> Result<Vec<String>> {
    let manifest = manifest.to_string();
    let refused = namespace.kubectl_with(&["apply", "-f", "-"], &manifest).await?.failed()?;
    ensure!(refused.contains("Forbidden: updates to statefulset spec"), "{refused}");
    let warnings: Vec<String> =
        refused.lines().filter_map(|line| line.strip_prefix("Warning: ")).map(str::to_owned).collect();
    for line in &warnings {
        if let Some(command) = line.strip_prefix("kubectl ") {
            let words = words(command);
            plane.kubectl(&words.iter().map(String::as_str).collect::<Vec<_>>()).await?.succeeded()?;
        } else if line.starts_with(LATER) {
            namespace.apply(&manifest).await?;
        }
    }
    ensure!(warnings.iter().any(|line| line.starts_with(LATER)), "no procedure was printed: {refused}");
    Ok(warnings)
}

/// A command line as a shell would split it, as far as these go: blanks, and single quotes around blanks.
fn words(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    for (index, part) in command.split('\'').enumerate() {
        if index % 2 == 1 {
            words.push(part.to_owned());
        } else {
            words.extend(part.split_whitespace().map(str::to_owned));
        }
    }
    words
}

/// The uids of the Pods with this label, once all are ready and belong to the set.
async fn ready(namespace: &Namespace, app: &str) -> Result<BTreeMap<String, String>> {
    let selection = ListParams::default().labels(&format!("app={app}"));
    wait_until(&namespace.api::<Pod>(), &selection, "all Pods to be ready and owned", |seen| {
        let is_ready = |pod: &&Pod| {
            let conditions = pod.status.iter().flat_map(|status| status.conditions.iter().flatten());
            let mut ready = conditions.filter(|c| c.type_ == "Ready" && c.status == "True");
            ready.next().is_some() && pod.metadata.deletion_timestamp.is_none() && !pod.owner_references().is_empty()
        };
        let pods: BTreeMap<_, _> =
            seen.values().filter(is_ready).map(|pod| (pod.name_any(), pod.uid().unwrap_or_default())).collect();
        (pods.len() == REPLICAS).then_some(pods)
    })
    .await
}

/// Size and uid of each claim.
async fn claims(namespace: &Namespace) -> Result<Vec<(String, String, String)>> {
    let claims = namespace.api::<PersistentVolumeClaim>().list(&ListParams::default()).await?;
    let size = |claim: &PersistentVolumeClaim| {
        let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
        requests.get("storage").map(|quantity| quantity.0.clone())
    };
    Ok(claims.iter().map(|c| (c.name_any(), size(c).unwrap_or_default(), c.uid().unwrap_or_default())).collect())
}

async fn stored(namespace: &Namespace) -> Result<Value> {
    let set = namespace.api::<StatefulSet>().get("orders").await.context("no StatefulSet")?;
    Ok(serde_json::to_value(set)?)
}

async fn grown(plane: &Arc<Plane>) -> Result<()> {
    let (seawall, namespace, _kubelet) = guarded(plane, "grown").await?;
    let (pods, before) = (ready(&namespace, "orders").await?, claims(&namespace).await?);
    let mut larger = with_size(set(), "2Gi");
    larger["spec"]["podManagementPolicy"] = json!("Parallel");
    follow_the_warnings(plane, &namespace, &larger).await?;

    ensure!(ready(&namespace, "orders").await? == pods, "a Pod was stopped");
    let after = claims(&namespace).await?;
    let expected: Vec<_> = before.iter().map(|(name, _, uid)| (name.clone(), "2Gi".to_owned(), uid.clone())).collect();
    ensure!(after == expected && after.len() == REPLICAS, "{after:?} is not {expected:?}");
    let stored = stored(&namespace).await?;
    let template = &stored["spec"]["volumeClaimTemplates"][0]["spec"]["resources"]["requests"]["storage"];
    ensure!(template == "2Gi" && stored["spec"]["podManagementPolicy"] == "Parallel", "{stored}");
    // What is stored now is what is applied: nothing is left to refuse or to say.
    let again = namespace.kubectl_with(&["apply", "-f", "-"], &larger.to_string()).await?;
    ensure!(again.ok && !again.stderr.contains("cannot be changed"), "{}", again.stderr);
    seawall.stop().await
}

async fn renamed(plane: &Arc<Plane>) -> Result<()> {
    let (seawall, namespace, _kubelet) = guarded(plane, "renamed").await?;
    let before = claims(&namespace).await?;
    let mut other = set();
    other["spec"]["serviceName"] = json!("orders-peers");
    other["spec"]["selector"]["matchLabels"] = json!({"app": "shop"});
    other["spec"]["template"]["metadata"]["labels"] = json!({"app": "shop"});
    follow_the_warnings(plane, &namespace, &other).await?;

    // The restart was the last command: wait until it has reached every Pod.
    wait_for(&namespace.api::<StatefulSet>(), "orders", "the restart to be over", |set| {
        let status = set?.status.as_ref()?;
        let observed = status.observed_generation == set?.metadata.generation;
        let updated = status.updated_replicas == i32::try_from(REPLICAS).ok()
            && status.current_revision == status.update_revision;
        (observed && updated).then_some(())
    })
    .await?;
    for name in ready(&namespace, "shop").await?.keys() {
        let pod = namespace.api::<Pod>().get(name).await?;
        let host = pod.spec.and_then(|spec| spec.subdomain);
        ensure!(host.as_deref() == Some("orders-peers"), "Pod {name} is below {host:?}");
    }
    ensure!(claims(&namespace).await? == before, "the claims are others");
    seawall.stop().await
}

async fn lost(plane: &Arc<Plane>) -> Result<()> {
    let (seawall, namespace, _kubelet) = guarded(plane, "lost").await?;
    let mut other = set();
    other["spec"]["volumeClaimTemplates"][0]["metadata"]["name"] = json!("files");
    other["spec"]["template"]["spec"]["containers"][0]["volumeMounts"][0]["name"] = json!("files");
    let refused = namespace.kubectl_with(&["apply", "-f", "-"], &other.to_string()).await?.failed()?;
    ensure!(refused.contains(r#"Warning: claim template "data" is gone"#), "{refused}");
    ensure!(!refused.contains("Warning: kubectl"), "a way to lose the data was printed: {refused}");
    seawall.stop().await
}

/// The API server looks at fields that cannot be changed after the mutating webhooks and before the validating ones.
async fn order(plane: &Arc<Plane>) -> Result<()> {
    let (seawall, namespace, _kubelet) = guarded(plane, "order").await?;
    let mut worse = set();
    worse["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(0);
    let denied = namespace.kubectl_with(&["apply", "-f", "-"], &worse.to_string()).await?.failed()?;
    ensure!(denied.contains("denied the request") && denied.contains("is killed at once"), "{denied}");
    let refused =
        namespace.kubectl_with(&["apply", "-f", "-"], &with_size(worse, "2Gi").to_string()).await?.failed()?;
    ensure!(refused.contains("Forbidden: updates to statefulset spec"), "{refused}");
    ensure!(!refused.contains("denied the request"), "the validating webhook was asked: {refused}");
    ensure!(refused.contains("Warning: volumeClaimTemplates of a StatefulSet cannot be changed"), "{refused}");
    seawall.stop().await
}
