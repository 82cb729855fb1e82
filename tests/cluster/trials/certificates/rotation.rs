//! Renewal and rotation while objects are applied without a pause.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};

use super::{BINARY, Load, stands_at, value};
use crate::plane::Plane;
use crate::plane::replicas::{COUNT, Replicas};

/// A CA of 75 s, a leaf of 60 s, a wait of 2 s; a replica that is silent for 6 s is gone. So the leaf is renewed after
/// 40 s, and the CA after 50 s.
const TIMES: &str = "75,60,2,6";

pub async fn rotate(plane: &Arc<Plane>) -> Result<()> {
    let mut replicas = Replicas::prepare(plane, BINARY, TIMES, None).await?;
    let namespace = replicas.namespace("rotation").await?;
    replicas.start_all().await?;
    let mut load = Load::begin(&replicas, &namespace).await?;
    let (began, secrets) = (Instant::now(), replicas.secrets());
    let (mut leaves, mut authorities) = (BTreeSet::new(), BTreeSet::new());
    let (mut killed, mut restarted, mut leaving) = (None, false, None);
    loop {
        load.burst(&replicas).await?;
        let secret = secrets.get(&replicas.name).await?;
        leaves.insert(value(&secret, "tls.crt").to_vec());
        let authority = value(&secret, "ca.key").to_vec();
        let rotated = authorities.insert(authority) && authorities.len() > 1;
        // The leader of the first rotation is killed while all wait for the API servers to know the new CA.
        if killed.is_none() && stands_at(&replicas, "waiting").await? {
            let leader = replicas.leader().await?.context("nobody leads")?;
            replicas.kill(leader);
            killed = Some(leader);
        }
        // When the new CA signs, another one is restarted, as an update does: by SIGTERM, under load.
        if rotated && !restarted {
            restarted = true;
            let other = replicas.running().first().copied().context("nobody is left")?;
            leaving = Some((other, replicas.stopping(other)?));
        }
        if let Some((number, process)) = leaving.as_mut()
            && process.exited().is_some()
        {
            let number = *number;
            leaving = None;
            replicas.start(number).await?;
            let other = killed.context("nobody was killed")?;
            replicas.start(other).await?;
        }
        if leaving.is_none() && restarted && replicas.running().len() == COUNT && stands_at(&replicas, "steady").await?
        {
            break;
        }
        if began.elapsed() > Duration::from_secs(150) {
            bail!("it takes too long\n{}", replicas.logs());
        }
    }
    ensure!(leaves.len() >= 3 && authorities.len() >= 2, "{} leaves, {} CAs", leaves.len(), authorities.len());
    let took = began.elapsed().as_secs_f64();
    let load = load.end(&replicas).await?;
    eprintln!(
        "certificates: {load} in {took:.0} s, {} leaves, {} CAs, no failed call",
        leaves.len(),
        authorities.len()
    );
    replicas.unregister().await
}
