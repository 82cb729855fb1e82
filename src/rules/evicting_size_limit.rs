//! A size limit on local storage that evicts the database when it has written so much.
//!
//! ## Why
//! A Pod that writes more than its ephemeral-storage limit, or more into an emptyDir than its sizeLimit, is evicted: killed, and made anew
//! elsewhere with an empty disk. Where the data itself lies there, it is gone the day it has grown.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!       volumes:
//!         - {name: data, emptyDir: {sizeLimit: 2Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Where the data is on a claim, an ephemeral-storage limit counts logs and temporary files alone; below 1Gi that is noted.
//!
//! ## References
//! - Kubernetes documentation: local ephemeral storage
//! - Kubernetes documentation: node-pressure eviction
use super::DUMP_FIRST;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    text::{memory::rounded_bytes, quantity::Quantity},
    tree::Node,
    view::{DataPlace, Database, VolumeKind, quantity},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "evicting-size-limit",
    source: include_str!("evicting_size_limit.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// Bytes in which logs and temporary files of most servers fit.
const ROOM: i64 = 1 << 30;

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if database.role != Role::Server || database.is_in_memory() {
        return;
    }
    let size = |node: Node<'_>| quantity(node).and_then(Quantity::bytes).filter(|size| *size > 0);
    let (name, scratch) = (database.name(), database.container.scratch_limit());
    let disk = database.data.volume().filter(|v| v.kind == VolumeKind::EmptyDir && !v.is_in_memory());
    let local = disk.is_some() || matches!(database.data, DataPlace::Nowhere { .. });
    let bounds = [disk.map(|v| v.size_limit()), local.then_some(scratch)];
    if let Some((at, bound)) = bounds.into_iter().flatten().find_map(|at| Some((at, size(at)?))) {
        let bound = rounded_bytes(bound);
        let message = format!("container {name:?} is evicted, and its data deleted, when it has written {bound}");
        findings.report(at, message).help(format!("{DUMP_FIRST}; then put it on a claim")).at_most(Action::Warn);
    } else if let Some(bound) = size(scratch).filter(|bound| *bound < ROOM) {
        let bound = rounded_bytes(bound);
        let message = format!("container {name:?} is evicted when its logs and temporary files reach {bound}");
        findings.report(scratch, message).help("remove limits.ephemeral-storage, or raise it").at_most(Action::Audit);
    }
}
