//! Certificates that look after themselves, on three replicas behind one door: they are renewed and rotated while
//! objects are applied without a pause, and no call fails. Every entry is Fail, so that a call that fails is an apply
//! that fails.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures::future::try_join_all;
use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::Secret;
use kube::api::{Api, Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::databases::{MYSQL, Shape, database};
use crate::plane::replicas::{COUNT, Replicas};
use crate::plane::{Namespace, Plane};
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("certificates::rotate_under_load_without_a_failed_call", async |plane| rotate(&plane).await)]
}

/// Seawall as it was just built.
const BINARY: &str = env!("CARGO_BIN_EXE_seawall");

/// Applies per burst, each over a connection of its own.
const AT_ONCE: usize = 3;

/// A CA of 75 s, a leaf of 60 s, a wait of 2 s; a replica that is silent for 6 s is gone. So the leaf is renewed after
/// 40 s, and the CA after 50 s.
const TIMES: &str = "75,60,2,6";

/// Objects that are applied without a pause, over new connections, until it is told to stop.
struct Load {
    applied: AtomicUsize,
    over: AtomicBool,
}

impl Load {
    fn new() -> Self {
        Self { applied: AtomicUsize::new(0), over: AtomicBool::new(false) }
    }

    /// Applies, until it is over; an apply that fails ends it.
    async fn run(&self, replicas: &Replicas, namespace: &Namespace) -> Result<()> {
        while !self.over.load(Ordering::Relaxed) {
            self.burst(namespace).await.with_context(|| replicas.logs())?;
            replicas.door.hang_up().await;
        }
        Ok(())
    }

    async fn burst(&self, namespace: &Namespace) -> Result<()> {
        let api: Api<Deployment> = namespace.api();
        let number = self.applied.fetch_add(AT_ONCE, Ordering::Relaxed);
        try_join_all((0..AT_ONCE).map(|lane| {
            let (api, name) = (api.clone(), format!("db-{lane}"));
            async move {
                let mut deployment = database(MYSQL, Shape::Deployment, &name);
                deployment["spec"]["replicas"] = json!(0);
                deployment["metadata"]["annotations"] = json!({"number": number.to_string()});
                let params = PatchParams::apply("trials").force();
                api.patch(&name, &params, &Patch::Apply(deployment)).await.context("an apply failed")
            }
        }))
        .await?;
        Ok(())
    }
}

/// A value of the Secret.
fn value<'a>(secret: &'a Secret, key: &str) -> &'a [u8] {
    secret.data.as_ref().and_then(|data| data.get(key)).map(|bytes| bytes.0.as_slice()).unwrap_or_default()
}

/// Where the rotation stands, as the replicas report it.
async fn stands_at(replicas: &Replicas, state: &str) -> Result<bool> {
    let number = *replicas.running().first().context("nobody is there")?;
    Ok(replicas.gauge(number, &format!("certificate_rotation{{state=\"{state}\"}}")).await? == 1)
}

async fn rotate(plane: &Arc<Plane>) -> Result<()> {
    let mut replicas = Replicas::prepare(plane, BINARY, TIMES, None).await?;
    let namespace = replicas.namespace("rotation").await?;
    replicas.start_all().await?;
    let load = Load::new();
    replicas.until("the API server accepts them", async || Ok(load.burst(&namespace).await.is_ok())).await?;
    let failed_before = replicas.failed_calls().await?;
    let (began, secrets) = (Instant::now(), replicas.secrets());
    let (mut leaves, mut authorities) = (BTreeSet::new(), BTreeSet::new());
    let (mut killed, mut restarted, mut leaving) = (None, false, None);
    loop {
        load.burst(&namespace).await.with_context(|| replicas.logs())?;
        let secret = secrets.get(&replicas.name).await?;
        leaves.insert(value(&secret, "tls.crt").to_vec());
        let authority = value(&secret, "ca.key").to_vec();
        let rotated = authorities.insert(authority) && authorities.len() > 1;
        replicas.door.hang_up().await;
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
    let applied = load.applied.load(Ordering::Relaxed);
    ensure!(leaves.len() >= 3 && authorities.len() >= 2, "{} leaves, {} CAs", leaves.len(), authorities.len());
    let failed = replicas.failed_calls().await? - failed_before;
    ensure!(failed == 0, "of {applied} applies {failed} calls failed");
    ensure!(replicas.door.passed() >= applied, "{} connections for {applied} applies", replicas.door.passed());
    eprintln!(
        "certificates: {applied} applies over {} connections in {:.0} s, {} leaves, {} CAs, no failed call",
        replicas.door.passed(),
        began.elapsed().as_secs_f64(),
        leaves.len(),
        authorities.len()
    );
    replicas.unregister().await
}
