//! A big volume whose files are all given away at every start.
//!
//! ## Why
//! With `fsGroup` the kubelet walks through the whole volume whenever a Pod mounts it, and changes group and mode of every file:
//! minutes to hours on a big one, before the server starts. On PostgreSQL it also opens files to the group that the server wants
//! closed. `OnRootMismatch` does it once.
//!
//! ## Example
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
//!       securityContext: {fsGroup: 999}
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 500Gi}}
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
//!       securityContext: {fsGroup: 999, fsGroupChangePolicy: OnRootMismatch}
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 500Gi}}
//! ```
//! Claim templates of at least 100Gi are counted.
//!
//! ## References
//! - Kubernetes documentation: configure volume permission and ownership change policy
//! - apecloud/kubeblocks#6471, zalando/postgres-operator#1703
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Claim, Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "recursive-ownership-change",
    source: include_str!("recursive_ownership_change.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// A walk through less takes seconds.
const BIG_BYTES: i64 = 100 << 30;

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume().filter(|v| v.kind == VolumeKind::ClaimTemplate) else { return };
    let policy = database.pod.security().get("fsGroupChangePolicy");
    if !database.pod.file_system_group().is_set() || policy.str() == Some("OnRootMismatch") {
        return;
    }
    let Some(bytes) = Claim(volume.node).bytes().filter(|bytes| *bytes >= BIG_BYTES) else { return };
    let message = format!(
        "container {:?} waits at every start until all files of its volume have changed hands",
        database.name()
    );
    let finding = findings.report(policy, message);
    finding.help("set securityContext.fsGroupChangePolicy of the Pod to OnRootMismatch");
    finding.measure(bytes).at_most(Action::Audit);
}
