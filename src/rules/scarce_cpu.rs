//! A CPU limit that stops the server most of the time.
//!
//! ## Why
//! A limit of 100m lets a server run for ten of each hundred milliseconds, also while it starts, recovers and answers probes. Heartbeats are
//! missed, leaders lost, and liveness probes kill what only waits.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: etcd}
//! spec:
//!   serviceName: etcd
//!   selector: {matchLabels: {app: etcd}}
//!   template:
//!     metadata: {labels: {app: etcd}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: etcd
//!           image: quay.io/coreos/etcd:v3.6.6
//!           args: [etcd, --data-dir=/var/lib/etcd]
//!           resources:
//!             limits: {cpu: 100m, memory: 3Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/etcd}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
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
//!           image: postgres:17.7
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A request is enough: it is what the scheduler counts with. It is only noted, since a small database may do with little.
//!
//! ## References
//! - etcd documentation: tuning
//! - Kubernetes documentation: resource management for Pods and containers
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    text::quantity::Quantity,
    view::{Database, quantity},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "scarce-cpu",
    source: include_str!("scarce_cpu.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

/// Millicores: a quarter of each scheduling period.
const SCARCE: i64 = 250;

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let place = database.container.cpu_limit();
    let Some(limit) = quantity(place).and_then(Quantity::millis).filter(|limit| (1..SCARCE).contains(limit)) else {
        return;
    };
    if database.role != Role::Server {
        return;
    }
    let name = database.name();
    let finding =
        findings.report(place, format!("container {name:?} is throttled to {limit}m of a CPU, also while it recovers"));
    finding.measure(SCARCE - limit).help("remove limits.cpu and keep requests.cpu, or give it 250m or more");
    finding.at_most(Action::Audit);
}
