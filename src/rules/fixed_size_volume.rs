//! A database on a volume that cannot grow as its class stands.
//!
//! ## Why
//! Databases grow. When the disk is full, writes fail, some servers exit, and some cannot start again before there is room. Where the class
//! allows it, a claim is enlarged while the server runs; where it does not, the way out is a dump onto a new claim, at the worst moment.
//!
//! `seawall check` sees it where the class is among the documents of the run; the webhook and `seawall scan` ask for the classes that there
//! are.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
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
//!           ports: [{containerPort: 3306}]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: fixed
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: storage.k8s.io/v1
//! kind: StorageClass
//! metadata: {name: fixed}
//! provisioner: ebs.csi.aws.com
//! reclaimPolicy: Retain
//! volumeBindingMode: WaitForFirstConsumer
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
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
//!           ports: [{containerPort: 3306}]
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
//! ---
//! apiVersion: storage.k8s.io/v1
//! kind: StorageClass
//! metadata: {name: ssd-retain}
//! provisioner: ebs.csi.aws.com
//! reclaimPolicy: Retain
//! volumeBindingMode: WaitForFirstConsumer
//! allowVolumeExpansion: true
//! ```
//! Folders of a node and network file systems are not reported: a claim's size bounds neither.
//!
//! ## References
//! - Kubernetes documentation, persistent volumes: expanding claims
//! - cloudnative-pg/cloudnative-pg: docs/src/instance_manager.md, disk full failure
use super::support::storage::Storage;
use crate::{
    finding::Findings,
    rule::{Rule, Validate},
    terms::{Action, Tier},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "fixed-size-volume",
    source: include_str!("fixed_size_volume.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Storage(
        |database, context, findings| Storage::of(database, context).into_iter().for_each(|s| judge(s, findings)),
        |claim, context, findings| Storage::of_claim(claim, context).into_iter().for_each(|s| judge(s, findings)),
    )),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str =
    "set allowVolumeExpansion: true in the class, if its driver can do it: that may be changed at any time";

fn judge(storage: Storage<'_, '_>, findings: &mut Findings) {
    let class = storage.class.filter(|c| !c.may_expand && !c.is_local() && !c.is_network_file_system());
    let Some(class) = class else { return };
    let name = storage.name;
    let message = format!("claim {name:?} cannot grow while class {:?} has no allowVolumeExpansion", class.name);
    findings.report(storage.place, message).about(name.to_owned()).help(HELP).at_most(Action::Warn);
}
