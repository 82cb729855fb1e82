//! Fewer replicas of a StatefulSet that deletes the claims of those that go.
//!
//! ## Why
//! With `whenScaled: Delete` a smaller number of replicas takes the claims along, and with most storage classes the disks behind them:
//! what the members that go had alone is gone. A typing error does it, and so does an autoscaler. Replicas come back; claims do not.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
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
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 0
//!   persistentVolumeClaimRetentionPolicy: {whenScaled: Delete}
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
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
//!         resources: {requests: {storage: 10Gi}}
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
//!   persistentVolumeClaimRetentionPolicy: {whenScaled: Retain}
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
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
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   persistentVolumeClaimRetentionPolicy: {whenScaled: Retain}
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
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
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! It is refused in namespaces labelled `seawall.dev/guard: enforced`, and a warning elsewhere. A change by `kubectl scale` or by an
//! autoscaler is judged like one of the manifest.
//!
//! ## References
//! - kubernetes/enhancements: KEP-1847
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Role, Tier},
    view::{Change, Kind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "claims-deleted-by-scaling",
    source: include_str!("claims_deleted_by_scaling.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    let workload = change.new.workload;
    let (from, to) = (change.old.workload.replicas(), workload.replicas());
    let policy = workload.spec().path("persistentVolumeClaimRetentionPolicy.whenScaled").str();
    if to >= from || workload.kind != Kind::StatefulSet || policy != Some("Delete") {
        return;
    }
    for database in change.old.servers().filter(|d| d.role == Role::Server) {
        let is_lost = database.data.volume().is_some_and(|v| v.is_claim_template());
        if !is_lost || database.is_meant_to_go(context.data_label) {
            continue;
        }
        let name = database.name();
        let claims = if from - to == 1 {
            "the claim of 1 replica".to_owned()
        } else {
            format!("the claims of {} replicas", from - to)
        };
        let finding = findings.report(
            workload.spec().get("replicas"),
            format!("container {name:?} loses {claims}: whenScaled is Delete, and replicas go from {from} to {to}"),
        );
        finding.in_container(name).about(name.to_owned()).where_guarded();
        finding.help(
            "set whenScaled: Retain first; then scale, and delete claims by hand once nobody misses what is on them",
        );
    }
}
