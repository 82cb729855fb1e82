//! A cluster whose majority does not survive the loss of one member.
//!
//! ## Why
//! Of two members both are the majority: the loss of either stops the cluster, so that two fail more often than one. Of four, three are: it
//! survives one loss, as three do, and has one member more to lose.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: etcd}
//! spec:
//!   serviceName: etcd
//!   replicas: 2
//!   selector: {matchLabels: {app: etcd}}
//!   template:
//!     metadata: {labels: {app: etcd}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: etcd
//!           image: quay.io/coreos/etcd:v3.6.6
//!           args: [etcd, --data-dir=/var/lib/etcd, "--initial-cluster=etcd-0=https://etcd-0.etcd:2380,etcd-1=https://etcd-1.etcd:2380"]
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
//! metadata: {name: etcd}
//! spec:
//!   serviceName: etcd
//!   replicas: 3
//!   selector: {matchLabels: {app: etcd}}
//!   template:
//!     metadata: {labels: {app: etcd}}
//!     spec:
//!       terminationGracePeriodSeconds: 60
//!       affinity:
//!         podAntiAffinity:
//!           preferredDuringSchedulingIgnoredDuringExecution:
//!             - weight: 100
//!               podAffinityTerm:
//!                 topologyKey: kubernetes.io/hostname
//!                 labelSelector: {matchLabels: {app: etcd}}
//!       containers:
//!         - name: etcd
//!           image: quay.io/coreos/etcd:v3.6.6
//!           args: [--data-dir=/var/lib/etcd, --client-cert-auth=true, "--initial-cluster=etcd-0=https://etcd-0.etcd:2380,etcd-1=https://etcd-1.etcd:2380,etcd-2=https://etcd-2.etcd:2380"]
//!           command: [/usr/local/bin/etcd]
//!           resources:
//!             requests: {cpu: 500m, memory: 3Gi}
//!             limits: {memory: 3Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/etcd}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A member that has run is taken out inside the cluster first (`etcdctl member remove`), then the replicas are lowered. Where members that vote
//! without data may run elsewhere (arbiters), two are only noted, as are four and six. So is a workload whose members find others by a name
//! that is not their own, or in a file; one that names members of other workloads is not counted.
//!
//! ## References
//! - etcd documentation: FAQ, why an odd number of cluster members
//! - MongoDB manual: replica set deployment architectures
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Database, Kind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "fragile-quorum",
    source: include_str!("fragile_quorum.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.facts.cluster.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(cluster) = database.engine.facts.cluster.as_ref().filter(|c| c.quorum) else { return };
    if !matches!(database.workload.kind, Kind::StatefulSet | Kind::Deployment) {
        return;
    }
    let Some(voters) = database.voters().filter(|n| *n == 2 || (cluster.all_vote && *n > 2 && n % 2 == 0)) else {
        return;
    };
    let name = database.name();
    let finding = findings.report(
        database.workload.spec().get("replicas"),
        if voters == 2 {
            format!("cluster of container {name:?} has two members: the loss of either leaves no majority")
        } else {
            let fewer = voters - 1;
            format!("cluster of container {name:?} has {voters} members, and survives no more losses than with {fewer}")
        },
    );
    let (more, is_two) = (voters + 1, voters == 2);
    let or = if cluster.may_have_arbiters { ", or see that one without data votes too" } else { "" };
    finding.about("members").measure(if is_two { 1 } else { 0 });
    finding.help(format!(
        "run {more} members{or}; to go down, take a member out inside the cluster first, then lower the replicas"
    ));
    let is_sure = is_two && !cluster.may_have_arbiters && database.shows_all_voters();
    finding.at_most(if is_sure { Action::Warn } else { Action::Audit });
}
