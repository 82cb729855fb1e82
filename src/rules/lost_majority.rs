//! Fewer members of a cluster than its majority, and more than none.
//!
//! ## Why
//! A cluster that decides by majority counts those members that it knows, not those that run. Scaled from three to one, the one that is
//! left waits for another: nothing is written any more, and with some engines nothing is read. To bring such a cluster back by force loses
//! what the others had. Scaled to none it stops as a whole, and starts again as a whole.
//!
//! ## Example
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
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: etcd}
//! spec:
//!   serviceName: etcd
//!   replicas: 1
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
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: etcd}
//! spec:
//!   serviceName: etcd
//!   replicas: 5
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
//!           args: [--data-dir=/var/lib/etcd, --client-cert-auth=true, "--initial-cluster=etcd-0=https://etcd-0.etcd:2380,etcd-1=https://etcd-1.etcd:2380,etcd-2=https://etcd-2.etcd:2380,etcd-3=https://etcd-3.etcd:2380,etcd-4=https://etcd-4.etcd:2380"]
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
//! ---
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
//! Members are taken out inside the cluster first, one by one (`etcdctl member remove`), then the replicas are lowered by as many. It is
//! refused in namespaces labelled `seawall.dev/guard: enforced`, and a warning elsewhere. A change by `kubectl scale` or by an autoscaler is
//! judged like one of the manifest.
//!
//! ## References
//! - etcd documentation: runtime reconfiguration
//! - MongoDB manual: reconfigure a replica set with unavailable members
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Change,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "lost-majority",
    source: include_str!("lost_majority.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.facts.cluster.as_ref().is_some_and(|cluster| cluster.quorum),
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    let (from, to) = (change.old.workload.replicas(), change.new.workload.replicas());
    if to == 0 || to >= from {
        return;
    }
    for database in change.old.servers().filter(|d| !d.is_meant_to_go(context.data_label)) {
        let Some(voters) = database.voters() else { continue };
        let left = voters - (from - to);
        if left > voters / 2 {
            continue;
        }
        let name = database.name();
        let finding = findings.report(
            change.new.workload.spec().get("replicas"),
            format!("cluster of container {name:?} is left with {left} of {voters} members: no majority, and it stops"),
        );
        finding.in_container(name).about("majority").where_guarded().help(
            "take members out inside the cluster first, one by one, and lower the replicas by as many; to stop it as a whole, scale to 0",
        );
        if !database.shows_all_voters() {
            finding.at_most(Action::Warn);
        }
    }
}
