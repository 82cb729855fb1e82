//! A password that may be missing.
//!
//! ## Why
//! With `optional: true` the Pod starts without the Secret, when that is misspelt, late, or was deleted. An image that switches
//! authentication on by its password then starts open to everybody; others do not initialise, which takes longer to find than a Pod
//! that waits for its Secret.
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
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MONGO_INITDB_ROOT_PASSWORD, optional: true}}
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
//!
//! ## References
//! - docker-library/mongo: `docker-entrypoint.sh` adds `--auth` only where both variables are set
use crate::{
    engines::schema::Applies,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "optional-credentials",
    source: include_str!("optional_credentials.rs"),
    since: "0.1.0",
    tier: Tier::Open,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "remove optional: true; the Pod then waits until the Secret is there";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    if !database.takes_something_optional() || !database.may_run_entrypoint() {
        return;
    }
    if let Some((set, source)) = database.optional_source(context.catalogue.secrets()) {
        let message =
            format!("container {:?} may start without its password: its envFrom is optional", database.name());
        let finding = findings.report(source.get("optional"), message);
        finding.about(set.variables.join(",")).help(HELP);
        finding.at_most(if set.applies == Applies::SwitchesAuth { Action::Warn } else { Action::Audit });
    }
    for (set, var) in database.optional_credentials() {
        let opens = database.switches_authentication_on(set, var.name());
        let (name, variable) = (database.name(), var.name());
        let message = if opens {
            format!("container {name:?} starts open to everybody when the Secret of {variable} is missing")
        } else {
            format!("container {name:?} starts without {variable} when its Secret is missing")
        };
        let finding = findings.report(var.secret_key().get("optional"), message);
        finding.help(HELP);
        finding.at_most(if opens { Action::Warn } else { Action::Audit });
    }
}
