//! VerticalPodAutoscalers.
use crate::tree::Node;

/// kubernetes/autoscaler: vertical-pod-autoscaler/docs/flags.md, the updater's `--min-replicas`.
const USUAL_MIN_REPLICAS: i64 = 2;

/// A VerticalPodAutoscaler.
#[derive(Debug, Clone, Copy)]
pub struct VerticalAutoscaler<'t>(pub Node<'t>);

impl<'t> VerticalAutoscaler<'t> {
    /// Kind and name of what it gives resources to.
    #[must_use]
    pub fn target(self) -> (&'t str, &'t str) {
        let target = self.0.get("spec").get("targetRef");
        (target.get("kind").text(), target.get("name").text())
    }

    /// The place of its mode.
    #[must_use]
    pub fn mode(self) -> Node<'t> {
        self.0.get("spec").get("updatePolicy").get("updateMode")
    }

    /// The mode in which it evicts Pods whenever it comes to another opinion; `None` for one that waits for somebody else to restart them.
    #[must_use]
    pub fn evicting_mode(self) -> Option<&'t str> {
        let mode = self.mode().str().unwrap_or("Auto");
        matches!(mode, "Auto" | "Recreate" | "InPlaceOrRecreate").then_some(mode)
    }

    /// The fewest Pods of which it evicts one: its own `minReplicas`, else what its updater is started with where nobody says otherwise.
    #[must_use]
    pub fn fewest(self) -> i64 {
        self.0.get("spec").get("updatePolicy").get("minReplicas").i64().unwrap_or(USUAL_MIN_REPLICAS)
    }

    /// True for a container whose policy, or that for all, is `Off`.
    #[must_use]
    pub fn leaves_alone(self, container: &str) -> bool {
        let policy = |name: &str| {
            let mut policies = self.0.get("spec").get("resourcePolicy").get("containerPolicies").items();
            policies.find(|policy| policy.get("containerName").str() == Some(name))
        };
        policy(container).or_else(|| policy("*")).is_some_and(|policy| policy.get("mode").str() == Some("Off"))
    }
}
