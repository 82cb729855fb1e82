//! A claim that is smaller than what the server puts onto it by its own settings.
//!
//! ## Why
//! A full disk stops a database: writes fail, some engines exit, and some cannot start again before there is room. Where the
//! settings alone may take as much as the claim has, that is a question of time. The data comes on top.
//!
//! What a setting takes by default is only counted.
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
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           args: [-c, max_wal_size=20GB]
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
//! Claims can grow where their class allows it (`allowVolumeExpansion`), and never shrink.
//!
//! ## References
//! - PostgreSQL documentation: WAL configuration
//! - etcd-io/website: maintenance, space quota
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    text::quantity::human_bytes,
    view::{Claim, Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "undersized-claim",
    source: include_str!("undersized_claim.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.facts.disk.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume().filter(|v| v.kind == VolumeKind::ClaimTemplate) else { return };
    let template = Claim(volume.node);
    let Some(size) = template.bytes().filter(|size| *size > 0 && database.role == Role::Server) else { return };
    for part in database.disk_parts() {
        let taken = part.bytes(size);
        if taken < size {
            continue;
        }
        let (name, claim) = (part.name, template.name());
        let message =
            format!("claim {claim:?} has {}, and {name} alone may take {}", human_bytes(size), human_bytes(taken));
        let finding = findings.report(template.spec().path("resources.requests.storage"), message);
        finding.about(name.to_owned()).measure(taken.saturating_sub(size));
        finding.help(format!("lower {name}, or ask for more: room for the data, for logs, and a third of it free"));
        finding.at_most(if part.is_spelled() { Action::Warn } else { Action::Audit });
    }
}
