//! A recovery or bootstrap switch that stays on.
//!
//! ## Why
//! Such switches are for one start, under somebody's eyes. In a template they hold for every start: `--force-new-cluster` throws the other
//! members out whenever the Pod moves, an empty `gcomm://` makes a second cluster beside the first, `innodb_force_recovery` and
//! `zero_damaged_pages` let damage grow, and `pg_resetwal` throws away what a crash left to be replayed.
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--innodb-force-recovery=1]
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
//! A Job, and a Pod of somebody's own that is never restarted, is what such a switch belongs into, and is not reported.
//!
//! ## References
//! - MySQL reference manual, forcing InnoDB recovery
//! - PostgreSQL documentation, pg_resetwal
//! - etcd-io/etcd: server/embed/config.go
use super::support::switch;
use crate::{
    engines::schema::Turns,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Case, Database, Executions, Kind, Occasion},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "permanent-recovery",
    source: include_str!("permanent_recovery.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Commands(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, executions: &[Executions<'_>], context: &Context<'_>, findings: &mut Findings) {
    // A bare Pod is a step of somebody's repair.
    if case.workload.kind == Kind::Pod {
        return;
    }
    let stays = |d: &&Database<'_>| d.role == Role::Server && !d.is_meant_to_go(context.data_label);
    for database in case.servers().filter(stays) {
        for thrown in database.thrown(Turns::RecoveryOn) {
            let finding = switch::report(database, &thrown, findings);
            finding.in_container(database.name());
            if !thrown.is_certain {
                finding.at_most(Action::Warn);
            }
        }
    }
    let mut programs =
        case.servers().filter(stays).map(|d| &d.engine.facts.recovery_programs).filter(|p| !p.is_empty());
    if let Some(programs) = programs.next() {
        programs_at_start(programs, executions, findings);
    }
}

/// Programs that throw away what a crash left, in what runs before or as the server.
fn programs_at_start(programs: &[String], executions: &[Executions<'_>], findings: &mut Findings) {
    for Executions { container, all, .. } in executions {
        for execution in all.iter().filter(|e| e.occasion == Occasion::Main) {
            for call in execution.script.calls() {
                let Some(program) = programs.iter().find(|p| *p == call.program()) else { continue };
                if call.args().iter().any(|word| matches!(&*word.text, "-n" | "--dry-run")) {
                    continue;
                }
                let name = container.name();
                let message = format!("container {name:?} throws away what a crash left, at every start: {program}");
                let finding = findings.report(execution.place_of(program), message);
                finding.in_container(name).about(program.to_owned()).help(format!(
                    "take {program} out; copy the files first, and run it once in a one-off Pod when nothing else helps; then dump, and \
                     load the dump into a new database"
                ));
                if !call.is_certain() {
                    finding.at_most(Action::Warn);
                }
            }
        }
    }
}
