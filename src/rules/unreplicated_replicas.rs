//! Several replicas of a server that knows nothing of its like.
//!
//! ## Why
//! Replicas of a plain image are so many databases, each empty at first and filled with a part of what is written: a Service sends every
//! connection to another one. What was stored a moment ago is gone, and comes back with the next connection. More replicas do not make a
//! database that replicates; its own settings do.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 3
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
//! metadata: {name: db}
//! spec:
//!   serviceName: db
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
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Where a mounted file, a script or variables from elsewhere may join them, nothing is said.
//!
//! ## References
//! - MicrosoftDocs/sql-docs: replicas of a StatefulSet are not replicas of a database
//! - cockroachdb/helm-charts: start-single-node takes one replica
use crate::{
    engines::schema::Class,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, Kind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unreplicated-replicas",
    source: include_str!("unreplicated_replicas.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let (workload, replicas) = (database.workload, database.workload.replicas());
    // A cache that never keeps anything is shared out by its clients.
    let counts = database.role.is_server() && database.engine.class == Class::Database;
    if replicas < 2 || !counts || !matches!(workload.kind, Kind::StatefulSet | Kind::Deployment) {
        return;
    }
    // Several on one claim are another rule's.
    let has_one_claim = database.data.volume().is_some_and(|v| v.is_kept() && !v.is_claim_template());
    let Some(cluster) = database.engine.facts.cluster.as_ref().filter(|_| database.image_is_known && !has_one_claim)
    else {
        return;
    };
    let single = cluster.single_by.iter().find(|c| database.holds(c));
    let image = database.container.image();
    let may_join = || {
        cluster.joined_by.is_empty()
            // An image that somebody built upon another may join by itself.
            || !database.engine.packaging.images.iter().any(|pattern| image.is_or_mirrors(pattern.as_str()))
            || cluster.joined_by.iter().any(|c| database.holds(c))
            || !database.shows_its_server()
            || database.may_be_restored()
            || database.is_fed_elsewhere(context.catalogue.secrets())
            || database.is_configured_elsewhere()
            || database.pod.running().nth(1).is_some()
            // It may write each member's own settings.
            || database.pod.init().next().is_some()
            || database.container.0.path("lifecycle.postStart").is_set()
    };
    if single.is_none() && may_join() {
        return;
    }
    let (name, title) = (database.name(), &database.engine.title);
    let what = if database.role == Role::Cache { "caches" } else { "databases" };
    let message = match single
        .map(|c| c.flag.as_deref().or(c.variable.as_deref()).or(c.arguments.first().map(String::as_str)))
    {
        Some(by) => {
            let by = by.unwrap_or("its settings");
            format!("{replicas} replicas of container {name:?} are {replicas} {what}: {by} makes each one of its own")
        }
        None => {
            format!("{replicas} replicas of container {name:?} are {replicas} {what}: nothing makes them one {title}")
        }
    };
    let finding = findings.report(workload.spec().get("replicas"), message);
    finding.measure(replicas).at_most(Action::Warn).help(
        "set replicas: 1; if several have been running, each holds a part of the data: dump them all first. For more than one, set up \
         the engine's own replication, or use an operator",
    );
}
