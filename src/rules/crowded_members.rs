//! Members of one database that may all run on the same node.
//!
//! ## Why
//! Without a word about it the scheduler may put all replicas onto one node, and after a node was lost and came back it often does. Then one
//! node takes the whole database with it.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mongo}
//! spec:
//!   serviceName: mongo
//!   replicas: 3
//!   selector: {matchLabels: {app: mongo}}
//!   template:
//!     metadata: {labels: {app: mongo}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mongo
//!           image: mongo:8.0.17
//!           args: [--replSet, rs0]
//!           volumeMounts:
//!             - {name: data, mountPath: /data/db}
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
//! metadata: {name: redis}
//! spec:
//!   serviceName: redis
//!   replicas: 6
//!   selector: {matchLabels: {app: redis}}
//!   template:
//!     metadata: {labels: {app: redis}}
//!     spec:
//!       terminationGracePeriodSeconds: 60
//!       topologySpreadConstraints:
//!         - maxSkew: 1
//!           topologyKey: kubernetes.io/hostname
//!           whenUnsatisfiable: ScheduleAnyway
//!           labelSelector: {matchLabels: {app: redis}}
//!       containers:
//!         - name: redis
//!           image: redis:8.2.3
//!           args: [--cluster-enabled, "yes", --requirepass, $(REDIS_PASSWORD), --appendonly, "yes", --maxmemory, 1gb]
//!           env:
//!             - name: REDIS_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: REDIS_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 2Gi}
//!             limits: {memory: 2Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Applying a constraint to what runs restarts its Pods one by one. It is only noted: the scheduler spreads by itself while there is room.
//!
//! ## References
//! - Kubernetes documentation: Pod topology spread constraints
//! - etcd-io/website: op-guide/kubernetes
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Database, Kind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "crowded-members",
    source: include_str!("crowded_members.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let workload = database.workload;
    let replicas = workload.replicas();
    if replicas < 2
        || !matches!(workload.kind, Kind::StatefulSet | Kind::Deployment)
        || !database.is_member()
        || database.pod.is_spread()
    {
        return;
    }
    let name = database.name();
    let finding = findings.report(
        database.pod.spec.get("topologySpreadConstraints"),
        format!("nothing keeps the {replicas} members of container {name:?} on different nodes"),
    );
    finding.about("members");
    finding.help(
        "add topologySpreadConstraints over kubernetes.io/hostname (whenUnsatisfiable: ScheduleAnyway), or a podAntiAffinity",
    );
    finding.at_most(Action::Audit);
}
