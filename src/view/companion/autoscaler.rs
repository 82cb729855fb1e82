//! HorizontalPodAutoscalers, and KEDA's ScaledObjects, which are made into them.
use crate::tree::Node;

/// KEDA's bound where nothing is said.
const KEDA_MOST: i64 = 100;

/// An autoscaler of Pods.
#[derive(Debug, Clone, Copy)]
pub struct Autoscaler<'t>(pub Node<'t>);

impl<'t> Autoscaler<'t> {
    fn is_kedas(self) -> bool {
        self.0.get("kind").str() == Some("ScaledObject")
    }

    /// The place of what it scales.
    #[must_use]
    pub fn target_place(self) -> Node<'t> {
        self.0.get("spec").get("scaleTargetRef")
    }

    /// Kind and name of what it scales.
    #[must_use]
    pub fn target(self) -> (&'t str, &'t str) {
        let target = self.target_place();
        let usual = if self.is_kedas() { "Deployment" } else { "" };
        (target.get("kind").str().unwrap_or(usual), target.get("name").text())
    }

    /// Fewest and most Pods.
    #[must_use]
    pub fn range(self) -> (i64, i64) {
        let spec = self.0.get("spec");
        let number = |field, usual| spec.get(field).i64().unwrap_or(usual);
        if self.is_kedas() {
            (number("minReplicaCount", 0), number("maxReplicaCount", KEDA_MOST))
        } else {
            (number("minReplicas", 1), number("maxReplicas", 1))
        }
    }
}
