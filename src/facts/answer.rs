//! What is kept of the API server's answers.
use std::sync::Arc;

use super::{ClaimUser, ClassFacts, ConfigMapFacts, ConfigUser, DataClaimFacts, Seconds, WorkloadFacts};

/// An answer to one [`Question`](super::Question).
#[derive(Debug, Clone, PartialEq)]
pub enum Answer {
    /// To `Namespace`.
    Namespace(NamespaceFacts),
    /// To `Pods`.
    Pods(Vec<PodFacts>),
    /// To `Claims`; a claim that is not in the list does not exist.
    Claims(Vec<ClaimFacts>),
    /// To `History`, the newest first.
    History(Vec<Template>),
    /// To `Owner`: API groups and kinds from the first owner to the last.
    Owner(Vec<OwnerFacts>),
    /// To `Limits`.
    Limits(LimitFacts),
    /// To `ClaimUse`: workloads as JSON, and the siblings' classes.
    ClaimUse(ClaimUse),
    /// To `StorageClasses`.
    StorageClasses(Vec<ClassFacts>),
    /// To `LooseVolumes`.
    LooseVolumes(bool),
    /// To `Storage`.
    Storage(Vec<StorageFacts>),
    /// To `Workload`: as JSON.
    Workload(String),
    /// To `Selected` and `Target`: never empty.
    Workloads(Vec<WorkloadFacts>),
    /// To `ClaimUsers`: never empty.
    ClaimUsers(Vec<ClaimUser>),
    /// To `ConfigMap`.
    ConfigMap(Arc<ConfigMapFacts>),
    /// To `ConfigUsers`: never empty.
    ConfigUsers(Vec<ConfigUser>),
    /// To `Around`: as JSON, without status; never empty.
    Objects(Vec<String>),
    /// To `DataClaim`.
    DataClaim(DataClaimFacts),
    /// To `ServiceNames`.
    Names(Vec<String>),
}

/// A namespace.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NamespaceFacts {
    /// Labels.
    pub labels: Vec<(String, String)>,
    /// True while it is being deleted.
    pub terminating: bool,
}

/// A Pod.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PodFacts {
    /// Name.
    pub name: String,
    /// Kind and name of its controller.
    pub controller: Option<(String, String)>,
}

/// A claim.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimFacts {
    /// Name.
    pub name: String,
    /// When it was created.
    pub created: Seconds,
    /// True when its phase is Bound.
    pub bound: bool,
    /// When its volume was created.
    pub volume_created: Option<Seconds>,
    /// `volumeName` that its author wrote, `dataSource` or `dataSourceRef`: it came with data. A name that the binder wrote does not count.
    pub came_with_data: bool,
    /// Its class.
    pub class: Option<String>,
    /// Pods that mount it; not asked where every wanted claim that is bound is older than an hour.
    pub mounted_by: Vec<String>,
}

/// What a claim holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct StorageFacts {
    /// The claim's name.
    pub claim: String,
    /// The bytes that it asks for.
    pub bytes: Option<i64>,
    /// Its volume; `None` where it has none yet.
    pub volume: Option<String>,
    /// `Delete`, `Retain` or `Recycle`, of the volume; `None` where nobody looked.
    pub reclaim_policy: Option<String>,
}

/// A template that ran, or can be rolled back to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Template {
    /// Name of the ReplicaSet or ControllerRevision.
    pub name: String,
    /// Its revision number.
    pub revision: i64,
    /// Name of its controller; `None` when it was orphaned.
    pub controller: Option<String>,
    /// The Pod template, as JSON.
    pub template: String,
}

/// One owner in a chain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct OwnerFacts {
    /// API group; empty for the core.
    pub group: String,
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// Labels.
    pub labels: Vec<(String, String)>,
}

/// What a namespace demands of resources.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LimitFacts {
    /// Largest memory limit that a LimitRange allows a container, in bytes.
    pub most_memory: Option<i64>,
    /// Smallest memory that a LimitRange allows a container, in bytes.
    pub least_memory: Option<i64>,
    /// Largest ratio of limit to request for memory, in thousandths.
    pub most_memory_ratio_millis: Option<i64>,
    /// Memory requests that quotas leave, in bytes.
    pub quota_requests_left: Option<i64>,
    /// Memory limits that quotas leave, in bytes.
    pub quota_limits_left: Option<i64>,
    /// Largest CPU that a LimitRange allows a container, in millicores.
    pub most_cpu_millis: Option<i64>,
    /// CPU requests that quotas leave, in millicores.
    pub quota_cpu_left_millis: Option<i64>,
}

/// What a claim belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimUse {
    /// StatefulSets and Deployments that own or mount it, as JSON.
    pub workloads: Vec<String>,
    /// The classes of the other claims of the same claim template; `None` for one without a class.
    pub sibling_classes: Vec<Option<String>>,
}
