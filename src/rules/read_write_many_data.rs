//! A database on a volume that many nodes may mount at once.
//!
//! ## Why
//! One server writes its files, and reckons with no other. A volume that only one node can mount holds a second server back when
//! the first one's node is lost, or when somebody scales by mistake; one that all nodes can mount lets both write. It is a network
//! file system, too, nearly always.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteMany]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//! `ReadWriteOncePod` is stricter still: one Pod, not one node. Access modes of a claim cannot be changed: dump the data, and
//! restore it onto a new claim. A claim that is made by itself is judged where the label `seawall.dev/data: durable` says that it
//! is a database's, or Seawall's own label does; a claim that a workload names, where it is among the documents of the run or, at
//! the webhook, in the cluster.
//!
//! ## References
//! - Kubernetes documentation: persistent volumes, access modes
//! - helm/charts#6343
use super::support::beside;
use crate::{
    facts::DataClaimFacts,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Claim, Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "read-write-many-data",
    source: include_str!("read_write_many_data.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Storage(validate, validate_claim)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "use accessModes: [ReadWriteOnce], or [ReadWriteOncePod]; of an existing claim they cannot be changed: dump the data and \
                    restore it onto a new one";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume().filter(|_| database.role == Role::Server) else { return };
    let (claim, place, is_shared) = match volume.kind {
        VolumeKind::ClaimTemplate => {
            let template = Claim(volume.node);
            (template.name(), template.access_modes(), template.is_shared())
        }
        VolumeKind::Claim(claim) => {
            let is_shared = beside::data_claim(claim, context).is_some_and(DataClaimFacts::is_shared);
            (claim, volume.node.path("persistentVolumeClaim.claimName"), is_shared)
        }
        _ => return,
    };
    if is_shared {
        let name = database.name();
        let message = format!("container {name:?} keeps its data on {claim:?}, which many nodes may mount at once");
        findings.report(place, message).help(HELP).at_most(Action::Warn);
    }
}

fn validate_claim(claim: &Claim<'_>, _: &Context<'_>, findings: &mut Findings) {
    if claim.is_of_a_database() && claim.is_shared() {
        let message = format!("claim {:?} holds a database, and many nodes may mount it at once", claim.name());
        findings.report(claim.access_modes(), message).help(HELP).at_most(Action::Warn);
    }
}
