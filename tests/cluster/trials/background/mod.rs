//! What Seawall does beside answering reviews.

mod events;
mod forced;
mod labels;
mod reports;

use std::time::Instant;

use anyhow::{Result, ensure};
use k8s_openapi::api::rbac::v1::ClusterRoleBinding;
use kube::api::{Api, Patch, PatchParams};
use libtest_mimic::Trial;
use seawall::cluster::guards;
use serde_json::json;

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

/// Lets that account do what the chart lets it do.
async fn bind(plane: &Plane) -> Result<()> {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "account"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "seawall"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": guards::ACCOUNT}],
    });
    let bindings: Api<ClusterRoleBinding> = Api::all(plane.client());
    bindings.patch("account", &PatchParams::apply("trials").force(), &Patch::Apply(binding)).await?;
    Ok(())
}

/// Waits until something is so.
async fn true_within(what: &str, so: impl AsyncFn() -> Result<bool>) -> Result<()> {
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
