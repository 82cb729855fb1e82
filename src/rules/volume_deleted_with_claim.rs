//! A database on a volume that is deleted together with its claim.
//!
//! ## Why
//! A claim is deleted by a word: with a namespace, by a clean-up, by a chart that is installed anew. Where the volume's reclaim policy is
//! `Delete`, its disk is gone a moment later, and nobody can bring it back; with `Retain` the volume waits for somebody to say what
//! becomes of it. `Delete` is what a class has that says nothing, so that it is the default of nearly every cluster.
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
//!         storageClassName: standard
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: storage.k8s.io/v1
//! kind: StorageClass
//! metadata: {name: standard}
//! provisioner: ebs.csi.aws.com
//! reclaimPolicy: Delete
//! volumeBindingMode: WaitForFirstConsumer
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
//! Of a volume that exists its own policy counts, which can be changed at any time; of a class it cannot.
//!
//! A claim that has a volume, or names one, is judged by what that volume says, and not by its class. Where nobody looked at the volume, a
//! label `seawall.dev/holds-data: retained` on the claim is believed.
//!
//! ## References
//! - Kubernetes documentation, persistent volumes: reclaiming
//! - Kubernetes documentation, change the reclaim policy of a PersistentVolume
use super::support::storage::Storage;
use crate::{
    finding::Findings,
    rule::{Rule, Validate},
    terms::{Action, Tier},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "volume-deleted-with-claim",
    source: include_str!("volume_deleted_with_claim.rs"),
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

const HELP: &str = "choose a class with reclaimPolicy: Retain when the claim is made; of a volume that exists set \
                    spec.persistentVolumeReclaimPolicy: Retain";

fn judge(storage: Storage<'_, '_>, findings: &mut Findings) {
    let name = storage.name;
    let message = match (storage.claim.and_then(|claim| claim.volume.as_ref()), storage.class) {
        (Some(volume), _) if volume.reclaim_policy == "Delete" => {
            format!("who deletes claim {name:?} deletes its volume as well: the volume's reclaim policy is Delete")
        }
        (None, Some(class)) if !storage.is_bound && !storage.is_retained && class.reclaim_policy == "Delete" => {
            format!("who deletes claim {name:?} deletes its volume as well: class {:?} says so", class.name)
        }
        _ => return,
    };
    findings.report(storage.place, message).about(name.to_owned()).help(HELP).at_most(Action::Warn);
}
