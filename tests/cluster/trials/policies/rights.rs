//! The rights to follow what is in force: without any one of them something is forbidden, with all of them nothing is.

use std::sync::Arc;

use anyhow::{Result, ensure};
use seawall::cluster::guards;
use serde_json::json;

use super::super::background::{true_within, without};
use super::{apply, define, define_exemptions};
use crate::plane::Plane;
use crate::plane::access;
use crate::plane::seawall::Seawall;
use crate::stage;

/// On a control plane of its own: what is in force is everybody's.
pub(super) async fn needed(plane: &Arc<Plane>) -> Result<()> {
    define(plane, str::to_owned).await?;
    define_exemptions(plane).await?;
    let namespace = plane.namespace("followed").await?;
    let role = || {
        let mut role = access::cluster_role()?;
        role["metadata"]["name"] = json!("following");
        anyhow::Ok(role)
    };
    let mut options = stage::seawall(plane, "observe", None)?;
    options.kubeconfig = Some(plane.kubeconfig(guards::ACCOUNT, None)?);
    without(plane, role()?, None).await?;
    let mut seawall = Seawall::start(plane, options).await?;

    let own = access::rights(&access::followers_role()?);
    ensure!(own.len() >= 10, "only {own:?}");
    let ends = jiff::Timestamp::now() + std::time::Duration::from_secs(24 * 3600);
    for (turn, missing) in [None].into_iter().chain(own.iter().map(Some)).enumerate() {
        seawall.kill();
        without(plane, role()?, missing).await?;
        // Something new each time, of which the status has to be written.
        let policy = json!({
            "apiVersion": "seawall.dev/v1alpha1", "kind": "DatabasePolicy", "metadata": {"name": "followed"},
            "spec": {"profile": "observe", "priority": turn},
        });
        apply(plane, &policy).await?.succeeded()?;
        let exemption = json!({
            "apiVersion": "seawall.dev/v1alpha1", "kind": "DatabaseExemption",
            "metadata": {"name": format!("followed-{turn}")},
            "spec": {
                "rules": ["floating-tag"], "name": "db", "reason": "a trial",
                "expires": ends.strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
            },
        });
        namespace.apply(&exemption.to_string()).await?;
        seawall.run().await?;
        let said = async || {
            let log = seawall.log_tail(usize::MAX);
            let life = log.rsplit("\"message\":\"starting\"").next().unwrap_or(&log);
            Ok::<_, anyhow::Error>(life.contains("forbidden") || life.contains("403"))
        };
        if missing.is_some() {
            true_within(&format!("{missing:?}: somebody needs it"), said).await?;
            continue;
        }
        for object in ["databasepolicy/followed", "databaseexemption/followed-0"] {
            let ask = ["get", object, "-o", "jsonpath={.status}"];
            let is_written = async || Ok(!namespace.kubectl(&ask).await?.stdout.is_empty());
            true_within(&format!("the status of {object} is written"), is_written).await?;
        }
        ensure!(!said().await?, "with all rights something is forbidden:\n{}", seawall.log_tail(20));
    }
    seawall.stop().await
}
