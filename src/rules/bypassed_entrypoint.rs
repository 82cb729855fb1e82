//! A command that takes the place of what makes the database.
//!
//! ## Why
//! `command` replaces the image's entrypoint, and that is what initialises an empty volume, makes the user of the variables, and
//! gives up root. The server alone finds no database and exits, or refuses to run as root.
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
//!           command: [mysqld, --max-connections=200]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
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
//!           args: [--max-connections=200]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! `args` go through the entrypoint. A named claim, and a volume that an init container has, may hold a database already: those are
//! silent.
//!
//! ## References
//! - docker-library/mysql, docker-library/postgres: `docker-entrypoint.sh`
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "bypassed-entrypoint",
    source: include_str!("bypassed_entrypoint.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let is_new = context.is_birth_of(database.workload) && database.image_is_known;
    let may_hold_data = matches!(database.data.volume(), Some(v) if v.kind != VolumeKind::ClaimTemplate && v.is_kept())
        || database.may_be_restored();
    if database.role != Role::Server || !is_new || may_hold_data || !database.runs_server_alone() {
        return;
    }
    let name = database.name();
    let message = format!("container {name:?} has no entrypoint: over an empty volume nothing makes a database");
    let finding = findings.report(database.container.0.get("command"), message);
    finding.help(
        "put the options into args and remove command: the image's entrypoint initialises and then starts the server",
    );
    finding.at_most(Action::Warn);
}
