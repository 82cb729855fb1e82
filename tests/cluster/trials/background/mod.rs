//! What Seawall does beside answering reviews.

mod events;
mod forced;
mod labels;
mod reports;

use std::time::Instant;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use seawall::cluster::guards;
use serde_json::{Value, json};

use crate::databases::list;
use crate::plane::access::{self, Right};
use crate::plane::seawall::Options;
use crate::plane::watch::DEADLINE;
use crate::plane::{Namespace, Plane};
use crate::stage;

pub fn trials() -> Vec<Trial> {
    [events::trials(), forced::trials(), labels::trials(), reports::trials()].into_iter().flatten().collect()
}

/// The Lease.
const LEASE: [&str; 3] = ["--namespace=seawall-system", "--upkeep-lease=seawall-upkeep", "--pod=a"];

/// A Seawall that may lead, as the account that the guards let through; with so many seconds from one round to the next.
fn leader(plane: &Plane, every: u32, more: &[&str]) -> Result<Options> {
    let mut options = stage::seawall(plane, "baseline", None)?;
    options.more = LEASE.iter().chain(more).map(|arg| (*arg).to_owned()).collect();
    options.more.push(format!("--upkeep-every={every}"));
    options.kubeconfig = Some(plane.kubeconfig(guards::ACCOUNT, None)?);
    Ok(options)
}

/// Lets that account do what a role says.
async fn bind(plane: &Plane, role: Value) -> Result<()> {
    let name = role["metadata"]["name"].clone();
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": guards::ACCOUNT}],
    });
    let apply = ["apply", "--server-side", "--force-conflicts", "-f", "-"];
    plane.kubectl_with(&apply, &list(&[role, binding])).await?.succeeded().map(|_| ())
}

/// Gives the account the rights of a role, but for one.
pub(super) async fn without(plane: &Plane, mut role: Value, missing: Option<&Right>) -> Result<()> {
    let kept = access::rights(&role).into_iter().filter(|right| Some(right) != missing);
    let rules: Vec<Value> = kept
        .map(|(group, resource, verb)| json!({"apiGroups": [group], "resources": [resource], "verbs": [verb]}))
        .collect();
    role["rules"] = json!(rules);
    bind(plane, role).await?;
    let Some((group, resource, verb)) = missing else { return Ok(()) };
    let (resource, part) = resource.split_once('/').unwrap_or((resource, ""));
    let resource = if group.is_empty() { resource.to_owned() } else { format!("{resource}.{group}") };
    let part = format!("--subresource={part}");
    let ask = ["auth", "can-i", verb, &resource, &part, "--as", guards::ACCOUNT, "-A"];
    let is_gone = async || Ok(plane.kubectl(&ask).await?.stdout.trim() == "no");
    true_within(&format!("{missing:?} is taken away"), is_gone).await
}

/// Waits until something is so.
pub(super) async fn true_within(what: &str, so: impl AsyncFn() -> Result<bool>) -> Result<()> {
    let begin = Instant::now();
    while !so().await? {
        ensure!(begin.elapsed() < DEADLINE, "not after {DEADLINE:?}: {what}");
    }
    Ok(())
}

/// A label of an object; nothing where it has none.
async fn label(namespace: &Namespace, object: &str, key: &str) -> Result<String> {
    let path = format!("jsonpath={{.metadata.labels.{}}}", key.replace('.', "\\."));
    namespace.kubectl(&["get", object, "-o", &path]).await?.succeeded()
}
