//! A database's port that is opened on the node itself.
//!
//! ## Why
//! Whoever reaches the node reaches the database: network policies do not hold there, and nodes often have an address that the world
//! can see. Two Pods with the same port cannot run on one node either, so that a rollout waits for ever.
//!
//! ## Example
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
//!         - name: postgres
//!           image: postgres:17.7
//!           ports:
//!             - {containerPort: 5432, hostPort: 5432}
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
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
//!         - name: postgres
//!           image: postgres:17.7
//!           ports:
//!             - {containerPort: 5432}
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! A Service of the type ClusterIP reaches it from within the cluster. A port that is bound to `hostIP: 127.0.0.1` is for the node
//! alone, and is not reported, nor is a Pod on the network of its node, which has no other choice.
//!
//! ## References
//! - Kubernetes documentation, configuration good practices
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "database-host-port",
    source: include_str!("database_host_port.rs"),
    since: "0.1.0",
    tier: Tier::Open,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if database.pod.spec.get("hostNetwork").bool() == Some(true) {
        return;
    }
    for port in database.container.0.get("ports").items() {
        let Some(host) = port.get("hostPort").i64().filter(|n| *n > 0) else { continue };
        let is_databases = port.get("containerPort").i64().is_some_and(|n| database.engine.detect.ports.contains(&n));
        let is_local = matches!(port.get("hostIP").str(), Some("127.0.0.1" | "::1"));
        if !is_databases || is_local {
            continue;
        }
        let message =
            format!("container {:?} listens on port {host} of its node, whose network reaches it", database.name());
        let finding = findings.report(port.get("hostPort"), message);
        finding.about(host.to_string()).at_most(Action::Warn);
        finding.help(
            "remove hostPort and use a Service of the type ClusterIP; for the node alone, bind it to hostIP: 127.0.0.1",
        );
    }
}
