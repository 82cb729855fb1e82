//! A part of the data that may grow to more than its volume holds.
//!
//! ## Why
//! A journal, a log of operations or a whole store has a size that it may reach, and one day it does. On a volume that is no larger the
//! server stops in the middle of a write, with no room left even for its recovery.
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
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           args: [-c, max_wal_size=20GB]
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
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
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           args: [-c, max_wal_size=2GB]
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
//! The claim that a StatefulSet makes is compared with what the command line and the variables say. What a mounted file sets, and
//! claims that exist already, are not seen here.
//!
//! ## References
//! - PostgreSQL documentation, WAL configuration
//! - etcd documentation, space quota
//! - MongoDB manual, replica set oplog
use crate::{
    engines::schema::Growth,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    text::{
        memory::bytes_of,
        quantity::{Quantity, human_bytes},
    },
    tree::Node,
    view::{DataPlace, Database, Volume, VolumeKind, quantity},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "growth-exceeding-volume",
    source: include_str!("growth_exceeding_volume.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let growths = &database.engine.facts.grows_to;
    let DataPlace::On { mount, volume, .. } = &database.data else { return };
    if growths.is_empty() || database.role != Role::Server || volume.kind != VolumeKind::ClaimTemplate {
        return;
    }
    let Some(room) = quantity(volume.node.path("spec.resources.requests.storage")).and_then(Quantity::bytes) else {
        return;
    };
    for growth in growths {
        let Some((at, bytes)) = spelled(database, growth).filter(|(_, bytes)| room > 0 && *bytes >= room) else {
            continue;
        };
        if has_another_volume(database, *mount) {
            return;
        }
        let (name, what, most, room_is) = (database.name(), &growth.name, human_bytes(bytes), human_bytes(room));
        let finding =
            findings.report(at, format!("container {name:?} may fill its volume of {room_is}: {what} is {most}"));
        finding.about(what.clone()).measure(bytes.saturating_mul(100) / room).at_most(Action::Warn);
        finding.help(format!(
            "set {what} to well below {room_is}, or ask for a larger volume; the data itself comes on top"
        ));
    }
}

/// How large it may grow, and where that is said.
fn spelled<'t>(database: &Database<'t>, growth: &Growth) -> Option<(Node<'t>, i64)> {
    let by_flag = |flag: &String| Some((database.place_of_option(flag), database.option(flag)?.value()?.to_owned()));
    let by_variable = |name: &String| {
        let var = database.given(name)?;
        Some((var.value(), var.literal()?.to_owned()))
    };
    let said = growth.flags.iter().find_map(by_flag).or_else(|| growth.variables.iter().find_map(by_variable));
    said.and_then(|(at, value)| Some((at, bytes_of(&value, growth.unit)?)))
}

/// Whether what grows may lie on another volume than the data.
fn has_another_volume(database: &Database<'_>, data: Node<'_>) -> bool {
    let mut others = database.container.mounts().filter(|mount| mount.get("name").str() != data.get("name").str());
    others.any(|m| m.get("name").str().and_then(|n| database.pod.volume(n)).is_some_and(Volume::is_kept))
}
