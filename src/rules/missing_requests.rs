//! A database that asks for no memory, so that the scheduler counts it as nothing.
//!
//! ## Why
//! A Pod without a request is put wherever it seems to fit, and is the first to be evicted when the node runs short of memory. Seawall
//! writes the request that the settings state, into new workloads only, and never more than the container's own limit or a LimitRange
//! of the namespace allow. It never writes a CPU limit: a database that is throttled misses its heartbeats.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       containers:
//!         - name: postgres
//!           image: postgres:17
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: postgres-credentials, key: POSTGRES_PASSWORD}}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
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
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: postgres-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A limit alone is enough: the API server takes it as the request.
//!
//! ## References
//! - Kubernetes documentation: resource management for Pods and containers; node-pressure eviction; limit ranges
use super::support::resources;
use crate::{
    finding::Findings,
    proposal::Proposal,
    rule::{Context, Mutate, Rule, Validate},
    terms::Tier,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-requests",
    source: include_str!("missing_requests.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: Some(Mutate::Birth(mutate)),
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[
        "containers[*].resources.requests.memory",
        "containers[*].resources.requests.cpu",
        "initContainers[*].resources.requests.memory",
        "initContainers[*].resources.requests.cpu",
    ],
};

fn mutate(database: &Database<'_>, context: &Context<'_>, proposal: &mut Proposal) {
    let container = database.container;
    if let Some(request) = resources::memory_request(database, context) {
        proposal
            .set(container.memory_request(), request.text.as_ref().into())
            .because(
                "adds the memory request of the settings, as far as the container's limit and the namespace allow it",
            )
            .help("change it under `engines` in the settings, or write another one here");
    }
    if let Some(request) = resources::cpu_request(database, context) {
        proposal
            .set(container.cpu_request(), request.text.as_ref().into())
            .because("adds the CPU request of the settings, as far as the container's limit and the namespace allow it")
            .help("change it under `engines` in the settings, or write another one here");
    }
}

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let container = database.container;
    let says = container.memory_request().is_set() || container.memory_limit().is_set();
    if says || database.pod.has_pod_resources() {
        return;
    }
    findings
        .report(
            container.memory_request(),
            format!(
                "container {:?} requests no memory: it is the first to be evicted when its node runs short",
                database.name()
            ),
        )
        .help("set resources.requests.memory to what the server takes when it is busy");
}
