//! A server that runs as root although its image does not.
//!
//! ## Why
//! Images bring a user for the server. Root inside the container is what most ways out of it need, and files that root has made are
//! closed to the server once it no longer is.
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
//!           image: percona/percona-server:8.4.6-6.1
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           securityContext: {runAsUser: 0}
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
//!           securityContext: {allowPrivilegeEscalation: false}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! An image that starts as root and gives it up by itself is silent. Before you change the user of a database that runs, look whom
//! its files belong to.
//!
//! ## References
//! - redis/docker-library-redis, ClickHouse/ClickHouse: `docker-entrypoint.sh`
use super::support::switch;
use crate::{
    engines::schema::Turns,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "needless-root",
    source: include_str!("needless_root.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let name = database.name();
    let user = database.run_as_user();
    // Who is started as somebody else cannot keep what it never had.
    let may_be_root = user.i64().is_none_or(|user| user == 0);
    for thrown in database.thrown(Turns::RootKept).filter(|_| may_be_root) {
        switch::report(database, &thrown, findings);
    }
    let image_user = database.engine.facts.user.filter(|_| database.packaging_is_known && database.image_is_known);
    if let Some(own) = image_user.filter(|own| user.i64() == Some(0) && !own.starts_as_root && own.uid != 0) {
        let message = format!("container {name:?} runs as root: its image is made for user {}", own.uid);
        let finding = findings.report(user, message);
        finding.about(name.to_owned());
        finding.help(format!(
            "remove runAsUser and set fsGroup to {}; over existing data, give the files to that user first",
            own.uid
        ));
    }
    // An image of which nothing is known may be root's by itself; who writes it down could have written another.
    if user.i64() == Some(0) && image_user.is_none() {
        let finding = findings.report(user, format!("container {name:?} runs as root, by its runAsUser"));
        finding
            .about(name.to_owned())
            .help("try the user that the image is made for; over existing data, give the files to that user first");
        finding.at_most(Action::Audit);
    }
    let escalation = database.container.security().get("allowPrivilegeEscalation");
    if escalation.bool() == Some(true) {
        let message = format!("container {name:?} lets its processes gain more rights than they start with");
        findings.report(escalation, message).help("set allowPrivilegeEscalation to false").at_most(Action::Audit);
    }
}
