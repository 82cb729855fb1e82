//! An image tag that can move to a version that changes the files on disk.
//!
//! ## Why
//! A tag such as `latest` is looked up whenever a Pod starts on a node. When it has moved, a reschedule in the middle of the night upgrades
//! the data, and there is no way back but a restore. What matters is how far a tag can move: `postgres:17` stays with one data format,
//! `mysql:8` went from 8.0 to 8.4.
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
//!           image: mysql:8
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
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
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A digest is better still. Caches keep nothing that an upgrade could change, and are silent.
//!
//! ## References
//! - docker-library/official-images: library/mysql, library/postgres, library/mariadb
//! - MariaDB/mariadb-docker#512
use crate::{
    engines::schema::DataFormat,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Role, Tier},
    text::image::Pin,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "floating-tag",
    source: include_str!("floating_tag.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let (engine, image) = (database.engine, database.container.image());
    let (numbers, stays) = match engine.data_format {
        DataFormat::Major => (1, "a major version"),
        DataFormat::Minor => (2, "a minor version, such as 1.2"),
        DataFormat::None => return,
    };
    // Who leaves the name empty has something fill it in.
    if image.path.is_empty() {
        return;
    }
    let pin = image.pin();
    let known = database.version.as_ref().map_or(0, |version| version.precision());
    if database.role != Role::Server || pin == Pin::Digest || known >= numbers {
        return;
    }
    // A tag that says nothing (a commit, a build number) may well be one build for ever.
    if known == 0 && matches!(pin, Pin::Other(_) | Pin::Version { .. }) {
        return;
    }
    // What is known of a repository's tags holds for it and its mirrors, not for whatever else runs the engine.
    let is_its_own = engine.packaging.images.iter().any(|pattern| image.is_or_mirrors(pattern.as_str()));
    let moved = engine.facts.moved_tags.iter().find(|moved| is_its_own && image.tag == Some(moved.tag.as_str()));
    let name = match image.tag {
        Some(tag) => format!("{}:{tag}", image.basename()),
        None => image.basename().to_owned(),
    };
    let why = match moved {
        Some(moved) => format!("has moved from {} to {}", moved.from, moved.to),
        None if image.tag.is_none() => "has no tag".to_owned(),
        None => "can move on".to_owned(),
    };
    let message = format!("image {name:?} {why}: a reschedule can upgrade the data for good");
    findings
        .report(database.container.0.get("image"), message)
        .help(format!("pin {stays}, or a digest: first the one that runs today"));
}
