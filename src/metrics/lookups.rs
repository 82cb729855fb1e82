//! What asking the API server comes to.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Registry,
};

use super::{Found, Metrics};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct LookupLabels {
    question: &'static str,
    result: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Lookups {
    ended: Family<LookupLabels, Counter>,
    breaker: Gauge,
}

impl Lookups {
    pub(super) fn register(&self, registry: &mut Registry) {
        registry.register("fact_lookups", "Questions to the API server", self.ended.clone());
        let open = "1 while questions are not put, since the API server did not answer many in a row";
        registry.register("fact_lookup_breaker_open", open, self.breaker.clone());
    }
}

impl Metrics {
    /// A question to the API server.
    pub fn lookup(&self, question: &'static str, result: Found) {
        self.lookups.ended.get_or_create(&LookupLabels { question, result: result.as_str() }).inc();
    }

    /// Whether questions to the API server are not put for a while.
    pub fn lookup_breaker(&self, is_open: bool) {
        self.lookups.breaker.set(is_open.into());
    }
}
