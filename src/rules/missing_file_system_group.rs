//! A server that is not root, on a new volume that belongs to root.
//!
//! ## Why
//! A block volume comes with a root that only root may write to. An image that starts as another user cannot initialise its data
//! there, unless the Pod names a group (`fsGroup`) to which the kubelet gives the volume.
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
//!           image: percona/percona-server:8.4.6-6.1
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
//!       securityContext: {fsGroup: 1001, fsGroupChangePolicy: OnRootMismatch}
//!       containers:
//!         - name: mysql
//!           image: percona/percona-server:8.4.6-6.1
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
//! Not for a database that runs: there the files have an owner already. Volumes that anybody may write to (local folders, most
//! network file systems) need no group.
//!
//! ## References
//! - Kubernetes documentation: configure a security context
//! - percona/percona-docker: percona-server-8.0/Dockerfile, USER 1001
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, VolumeKind},
};

/// Local folders and network file systems need no group, and no spec says what a class makes.
const CEILING: Action = Action::Audit;

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-file-system-group",
    source: include_str!("missing_file_system_group.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume().filter(|v| v.kind == VolumeKind::ClaimTemplate) else { return };
    let is_new = context.is_birth_of(database.workload) && database.packaging_is_known && database.image_is_known;
    let group = database.pod.file_system_group();
    if database.role != Role::Server
        || !is_new
        || group.is_set()
        || database.makes_data_its_own()
        || database.has_prepared_volume()
    {
        return;
    }
    let Some(user) = database.user_id().filter(|user| *user != 0) else { return };
    let name = database.name();
    let message = format!("container {name:?} runs as user {user} and may not write to its new volume: no fsGroup");
    let finding = findings.report(group, message);
    finding.about(volume.node.path("metadata.name").text().to_owned());
    finding
        .help(format!("set securityContext.fsGroup of the Pod to {user}, and fsGroupChangePolicy to OnRootMismatch"));
    finding.at_most(CEILING);
}
