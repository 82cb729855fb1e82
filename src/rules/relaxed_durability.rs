//! A server that confirms what it has not written yet.
//!
//! ## Why
//! After a crash the last commits are gone, although clients were told that they are safe; nothing is corrupted. That is a bargain that
//! some make on purpose, for data that can be made again, and none at all where other members of a Galera cluster have the same commits.
//! A hook that stops the server by `shutdown nosave` throws away what was not saved, at every stop. Switches that can cost the whole
//! database are another matter, and another rule.
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--innodb-flush-log-at-trx-commit=2]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! PostgreSQL's `synchronous_commit=off` is a note only, being far better than `fsync=off`; it takes the setting per transaction as
//! well, for what may be lost: `SET LOCAL synchronous_commit TO off`.
//!
//! What a ConfigMap of the same run of `seawall check` says counts as well, in a variable or in a file that the server reads, and warns.
//!
//! ## References
//! - PostgreSQL documentation, asynchronous commit
//! - MySQL reference manual, innodb_flush_log_at_trx_commit
use super::support::switch;
use crate::{
    engines::schema::Turns,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    text::command::Call,
    view::{Database, Occasion},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "relaxed-durability",
    source: include_str!("relaxed_durability.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.has_switch(Turns::DurabilityRelaxed) || !engine.facts.drops_by.is_empty(),
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    if database.role != Role::Server {
        return;
    }
    for thrown in switch::thrown(database, Turns::DurabilityRelaxed, context) {
        switch::report(database, &thrown, findings).at_most(if thrown.is_certain {
            Action::Warn
        } else {
            Action::Audit
        });
    }
    let commands = &database.engine.facts.drops_by;
    if commands.is_empty() || !database.data.is_kept() {
        return;
    }
    for hook in database.container.errands().filter(|e| e.occasion == Occasion::Hook) {
        let does = |call: &Call<'_, '_>| commands.iter().any(|command| call.does(command));
        let Some(call) = hook.script.calls().find(does) else { continue };
        let place = hook.place_of(call.words().first().map_or("", |word| &word.text));
        let (field, name) = (hook.field_of(place), database.name());
        let at = database.container.0.get("lifecycle").get(field);
        let finding = findings.report(at, format!("container {name:?} throws away in {field} what it has not saved"));
        finding
            .about(field.to_owned())
            .help("remove nosave, or the hook: on its stop signal the server saves by itself");
        finding.at_most(if call.is_certain() { Action::Warn } else { Action::Audit });
    }
}
