//! A password that anybody tries first.
//!
//! ## Why
//! Those that images ship with, show in their documentation, or that are on every list: whoever reaches the port is in. A password
//! that is the same as the user's name is one of them. Where the image has a password of its own, it holds until a variable brings
//! another.
//!
//! Only what the spec spells is judged. The value itself is never shown.
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
//!             - {name: MYSQL_ROOT_PASSWORD, value: changeme}
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
//! On existing data the new password comes into the database first (`ALTER USER`): most images read the variable on first start
//! alone.
//!
//! ## References
//! - zalando/spilo: ENVIRONMENT.rst; percona/percona-docker: percona-xtradb-cluster-8.0; docker-library/docs: rabbitmq
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "well-known-credentials",
    source: include_str!("well_known_credentials.rs"),
    since: "0.1.0",
    tier: Tier::Leak,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let name = database.name();
    let is_read_once = database.engine.reads_credentials_once();
    for var in database.guessable(context.catalogue) {
        let message = format!("container {name:?} has a password in {} that anybody tries first", var.name());
        let help = if is_read_once {
            "change it inside the database, then take the new one from a Secret by valueFrom.secretKeyRef: the variable is read only on \
             first start"
        } else {
            "take a long random one from a Secret by valueFrom.secretKeyRef"
        };
        findings.report(var.value(), message).help(help).at_most(Action::Warn);
    }
    for default in database.shipped_credentials(context.catalogue.secrets()) {
        let message = format!("container {name:?} keeps the password that its image ships with: {}", default.account);
        let help = match &default.variable {
            Some(variable) => {
                format!("set {variable} from a Secret; on existing data change it inside the database, too")
            }
            None => "change it inside the database as the first thing".to_owned(),
        };
        let at = database.container.0.get("env");
        let finding = findings.report(at, message);
        finding.about(default.account.clone()).help(help).at_most(Action::Warn);
    }
}
