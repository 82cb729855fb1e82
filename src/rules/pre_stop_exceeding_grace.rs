//! A preStop hook that leaves the server no time to stop.
//!
//! ## Why
//! The hook and the stop share one grace period. The server hears of its end only when the hook is done; when the hook has used up the
//! time, the kubelet waits two more seconds and kills the server.
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
//!       terminationGracePeriodSeconds: 60
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           lifecycle:
//!             preStop: {exec: {command: [sleep, "60"]}}
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
//!           lifecycle:
//!             preStop: {exec: {command: [sleep, "10"]}}
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
//! - Kubernetes documentation: container lifecycle hooks; termination of Pods
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "pre-stop-exceeding-grace",
    source: include_str!("pre_stop_exceeding_grace.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// What is left must be more than this: less than any server needs that has something to write.
const LEAST_LEFT_SECONDS: i64 = 10;

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(hook) = database.container.pre_stop_hook().filter(|_| database.role == Role::Server) else { return };
    let grace = database.pod.grace_seconds();
    let eats = |seconds: &i64| *seconds > 0 && grace.saturating_sub(*seconds) <= LEAST_LEFT_SECONDS;
    let whole = |seconds| i64::try_from(seconds).unwrap_or(i64::MAX);
    let (verb, seconds) = match (whole(hook.seconds()), whole(hook.seconds_allowed())) {
        (seconds, _) if eats(&seconds) => ("takes", seconds),
        (_, seconds) if eats(&seconds) => ("may take", seconds),
        _ => return,
    };
    let name = database.name();
    let message = if seconds == i64::MAX {
        format!("container {name:?} is killed before it hears of its stop: its preStop hook never ends")
    } else {
        let left = grace.saturating_sub(seconds).max(0);
        format!("container {name:?} has {left} s to stop: its preStop hook {verb} {seconds} of the {grace} s")
    };
    let minimum = database.stop_facts().map_or(60, |stop| stop.minimum_seconds);
    findings
        .report(hook.0, message)
        .help(format!(
            "shorten the hook, or raise terminationGracePeriodSeconds to the hook's seconds and {minimum} more"
        ))
        .measure(seconds.saturating_sub(grace))
        .at_most(Action::Warn);
}
