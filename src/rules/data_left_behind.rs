//! A change that gives a database its first volume, and leaves behind what it has written until now.
//!
//! ## Why
//! The change is right, and it replaces the Pod: whatever the old one kept in its container or on an emptyDir goes with it, and the new
//! one initialises the empty volume. Often that was the only copy.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   strategy: {type: Recreate}
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
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!       volumes:
//!         - name: data
//!           emptyDir: {}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   strategy: {type: Recreate}
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
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!       volumes:
//!         - name: data
//!           persistentVolumeClaim: {claimName: db}
//! ```
//!
//! ## Use instead
//! Dump the database and scale it to nought, apply the change, then load the dump into the new, empty database:
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   replicas: 0
//!   strategy: {type: Recreate}
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
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!       volumes:
//!         - name: data
//!           emptyDir: {}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   strategy: {type: Recreate}
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
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!       volumes:
//!         - name: data
//!           persistentVolumeClaim: {claimName: db}
//! ```
//! Only a warning: the change itself is what the other rules ask for.
//!
//! ## References
//! - kubernetes/kubernetes#12136
use super::DUMP_FIRST;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Change, DataPlace, Database},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "data-left-behind",
    source: include_str!("data_left_behind.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    for database in change.new.servers().filter(|d| d.role == Role::Server && d.data.is_kept()) {
        let old = change.old.servers().find(|old| old.name() == database.name());
        let (Some(_), DataPlace::On { mount, .. }) = (old.filter(|old| leaves(old)), &database.data) else { continue };
        if database.is_meant_to_go(context.data_label) {
            continue;
        }
        let name = database.name();
        let message = format!("container {name:?} gets its first volume: what it has written until now is left behind");
        let finding = findings.report(mount.get("name"), message);
        finding.help(format!("{DUMP_FIRST}; then load the dump into the new database"));
        finding.at_most(Action::Warn);
        finding.container = Some(name.to_owned());
    }
}

/// True when what the database had is in its container, or on a volume that goes with the Pod. Without a Pod there is nothing.
fn leaves(old: &Database<'_>) -> bool {
    let is_elsewhere = match &old.data {
        DataPlace::On { volume, .. } => !volume.is_kept(),
        DataPlace::Beside { .. } | DataPlace::Nowhere { .. } => true,
        DataPlace::Unknown => false,
    };
    is_elsewhere && old.role == Role::Server && !old.is_in_memory() && old.workload.replicas() > 0
}
