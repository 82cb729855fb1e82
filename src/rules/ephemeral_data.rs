//! A database that writes its files to a volume that is deleted with its Pod.
//!
//! ## Why
//! An emptyDir, and a claim under `ephemeral`, live as long as the Pod. They survive a crash of the container, so everything looks well
//! until a drain, an eviction or a rollout replaces the Pod: the new one finds an empty directory and initialises it.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!       volumes:
//!         - name: data
//!           emptyDir: {}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! A database that is meant to go says so with the label `seawall.dev/data: ephemeral`, a redis that may lose its keys with
//! `seawall.dev/data: cache`.
//!
//! On an UPDATE, and on a bare Pod, the finding is a warning: it may be all that somebody has.
//!
//! ## References
//! - kubernetes/kubernetes#12136
//! - Kubernetes documentation, volumes: emptyDir, ephemeral volumes
use super::DUMP_FIRST;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "ephemeral-data",
    source: include_str!("ephemeral_data.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume() else { return };
    let source = match volume.kind {
        VolumeKind::EmptyDir => "emptyDir",
        VolumeKind::Ephemeral => "ephemeral",
        _ => return,
    };
    if database.role != Role::Server || database.is_in_memory() {
        return;
    }
    let name = volume.node.get("name").text();
    let finding = findings.report(
        volume.node.get(source),
        format!(
            "container {:?} keeps its data on {source} volume {name:?}, which is deleted with the Pod",
            database.name()
        ),
    );
    finding.about(database.name().to_owned());
    finding.help(format!("{DUMP_FIRST}; then use a StatefulSet with volumeClaimTemplates"));
    // Who puts it into memory knows that it goes.
    if !context.is_birth_of(database.workload) || volume.is_in_memory() {
        finding.at_most(Action::Warn);
    }
}
