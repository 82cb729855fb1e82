//! What self-managed certificates report.

use prometheus_client::{
    encoding::EncodeLabelSet,
    metrics::{counter::Counter, family::Family, gauge::Gauge},
    registry::Unit,
};

use super::{Metrics, Rotation, StepEnd};

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct RotationLabels {
    state: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct StepLabels {
    step: &'static str,
    result: &'static str,
}

#[derive(Debug, Default)]
pub(super) struct Rotating {
    ca_expiry: Gauge,
    state: Family<RotationLabels, Gauge>,
    steps: Family<StepLabels, Counter>,
    mismatches: Gauge,
    leader: Gauge,
}

impl Metrics {
    /// Has all of these shown. Not from the start: with certificate files there is none of it, and an expiry of 1970 would raise an
    /// alarm.
    pub fn show_rotation(&mut self) {
        let (registry, rotation) = (&mut self.registry, &self.rotation);
        registry.register_with_unit(
            "ca_expiry_timestamp",
            "When the CA that signed the served certificate expires, since 1970",
            Unit::Seconds,
            rotation.ca_expiry.clone(),
        );
        registry.register("certificate_rotation", "Where the rotation of certificates stands", rotation.state.clone());
        registry.register("certificate_steps", "Steps of the rotation of certificates", rotation.steps.clone());
        let mismatches = "Webhook entries whose caBundle does not verify the served certificate";
        registry.register("ca_bundle_mismatches", mismatches, rotation.mismatches.clone());
        registry.register("certificate_leader", "1 for the replica that rotates certificates", rotation.leader.clone());
    }

    /// When the CA expires that signed what is served, in seconds since 1970.
    pub fn ca_expires(&self, unix_seconds: i64) {
        self.rotation.ca_expiry.set(unix_seconds);
    }

    /// Where the rotation stands.
    pub fn rotation(&self, now: Rotation) {
        for state in Rotation::ALL {
            let labels = RotationLabels { state: state.as_str() };
            self.rotation.state.get_or_create(&labels).set(i64::from(*state == now));
        }
    }

    /// A step of the rotation, by its name.
    pub fn certificate_step(&self, step: &'static str, result: StepEnd) {
        self.rotation.steps.get_or_create(&StepLabels { step, result: result.as_str() }).inc();
    }

    /// Entries whose caBundle does not verify what is served.
    pub fn ca_bundle_mismatches(&self, count: usize) {
        self.rotation.mismatches.set(i64::try_from(count).unwrap_or(i64::MAX));
    }

    /// Whether this replica rotates.
    pub fn leads_rotation(&self, leads: bool) {
        self.rotation.leader.set(i64::from(leads));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn certificates_are_reported_where_they_are_managed() {
        let mut metrics = Metrics::new();
        metrics.ca_expires(1_900_000_000);
        metrics.rotation(Rotation::Waiting);
        metrics.certificate_step("switch", StepEnd::Ok);
        metrics.ca_bundle_mismatches(2);
        metrics.leads_rotation(true);
        assert!(!metrics.encode().contains("ca_expiry"), "with files there is no CA to speak of");
        metrics.show_rotation();
        let text = metrics.encode();
        for line in [
            "ca_expiry_timestamp_seconds 1900000000",
            r#"certificate_rotation{state="waiting"} 1"#,
            r#"certificate_rotation{state="steady"} 0"#,
            r#"certificate_steps_total{step="switch",result="ok"} 1"#,
            "ca_bundle_mismatches 2",
            "certificate_leader 1",
        ] {
            assert!(text.lines().any(|found| found == format!("seawall_{line}")), "{line} is not in\n{text}");
        }
    }
}
