//! An image that nobody updates any more.
//!
//! ## Why
//! The server in it may be maintained, the image is not: it gets no fixes, and some registries have removed such images already, so
//! that the next node that needs it cannot pull it and the database stays down.
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
//!         - name: postgresql
//!           image: bitnamilegacy/postgresql:16.4.0
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           volumeMounts:
//!             - {name: data, mountPath: /bitnami/postgresql}
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
//!           image: postgres:16.11
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
//! Another image is another place for the data, another user and other variables: move the data by a dump, never by mounting the old
//! claim into the new image.
//!
//! In a registry of one's own the copy stays, and somebody may look after it: the finding is a note.
//!
//! ## References
//! - bitnami/containers#83267
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unmaintained-image",
    source: include_str!("unmaintained_image.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.facts.unmaintained.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(why) = &database.engine.facts.unmaintained else { return };
    if !database.image_is_known || !database.packaging_is_known {
        return;
    }
    let image = database.container.image();
    let finding = findings.report(database.container.0.get("image"), format!("image {:?}: {why}", image.basename()));
    finding.at_most(if is_public(image.host) { Action::Warn } else { Action::Audit });
    finding.help("choose a maintained image; it keeps its data elsewhere and runs as another user, so move the data by dump and restore");
}

/// Whose registry it is, and what becomes of the copies there, can be told of the large ones alone.
fn is_public(host: Option<&str>) -> bool {
    const HOSTS: [&str; 5] = ["docker.io", "index.docker.io", "quay.io", "mcr.microsoft.com", "registry.k8s.io"];
    host.is_none_or(|host| HOSTS.contains(&host) || host.ends_with("gcr.io"))
}
