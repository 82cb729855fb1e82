//! Certificates that look after themselves, on three replicas behind one door. Every entry is Fail, so that a call that
//! fails is an apply that fails.

mod repairs;
mod rights;
mod rotation;
mod strangers;

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use k8s_openapi::api::core::v1::Secret;
use libtest_mimic::Trial;

use crate::plane::Namespace;
use crate::plane::replicas::Replicas;
use crate::stage::trial;
use crate::stream::renumber;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("certificates::rotate_under_load_without_a_failed_call", async |plane| rotation::rotate(&plane).await),
        trial("certificates::what_bundles_lose_is_put_back", async |plane| repairs::bundles(&plane).await),
        trial("certificates::a_secret_that_is_lost_is_made_anew", async |plane| repairs::secret(&plane).await),
        trial("certificates::each_right_is_needed_and_no_other", async |plane| rights::rights(&plane).await),
        trial("certificates::a_stranger_s_secret_is_left_alone", async |plane| strangers::foreign(&plane).await),
        trial("certificates::without_an_api_server_all_serve_on", async |plane| strangers::alone(&plane).await),
    ]
}

/// Seawall as it was just built.
const BINARY: &str = env!("CARGO_BIN_EXE_seawall");

/// Nothing is renewed by itself: a CA of an hour, a leaf of 20 minutes, a wait of a second, gone after 5 s.
const LASTING: &str = "3600,1200,1,5";

/// Applies per burst, over new connections.
const AT_ONCE: usize = 3;

/// Objects that are applied one burst after the other.
struct Load {
    namespace: Namespace,
    applied: usize,
    connections: usize,
    failed: u64,
}

impl Load {
    /// Waits until the API server accepts what is served.
    async fn begin(replicas: &Replicas, namespace: &Namespace) -> Result<Self> {
        let mut load = Self { namespace: namespace.clone(), applied: 0, connections: 0, failed: 0 };
        replicas.until("the API server accepts them", async || Ok(load.apply().await.is_ok())).await?;
        (load.failed, load.connections) = (replicas.failed_calls().await?, replicas.door.passed());
        Ok(load)
    }

    /// One burst, after which no connection is left.
    async fn burst(&mut self, replicas: &Replicas) -> Result<()> {
        self.apply().await.with_context(|| replicas.logs())?;
        self.applied += AT_ONCE;
        replicas.door.hang_up().await;
        Ok(())
    }

    /// Bursts until something is so.
    async fn until(&mut self, replicas: &Replicas, what: &str, so: impl AsyncFn() -> Result<bool>) -> Result<()> {
        let deadline = tokio::time::Instant::now() + std::time::Duration::from_secs(60);
        while !so().await? {
            ensure!(tokio::time::Instant::now() < deadline, "never came to be: {what}\n{}", replicas.logs());
            self.burst(replicas).await?;
        }
        Ok(())
    }

    /// No call has failed; how many there were.
    async fn end(self, replicas: &Replicas) -> Result<String> {
        let (applied, connections) = (self.applied, replicas.door.passed() - self.connections);
        let failed = replicas.failed_calls().await? - self.failed;
        ensure!(failed == 0, "of {applied} applies {failed} calls failed\n{}", replicas.logs());
        ensure!(connections >= applied, "{connections} connections for {applied} applies");
        Ok(format!("{applied} applies over {connections} connections"))
    }

    async fn apply(&self) -> Result<()> {
        let applied = (0..AT_ONCE).map(|lane| renumber(&self.namespace, lane, self.applied));
        try_join_all(applied).await.context("an apply failed")?;
        Ok(())
    }
}

/// A value of the Secret.
fn value<'a>(secret: &'a Secret, key: &str) -> &'a [u8] {
    secret.data.as_ref().and_then(|data| data.get(key)).map(|bytes| bytes.0.as_slice()).unwrap_or_default()
}

/// Whether the rotation stands there, as the replicas report it.
async fn stands_at(replicas: &Replicas, state: &str) -> Result<bool> {
    let number = *replicas.running().first().context("nobody is there")?;
    Ok(replicas.gauge(number, &format!("certificate_rotation{{state=\"{state}\"}}")).await? == 1)
}
