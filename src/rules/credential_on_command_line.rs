//! A password on a command line.
//!
//! ## Why
//! Arguments stand in the spec, in `kubectl describe`, in the audit log, and in the process list of the node, where every process of
//! the container and every agent on the host reads them. A probe puts them there every few seconds.
//!
//! Containers of all kinds are judged, also clients, init containers, and databases that are meant to go. A password out of a variable
//! (`-p$PASSWORD`) shows in the process list alone: that is a warning, and in probes and hooks a note. So is one that `curl` and its like
//! send, or that stands in a URL, to a host and a port that are no database's; to a host that nobody sees it is a warning.
//!
//! ## Example
//! ```yaml
//! apiVersion: batch/v1
//! kind: CronJob
//! metadata: {name: dump}
//! spec:
//!   schedule: "0 3 * * *"
//!   jobTemplate:
//!     spec:
//!       template:
//!         spec:
//!           restartPolicy: Never
//!           containers:
//!             - name: dump
//!               image: mysql:8.4.6
//!               command: [sh, -c, "mysqldump -h mysql -u backup -pexample app > /backups/app.sql"]
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: batch/v1
//! kind: CronJob
//! metadata: {name: dump}
//! spec:
//!   schedule: "0 3 * * *"
//!   jobTemplate:
//!     spec:
//!       template:
//!         spec:
//!           restartPolicy: Never
//!           containers:
//!             - name: dump
//!               image: mysql:8.4.6
//!               command: [sh, -c, "mysqldump -h mysql -u backup app > /backups/app.sql"]
//!               env:
//!                 - name: MYSQL_PWD
//!                   valueFrom: {secretKeyRef: {name: mysql-backup, key: password}}
//! ```
//!
//! ## References
//! - bitnami/charts#6123
use crate::{
    engines::{Exposed, Leads},
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    tree::Node,
    view::{Case, Container, Detected, Execution, Executions, Occasion},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "credential-on-command-line",
    source: include_str!("credential_on_command_line.rs"),
    since: "0.1.0",
    tier: Tier::Open,
    mutate: None,
    validate: Some(Validate::Commands(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, executions: &[Executions<'_>], context: &Context<'_>, findings: &mut Findings) {
    for Executions { container, all, detected } in executions {
        let detected = detected.and_then(|at| case.detected.get(at));
        let own =
            || detected.and_then(|d| d.engine(context.catalogue)).map_or(&[][..], |e| e.detect.servers.as_slice());
        for execution in all {
            let exposed = context.catalogue.secrets().exposed_in(&execution.script, own);
            if exposed.is_empty() {
                continue;
            }
            // What is no database's by itself is one's here.
            let deals = |d: &Detected<'_>| d.deals_with_a_database(context.catalogue);
            let near = Nearness {
                to_database: case.has_database() || detected.is_some_and(deals),
                is_server: case.servers().any(|d| d.container.0.is(container.0)),
            };
            report(*container, execution, exposed, near, findings);
        }
    }
}

/// What a container has to do with databases.
#[derive(Debug, Clone, Copy)]
struct Nearness {
    to_database: bool,
    is_server: bool,
}

fn report(
    container: Container<'_>,
    execution: &Execution<'_>,
    exposed: Vec<Exposed<'_>>,
    near: Nearness,
    findings: &mut Findings,
) {
    // The same word twice is one finding that is twice as bad.
    let mut reports: Vec<(Node<'_>, Exposed<'_>, i64)> = Vec::new();
    for one in exposed {
        let at = execution.place_of(&one.word);
        let known = reports.iter_mut().find(|(_, o, _)| o.by == one.by && o.is_spelled == one.is_spelled);
        match known {
            Some((_, _, count)) => *count += 1,
            None => reports.push((at, one, 1)),
        }
    }
    for (at, one, count) in reports {
        let Some(ceiling) = ceiling(&one, execution.occasion, near) else { continue };
        let (name, field) = (container.name(), execution.field_of(at));
        let (message, about) = if one.is_spelled {
            (format!("container {name:?} spells a password in {field}: {}", one.by), one.by)
        } else {
            let about = format!("{} of a variable", one.by);
            (format!("container {name:?} shows a password in the process list: {about} in {field}"), about)
        };
        let help = if one.is_spelled {
            format!("{}; then change it, it was readable", one.instead)
        } else {
            one.instead.to_owned()
        };
        findings.report(at, message).in_container(name).about(about).measure(count).help(help).at_most(ceiling);
    }
}

/// The most that one may do; `None` where it is nobody's business here.
fn ceiling(one: &Exposed<'_>, occasion: Occasion, near: Nearness) -> Option<Action> {
    match one.leads {
        // A registry's or a proxy's is nothing of a database's, wherever it stands: for the record.
        Leads::Elsewhere => return one.is_spelled.then_some(Action::Audit),
        Leads::Anywhere if one.is_spelled => return Some(Action::Warn),
        Leads::Anywhere | Leads::ToADatabase => {}
    }
    let is_databases = near.to_database || !one.is_general;
    match (one.is_spelled, occasion) {
        (true, _) if is_databases => Some(Action::Deny),
        (true, _) => Some(Action::Warn),
        // `--requirepass $(PASSWORD)` is what some servers' images leave, and what our own help says.
        (false, Occasion::Main) if near.is_server => Some(Action::Audit),
        (false, Occasion::Main) if !one.is_general => Some(Action::Warn),
        (false, _) if is_databases => Some(Action::Audit),
        (false, _) => None,
    }
}
