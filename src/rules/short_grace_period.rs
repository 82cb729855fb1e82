//! A database that is given less time to stop than it needs.
//!
//! ## Why
//! When the time is over, the kubelet kills the server, wherever it is: in the middle of its last checkpoint, for example. What was not
//! written then has to be recovered at the next start. Where nobody chose a time, Seawall gives Pods what the engine needs; a time that
//! somebody chose is left alone, and reported.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 10
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## References
//! - Kubernetes documentation: termination of Pods
//! - docker-library/mysql#1041: an upgrade that needs a clean stop first
use super::support::shutdown::Shutdown;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{DEFAULT_GRACE_SECONDS, Database},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "short-grace-period",
    source: include_str!("short_grace_period.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(shutdown) = Shutdown::of(database).filter(Shutdown::needs_time) else { return };
    let grace = database.pod.grace();
    // The default is not somebody's choice, and up to a second is no time at all: both are other rules'.
    let Some(seconds) = grace.i64().filter(|s| *s > 1 && *s != DEFAULT_GRACE_SECONDS) else { return };
    let stop = shutdown.stop;
    if seconds >= stop.minimum_seconds {
        return;
    }
    let name = database.name();
    let finding = findings
        .report(grace, format!("container {name:?} has {seconds} s to stop and needs {}", stop.minimum_seconds))
        .help(format!(
            "set terminationGracePeriodSeconds: {}, or remove it",
            stop.grace_seconds.unwrap_or(stop.minimum_seconds)
        ))
        .about(name.to_owned())
        .measure(-seconds)
        .at_most(Action::Warn);
    if let Some(seconds) = shutdown.enough() {
        finding.correction(grace, seconds.into(), format!("gives its Pods {seconds} s to stop"));
    }
}
