//! What stands around a workload at an API server: which objects, and how they are chosen.

/// A kind of object that decides what becomes of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Around {
    /// Services that select its Pods.
    Services,
    /// PodDisruptionBudgets that select its Pods, or may.
    DisruptionBudgets,
    /// NetworkPolicies that select its Pods, or may.
    NetworkPolicies,
    /// HorizontalPodAutoscalers of it.
    Autoscalers,
    /// VerticalPodAutoscalers of it.
    VerticalAutoscalers,
    /// StatefulSets and Deployments that mount one of its claims, or that one selector could find together with it.
    Workloads,
    /// VolumeSnapshots of its claims.
    Snapshots,
    /// CronJobs that look like a backup.
    BackupJobs,
}

impl Around {
    /// All of them.
    pub const ALL: &'static [Self] = &[
        Self::Services,
        Self::DisruptionBudgets,
        Self::NetworkPolicies,
        Self::Autoscalers,
        Self::VerticalAutoscalers,
        Self::Workloads,
        Self::Snapshots,
        Self::BackupJobs,
    ];

    /// Its name, for metrics and documents.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Services => "services",
            Self::DisruptionBudgets => "disruption-budgets",
            Self::NetworkPolicies => "network-policies",
            Self::Autoscalers => "autoscalers",
            Self::VerticalAutoscalers => "vertical-autoscalers",
            Self::Workloads => "workloads",
            Self::Snapshots => "snapshots",
            Self::BackupJobs => "backup-jobs",
        }
    }
}

/// A workload, by all that others point at it with.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub struct Pointed {
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// The labels of its Pods, sorted.
    pub labels: Vec<(String, String)>,
    /// The claims of its Pods, sorted; one that ends in `-` stands for all with an ordinal after it.
    pub claims: Vec<String>,
}

impl Pointed {
    /// The value of a label of its Pods.
    #[must_use]
    pub fn label(&self, key: &str) -> Option<&str> {
        self.labels.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str())
    }

    /// True for one of its claims.
    #[must_use]
    pub fn has_claim(&self, name: &str) -> bool {
        self.claims.iter().any(|claim| match name.strip_prefix(claim.as_str()) {
            Some("") => true,
            Some(rest) => claim.ends_with('-') && rest.bytes().all(|b| b.is_ascii_digit()),
            None => false,
        })
    }
}
