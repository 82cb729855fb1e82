//! Credentials with which the image never starts.
//!
//! ## Why
//! Several entrypoints take a password from a variable or from a file, and exit where both are set. Others switch on what needs
//! more than a password: in a replica set, MongoDB's members need a key file as soon as there is a user.
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
//!             - {name: POSTGRES_PASSWORD_FILE, value: /run/secrets/postgres/password}
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
//! ```
//!
//! ## References
//! - docker-library/postgres, docker-library/mysql, docker-library/mongo: `file_env` in `docker-entrypoint.sh`
//! - docker-library/mongo#504, #475
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "contradictory-credentials",
    source: include_str!("contradictory_credentials.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if !database.image_is_known || !database.runs_own_entrypoint() {
        return;
    }
    let name = database.name();
    for (var, file) in database.given_twice() {
        let message = format!("container {name:?} never starts: {} and its _FILE are both set", var.name());
        let finding = findings.report(file.0, message);
        finding.help(format!("remove one of them; {} keeps the value out of the environment", file.name()));
        finding.at_most(Action::Warn);
    }
    for (set, guard) in database.clashes() {
        let Some(does) = &guard.does else { continue };
        let finding = findings.report(database.place_of_option(&guard.flag), format!("container {name:?} {does}"));
        let lifted =
            guard.unless.as_deref().map_or_else(String::new, |flag| format!("give it {flag} from a Secret, or "));
        finding.about(set.variables.join(","));
        finding.help(format!("{lifted}remove {}", set.variables.join(" and "))).at_most(Action::Warn);
    }
}
