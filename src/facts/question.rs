//! What can be asked of the API server, and what it is for.
/// Something to ask the API server. One row of [`TABLE`] each.
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
        }
    }
}

/// What one kind of question is for. The table of `docs/facts.md`.
#[derive(Debug)]
pub struct Row {
    /// [`Question::name`].
    pub name: &'static str,
    /// Asked for what.
    pub asked_for: &'static str,
    /// Answered from which requests.
    pub answered_from: &'static str,
    /// What no answer does.
    pub unknown: &'static str,
}

const RUN: &str = "the other documents of the run, or objects of the namespace; a review does not ask";
const SILENT: &str = "nothing is said";

/// Every kind of question.
pub const TABLE: &[Row] = &[
    Row {
        name: "namespace",
        asked_for: "CREATE or UPDATE of a workload with a database, and before what only guarded namespaces refuse; labels seawall.dev/data and seawall.dev/guard, deletion under way; which policies hold, where any goes by labels",
        answered_from: "GET namespace",
        unknown: "the label counts as absent for mends, and lowers denials about data and credentials to warnings; where a policy goes by labels nothing is refused or written",
    },
    Row {
        name: "pods",
        asked_for: "CREATE of a workload with a database: is it new",
        answered_from: "LIST pods by the workload's selector",
        unknown: "not new: nothing is mended at birth; denials on CREATE are lowered to warnings",
    },
    Row {
        name: "claims",
        asked_for: "CREATE of a workload with a database: is it new, does it continue existing data",
        answered_from: "LIST persistentvolumeclaims of the namespace, GET persistentvolume of the bound ones; where one is younger than an hour, LIST pods",
        unknown: "not new: nothing is mended at birth; denials on CREATE are lowered to warnings",
    },
    Row {
        name: "history",
        asked_for: "before a denial, and on a CREATE that would adopt: did this template run before",
        answered_from: "LIST replicasets or controllerrevisions by the workload's selector",
        unknown: "denials are lowered to warnings; nothing is mended at birth",
    },
    Row {
        name: "owner",
        asked_for: "an object with a controller owner: does an operator of the catalogue stand at the end",
        answered_from: "GET of each owner in the chain, at most five",
        unknown: "nothing is mended; denials are lowered to warnings",
    },
    Row {
        name: "limits",
        asked_for: "before memory or requests are written: would the namespace refuse the Pod",
        answered_from: "LIST limitranges, LIST resourcequotas",
        unknown: "no resources are written",
    },
    Row {
        name: "claim-use",
        asked_for: "CREATE of a claim: is it a database's, and which class have its siblings; DELETE of one without a label",
        answered_from: "LIST statefulsets and deployments of the namespace; where one has it from a claim template, LIST persistentvolumeclaims",
        unknown: "the claim is left alone",
    },
    Row {
        name: "storage-classes",
        asked_for: "CREATE of a claim, once claim-use says that it is a database's: does the class exist, what does it do with the volume",
        answered_from: "LIST storageclasses",
        unknown: "no class is written; the label says unknown",
    },
    Row {
        name: "loose-volumes",
        asked_for: "the same, where its author wrote no class: could it bind a volume without a class",
        answered_from: "LIST persistentvolumes, up to the first such one",
        unknown: "no class is written",
    },
    Row {
        name: "storage",
        asked_for: "DELETE of a claim, of a StatefulSet that takes its claims along, or of a namespace: what would be lost",
        answered_from: "LIST persistentvolumeclaims, GET persistentvolume of the first twenty",
        unknown: "the claim's label says what becomes of it; of a namespace nothing is said",
    },
    Row {
        name: "workload",
        asked_for: "a change of `/scale`, by a person or an autoscaler: what is scaled",
        answered_from: "GET statefulset or deployment",
        unknown: SILENT,
    },
    Row {
        name: "selected",
        asked_for: "a Service or a disruption budget in `check` and `scan`: which databases does it select",
        answered_from: RUN,
        unknown: SILENT,
    },
    Row {
        name: "target",
        asked_for: "an autoscaler in `check` and `scan`: is it a database that it scales",
        answered_from: RUN,
        unknown: SILENT,
    },
    Row {
        name: "claim-users",
        asked_for: "a workload in `check` and `scan` that mounts a claim: who else does",
        answered_from: RUN,
        unknown: SILENT,
    },
    Row {
        name: "config-map",
        asked_for: "a database in `check` and `scan` that reads a ConfigMap: what does it say",
        answered_from: RUN,
        unknown: "whatever it may set is unknown",
    },
    Row {
        name: "config-users",
        asked_for: "a ConfigMap in `check` and `scan`: which databases read it",
        answered_from: RUN,
        unknown: SILENT,
    },
];
