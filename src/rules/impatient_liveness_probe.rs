//! A liveness probe that kills a database while it recovers.
//!
//! ## Why
//! After a crash a server reads its log before it answers: minutes on a large database. A liveness probe that fails meanwhile has it
//! killed, and the recovery starts over, for ever. A startup probe with the same check holds the liveness probe back until the server is up.
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
//!           livenessProbe:
//!             exec: {command: [mysqladmin, ping, -h, 127.0.0.1]}
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
//!           startupProbe:
//!             exec: {command: [mysqladmin, ping, -h, 127.0.0.1]}
//!             periodSeconds: 10
//!             failureThreshold: 180
//!           livenessProbe:
//!             exec: {command: [mysqladmin, ping, -h, 127.0.0.1]}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Probes that pass during recovery are silent: a TCP check where the port opens before the recovery ends.
//!
//! ## References
//! - Kubernetes documentation: configure liveness, readiness and startup probes
//! - cagriekin/charts#141, sapcc/openstack-helm#64, helm/charts#5762, docker-library/mysql#937
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "impatient-liveness-probe",
    source: include_str!("impatient_liveness_probe.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// From so many seconds on nothing is said; recoveries that take longer are rare.
const PATIENT_SECONDS: i64 = 300;
/// Below, even the recovery of a small database can fail. Most manifests are in between, which is worth a line in a report only.
const WARN_BELOW_SECONDS: i64 = 60;

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if database.role != Role::Server {
        return;
    }
    let Some(seconds) = database.recovery_budget_seconds().filter(|s| *s < PATIENT_SECONDS) else { return };
    findings
        .report(
            database.container.0.get("livenessProbe"),
            format!(
                "container {:?} is killed after {seconds} s without an answer: crash recovery takes longer and starts over",
                database.name()
            ),
        )
        .help("add a startupProbe with the same check, periodSeconds 10, failureThreshold 180")
        .measure(-seconds)
        .at_most(if seconds < WARN_BELOW_SECONDS { Action::Warn } else { Action::Audit });
}
