//! An update to a version that does not read the data of the one before.
//!
//! ## Why
//! A server's files belong to its version. PostgreSQL refuses those of another major; MySQL upgrades them from one release series to the
//! next and from no older one; hardly any server reads what a newer one has written. The Pod then crashes until the old image is back, and
//! after some half-done upgrades not even then.
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
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.8
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
//! To go to another major of a server that does not upgrade its files, dump it, and load the dump into a new StatefulSet with claims of
//! its own. One that upgrades them takes one step after the other, each with a backup before it, for there is no way back:
//! to some, as Elasticsearch, not even to an older patch release.
//!
//! ## References
//! - docker-library/mysql#1007, #1041
//! - docker-library/postgres#37
//! - MongoDB manual, upgrade procedures
use super::support::{change::over_data, home::Home};
use crate::{
    finding::{Finding, Findings},
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Change, Move},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "incompatible-version",
    source: include_str!("incompatible_version.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    for pair in over_data(change, context) {
        let (old, new) = (pair.old, pair.new);
        // Another place is another database: whoever dumps and restores makes one.
        let Some(moved) = new.version_move(old).filter(|_| new.role == Role::Server && Home::stays(old, new)) else {
            continue;
        };
        let (name, image) = (new.name(), new.container.0.get("image"));
        let title = &new.engine.title;
        let said =
            |version: &Option<crate::engines::Version>| version.as_ref().map(ToString::to_string).unwrap_or_default();
        let (from, to) = (said(&old.version), said(&new.version));
        let (message, help) = match moved {
            Move::Refused => (
                format!("container {name:?} does not start: {title} {to} does not read the files of {from}"),
                format!(
                    "go back to {from}; dump it there, load the dump into a new database with {to} and claims of its own, then switch over"
                ),
            ),
            Move::Skips(next) => (
                format!("container {name:?} skips a release: {title} {to} does not upgrade the files of {from}"),
                match new.engine.facts.upgrade.as_ref().and_then(|upgrade| upgrade.by_hand.as_deref()) {
                    Some(work) => format!("back it up and go to {next} first; there {work}, then go on to {to}"),
                    None => format!(
                        "back it up and go to {next} first; when that has started and upgraded the files, go on to {to}"
                    ),
                },
            ),
            Move::Back => (
                format!("container {name:?} goes back: {title} {to} may not read what {from} has written"),
                format!(
                    "stay on {from} or newer; to go back, restore a backup that {to} made, or dump with {from} and load into a new database"
                ),
            ),
            Move::Taken => (
                format!("container {name:?} becomes {title} {to} on the files of {} {from}", old.engine.title),
                format!(
                    "dump it with {} first, and load the dump into a new database with claims of its own",
                    old.engine.title
                ),
            ),
        };
        let finding: &mut Finding = findings.report(image, message);
        finding.in_container(name).about(to).help(help).at_most(Action::Warn);
    }
}
