//! The only member of a database on a node that can be taken away.
//!
//! ## Why
//! A spot node goes at half a minute's notice, day after day. A cluster goes on without the member; a single database is down each time, and
//! has to be stopped, moved and recovered within the notice. An annotation that lets the autoscaler evict a Pod with local data deletes that data.
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
//!       terminationGracePeriodSeconds: 120
//!       nodeSelector: {cloud.google.com/gke-spot: "true"}
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
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
//!       nodeSelector: {cloud.google.com/gke-nodepool: databases}
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
//! A toleration alone lets it run there, and is only noted.
//!
//! ## References
//! - Google Kubernetes Engine documentation: Spot VMs
//! - kubernetes/autoscaler: cluster-autoscaler FAQ
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    tree::Node,
    view::{Database, Spot, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "preemptible-placement",
    source: include_str!("preemptible_placement.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// By which the cluster autoscaler takes a Pod with local data off its node.
const EVICTABLE: &str = "cluster-autoscaler.kubernetes.io/safe-to-evict";

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let spot = database.pod.spot();
    let annotation = database.workload.template().path("metadata.annotations").get(EVICTABLE);
    let is_evictable = annotation.str() == Some("true");
    if spot.is_none() && !is_evictable
        || database.role != Role::Server
        || database.workload.replicas() != 1
        || database.is_member()
    {
        return;
    }
    let name = database.name();
    let mut report = |at: Node<'_>, message: String, help: &'static str, most: Action| {
        findings.report(at, message).help(help).at_most(most);
    };
    let elsewhere = "run it on ordinary nodes (moving it restarts it once), or replicate it";
    match spot {
        Some(Spot::Wanted(at)) => {
            report(
                at,
                format!("database {name:?} has one member, and asks for nodes that can go any time"),
                elsewhere,
                Action::Warn,
            );
        }
        Some(Spot::Tolerated(at)) => {
            report(
                at,
                format!("database {name:?} has one member, and may run on nodes that can go any time"),
                elsewhere,
                Action::Audit,
            );
        }
        None => {}
    }
    if is_evictable {
        let is_local =
            database.data.volume().is_some_and(|v| matches!(v.kind, VolumeKind::EmptyDir | VolumeKind::HostPath));
        let message = if is_local {
            format!("database {name:?} has its data on its node, and {EVICTABLE} lets it be evicted")
        } else {
            format!("database {name:?} has one member, and {EVICTABLE} lets it be evicted")
        };
        report(
            annotation,
            message,
            "set it to \"false\", or put the data on a claim and leave it out",
            if is_local { Action::Warn } else { Action::Audit },
        );
    }
}
