//! A database that is given no time to stop.
//!
//! ## Why
//! With a grace of 0 or 1 second the kubelet kills the server at once: every restart, every drain and every update is a crash, followed
//! by a recovery. A probe's own grace does the same whenever the probe fails. On a StatefulSet a grace of 0 also lets a new Pod start
//! while the old one may still write.
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
//!       terminationGracePeriodSeconds: 0
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
//! Changing it in a template restarts the Pods once more under the old value.
//!
//! ## References
//! - Kubernetes documentation: force delete StatefulSet Pods; Pod lifecycle; configure probes
use super::support::shutdown::Shutdown;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Role, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "instant-kill",
    source: include_str!("instant_kill.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// No server stops in so short a time but by being killed.
const POD_SECONDS: std::ops::RangeInclusive<i64> = 0..=1;
const PROBE_SECONDS: std::ops::RangeInclusive<i64> = 0..=5;

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if database.role != Role::Server {
        return;
    }
    let (container, name) = (database.container, database.name());
    let stop = database.stop_facts();
    let enough = stop.map_or(60, |stop| stop.grace_seconds.unwrap_or(stop.minimum_seconds).max(30));
    let grace = database.pod.grace();
    if let Some(seconds) = grace.i64().filter(|s| POD_SECONDS.contains(s)) {
        let finding = findings
            .report(grace, format!("container {name:?} is killed at once: terminationGracePeriodSeconds is {seconds}"))
            .help(format!("set terminationGracePeriodSeconds: {enough}"))
            .about(name.to_owned())
            .measure(-seconds);
        if let Some(seconds) = Shutdown::of(database).and_then(|shutdown| shutdown.enough()) {
            finding.correction(grace, seconds.into(), format!("gives its Pods {seconds} s to stop"));
        }
    }
    let probes = [("livenessProbe", container.liveness()), ("startupProbe", container.startup())];
    for (field, probe) in probes.into_iter().filter_map(|(field, probe)| Some((field, probe?))) {
        if let Some(seconds) = probe.grace().i64().filter(|s| PROBE_SECONDS.contains(s)) {
            findings
                .report(probe.grace(), format!("container {name:?} is killed {seconds} s after its {field} has failed"))
                .help(format!("remove the probe's terminationGracePeriodSeconds, or set it to {enough}"))
                .measure(-seconds);
        }
    }
}
