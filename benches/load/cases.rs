//! What is sent, and what is to come back.

use anyhow::{Result, ensure};

/// A review, and the webhook that it is sent to.
#[derive(Clone, Copy)]
pub struct Case {
    /// The file in `benches/reviews/`, without its ending.
    pub review: &'static str,
    /// `mutate` or `validate`.
    pub webhook: &'static str,
    /// The outcome that it is here for; empty where any will do.
    outcome: &'static str,
    /// The most CPU per request that it is to take, relative to the null webhook.
    pub target: f64,
}

/// All cases: bare Pods, as kube-apiserver sends them.
pub const CASES: &[Case] = &[
    Case { review: "web", webhook: "mutate", outcome: "allowed", target: 1.35 },
    Case { review: "web", webhook: "validate", outcome: "allowed", target: 1.35 },
    Case { review: "silent", webhook: "mutate", outcome: "allowed", target: 1.7 },
    Case { review: "silent", webhook: "validate", outcome: "allowed", target: 1.7 },
    Case { review: "patched", webhook: "mutate", outcome: "patched", target: 2.0 },
    Case { review: "patched", webhook: "validate", outcome: "", target: 2.0 },
    Case { review: "denied", webhook: "mutate", outcome: "", target: 2.0 },
    Case { review: "denied", webhook: "validate", outcome: "denied", target: 2.0 },
];

impl Case {
    /// As it is called in the report.
    pub fn name(&self) -> String {
        format!("{} {}", self.review, self.webhook)
    }

    /// Whether Seawall did what the case is named after.
    pub fn check(&self, answer: &str) -> Result<()> {
        let fits = self.outcome.is_empty() || self.outcome == answer;
        ensure!(fits, "{}: the answer was {answer:?} where {:?} was to be measured", self.name(), self.outcome);
        Ok(())
    }
}
