//! A backup that may start while the last one still runs.
//!
//! ## Why
//! A dump takes longer as the data grows, and longest when the database is busy. The day it takes longer than the time between two of
//! them, the second makes the first slower, and soon all of them run at once, into the same file. That the policy is Allow is only the
//! default of a CronJob, and most dumps end in time: the finding is a note.
//!
//! ## Example
//! ```yaml
//! apiVersion: batch/v1
//! kind: CronJob
//! metadata: {name: dump}
//! spec:
//!   schedule: "0 * * * *"
//!   jobTemplate:
//!     spec:
//!       template:
//!         spec:
//!           restartPolicy: Never
//!           containers:
//!             - name: dump
//!               image: postgres:17.7
//!               command: [pg_dump, --host=db, --username=backup, --file=/dumps/app.sql, app]
//!               env:
//!                 - name: PGPASSWORD
//!                   valueFrom: {secretKeyRef: {name: db-backup, key: password}}
//!               volumeMounts:
//!                 - {name: dumps, mountPath: /dumps}
//!           volumes:
//!             - name: dumps
//!               persistentVolumeClaim: {claimName: dumps}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: batch/v1
//! kind: CronJob
//! metadata: {name: dump}
//! spec:
//!   schedule: "0 * * * *"
//!   concurrencyPolicy: Forbid
//!   jobTemplate:
//!     spec:
//!       template:
//!         spec:
//!           restartPolicy: Never
//!           containers:
//!             - name: dump
//!               image: postgres:17.7
//!               command: [pg_dump, --host=db, --username=backup, --file=/dumps/app.sql, app]
//!               env:
//!                 - name: PGPASSWORD
//!                   valueFrom: {secretKeyRef: {name: db-backup, key: password}}
//!               volumeMounts:
//!                 - {name: dumps, mountPath: /dumps}
//!           volumes:
//!             - name: dumps
//!               persistentVolumeClaim: {claimName: dumps}
//! ```
//! `Replace` ends the dump that runs and starts another, which may then never end.
//!
//! ## References
//! - Kubernetes documentation, CronJob: concurrency policy
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Case, Database, Kind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "overlapping-backups",
    source: include_str!("overlapping_backups.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, _: &Context<'_>, findings: &mut Findings) {
    if case.workload.kind != Kind::CronJob {
        return;
    }
    let policy = case.workload.spec().get("concurrencyPolicy");
    if !matches!(policy.str(), None | Some("Allow")) {
        return;
    }
    let Some((database, program)) = case.databases.iter().find_map(|d| Some((d, dump_of(d)?))) else { return };
    let message = format!("container {:?} runs {program} again while the last one still runs", database.name());
    let finding = findings.report(policy, message);
    finding.in_container(database.name()).at_most(Action::Audit);
    finding.help("set concurrencyPolicy: Forbid, and activeDeadlineSeconds on the Job so that one that hangs ends");
}

/// The program with which a client reads a whole database out.
fn dump_of<'t>(client: &Database<'t>) -> Option<&'t str> {
    let dumps = &client.engine.detect.dumps;
    if client.role != Role::Client {
        return None;
    }
    dumps.iter().map(String::as_str).find(|dump| client.script.calls().any(|call| call.program() == *dump))
}
