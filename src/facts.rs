//! What is known about the cluster for one review.
//!
//! A rule about absence fires on [`Known::Missing`], never on [`Known::Unknown`]. Facts are asked of the API server when a review
//! needs them; `check` knows only what the documents of its run say.
use std::collections::HashMap;

/// An answer, or the lack of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<T> {
    /// It is so.
    Found(T),
    /// It is known not to exist.
    Missing,
    /// Nobody answered, or nobody was asked.
    Unknown,
}

impl<T> Known<T> {
    /// The answer, if there is one.
    #[must_use]
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(t) => Some(t),
            Self::Missing | Self::Unknown => None,
        }
    }

    /// True when nobody answered.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The same with a reference.
    pub const fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Found(t) => Known::Found(t),
            Self::Missing => Known::Missing,
            Self::Unknown => Known::Unknown,
        }
    }
}

/// Seconds since 1970.
pub type Seconds = i64;

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

/// Every kind of question.
pub const TABLE: &[Row] = &[
    Row {
        name: "namespace",
        asked_for: "CREATE or UPDATE of a workload with a database; label seawall.dev/data, deletion under way",
        answered_from: "GET namespace",
        unknown: "the label counts as absent for mends, and lowers denials about data and credentials to warnings",
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
        answered_from: "LIST persistentvolumeclaims, GET persistentvolume of the bound ones, LIST pods where one is younger than an hour",
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
        answered_from: "GET of each owner in the chain, at most four",
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
        asked_for: "CREATE of a claim: is it a database's, and which class have its siblings",
        answered_from: "LIST statefulsets and deployments of the namespace; where one uses it, LIST claims",
        unknown: "the claim is left alone",
    },
    Row {
        name: "storage-classes",
        asked_for: "CREATE of a database's claim, once claim-use says that it is one: does the class exist, what does it do with the volume",
        answered_from: "LIST storageclasses",
        unknown: "no class is written; the label says unknown",
    },
    Row {
        name: "loose-volumes",
        asked_for: "CREATE of a database's claim for which its author wrote no class: could it bind a volume without a class",
        answered_from: "LIST persistentvolumes, status Available",
        unknown: "no class is written",
    },
];

/// An answer to one [`Question`].
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
    /// Pods that mount it; nobody is asked about a claim that is bound for more than an hour.
    pub mounted_by: Vec<String>,
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

/// A storage class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassFacts {
    /// Name.
    pub name: String,
    /// True when it is the cluster's default.
    pub default: bool,
    /// `Delete` or `Retain`.
    pub reclaim_policy: String,
}

/// What is known for one review.
#[derive(Debug, Default)]
pub struct Facts {
    answers: HashMap<Question, Known<Answer>>,
    /// What a question that was not asked counts as.
    empty_namespace: bool,
}

impl Facts {
    /// Facts of a run without a cluster: the object is created in an empty namespace, so its own history, Pods and claims are
    /// missing; all else is unknown.
    #[must_use]
    pub fn empty_namespace() -> Self {
        Self { answers: HashMap::new(), empty_namespace: true }
    }

    /// Adds an answer.
    pub fn put(&mut self, question: Question, answer: Known<Answer>) {
        self.answers.insert(question, answer);
    }

    /// Adds the answers to further questions.
    pub fn extend(&mut self, more: Self) {
        self.answers.extend(more.answers);
    }

    /// True when the question was put, answered or not.
    #[must_use]
    pub fn asked(&self, question: &Question) -> bool {
        self.answers.contains_key(question) || self.empty_namespace
    }

    /// The answer to a question.
    #[must_use]
    pub fn get(&self, question: &Question) -> Known<&Answer> {
        match self.answers.get(question) {
            Some(known) => known.as_ref(),
            None if self.empty_namespace => match question {
                Question::Pods { .. } | Question::Claims { .. } | Question::History { .. } => Known::Missing,
                // An empty namespace has no limits either: what is written is shown, and the cluster has the last word.
                Question::Limits(_) => Known::Missing,
                _ => Known::Unknown,
            },
            None => Known::Unknown,
        }
    }
}
