//! How a server stops, and what fails while it recovers.
use std::collections::BTreeMap;

use serde::Deserialize;

use super::Condition;

/// How the server stops.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The image's STOPSIGNAL.
    #[serde(default = "sigterm")]
    pub signal: String,
    /// What the server does on that signal.
    pub on_signal: OnSignal,
    /// What it does on signals that an author may choose by `lifecycle.stopSignal`. SIGKILL needs no entry.
    #[serde(default)]
    pub other_signals: BTreeMap<String, OnSignal>,
    /// Seconds below which a clean stop cannot be expected.
    #[serde(default)]
    pub minimum_seconds: i64,
    /// Seconds that a Pod is given where its author left the default; at most 600.
    #[serde(default)]
    pub grace_seconds: Option<i64>,
    /// Give `grace_seconds` only where the data is on a claim.
    #[serde(default)]
    pub grace_with_claim_only: bool,
    /// How it stops in other surroundings (as a member of a cluster); the first that holds takes the place of all of this.
    #[serde(default)]
    pub instead: Vec<OtherStop>,
    /// A hook that makes it stop, run for real by a test of this project.
    #[serde(default)]
    pub pre_stop: Option<PreStop>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
    /// Set where a test of this project has stopped the real server, with a client connected: which version, and where it came from.
    #[serde(default)]
    pub measured: Option<String>,
}

fn sigterm() -> String {
    "SIGTERM".to_owned()
}

/// How a server stops in some surroundings.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherStop {
    /// Signs of them, of which one is enough.
    pub when: Vec<Condition>,
    /// How it stops there.
    pub stop: Stop,
}

/// What a server does on its stop signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSignal {
    /// It stops cleanly.
    Stops,
    /// It refuses new clients and waits for the ones it has.
    WaitsForClients,
    /// It never hears it.
    Ignores,
    /// It stops at once, uncleanly.
    Dies,
}

/// A preStop hook.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreStop {
    /// The argv; `{data}` stands for the effective data directory.
    pub command: Vec<String>,
    /// Why it helps, one sentence.
    pub why: String,
    /// The test that ran it.
    pub verified_by: String,
}

/// Probes that fail while the engine recovers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryProbes {
    /// Programs or words in an exec probe.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Paths of an HTTP probe.
    #[serde(default)]
    pub paths: Vec<String>,
    /// True where the port is closed during recovery, so that a TCP probe fails.
    #[serde(default)]
    pub tcp: bool,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// Probes that pass or fail by the state of others: of a cluster's other members, of a majority, of a primary.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClusterProbes {
    /// Texts in what an exec probe runs, in lower case.
    #[serde(default)]
    pub texts: Vec<String>,
    /// Paths of an HTTP probe.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// Probes that pass too early: at its first start the image runs a server for itself, which listens on the socket alone.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SocketProbes {
    /// Programs that use the socket unless they are told otherwise.
    pub programs: Vec<String>,
    /// Options with which they are given a host.
    pub flags: Vec<String>,
    /// Hosts that mean the socket.
    #[serde(default)]
    pub socket_hosts: Vec<String>,
    /// Options and variables that may choose TCP by other means.
    #[serde(default)]
    pub also_by: Vec<String>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}
