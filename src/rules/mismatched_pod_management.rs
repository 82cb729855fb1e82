//! Members that start in another order than they can.
//!
//! ## Why
//! With `OrderedReady` the second member starts when the first is ready. A member that is ready only among a majority never is, while it is
//! alone: after all Pods were stopped, none comes back. With `Parallel` members start at once; those that join one by one then make
//! clusters of their own, or fail.
//!
//! `podManagementPolicy` cannot be changed later.
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
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: cockroachdb
//!           image: cockroachdb/cockroach:v25.4.2
//!           args: [start, "--join=db-0.db,db-1.db,db-2.db", --certs-dir=/certs, --cache=256MiB, --max-sql-memory=256MiB]
//!           resources:
//!             requests: {cpu: 500m, memory: 2Gi}
//!             limits: {memory: 2Gi}
//!           readinessProbe:
//!             httpGet: {path: "/health?ready=1", port: 8080, scheme: HTTPS}
//!           volumeMounts:
//!             - {name: data, mountPath: /cockroach/cockroach-data}
//!             - {name: certs, mountPath: /certs}
//!       volumes:
//!         - name: certs
//!           secret: {secretName: db-certs, defaultMode: 256}
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
//!   replicas: 3
//!   podManagementPolicy: Parallel
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: cockroachdb
//!           image: cockroachdb/cockroach:v25.4.2
//!           args: [start, "--join=db-0.db,db-1.db,db-2.db", --certs-dir=/certs, --cache=256MiB, --max-sql-memory=256MiB]
//!           resources:
//!             requests: {cpu: 500m, memory: 2Gi}
//!             limits: {memory: 2Gi}
//!           readinessProbe:
//!             httpGet: {path: "/health?ready=1", port: 8080, scheme: HTTPS}
//!           volumeMounts:
//!             - {name: data, mountPath: /cockroach/cockroach-data}
//!             - {name: certs, mountPath: /certs}
//!       volumes:
//!         - name: certs
//!           secret: {secretName: db-certs, defaultMode: 256}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//!
//! ## References
//! - cockroachdb/helm-charts: podManagementPolicy Parallel
//! - elastic/helm-charts: podManagementPolicy Parallel
//! - Apache Cassandra documentation: add nodes one at a time
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, Kind, Probe},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "mismatched-pod-management",
    source: include_str!("mismatched_pod_management.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let workload = database.workload;
    let Some(cluster) = database.engine.facts.cluster.as_ref().filter(|c| c.ordered || c.together) else { return };
    if workload.kind != Kind::StatefulSet || workload.replicas() < 2 || database.role != Role::Server {
        return;
    }
    let is_parallel = workload.spec().get("podManagementPolicy").str() == Some("Parallel");
    // With another probe, or without any, a member is ready by itself.
    let probe = database.container.0.get("readinessProbe");
    let needs_others = probe.is_set() && Probe(probe).fails_in_recovery(&database.engine.recovery_probes);
    let (name, place) = (database.name(), workload.spec().get("podManagementPolicy"));
    let (message, help) = if cluster.ordered && is_parallel {
        (
            format!("members of container {name:?} start all at once, and have to join one by one"),
            "leave podManagementPolicy at OrderedReady; on what exists delete the StatefulSet with --cascade=orphan, and apply it again",
        )
    } else if cluster.together && !is_parallel && needs_others {
        (
            format!("after a full stop container {name:?} waits to be ready for members that are not started yet"),
            "set podManagementPolicy: Parallel; on what exists delete the StatefulSet with --cascade=orphan, and apply it again",
        )
    } else {
        return;
    };
    findings.report(place, message).help(help).at_most(Action::Warn);
}
