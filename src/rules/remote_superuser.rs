//! A superuser that may log in from everywhere.
//!
//! ## Why
//! The image gives its superuser to every host unless it is told one. Applications have users of their own; the superuser is for
//! people, who can open a shell in the container.
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
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!             - {name: MYSQL_ROOT_HOST, value: localhost}
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
//! On existing data, run `DROP USER root@'%'` where `root@localhost` exists. What administers the database from outside, a replica
//! or an operator for one, may need it: this is only counted.
//!
//! ## References
//! - docker-library/mysql, MariaDB/mariadb-docker: `docker-entrypoint.sh`
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "remote-superuser",
    source: include_str!("remote_superuser.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let mut variables = database.engine.credentials.iter().filter_map(|set| set.host_variable.as_deref()).peekable();
    if variables.peek().is_none()
        || !database.image_is_known
        || !database.runs_own_entrypoint()
        || database.is_fed_elsewhere(context.catalogue.secrets())
    {
        return;
    }
    for variable in variables {
        let var = database.given(variable);
        if var.is_some_and(|var| var.literal() != Some("%")) {
            continue;
        }
        let message = format!("container {:?} lets its superuser log in from everywhere", database.name());
        let finding = findings.report(var.map_or_else(|| database.container.0.get("env"), |var| var.value()), message);
        finding.about(variable.to_owned());
        finding.help(format!(
            "set {variable} to localhost for a new database; on existing data drop the account of host %"
        ));
        finding.at_most(Action::Audit);
    }
}
