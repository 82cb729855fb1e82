//! Data that has lived for a week, and that nothing seems to back up.
//!
//! ## Why
//! Replicas copy mistakes within a second. Without a dump or a snapshot that is kept elsewhere, a wrong statement, a wrong deletion or a
//! broken disk is the end of the data.
//!
//! It is only counted, in metrics and in the audit log: many backups are made where Seawall cannot see them. What counts as one is a
//! VolumeSnapshot of the claim, a CronJob that mounts it or is called like a backup, an annotation of Velero, K8up or Stash. The webhook
//! looks when a workload is changed, or made over a claim that exists; the claim has to be older than seven days.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: batch/v1
//! kind: CronJob
//! metadata: {name: db-dump}
//! spec:
//!   schedule: "15 2 * * *"
//!   concurrencyPolicy: Forbid
//!   startingDeadlineSeconds: 3600
//!   jobTemplate:
//!     spec:
//!       template:
//!         spec:
//!           restartPolicy: OnFailure
//!           containers:
//!             - name: dump
//!               image: mysql:8.4.7
//!               command: [/scripts/dump]
//!               env:
//!                 - name: MYSQL_PWD
//!                   valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!               volumeMounts:
//!                 - {name: dumps, mountPath: /dumps}
//!           volumes:
//!             - name: dumps
//!               persistentVolumeClaim: {claimName: db-dumps}
//! ```
//! Try now and then whether it can be restored.
//!
//! ## References
//! - Kubernetes documentation, Volume Snapshots
//! - vmware-tanzu/velero: file system backup
use super::support::{beside, storage::Storage};
use crate::{
    facts::{Around, Seconds},
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    tree::Node,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-backup",
    source: include_str!("missing_backup.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const WEEK: Seconds = 7 * 24 * 3600;

/// What annotations begin with by which tools are told to back up what they find them on.
const TOOLS: [&str; 4] = ["backup.velero.io/", "pre.hook.backup.velero.io/", "k8up.io/", "stash.appscode.com/"];

const HELP: &str = "dump it regularly to a place that outlives the cluster, by a CronJob or the engine's own tool, and try to restore it; where \
                    that is done already, switch this rule off";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(storage) = Storage::of(database, context) else { return };
    let created = storage.claim.and_then(|claim| claim.created);
    if created.is_none_or(|created| context.now.saturating_sub(created) <= WEEK) {
        return;
    }
    let workload = database.workload;
    let is_marked = |object: Node<'_>| {
        let mut annotations = object.path("metadata.annotations").fields();
        annotations.any(|(key, _)| TOOLS.iter().any(|tool| key.starts_with(tool)))
    };
    let none = |what| beside::has_none_around(what, workload, context);
    if is_marked(workload.object)
        || is_marked(workload.template())
        || !none(Around::Snapshots)
        || !none(Around::BackupJobs)
    {
        return;
    }
    let (name, claim) = (database.name(), storage.name);
    let message =
        format!("nothing here backs up the data of container {name:?} on claim {claim:?}: no snapshot, no job");
    findings.report(storage.place, message).about(name.to_owned()).help(HELP).at_most(Action::Audit);
}
