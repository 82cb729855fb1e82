//! A readiness probe that passes while the image still prepares its first start.
//!
//! ## Why
//! At its first start the image runs a server for itself, to make users and run init scripts: it listens on the socket, and not on the
//! network. A probe over the socket calls it ready, clients are sent there, and find nobody, or a database without users. Over TCP the
//! probe waits for the real server.
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
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           readinessProbe:
//!             exec: {command: [mysqladmin, ping, -h, localhost]}
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
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           readinessProbe:
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
//! It is a matter of minutes in a database's life, and so a line in a report.
//!
//! ## References
//! - kedacore/keda#8029
//! - docker-library/mysql, docker-library/postgres: docker-entrypoint.sh
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "readiness-over-socket",
    source: include_str!("readiness_over_socket.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.facts.socket_probes.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(facts) = database.engine.facts.socket_probes.as_ref().filter(|_| database.role == Role::Server) else {
        return;
    };
    if !(database.image_is_known && database.runs_own_entrypoint()) {
        return;
    }
    let Some(probe) = database.container.readiness() else { return };
    let has_variable = |name: &str| database.var(name).is_some();
    let Some(program) = probe.uses_socket(facts, has_variable) else { return };
    let name = database.name();
    findings
        .report(
            probe.0,
            format!("container {name:?} is ready too early at its first start: {program} asks over the socket"),
        )
        .help(format!("give {program} the address: -h 127.0.0.1; only the real server listens there"))
        .at_most(Action::Audit);
}
