//! A database whose only copy is on a disk of one node.
//!
//! ## Why
//! A volume of a local driver is a disk or a folder of the node that the Pod first ran on. The Pod can run nowhere else: a drain stops the
//! database for as long as the node is away, and when the node is lost, so is the data. Replicas of one database make up for that; a
//! single server has none.
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
//!         storageClassName: node-disk
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: storage.k8s.io/v1
//! kind: StorageClass
//! metadata: {name: node-disk}
//! provisioner: topolvm.io
//! reclaimPolicy: Retain
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
//! One replica alone is reported, and no member of a cluster: several may each have a copy on a disk of its own, also where that is said in
//! a file that the spec does not show. Drivers that clusters of one node come with, such as minikube's and that of kind and k3s, are only
//! counted. A claim that has a volume is judged by its volume.
//!
//! ## References
//! - Kubernetes documentation, volumes: local
//! - topolvm/topolvm, rancher/local-path-provisioner: README.md
//! - cloudnative-pg/cloudnative-pg: docs/src/storage.md
use super::support::storage::Storage;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "node-bound-data",
    source: include_str!("node_bound_data.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// Drivers that clusters of one node come with (Docker Desktop, minikube, MicroK8s; kind and k3s).
const OF_ONE_NODE: [&str; 4] =
    ["docker.io/hostpath", "k8s.io/minikube-hostpath", "microk8s.io/hostpath", "rancher.io/local-path"];

const HELP: &str = "when that node is lost, so is the data: choose a class of volumes that other nodes can mount, or run replicas; and keep \
                    dumps elsewhere";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    // Several are told apart by what the spec may not show: a mounted file, what an init container writes.
    let is_alone = database.workload.replicas() == 1 && !database.is_member();
    let Some(storage) = Storage::of(database, context).filter(|_| is_alone) else { return };
    let of = match (storage.class, storage.claim.and_then(|claim| claim.volume.as_ref())) {
        (Some(known), None) if known.is_local() && !storage.is_bound => format!("class {:?}", known.name),
        (Some(known), Some(volume)) if known.is_local() && volume.is_of_one_node() => {
            format!("volume {:?}", volume.name)
        }
        // What the driver of a class makes may be a folder that all nodes share; what somebody made by hand is what it says.
        (None, Some(volume)) if volume.is_of_one_node() => format!("volume {:?}", volume.name),
        _ => return,
    };
    let name = database.name();
    let message = format!("the only copy of container {name:?}'s data is on a disk of one node: {of}");
    let finding = findings.report(storage.place, message);
    let is_toy = storage.class.is_some_and(|class| OF_ONE_NODE.contains(&class.provisioner.as_str()));
    finding.about(name.to_owned()).help(HELP).at_most(if is_toy { Action::Audit } else { Action::Warn });
}
