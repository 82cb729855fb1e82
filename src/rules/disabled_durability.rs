//! A server that is told not to make sure that its data reaches the disk.
//!
//! ## Why
//! These switches do not lose the last commits, they lose the database: after a crash or a power failure of the node, pages are torn or
//! come in the wrong order, and the engine cannot put them together again. Switches that only lose the last commits are another matter.
//!
//! What only guards against torn pages (`innodb_doublewrite`, `full_page_writes`) is a warning: a file system that never overwrites a page
//! (ZFS), or a volume that writes whole ones (EC2 with torn write prevention), needs none, and no manifest shows which it is.
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
//!           args: [-c, fsync=off]
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
//!           image: postgres:17.7
//!           args: [-c, synchronous_commit=off]
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
//! A database that is meant to go (tests run faster so) says so with the label `seawall.dev/data: ephemeral`.
//!
//! What a ConfigMap of the same run of `seawall check` says counts as well, in a variable or in a file that the server reads, and warns.
//!
//! ## References
//! - PostgreSQL documentation, write ahead log: fsync, full_page_writes
//! - MySQL reference manual, InnoDB doublewrite buffer
//! - Amazon EC2 user guide, torn write prevention
//! - etcd-io/etcd: server/embed/config.go
use super::support::switch;
use crate::{
    engines::schema::Turns,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "disabled-durability",
    source: include_str!("disabled_durability.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.has_switch(Turns::DurabilityOff),
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    if database.role != Role::Server {
        return;
    }
    for thrown in switch::thrown(database, Turns::DurabilityOff, context) {
        let finding = switch::report(database, &thrown, findings);
        if !thrown.is_certain {
            finding.at_most(Action::Warn);
        }
    }
}
