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
//! metadata: {name: mongo}
//! spec:
//!   selector: {matchLabels: {app: mongo}}
//!   template:
//!     metadata: {labels: {app: mongo}}
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
//! metadata: {name: mongo}
//! spec:
//!   serviceName: mongo
//!   selector: {matchLabels: {app: mongo}}
//!   template:
//!     metadata: {labels: {app: mongo}}
//!     spec:
//!       containers:
//!         - name: mongo
//!           image: mongo:8.0
//!           volumeMounts:
//!             - {name: data, mountPath: /data/db}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! A database that is meant to go (a test, a preview) says so with the label `seawall.dev/data: ephemeral`.
//!
//! ## References
//! - kubernetes/kubernetes#12136
//! - docker-library/docs, postgres: where to store data
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Operation, Role, Tier},
    view::{DataPlace, Database, Kind},
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
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let DataPlace::Nowhere { directory } = &database.data else { return };
    if database.role != Role::Server || database.is_in_memory() {
        return;
    }
    let finding = findings.report(
        database.container.0.get("volumeMounts"),
        format!(
            "container {:?} keeps {directory} on no volume: the next restart starts an empty database",
            database.name()
        ),
    );
    finding.help(format!(
        "if it already holds data, dump it first: applying this change replaces the Pod and discards what is there; then mount a \
         claim at {directory}, or label it seawall.dev/data: ephemeral"
    ));
    let is_born = context.operation == Operation::Create;
    if !(is_born && matches!(database.workload.kind, Kind::Deployment | Kind::StatefulSet)) {
        finding.at_most(Action::Warn);
    }
}
