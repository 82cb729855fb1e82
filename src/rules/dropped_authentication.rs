//! An update that takes away what made a database ask for a password.
//!
//! ## Why
//! Some images look at their variables at every start: with a user and a password they switch authentication on, without them they do not.
//! Who tidies such variables away once the users exist opens the database at the next restart, and nothing says so.
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
//!         - name: mongo
//!           image: mongo:8.0.17
//!           args: [--wiredTigerCacheSizeGB, "0.5"]
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
//!
//! ## Use instead
//! Leave them in place, or switch authentication on by its own option:
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
//!         - name: mongo
//!           image: mongo:8.0.17
//!           args: [--wiredTigerCacheSizeGB, "0.5", --auth]
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
//! Only what the spec itself had before is missed; a mounted configuration file that may say so is nobody's guess.
//!
//! ## References
//! - docker-library/mongo: docker-entrypoint.sh adds --auth where both variables are set
use super::support::change::over_data;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Change,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "dropped-authentication",
    source: include_str!("dropped_authentication.rs"),
    since: "0.1.0",
    tier: Tier::Open,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    for pair in over_data(change, context) {
        let (old, new) = (pair.old, pair.new);
        let by_default = new.engine.facts.authentication.as_ref().is_none_or(|a| a.on_by_default);
        if by_default || old.engine.name != new.engine.name || new.may_be_closed(context.catalogue.secrets()) {
            continue;
        }
        let Some(lost) = old.closed_by() else { continue };
        let name = new.name();
        let why = if new.given(lost).is_some() { "is read by nothing" } else { "is gone" };
        let message = format!("container {name:?} accepts every connection from its next start on: {lost} {why}");
        let help = new.engine.facts.authentication.as_ref().and_then(|a| a.help.clone()).unwrap_or_default();
        let or =
            if help.is_empty() { String::new() } else { format!("; or switch authentication on otherwise: {help}") };
        let finding = findings.report(new.container.0, message);
        finding.in_container(name).about(lost.to_owned()).help(format!("put {lost} back{or}")).at_most(Action::Warn);
    }
}
