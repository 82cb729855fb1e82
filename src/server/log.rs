//! What is logged of calls: a line for each denial and each patch, nothing above debug for those let through in
//! silence, never a body. The caller's words (names, users) are passed as strings, which every format escapes.

use std::{
    net::IpAddr,
    panic::PanicHookInfo,
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use super::judge::{Record, Review, Verdict};
use crate::{
    metrics::{Outcome, Webhook},
    terms::Operation,
};

/// An answered call.
pub(super) fn reviewed(webhook: Webhook, review: &Review, took: Duration) {
    let (webhook, operation) = (webhook.as_str(), review.operation.map_or("unknown", Operation::as_str));
    let latency_us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
    if let Some(record) = review.record.as_deref() {
        let Record { object, rules, user, uid } = record;
        let (object, user, uid, rules) = (object.as_str(), user.as_str(), uid.as_str(), rules.join(","));
        let rules = rules.as_str();
        match review.verdict {
            Verdict::Denied => tracing::info!(webhook, operation, object, rules, user, uid, latency_us, "denied"),
            Verdict::Patched => tracing::info!(webhook, operation, object, rules, user, uid, latency_us, "patched"),
            Verdict::Warned => tracing::debug!(webhook, operation, object, rules, user, uid, latency_us, "warned"),
            Verdict::Allowed => tracing::debug!(webhook, operation, object, rules, user, uid, latency_us, "allowed"),
        }
    } else {
        let verdict = review.verdict.outcome().as_str();
        tracing::debug!(webhook, operation, verdict, latency_us, "answered");
    }
}

/// Says that calls are turned away: at most one line per second and outcome, with how many went unsaid, so that
/// who floods the server does not flood the log.
#[derive(Debug)]
pub(super) struct Refusals {
    born: Instant,
    outcomes: Box<[Seldom]>,
}

#[derive(Debug, Default)]
struct Seldom {
    /// When the next line may be written, in milliseconds after `born`.
    next_ms: AtomicU64,
    unsaid: AtomicU64,
}

impl Refusals {
    pub(super) fn new() -> Self {
        Self { born: Instant::now(), outcomes: Outcome::ALL.iter().map(|_| Seldom::default()).collect() }
    }

    pub(super) fn refused(&self, webhook: Webhook, outcome: Outcome, peer: IpAddr, why: &str) {
        let Some(seldom) = self.outcomes.get(outcome as usize) else { return };
        let now_ms = u64::try_from(self.born.elapsed().as_millis()).unwrap_or(u64::MAX);
        let next_ms = seldom.next_ms.load(Ordering::Relaxed);
        let first =
            |next_ms| seldom.next_ms.compare_exchange(next_ms, now_ms + 1_000, Ordering::Relaxed, Ordering::Relaxed);
        if now_ms < next_ms || first(next_ms).is_err() {
            seldom.unsaid.fetch_add(1, Ordering::Relaxed);
            return;
        }
        let (webhook, outcome) = (webhook.as_str(), outcome.as_str());
        let unsaid = seldom.unsaid.swap(0, Ordering::Relaxed);
        tracing::warn!(webhook, outcome, %peer, why, unsaid, "turned away");
    }
}

/// Has panics logged with their place alone. What a panic says may quote what it stumbled over; the default hook
/// prints that. Once, at the start of `main`.
pub fn log_panics() {
    std::panic::set_hook(Box::new(|info: &PanicHookInfo<'_>| {
        let place = info.location().map_or_else(String::new, ToString::to_string);
        tracing::error!(place, "panicked");
    }));
}
