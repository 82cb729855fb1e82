//! A database that writes its files into the container.
//!
//! ## Why
//! What a container writes outside its volumes goes with the container: an eviction, a node upgrade or a new image starts an empty
//! database in its place.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       containers:
//!         - name: mongo
//!           image: mongo:8.0
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
//!         - name: mongo
//!           image: mongo:8.0.17
//!           args: [--wiredTigerCacheSizeGB, "0.5"]
//!           env:
//!             - name: MONGO_INITDB_ROOT_USERNAME
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MONGO_INITDB_ROOT_USERNAME}}
//!             - name: MONGO_INITDB_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MONGO_INITDB_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data/db}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Where a database already runs so, dump it before changing anything: a new Pod starts without what the old one wrote. A database that
//! is meant to go (a test, a preview) says so with the label `seawall.dev/data: ephemeral`.
//!
//! On an UPDATE, and on a bare Pod, the finding is a warning: it may be all that somebody has.
//!
//! ## References
//! - kubernetes/kubernetes#12136
//! - docker-library/docs, postgres: where to store data
use super::DUMP_FIRST;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{DataPlace, Database},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unmounted-data",
    source: include_str!("unmounted_data.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let DataPlace::Nowhere { directory } = &database.data else { return };
    if database.role != Role::Server || database.is_in_memory() {
        return;
    }
    let (name, is_relative) = (database.name(), !directory.starts_with('/'));
    let known = database.packaging_is_known && !is_relative;
    // Where nobody knows the image, nobody knows the directory either; but no volume is none.
    let what = if known { directory } else { "its data" };
    let place = match database.engine.data.flags.first().filter(|_| is_relative) {
        Some(flag) => format!("a directory that {flag} names"),
        None if known => database.mount_point().unwrap_or(directory).to_owned(),
        None => "the image's data directory".to_owned(),
    };
    let finding = findings.report(
        database.container.0.get("volumeMounts"),
        format!("container {name:?} keeps {what} on no volume: the next restart starts an empty database"),
    );
    finding
        .help(format!("{DUMP_FIRST}; then mount a claim exactly at {place}, or label it seawall.dev/data: ephemeral (production does not believe labels)"));
    if !context.is_birth_of(database.workload) {
        finding.at_most(Action::Warn);
    }
}
