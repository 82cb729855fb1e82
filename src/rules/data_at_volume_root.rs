//! A data directory that must be empty, at the root of a new block volume.
//!
//! ## Why
//! A new ext4 volume has a folder of its own at its root, `lost+found`. `initdb` refuses a directory that is not empty, and the
//! first start fails with a message about a mount point. Volumes without that folder (XFS, local folders, network file systems)
//! work, which is why this is only counted.
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
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
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
//! Only for a new database: one that runs has its files at the root, and a folder below it would be empty.
//!
//! ## References
//! - docker-library/docs, postgres: PGDATA
//! - sixeyed/kiamol#72, thingsboard/thingsboard#1579
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Claim, DataPlace, Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "data-at-volume-root",
    source: include_str!("data_at_volume_root.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let DataPlace::On { directory, mount, volume } = &database.data else { return };
    let is_new = context.is_birth_of(database.workload) && volume.kind == VolumeKind::ClaimTemplate;
    let is_root = !mount.get("subPath").is_set()
        && !mount.get("subPathExpr").is_set()
        && mount.get("mountPath").str().is_some_and(|path| path.trim_end_matches('/') == directory);
    let refuses = database.packaging_is_known && database.engine.data.must_be_empty;
    if database.role != Role::Server || !is_new || !is_root || !refuses || Claim(volume.node).is_shared() {
        return;
    }
    let message =
        format!("container {:?} may not initialise: a new volume has lost+found at {directory}", database.name());
    let variable = database.engine.data.variables.first().map_or("the data directory", String::as_str);
    let finding = findings.report(*mount, message);
    finding
        .help(format!("for a new database, set {variable} to a folder below the mount, or give the mount a subPath"));
    finding.at_most(Action::Audit);
}
