//! A database on a class that chooses the zone of a volume before the node is known.
//!
//! ## Why
//! With `volumeBindingMode: Immediate` a volume is made as soon as there is a claim, in any zone. The Pod can only run where its volume is:
//! where that zone has no room, or the Pod's own affinity forbids it, the database stays Pending for ever, and members that should be
//! spread lie where chance put them.
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
//!         storageClassName: zonal
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: storage.k8s.io/v1
//! kind: StorageClass
//! metadata: {name: zonal}
//! provisioner: ebs.csi.aws.com
//! reclaimPolicy: Retain
//! volumeBindingMode: Immediate
//! allowVolumeExpansion: true
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
//! A class that names its zones (`allowedTopologies`) is not reported, nor is one whose volumes every zone can mount, nor a claim that has
//! its volume.
//!
//! ## References
//! - Kubernetes documentation, storage classes: volume binding mode
use super::support::storage::Storage;
use crate::{
    finding::Findings,
    rule::{Rule, Validate},
    terms::{Action, Tier},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "immediate-volume-binding",
    source: include_str!("immediate_volume_binding.rs"),
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
    "choose a class with volumeBindingMode: WaitForFirstConsumer; of a class that exists it cannot be changed";

fn judge(storage: Storage<'_, '_>, findings: &mut Findings) {
    let class = storage.class.filter(|c| c.binds_at_once && c.is_tied_to_a_place() && !c.names_its_places);
    let Some(class) = class.filter(|_| !storage.is_bound) else { return };
    let (name, of) = (&class.name, storage.name);
    let message = format!("class {name:?} chooses where the volume of {of:?} is before a node is chosen for the Pod");
    findings.report(storage.place, message).about(of.to_owned()).help(HELP).at_most(Action::Warn);
}
