//! A rollout that leaves some members of a database behind, or takes too many at once.
//!
//! ## Why
//! A `partition` that somebody left after a careful upgrade keeps all members below it on the old version, through every later change; at
//! `replicas` or above it no change reaches any. And `maxUnavailable` lets a rollout stop so many members that the rest is no majority.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   updateStrategy: {rollingUpdate: {partition: 3}}
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
//! A partition is right while an upgrade is under way: this is a note then, and a warning only where no member is updated at all.
//!
//! ## References
//! - kubernetes/enhancements: KEP-961
//! - kubernetes.io/docs: StatefulSet, partitioned rolling updates
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    tree::Node,
    view::{Case, Kind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "stalled-rollout",
    source: include_str!("stalled_rollout.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, context: &Context<'_>, findings: &mut Findings) {
    let workload = case.workload;
    let mut servers = case.servers().filter(|d| d.role == Role::Server && !d.is_meant_to_go(context.data_label));
    if workload.kind != Kind::StatefulSet {
        return;
    }
    let Some(database) = servers.next() else { return };
    let (strategy, replicas) = (workload.spec().get("updateStrategy"), workload.replicas());
    let partition = strategy.path("rollingUpdate.partition");
    if let Some(from) = partition.i64().filter(|from| *from > 0 && replicas > 0) {
        let reaches_none = from >= replicas;
        let message = if reaches_none {
            format!("no change reaches any Pod: partition is {from}, replicas {replicas}")
        } else {
            format!("changes reach the Pods from number {from} on alone: partition is {from}")
        };
        let finding = findings.report(partition, message);
        finding.help("set partition: 0 when the upgrade is done").at_most(if reaches_none {
            Action::Warn
        } else {
            Action::Audit
        });
    }
    let most = strategy.path("rollingUpdate.maxUnavailable");
    let needs_majority = database.engine.facts.cluster.as_ref().is_some_and(|c| c.quorum);
    if let Some(stopped) = at_once(most, replicas)
        && needs_majority
        && replicas > 2
        && replicas - stopped <= replicas / 2
    {
        let message = format!("a rollout stops {stopped} of {replicas} members at once: the rest is no majority");
        findings.report(most, message).help("set maxUnavailable: 1").measure(stopped).at_most(Action::Warn);
    }
}

/// How many Pods `maxUnavailable` stands for: a number, or a share that is rounded up.
fn at_once(most: Node<'_>, replicas: i64) -> Option<i64> {
    let share = || most.str()?.strip_suffix('%')?.parse::<i64>().ok().filter(|percent| (0..=100).contains(percent));
    most.i64().or_else(|| share().map(|percent| (replicas.saturating_mul(percent) + 99) / 100))
}
