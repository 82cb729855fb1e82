//! The rights that the documentation lists: with all of them nothing is forbidden, without any one of them something is.

use std::sync::Arc;

use anyhow::{Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use kube::api::{Patch, PatchParams};
use seawall::pki::managed::ROTATE;
use serde_json::json;

use super::{BINARY, stands_at};
use crate::plane::Plane;
use crate::plane::replicas::Replicas;

/// An hour, 20 minutes, a second; a replica that is silent for 2 s is gone.
const TIMES: &str = "3600,1200,1,2";
/// Installations at the same time.
const AT_ONCE: usize = 4;

pub async fn rights(plane: &Arc<Plane>) -> Result<()> {
    let rights = Replicas::prepare(plane, BINARY, TIMES, None).await?.rights().await?;
    ensure!(rights.len() > 10, "only {rights:?}");
    let all = [None].into_iter().chain(rights.into_iter().map(Some));
    stream::iter(all.map(|missing| lived(plane, missing))).buffer_unordered(AT_ONCE).try_collect::<()>().await
}

/// The life of an installation, with all its rights or without one.
async fn lived(plane: &Arc<Plane>, missing: Option<(String, String)>) -> Result<()> {
    let mut replicas = Replicas::prepare(plane, BINARY, TIMES, None).await?;
    if let Some(right) = &missing {
        replicas.revoke(right).await?;
    }
    let ends_early = |replicas: &Replicas| missing.is_some() && is_forbidden(replicas);
    (0..2).try_for_each(|number| replicas.launch(number))?;
    replicas
        .until("they are ready", async || {
            let ready = replicas.get(0, "/readyz").await.is_ok_and(|(status, _)| status == 200);
            Ok(ends_early(&replicas) || ready && stands_at(&replicas, "steady").await?)
        })
        .await?;
    if !ends_early(&replicas) {
        let ask = json!({"metadata": {"annotations": {ROTATE: "ca"}}});
        let before = replicas.secrets().patch(&replicas.name, &PatchParams::default(), &Patch::Merge(ask)).await?;
        replicas
            .until("the CA is rotated", async || {
                let now = replicas.secrets().get(&replicas.name).await?;
                let rotated = super::value(&now, "ca.key") != super::value(&before, "ca.key");
                Ok(ends_early(&replicas) || rotated && stands_at(&replicas, "steady").await?)
            })
            .await?;
    }
    if !ends_early(&replicas) {
        for number in replicas.running() {
            let mut process = replicas.stopping(number)?;
            process.finished().await;
        }
    }
    replicas.unregister().await?;
    match &missing {
        None => ensure!(!is_forbidden(&replicas), "a right is missing:\n{}", replicas.logs()),
        Some(right) => ensure!(is_forbidden(&replicas), "nobody misses {right:?}:\n{}", replicas.logs()),
    }
    Ok(())
}

fn is_forbidden(replicas: &Replicas) -> bool {
    (0..2).any(|number| replicas.log(number).contains("is forbidden"))
}
