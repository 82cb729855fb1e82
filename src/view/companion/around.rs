//! Which objects concern a workload, of all that its namespace holds.
use super::{Autoscaler, VerticalAutoscaler, selector::Selects};
use crate::{
    facts::{Around, Pointed},
    tree::Node,
};

/// Words in a job's name, image or commands by which people, and the tools of the field, call a backup.
const BACKUP_WORDS: &[&str] = &[
    "backup",
    "dump",
    "snapshot",
    "restic",
    "borg",
    "velero",
    "wal-g",
    "wal-e",
    "barman",
    "pgbackrest",
    "xbstream",
    "xtrabackup",
    "medusa",
    "rclone",
];

impl Around {
    /// True where an object of this kind concerns the workload, or may.
    #[must_use]
    pub fn concerns(self, object: Node<'_>, workload: &Pointed) -> bool {
        let spec = object.get("spec");
        let is_target = |(kind, name): (&str, &str)| (kind, name) == (workload.kind.as_str(), workload.name.as_str());
        match self {
            Self::Services => Selects::of_service(spec.get("selector"), workload) == Selects::Yes,
            Self::DisruptionBudgets => Selects::of(spec.get("selector"), workload) > Selects::No,
            Self::NetworkPolicies => Selects::of(spec.get("podSelector"), workload) > Selects::No,
            Self::Autoscalers => is_target(Autoscaler(object).target()),
            Self::VerticalAutoscalers => is_target(VerticalAutoscaler(object).target()),
            Self::Workloads => is_near(object, workload),
            Self::Snapshots => {
                spec.path("source.persistentVolumeClaimName").str().is_some_and(|c| workload.has_claim(c))
            }
            Self::BackupJobs => is_backup(object, workload),
        }
    }
}

/// True where a workload mounts one of the claims, or has a label in common by which one selector could find both.
fn is_near(object: Node<'_>, workload: &Pointed) -> bool {
    let template = object.path("spec.template");
    let shares_a_label = || {
        template
            .path("metadata.labels")
            .fields()
            .any(|(key, v)| v.str().is_some_and(|v| workload.label(key) == Some(v)))
    };
    mounts(template, workload) || shares_a_label()
}

fn mounts(template: Node<'_>, workload: &Pointed) -> bool {
    let claims = template.path("spec.volumes").items().filter_map(|v| v.path("persistentVolumeClaim.claimName").str());
    claims.into_iter().any(|claim| workload.has_claim(claim))
}

/// True for a job that mounts one of the claims, or is called like a backup somewhere.
fn is_backup(job: Node<'_>, workload: &Pointed) -> bool {
    let template = job.path("spec.jobTemplate.spec.template");
    let says = |text: &str| {
        let text = text.to_ascii_lowercase();
        BACKUP_WORDS.iter().any(|word| text.contains(word))
    };
    let container = |container: Node<'_>| {
        let words = || container.get("command").strs().chain(container.get("args").strs());
        container.get("name").str().is_some_and(says)
            || container.get("image").str().is_some_and(says)
            || words().any(says)
    };
    let mut containers =
        ["initContainers", "containers"].into_iter().flat_map(|list| template.get("spec").get(list).items());
    job.path("metadata.name").str().is_some_and(says) || mounts(template, workload) || containers.any(container)
}
