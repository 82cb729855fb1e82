//! A database that writes its files into a folder of whichever node it runs on.
//!
//! ## Why
//! The folder stays behind when the Pod moves: on the next node the database finds nothing and initialises an empty one. The first
//! node's folder fills its system disk, is in no backup, and gives whoever gets into the container a way onto the node.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   strategy: {type: Recreate}
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!       volumes:
//!         - name: data
//!           hostPath: {path: /srv/mysql, type: DirectoryOrCreate}
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
//!         storageClassName: local-path
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Where the node's own disk is wanted, a class of local volumes keeps Pod and disk together. A Pod that can run on one node alone
//! (`nodeName`, a host name in its affinity, a DaemonSet, a static Pod of the control plane) is only counted.
//!
//! ## References
//! - giantswarm/kvm-operator#122
//! - Kubernetes documentation, volumes: hostPath
use super::DUMP_FIRST;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, Kind, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "host-path-data",
    source: include_str!("host_path_data.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume().filter(|v| v.kind == VolumeKind::HostPath) else { return };
    if database.role != Role::Server || database.is_in_memory() {
        return;
    }
    let name = volume.node.get("name").text();
    let stays = database.pod.is_tied_to_a_node() || database.workload.kind == Kind::DaemonSet;
    let finding = findings.report(
        volume.node.get("hostPath"),
        format!(
            "container {:?} keeps its data on hostPath {name:?}: on another node it starts an empty database",
            database.name()
        ),
    );
    finding.about(database.name().to_owned());
    finding.help(format!("{DUMP_FIRST}; then use a claim, of a class of local volumes if the node's disk is wanted"));
    finding.at_most(if stays { Action::Audit } else { Action::Warn });
}
