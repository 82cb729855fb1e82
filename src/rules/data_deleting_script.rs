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
//! What runs on a condition only, or deletes certain files, is a warning; `lost+found` may go.
//!
//! ## References
//! - helm/charts#405
//! - oracle/docker-images: runOracle.sh
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    text::command::{Call, Deletion, Extent},
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

/// What is lost, the least first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Loss {
    Part,
    AllSometimes,
    AllAlways,
}

fn validate(case: &Case<'_>, executions: &[Executions<'_>], context: &Context<'_>, findings: &mut Findings) {
    let loses = |d: &Database<'_>| d.role == Role::Server && d.data.is_kept() && !d.is_meant_to_go(context.data_label);
    let databases: Vec<_> = case.servers().filter(|d| loses(d)).collect();
    let executions = if databases.is_empty() { &[] } else { executions };
    for Executions { container, all, .. } in executions {
        let once = all.iter().filter(|e| e.occasion != Occasion::Probe);
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
    let set: Vec<_> =
        script.calls().flat_map(|c| c.assignments().filter(|(.., w)| w.literal).collect::<Vec<_>>()).collect();
    let value = |name: &str| {
        let own = set.iter().rev().find(|(n, ..)| *n == name).map(|(_, value, _)| *value);
        own.or_else(|| container.var(name)?.literal()).or_else(|| database.image_variable(container, name))
    };
    let deletions = script.calls().flat_map(|call| call.deletions().map(move |deletion| (call, deletion)));
    let worst =
        deletions.filter_map(|(call, d)| Some((loss(database, call, d, directory, value)?, d))).max_by_key(|(l, _)| *l);
    let Some((loss, deletion)) = worst else { return };
    let place = execution.place_of(&deletion.path.text);
    let when = if execution.field_of(place) == "preStop" { "whenever it stops" } else { "at every start" };
    let name = container.name();
    let (about, message) = match loss {
        Loss::AllAlways => ("all", format!("container {name:?} deletes everything in {directory} {when}")),
        Loss::AllSometimes => {
            ("all on a condition", format!("container {name:?} may delete everything in {directory}"))
        }
        Loss::Part => ("part", format!("container {name:?} deletes files of the database in {directory}")),
    };
    let finding = findings.report(place, message);
    finding.about(format!("{} {directory}: {about}", database.name()));
    finding.container = Some(name.to_owned());
    finding.help(match loss {
        Loss::Part => {
            "leave the engine's files to the engine: without its lock file two servers can open the same data"
        }
        Loss::AllSometimes => {
            "make sure that it never meets a database: behind a test for a file that the engine writes first, and nowhere else"
        }
        Loss::AllAlways => "remove the command: what it is to clear once, somebody should clear once, by hand and after a dump",
    });
    if loss != Loss::AllAlways {
        finding.at_most(Action::Warn);
    }
}

/// What a deletion takes from `directory`; `None` where it takes nothing, or only `lost+found` or what a tool has left.
fn loss<'v>(
    database: &Database<'_>,
    call: Call<'_, '_>,
    deletion: Deletion<'_, '_>,
    directory: &str,
    value: impl Fn(&str) -> Option<&'v str>,
) -> Option<Loss> {
    const SPARED: &str = "lost+found";
    let path = deletion.resolve(&value)?;
    let inside = below(&path, directory);
    let selects = deletion.extent == Extent::Selected && (inside.is_some() || below(directory, &path).is_some());
    let says = |text: &str| call.args().iter().any(|word| word.text == text);
    // `find ! -name lost+found -delete` spares nothing else.
    let all_but = selects && says(SPARED) && (says("!") || says("-not"));
    let device = deletion.extent == Extent::Device && inside == Some("");
    if deletion.empties(directory, &value) || device || all_but {
        return Some(if call.is_certain() { Loss::AllAlways } else { Loss::AllSometimes });
    }
    let is_by_product = |rest: &str| database.engine.data.by_products.iter().any(|p| p.matches(rest));
    let spared =
        inside.is_some_and(|rest| rest.starts_with(SPARED) || is_by_product(rest)) || (selects && says(SPARED));
    ((inside.is_some() || selects) && !spared).then_some(Loss::Part)
}

/// `path` without the folder `outer` around it.
fn below<'p>(path: &'p str, outer: &str) -> Option<&'p str> {
    let rest = path.strip_prefix(outer.trim_end_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/')).then(|| rest.trim_matches('/'))
}
