//! A StatefulSet that takes its claims with it when it is deleted.
//!
//! ## Why
//! With `whenDeleted: Delete`, removing the StatefulSet (`helm uninstall`, a pruned folder, a rename) deletes the claims, and with most
//! storage classes the disks behind them. With `whenScaled: Delete` a smaller number of replicas does it, be it a typing error or an
//! autoscaler. The default keeps the claims.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   persistentVolumeClaimRetentionPolicy: {whenDeleted: Delete}
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
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
//!   persistentVolumeClaimRetentionPolicy: {whenDeleted: Retain, whenScaled: Retain}
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
//! `whenScaled` is a warning: an engine that moves its data away before it shrinks can live with it.
//!
//! ## References
//! - kubernetes/enhancements: KEP-1847
//! - elastic/cloud-on-k8s#8918
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{DataPlace, Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "claims-deleted-with-statefulset",
    source: include_str!("claims_deleted_with_statefulset.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if database.role != Role::Server {
        return;
    }
    // Where the spec does not say where the data is, a claim template that the server mounts may well hold it.
    let holds_data = match &database.data {
        DataPlace::On { volume, .. } => volume.kind == VolumeKind::ClaimTemplate,
        DataPlace::Unknown => database.mounts_claim_template(),
        _ => false,
    };
    if !holds_data {
        return;
    }
    let policy = database.workload.spec().get("persistentVolumeClaimRetentionPolicy");
    let name = database.name();
    for (field, event) in [("whenDeleted", "the StatefulSet is deleted"), ("whenScaled", "there are fewer replicas")] {
        if policy.get(field).str() != Some("Delete") {
            continue;
        }
        let message = format!("container {name:?} loses its claim when {event}: {field} is Delete");
        let finding = findings.report(policy.get(field), message);
        finding.about(name.to_owned());
        finding.help(format!(
            "set {field}: Retain, the default, and delete claims by hand; applying this restarts nothing"
        ));
        finding.correction(policy.get(field), "Retain".into(), format!("keeps its claims when {event}"));
        if field == "whenScaled" || matches!(database.data, DataPlace::Unknown) {
            finding.at_most(Action::Warn);
        }
    }
}
