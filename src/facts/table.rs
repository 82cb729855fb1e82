//! What each question is for, who answers it, and what the lack of an answer does.
/// What one kind of question is for. The table of `docs/facts.md`.
#[derive(Debug)]
pub struct Row {
    /// [`Question::name`](super::Question::name).
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
        asked_for: "CREATE of a claim, once claim-use says that it is a database's: does the class exist, what does it do with the volume; a database workload: what the class of its claims does",
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
        asked_for: "a workload that mounts a claim: who else does",
        answered_from: "the other documents of the run, or objects of the namespace; at a review `workloads`",
        unknown: SILENT,
    },
    Row {
        name: "config-map",
        asked_for: "a database that reads a ConfigMap: what does it say",
        answered_from: "the other documents of the run, or objects of the namespace; at a review GET configmap",
        unknown: "whatever it may set is unknown",
    },
    Row {
        name: "config-users",
        asked_for: "a ConfigMap in `check` and `scan`: which databases read it",
        answered_from: RUN,
        unknown: SILENT,
    },
    Row {
        name: "services",
        asked_for: "a database workload at its CREATE, or at a change of its spec: which Services lead to it",
        answered_from: "LIST services of the namespace",
        unknown: SILENT,
    },
    Row {
        name: "disruption-budgets",
        asked_for: "the same: what a drain may take of it",
        answered_from: "LIST poddisruptionbudgets of the namespace",
        unknown: SILENT,
    },
    Row {
        name: "network-policies",
        asked_for: "the same: whether anything keeps strangers away",
        answered_from: "LIST networkpolicies of the namespace",
        unknown: SILENT,
    },
    Row {
        name: "autoscalers",
        asked_for: "the same: whether it is scaled by load",
        answered_from: "LIST horizontalpodautoscalers of the namespace",
        unknown: SILENT,
    },
    Row {
        name: "vertical-autoscalers",
        asked_for: "the same: whether it is restarted to be given other resources",
        answered_from: "LIST verticalpodautoscalers of the namespace, where there is that kind",
        unknown: SILENT,
    },
    Row {
        name: "workloads",
        asked_for: "the same: who else mounts its claims, and is counted by its budgets",
        answered_from: "LIST statefulsets and deployments of the namespace",
        unknown: SILENT,
    },
    Row {
        name: "snapshots",
        asked_for: "the same, where it has claims that may be old: are there snapshots of them",
        answered_from: "LIST volumesnapshots of the namespace, where there is that kind",
        unknown: SILENT,
    },
    Row {
        name: "backup-jobs",
        asked_for: "the same: which jobs look like a backup",
        answered_from: "LIST cronjobs of the namespace",
        unknown: SILENT,
    },
    Row {
        name: "data-claim",
        asked_for: "the same: on what its data lies",
        answered_from: "GET persistentvolumeclaim, GET its persistentvolume; in `check` and `scan` the claim among the documents",
        unknown: SILENT,
    },
    Row {
        name: "service-names",
        asked_for: "the same, where its image takes variables of a prefix for settings: which Services bring some",
        answered_from: "LIST services of the namespace",
        unknown: SILENT,
    },
];
