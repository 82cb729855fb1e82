//! How a server stops, and what fails while it recovers.
use serde::Deserialize;

/// How the server stops.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The image's STOPSIGNAL.
    #[serde(default = "sigterm")]
    pub signal: String,
    /// What the server does on that signal.
    pub on_signal: OnSignal,
    /// Seconds below which a clean stop cannot be expected.
    #[serde(default)]
    pub minimum_seconds: i64,
    /// Seconds that a Pod is given where its author left the default; at most 600.
    #[serde(default)]
    pub grace_seconds: Option<i64>,
    /// Give `grace_seconds` only where the data is on a claim.
    #[serde(default)]
    pub grace_with_claim_only: bool,
    /// A hook that makes it stop, run for real by a test of this project.
    #[serde(default)]
    pub pre_stop: Option<PreStop>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

fn sigterm() -> String {
    "SIGTERM".to_owned()
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
