//! What Seawall does beside answering reviews.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::{Registry, Unit},
};

use super::{EventEnd, Metrics};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct ResultLabels {
    result: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Background {
    events: Family<ResultLabels, Counter>,
    forced: Counter,
    labels: Family<ResultLabels, Counter>,
    reports: Gauge,
    leader: Gauge,
    done: Gauge,
}

impl Background {
    pub(super) fn register(&self, registry: &mut Registry) {
        let events = "What was to be told by Kubernetes Events, and what became of it";
        registry.register("events", events, self.events.clone());
        let forced = "Pods of databases that were deleted without waiting for their end";
        registry.register("forced_deletions", forced, self.forced.clone());
        let labels = "Labels of claims and volumes that were not true, and what became of them";
        registry.register("labels", labels, self.labels.clone());
        registry.register("reports", "Reports that the last round wrote", self.reports.clone());
        let leader = "1 for the replica that keeps labels true and writes reports";
        registry.register("upkeep_leader", leader, self.leader.clone());
        registry.register_with_unit(
            "upkeep_timestamp",
            "When the last round of the replica that leads came to its end, since 1970",
            Unit::Seconds,
            self.done.clone(),
        );
    }
}

impl Metrics {
    /// Something that an Event was to tell.
    pub fn event(&self, end: EventEnd) {
        self.background.events.get_or_create(&ResultLabels { result: end.as_str() }).inc();
    }

    /// A database's Pod that was deleted by force.
    pub fn forced_deletion(&self) {
        self.background.forced.inc();
    }

    /// Labels that were made true, and those that could not be.
    pub fn labels_corrected(&self, corrected: u64, failed: u64) {
        for (result, count) in [("corrected", corrected), ("failed", failed)] {
            self.background.labels.get_or_create(&ResultLabels { result }).inc_by(count);
        }
    }

    /// Reports that a round wrote.
    pub fn reports(&self, count: usize) {
        self.background.reports.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Whether this replica leads.
    pub fn leads_upkeep(&self, leads: bool) {
        self.background.leader.set(i64::from(leads));
    }

    /// When a round came to its end, in seconds since 1970.
    pub fn upkeep_done(&self, unix_seconds: i64) {
        self.background.done.set(unix_seconds);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_done_beside_reviews_is_shown() {
        let metrics = Metrics::new();
        metrics.event(EventEnd::Dropped);
        metrics.forced_deletion();
        metrics.labels_corrected(3, 0);
        metrics.reports(2);
        metrics.leads_upkeep(true);
        metrics.upkeep_done(1_900_000_000);
        let text = metrics.encode();
        for line in [
            r#"events_total{result="dropped"} 1"#,
            r#"labels_total{result="corrected"} 3"#,
            r#"labels_total{result="failed"} 0"#,
            "forced_deletions_total 1",
            "reports 2",
            "upkeep_leader 1",
            "upkeep_timestamp_seconds 1900000000",
        ] {
            assert!(text.lines().any(|found| found == format!("seawall_{line}")), "{line} is not in\n{text}");
        }
    }
}
