//! What can be asked of the API server, and what it is for.
use super::{Around, Pointed};

/// Something to ask the API server. One row of [`TABLE`](super::TABLE) each.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Question {
    /// The namespace's labels, and whether it is being deleted.
    Namespace(String),
    /// The Pods that a selector finds.
    Pods {
        /// Namespace.
        namespace: String,
        /// `key=value` pairs, sorted.
        selector: Vec<(String, String)>,
    },
    /// Claims by name; a name that ends in `-` stands for all with an ordinal after it.
    Claims {
        /// Namespace.
        namespace: String,
        /// Names, sorted.
        names: Vec<String>,
    },
    /// The templates that a workload ran before: ReplicaSets of a Deployment, ControllerRevisions of a StatefulSet or DaemonSet.
    History {
        /// Namespace.
        namespace: String,
        /// `Deployment`, `StatefulSet` or `DaemonSet`.
        kind: String,
        /// `key=value` pairs, sorted.
        selector: Vec<(String, String)>,
    },
    /// Who stands at the end of an object's chain of controllers.
    Owner {
        /// Namespace.
        namespace: String,
        /// `apiVersion` of the first owner.
        api_version: String,
        /// Its kind.
        kind: String,
        /// Its name.
        name: String,
    },
    /// LimitRanges and ResourceQuotas.
    Limits(String),
    /// What a claim belongs to: the StatefulSet that its name and labels point to, or workloads that mount it.
    ClaimUse {
        /// Namespace.
        namespace: String,
        /// The claim's name.
        name: String,
    },
    /// All storage classes.
    StorageClasses,
    /// Whether a volume without a class is waiting for a claim.
    LooseVolumes,
    /// What claims hold, and what becomes of it; see `Claims` for the names. Without names those that are labelled as a database's.
    Storage {
        /// Namespace.
        namespace: String,
        /// Names, sorted.
        names: Vec<String>,
    },
    /// A StatefulSet or Deployment as it is stored.
    Workload {
        /// Namespace.
        namespace: String,
        /// `StatefulSet` or `Deployment`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The workloads whose Pods a selector finds, with their databases.
    Selected {
        /// Namespace.
        namespace: String,
        /// `key=value` pairs, sorted.
        selector: Vec<(String, String)>,
    },
    /// One workload, with its databases.
    Target {
        /// Namespace.
        namespace: String,
        /// `StatefulSet`.
        kind: String,
        /// Its name.
        name: String,
    },
    /// The workloads that mount a claim.
    ClaimUsers {
        /// Namespace.
        namespace: String,
        /// The claim's name; one that ends in `-` stands for all with an ordinal after it.
        name: String,
    },
    /// What a ConfigMap says.
    ConfigMap {
        /// Namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The databases that read a ConfigMap.
    ConfigUsers {
        /// Namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The objects of one kind that point at a workload, or that it points at.
    Around {
        /// Which.
        what: Around,
        /// Namespace.
        namespace: String,
        /// The workload.
        workload: Pointed,
    },
    /// A claim that exists, and its volume.
    DataClaim {
        /// Namespace.
        namespace: String,
        /// Its name.
        name: String,
    },
    /// The names of all Services of a namespace.
    ServiceNames(String),
}

impl Question {
    /// Its row's name, for metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Namespace(_) => "namespace",
            Self::Pods { .. } => "pods",
            Self::Claims { .. } => "claims",
            Self::History { .. } => "history",
            Self::Owner { .. } => "owner",
            Self::Limits(_) => "limits",
            Self::ClaimUse { .. } => "claim-use",
            Self::StorageClasses => "storage-classes",
            Self::LooseVolumes => "loose-volumes",
            Self::Storage { .. } => "storage",
            Self::Workload { .. } => "workload",
            Self::Selected { .. } => "selected",
            Self::Target { .. } => "target",
            Self::ClaimUsers { .. } => "claim-users",
            Self::ConfigMap { .. } => "config-map",
            Self::ConfigUsers { .. } => "config-users",
            Self::Around { what, .. } => what.name(),
            Self::DataClaim { .. } => "data-claim",
            Self::ServiceNames(_) => "service-names",
        }
    }
}
