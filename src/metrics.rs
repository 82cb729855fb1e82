//! What Seawall counts, in the text format of OpenMetrics.
//!
//! Every label is a closed set: enums, names of rules and questions (`&'static str`, so that no text of
//! an object can become one). What is counted once per call is an array of atomics; the rarer is a `Family`.

mod background;
mod labels;
mod lookups;
mod rotation;
mod table;

use std::{fmt, sync::Arc, time::Duration};

use prometheus_client::{
    encoding::{self, EncodeLabelSet},
    metrics::{counter::Counter, family::Family, gauge::Gauge, info::Info},
    registry::{Registry, Unit},
};

pub use self::labels::{End, EventEnd, Found, Kind, Outcome, ParseFailure, Reload, Rotation, StepEnd, Webhook};
use self::{
    labels::{OPERATIONS, operation_at},
    table::{Counters, Durations},
};
use crate::terms::{self, Action, Operation, Profile, Tier};

/// The `Content-Type` of [`Metrics::encode`].
pub const CONTENT_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// The place of a panic in a rule, whichever it was, as [`Metrics::panicked`] takes it.
pub const RULE: &str = "rule";

/// The place of a panic outside every rule, as [`Metrics::panicked`] takes it.
pub const REQUEST: &str = "request";
/// Where a panic was: in what one replica does for all.
pub const UPKEEP: &str = "upkeep";

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct FindingLabels {
    rule: &'static str,
    tier: &'static str,
    action: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct WouldLabels {
    rule: &'static str,
    profile: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PatchLabels {
    rule: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct PanicLabels {
    place: &'static str,
}

/// Everything that is counted. One per process, shared by reference.
pub struct Metrics {
    registry: Registry,
    requests: Arc<Counters<4>>,
    durations: Arc<Durations>,
    in_flight: Gauge,
    findings: Family<FindingLabels, Counter>,
    would_deny: Family<WouldLabels, Counter>,
    patches: Family<PatchLabels, Counter>,
    lookups: lookups::Lookups,
    parse_failures: Arc<Counters<1>>,
    panics: Family<PanicLabels, Counter>,
    connections: Gauge,
    connection_ends: Arc<Counters<1>>,
    accept_errors: Counter,
    certificate_expiry: Gauge,
    certificate_reloads: Arc<Counters<1>>,
    rotation: rotation::Rotating,
    background: background::Background,
    policies: Gauge,
    policies_not_accepted: Gauge,
    policies_heard: Gauge,
    exemptions: Gauge,
    switched_off: Gauge,
}

impl fmt::Debug for Metrics {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Metrics").finish_non_exhaustive()
    }
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All of them, at zero.
    #[must_use]
    pub fn new() -> Self {
        let webhook = ("webhook", Webhook::WORDS);
        let requests = Arc::new(Counters::new(
            "requests",
            "Calls of the webhooks",
            [webhook, ("kind", Kind::WORDS), ("operation", OPERATIONS), ("outcome", Outcome::WORDS)],
        ));
        let durations = Arc::new(Durations::new("request_duration", "From a call's head to its answer", webhook));
        let parse_failures =
            Arc::new(Counters::new("parse_failures", "Bodies that were no review", [("cause", ParseFailure::WORDS)]));
        let connection_ends =
            Arc::new(Counters::new("connection_ends", "Connections that ended, and how", [("end", End::WORDS)]));
        let certificate_reloads = Arc::new(Counters::new(
            "certificate_reloads",
            "Attempts to load changed certificate files",
            [("result", Reload::WORDS)],
        ));
        let mut metrics = Self {
            registry: Registry::with_prefix("seawall"),
            requests,
            durations,
            in_flight: Gauge::default(),
            findings: Family::default(),
            would_deny: Family::default(),
            patches: Family::default(),
            lookups: lookups::Lookups::default(),
            parse_failures,
            panics: Family::default(),
            connections: Gauge::default(),
            connection_ends,
            accept_errors: Counter::default(),
            certificate_expiry: Gauge::default(),
            certificate_reloads,
            rotation: rotation::Rotating::default(),
            background: background::Background::default(),
            policies: Gauge::default(),
            policies_not_accepted: Gauge::default(),
            policies_heard: Gauge::default(),
            exemptions: Gauge::default(),
            switched_off: Gauge::default(),
        };
        metrics.register();
        metrics
    }

    fn register(&mut self) {
        let registry = &mut self.registry;
        let build = [("version", env!("CARGO_PKG_VERSION")), ("commit", terms::COMMIT.unwrap_or_default())];
        registry.register("build", "This build", Info::new(build));
        registry.register_collector(Box::new(Arc::clone(&self.requests)));
        registry.register_collector(Box::new(Arc::clone(&self.durations)));
        registry.register("requests_in_flight", "Calls being answered", self.in_flight.clone());
        registry.register("findings", "Findings, and what was done with them", self.findings.clone());
        let would = "Findings that a stricter profile than the one in force would refuse";
        registry.register("would_deny", would, self.would_deny.clone());
        registry.register("patches", "Objects that a rule mended", self.patches.clone());
        self.lookups.register(registry);
        registry.register_collector(Box::new(Arc::clone(&self.parse_failures)));
        registry.register("panics", "Panics, in a rule or outside of all", self.panics.clone());
        registry.register("connections", "Open connections", self.connections.clone());
        registry.register_collector(Box::new(Arc::clone(&self.connection_ends)));
        registry.register("accept_errors", "Connections that could not be accepted", self.accept_errors.clone());
        registry.register_with_unit(
            "certificate_expiry_timestamp",
            "When the served certificate expires, since 1970",
            Unit::Seconds,
            self.certificate_expiry.clone(),
        );
        registry.register_collector(Box::new(Arc::clone(&self.certificate_reloads)));
        registry.register("policies", "Policies in force", self.policies.clone());
        let refused = "Policies of the cluster that are not understood as a whole";
        registry.register("policies_not_accepted", refused, self.policies_not_accepted.clone());
        registry.register_with_unit(
            "policies_heard_timestamp",
            "When the API server said last what is in force, since 1970",
            Unit::Seconds,
            self.policies_heard.clone(),
        );
        registry.register(
            "exemptions",
            "Exemptions that the cluster has, expired ones among them",
            self.exemptions.clone(),
        );
        registry.register("switched_off", "1 while everything is let through", self.switched_off.clone());
        self.background.register(registry);
    }

    /// A call of a webhook that ended; without an operation where it was refused before it was read. `took` is counted for all but
    /// the abandoned.
    pub fn request(
        &self,
        webhook: Webhook,
        kind: Kind,
        operation: Option<Operation>,
        outcome: Outcome,
        took: Duration,
    ) {
        self.requests.add([webhook as usize, kind as usize, operation_at(operation), outcome as usize]);
        if outcome != Outcome::Abandoned {
            self.durations.observe(webhook as usize, took);
        }
    }

    /// Calls being answered now.
    #[must_use]
    pub fn in_flight(&self) -> &Gauge {
        &self.in_flight
    }

    /// A finding of `rule`, how bad what that rule finds is, and the action that was taken on it.
    pub fn finding(&self, rule: &'static str, tier: Tier, action: Action) {
        let (tier, action) = (tier.as_str(), action.as_str());
        self.findings.get_or_create(&FindingLabels { rule, tier, action }).inc();
    }

    /// A finding of `rule` that `profile` would refuse, and the one in force lets through.
    pub fn would_deny(&self, rule: &'static str, profile: Profile) {
        self.would_deny.get_or_create(&WouldLabels { rule, profile: profile.as_str() }).inc();
    }

    /// An object that `rule` mended.
    pub fn patch(&self, rule: &'static str) {
        self.patches.get_or_create(&PatchLabels { rule }).inc();
    }

    /// A body that was no review.
    pub fn parse_failure(&self, cause: ParseFailure) {
        self.parse_failures.add([cause as usize]);
    }

    /// A panic in a rule (`place` is [`RULE`]), elsewhere in the answer to a call ([`REQUEST`]), or in the [`UPKEEP`].
    pub fn panicked(&self, place: &'static str) {
        self.panics.get_or_create(&PanicLabels { place }).inc();
    }

    /// Open connections.
    #[must_use]
    pub fn connections(&self) -> &Gauge {
        &self.connections
    }

    /// A connection that ended.
    pub fn connection_ended(&self, end: End) {
        self.connection_ends.add([end as usize]);
    }

    /// A connection that could not be accepted.
    pub fn accept_failed(&self) {
        self.accept_errors.inc();
    }

    /// When the served certificate expires, in seconds since 1970.
    pub fn certificate_expires(&self, unix_seconds: i64) {
        self.certificate_expiry.set(unix_seconds);
    }

    /// An attempt to load changed certificate files.
    pub fn certificate_reload(&self, result: Reload) {
        self.certificate_reloads.add([result as usize]);
    }

    /// The policies in force, those that are not accepted as a whole, the exemptions, and whether everything is let through.
    pub fn policies(&self, in_force: usize, not_accepted: usize, exemptions: usize, is_off: bool) {
        let number = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
        self.policies.set(number(in_force));
        self.policies_not_accepted.set(number(not_accepted));
        self.exemptions.set(number(exemptions));
        self.switched_off.set(i64::from(is_off));
    }

    /// When the API server said last what is in force, in seconds since 1970.
    pub fn policies_heard(&self, unix_seconds: i64) {
        self.policies_heard.set(unix_seconds);
    }

    /// All of them as text; see [`CONTENT_TYPE`].
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::new();
        // Writing to a String does not fail, and no encoder of ours does.
        let _ = encoding::text::encode(&mut text, &self.registry);
        text
    }
}

#[cfg(test)]
mod tests;
