//! A database whose volume is mounted so that it gives up what the server relies on.
//!
//! ## Why
//! A commit is safe once `fsync` returns. Mounted without barriers, the file system says so before it is true; mounted `soft`, a network
//! file system gives up writes half-way; without locks nothing keeps a second server off the files. It shows after the power failed.
//!
//! `seawall check` sees it where the class is among the documents of the run; the webhook and `seawall scan` ask for the classes that there
//! are. Of a claim that has a volume the webhook
//! reads the volume's own options, too.
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
//!         storageClassName: fast
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: storage.k8s.io/v1
//! kind: StorageClass
//! metadata: {name: fast}
//! provisioner: ebs.csi.aws.com
//! reclaimPolicy: Retain
//! volumeBindingMode: WaitForFirstConsumer
//! allowVolumeExpansion: true
//! mountOptions: [nobarrier]
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
//! mountOptions: [noatime]
//! ```
//! Mount options of a volume count once it is mounted anew.
//!
//! `async` is not reported: for who mounts it is the usual case, and `fsync` is honoured; the `async` that loses data is an option of an NFS
//! server's export, which Kubernetes does not see. Nor is `data=writeback`: after a crash a file may show old blocks, and a database writes
//! over them from its log.
//!
//! ## References
//! - cockroachdb/docs: recommended production settings
//! - ext4(5), mount(8), nfs(5), exports(5)
//! - PostgreSQL documentation, write-ahead logging: reliability
//! - Kubernetes documentation, persistent volumes: mount options
use super::support::storage::Storage;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Database, unsafe_mount_option},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unsafe-mount-options",
    source: include_str!("unsafe_mount_options.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str =
    "take the option out of the class, and out of the volumes that it has made; it counts once they are mounted anew";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(storage) = Storage::of(database, context) else { return };
    let may_be_without_locks = database.engine.facts.keeps_locks_itself == Some(true);
    let of_class = storage.class.map(|class| (format!("class {:?}", class.name), &class.mount_options));
    let volume = storage.claim.and_then(|claim| claim.volume.as_ref());
    let of_volume = volume.map(|volume| (format!("volume {:?}", volume.name), &volume.mount_options));
    // What a volume was made with stays with it, whatever becomes of its class.
    let Some((whose, options)) = of_volume.or(of_class) else { return };
    let Some((option, cost)) = unsafe_mount_option(options, may_be_without_locks) else { return };
    let name = database.name();
    let message = format!("container {name:?} has its data on a mount with {option}, of {whose}: {cost}");
    findings.report(storage.place, message).about(name.to_owned()).help(HELP).at_most(Action::Warn);
}
