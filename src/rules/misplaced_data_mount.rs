//! A volume that is mounted where this image does not keep its data.
//!
//! ## Why
//! Each family of images has its own data directory, and PostgreSQL's official one moved with version 18. A claim at another family's
//! path stays empty while the database writes into the container; a claim one folder too high is covered by the volume that the image
//! itself declares. Either looks persistent and is not. PostgreSQL 18 refuses to start over a volume at `/var/lib/postgresql/data`.
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
//!           image: postgres:18.1
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
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
//!           image: postgres:18.1
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Or keep the mount and set PGDATA to a folder below it. Nothing is reported where the image's family or major version is not known,
//! and on an UPDATE the finding is a warning.
//!
//! ## References
//! - docker-library/postgres#1400
//! - Hubs-Foundation/hubs-cloud#387
//! - docker-library/docs, postgres: PGDATA
use super::DUMP_FIRST;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Operation, Role, Tier},
    view::{DataPlace, Database},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "misplaced-data-mount",
    source: include_str!("misplaced_data_mount.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let DataPlace::Beside { directory, mount, why } = &database.data else { return };
    if database.role != Role::Server || !database.packaging_is_known || database.is_in_memory() {
        return;
    }
    let path = mount.get("mountPath").text();
    let finding = findings.report(
        mount.get("mountPath"),
        format!("container {:?}: the volume at {path} does not cover its data in {directory}", database.name()),
    );
    finding.help(format!(
        "{DUMP_FIRST}; the volume at {path} {why}; mount it at {}",
        database.mount_point().unwrap_or(directory)
    ));
    if context.operation != Operation::Create || database.may_be_moved() {
        finding.at_most(Action::Warn);
    }
}
