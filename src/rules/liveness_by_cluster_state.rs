//! A liveness probe that asks for the state of the cluster rather than of the server.
//!
//! ## Why
//! A probe that fails without a majority, a leader or a primary fails on every member at once. The kubelet then kills those that are
//! well, and the cluster, which would have come back by itself, has to start from nothing. Whether clients should be sent there is a
//! question for readiness.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: cockroach}
//! spec:
//!   serviceName: cockroach
//!   replicas: 3
//!   selector: {matchLabels: {app: cockroach}}
//!   template:
//!     metadata: {labels: {app: cockroach}}
//!     spec:
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: cockroach
//!           image: cockroachdb/cockroach:v26.2.1
//!           args: [start, --certs-dir=/cockroach/certs, --join=cockroach-0.cockroach, --cache=1GiB, --max-sql-memory=1GiB]
//!           resources:
//!             requests: {cpu: 500m, memory: 4Gi}
//!             limits: {memory: 4Gi}
//!           livenessProbe:
//!             httpGet: {path: "/health?ready=1", port: 8080, scheme: HTTPS}
//!             failureThreshold: 30
//!           volumeMounts:
//!             - {name: data, mountPath: /cockroach/cockroach-data}
//!             - {name: certs, mountPath: /cockroach/certs}
//!       volumes:
//!         - name: certs
//!           secret: {secretName: cockroach-certs, defaultMode: 256}
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
//! metadata: {name: cockroach}
//! spec:
//!   serviceName: cockroach
//!   replicas: 3
//!   selector: {matchLabels: {app: cockroach}}
//!   template:
//!     metadata: {labels: {app: cockroach}}
//!     spec:
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: cockroach
//!           image: cockroachdb/cockroach:v26.2.1
//!           args: [start, --certs-dir=/cockroach/certs, --join=cockroach-0.cockroach, --cache=1GiB, --max-sql-memory=1GiB]
//!           resources:
//!             requests: {cpu: 500m, memory: 4Gi}
//!             limits: {memory: 4Gi}
//!           livenessProbe:
//!             httpGet: {path: "/health", port: 8080, scheme: HTTPS}
//!             failureThreshold: 30
//!           volumeMounts:
//!             - {name: data, mountPath: /cockroach/cockroach-data}
//!             - {name: certs, mountPath: /cockroach/certs}
//!       volumes:
//!         - name: certs
//!           secret: {secretName: cockroach-certs, defaultMode: 256}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A server that is alone is its own cluster, and is not meant.
//!
//! ## References
//! - cockroachdb/helm-charts, elastic/cloud-on-k8s, bitnami/charts: liveness asks the process, readiness asks the cluster
//! - pawtograder/platform#946; helm/charts#5762
//! - etcd-io/etcd: /health and /readyz ask for a leader, /livez does not
use crate::{
    engines::schema::Condition,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "liveness-by-cluster-state",
    source: include_str!("liveness_by_cluster_state.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.facts.cluster_probes.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(facts) = database.engine.facts.cluster_probes.as_ref().filter(|_| database.role == Role::Server) else {
        return;
    };
    let Some(probe) = database.container.liveness() else { return };
    let Some(asked) = probe.asks_for_others(facts).filter(|_| !is_alone(database)) else { return };
    let name = database.name();
    findings
        .report(probe.0, format!("container {name:?} dies with its cluster: livenessProbe asks for {asked}"))
        .help("keep this check for readinessProbe; for liveness ask the process alone: its port by tcpSocket, or the engine's own path for it")
        // A single replica with others in its settings may be one of several workloads, or have named itself.
        .at_most(if database.workload.replicas() > 1 { Action::Warn } else { Action::Audit });
}

/// True where there is nobody else to depend on.
fn is_alone(database: &Database<'_>) -> bool {
    let Some(cluster) = &database.engine.facts.cluster else { return false };
    let any = |conditions: &[Condition]| conditions.iter().any(|c| database.holds(c));
    any(&cluster.single_by) || (database.workload.replicas() <= 1 && !any(&cluster.joined_by))
}
