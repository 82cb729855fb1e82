//! A command that deletes the database's files whenever the Pod starts.
//!
//! ## Why
//! `rm -rf`, `find -delete` or `mkfs` on the data directory of a claim, in an init container or in front of the server, empties the
//! database at every start: at the next drain, node upgrade or crash. A lock file that is removed by hand is the smaller brother: it
//! lets two servers open the same files.
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
//!       initContainers:
//!         - name: prepare
//!           image: busybox:1.37
//!           command: [sh, -c, "rm -rf /mnt/* && chown 999:999 /mnt"]
//!           volumeMounts:
//!             - {name: data, mountPath: /mnt}
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
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
//!       initContainers:
//!         - name: prepare
//!           image: busybox:1.37
//!           command: [sh, -c, "rm -rf /mnt/lost+found; chown 999:999 /mnt"]
//!           volumeMounts:
//!             - {name: data, mountPath: /mnt}
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
//! `redis-cli flushall` in a hook or in front of the server is the same. What runs on a condition only, or deletes certain files, is a warning, and a note where the condition is a test that finds none of the
//! files that the engine writes first (`[ ! -s .../PG_VERSION ]`); `lost+found` may go.
//!
//! ## References
//! - helm/charts#405
//! - oracle/docker-images: runOracle.sh
use super::support::loss::{Loss, worst_loss};
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Role, Tier},
    view::{Case, Container, Database, Execution, Executions, Occasion},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "data-deleting-script",
    source: include_str!("data_deleting_script.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Commands(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, executions: &[Executions<'_>], context: &Context<'_>, findings: &mut Findings) {
    let loses = |d: &Database<'_>| d.role == Role::Server && d.data.is_kept() && !d.is_meant_to_go(context.data_label);
    let databases: Vec<_> = case.servers().filter(|d| loses(d)).collect();
    let executions = if databases.is_empty() { &[] } else { executions };
    for Executions { container, all, .. } in executions {
        let once = || all.iter().filter(|e| e.occasion != Occasion::Probe);
        for execution in once() {
            let own = databases.iter().filter(|d| d.container.0.at == container.0.at);
            own.for_each(|database| emptied(database, execution, findings));
        }
        let once = once();
        for execution in once.filter(|e| e.script.calls().any(|c| c.deletions().next().is_some())) {
            for database in &databases {
                for directory in database.directories_in(*container) {
                    inspect(database, *container, &directory, execution, findings);
                }
            }
        }
    }
}

fn inspect<'t>(
    database: &Database<'t>,
    container: Container<'t>,
    directory: &str,
    execution: &Execution<'t>,
    findings: &mut Findings,
) {
    let script = &execution.script;
    let variables = script.variables();
    let given = |name: &str| {
        let own = container.var(name).and_then(|variable| variable.literal());
        own.or_else(|| database.image_variable(container, name))
    };
    let deletions = script.calls().flat_map(|call| call.deletions().map(move |deletion| (call, deletion)));
    let judged = deletions.filter_map(|(call, d)| {
        let values = |name: &str| variables.at(&call, name, || given(name));
        Some((worst_loss(database, call, d, directory, values)?, d))
    });
    let worst = judged.max_by_key(|(loss, _)| *loss);
    let Some((loss, deletion)) = worst else { return };
    let place = execution.place_of(&deletion.path.text);
    let when = if execution.field_of(place) == "preStop" { "whenever it stops" } else { "at every start" };
    let name = container.name();
    let (about, message) = match loss {
        Loss::Remains => {
            ("all but a database", format!("container {name:?} empties {directory} where it finds no database there"))
        }
        Loss::AllAlways => ("all", format!("container {name:?} deletes everything in {directory} {when}")),
        Loss::AllSometimes => {
            ("all on a condition", format!("container {name:?} may delete everything in {directory}"))
        }
        Loss::Lock | Loss::Part => ("part", format!("container {name:?} deletes files of the database in {directory}")),
    };
    let finding = findings.report(place, message);
    finding.about(format!("{} {directory}: {about}", database.name()));
    finding.container = Some(name.to_owned());
    finding.help(loss.help(database, directory)).at_most(loss.ceiling());
}

/// What the server itself is told to throw away (`redis-cli flushall`).
fn emptied<'t>(database: &Database<'t>, execution: &Execution<'t>, findings: &mut Findings) {
    let commands = &database.engine.facts.empties_by;
    let mut calls = execution.script.calls();
    let Some((call, command)) =
        calls.find_map(|call| Some((call, commands.iter().find(|command| call.does(command))?)))
    else {
        return;
    };
    let place = execution.place_of(call.words().first().map_or("", |word| &word.text));
    let when = if execution.field_of(place) == "preStop" { "whenever it stops" } else { "at every start" };
    let name = database.name();
    let finding = findings.report(place, format!("container {name:?} deletes every key {when}: `{command}`"));
    finding.about(format!("{name}: {command}"));
    finding.container = Some(name.to_owned());
    finding.help(Loss::AllAlways.help(database, ""));
    finding.at_most(if call.is_certain() { Loss::AllAlways.ceiling() } else { Loss::AllSometimes.ceiling() });
}
