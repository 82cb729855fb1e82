//! What `serve` does beside answering reviews.

use std::sync::Arc;
use std::time::Duration;

use clap::builder::BoolishValueParser;

use super::certificates;
use super::leading::Leader;
use crate::cli::output::helped;
use crate::cluster::events::Events;
use crate::cluster::{Cluster, Followers, LeaseTimes};
use crate::engines::Catalogue;
use crate::metrics::Metrics;

/// What is done beside answering.
#[derive(Debug, Clone, clap::Args)]
#[group(skip)]
#[command(next_help_heading = "Beside reviews")]
pub(crate) struct Background {
    /// Write Kubernetes Events about what is refused and what is mended
    #[arg(long, env = "SEAWALL_EVENTS", hide_env_values = true, value_parser = BoolishValueParser::new())]
    events: bool,

    /// Keep the labels true by which deletion is guarded, as the one replica that holds this Lease of the namespace
    #[arg(long, value_name = "NAME", env = "SEAWALL_UPKEEP_LEASE", hide_env_values = true, requires = "namespace")]
    upkeep_lease: Option<String>,

    /// With the Lease, look at all databases every hour, and write a report for each namespace
    #[arg(
        long,
        env = "SEAWALL_REPORTS",
        hide_env_values = true,
        value_parser = BoolishValueParser::new(),
        requires = "upkeep_lease"
    )]
    reports: bool,

    /// Seconds from one round to the next, and short elections: for tests
    #[arg(long, value_name = "SECONDS", hide = true)]
    upkeep_every: Option<u32>,
}

/// What a leader shares with those who answer.
pub(super) struct Shared<'s> {
    pub(super) cluster: Option<&'s Cluster>,
    pub(super) followers: Option<&'s Followers>,
    pub(super) catalogue: &'s Arc<Catalogue>,
    pub(super) metrics: &'s Arc<Metrics>,
    pub(super) kubernetes_minor: Option<u32>,
    /// The name of this replica.
    pub(super) replica: &'s str,
    /// That of the Lease.
    pub(super) namespace: &'s str,
}

/// An hour: what changes a label changes seldom.
const EVERY: Duration = Duration::from_secs(60 * 60);

impl Background {
    /// Where what happens is told, and the one that may lead, as far as anybody asked for them.
    pub(super) fn begin(&self, shared: &Shared<'_>) -> anyhow::Result<(Option<Events>, Option<Leader>)> {
        Ok((self.events(shared)?, self.leader(shared)?))
    }

    fn events(&self, shared: &Shared<'_>) -> anyhow::Result<Option<Events>> {
        if !self.events {
            return Ok(None);
        }
        let cluster = shared.cluster.ok_or_else(|| offline("--events"))?;
        Ok(Some(cluster.events(shared.replica, Arc::clone(shared.metrics), certificates::now)))
    }

    fn leader(&self, shared: &Shared<'_>) -> anyhow::Result<Option<Leader>> {
        let Some(name) = &self.upkeep_lease else { return Ok(None) };
        let (Some(cluster), Some(followers)) = (shared.cluster, shared.followers) else {
            return Err(offline("--upkeep-lease"));
        };
        let every = self.upkeep_every.map(|seconds| Duration::from_secs(seconds.into()));
        let ms = Duration::from_millis;
        let quick = LeaseTimes { duration: ms(3_000), deadline: ms(2_000), retry: ms(300) };
        let times = every.map_or_else(LeaseTimes::default, |_| quick);
        let candidate = cluster.candidate(shared.namespace, name, shared.replica, times, certificates::now);
        Ok(Some(Leader {
            cluster: cluster.clone(),
            catalogue: Arc::clone(shared.catalogue),
            live: followers.live(),
            guards: followers.guards(),
            kubernetes_minor: shared.kubernetes_minor,
            metrics: Arc::clone(shared.metrics),
            candidate: Arc::new(candidate),
            lease: (shared.namespace.to_owned(), name.clone()),
            every: every.unwrap_or(EVERY),
            writes_reports: self.reports,
            absences: Vec::new(),
            complained: false,
        }))
    }
}

fn offline(flag: &str) -> anyhow::Error {
    let help = format!("drop one of them; without an API server there is nothing for {flag} to do");
    helped(anyhow::anyhow!("`{flag}` and `--offline` exclude each other"), help)
}
