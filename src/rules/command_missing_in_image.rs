//! A probe or hook that runs a program which the image does not have.
//!
//! ## Why
//! Programs go: mariadb 11 has no `mysqladmin`, mongo 6 no `mongo`, some images have no shell at all. A readiness probe that cannot run
//! never passes, a liveness probe that cannot run has the server killed again and again, and a hook that cannot run fails in silence: the
//! server is stopped without it.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mariadb}
//! spec:
//!   serviceName: mariadb
//!   selector: {matchLabels: {app: mariadb}}
//!   template:
//!     metadata: {labels: {app: mariadb}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mariadb
//!           image: mariadb:11.8.5
//!           env:
//!             - name: MARIADB_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mariadb-credentials, key: MARIADB_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           readinessProbe:
//!             exec: {command: [mysqladmin, ping, -h, 127.0.0.1]}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mariadb}
//! spec:
//!   serviceName: mariadb
//!   selector: {matchLabels: {app: mariadb}}
//!   template:
//!     metadata: {labels: {app: mariadb}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mariadb
//!           image: mariadb:11.8.5
//!           env:
//!             - name: MARIADB_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mariadb-credentials, key: MARIADB_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           readinessProbe:
//!             exec: {command: [mariadb-admin, ping, -h, 127.0.0.1]}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Only what is known of the image counts, by its tag; a floating tag says nothing, and a program that runs on a condition is not meant.
//!
//! ## References
//! - MariaDB/mariadb-docker#512
//! - microsoft/mssql-docker#892
//! - surrealdb/helm-charts: README.md; Kubernetes documentation: probes by HTTP, TCP and gRPC
use crate::{
    engines::VersionRange,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::command::Call,
    view::{Database, Execution},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "command-missing-in-image",
    source: include_str!("command_missing_in_image.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// Where an image keeps its programs.
const FOLDERS: [&str; 4] = ["/bin/", "/usr/bin/", "/usr/local/bin/", "/sbin/"];
/// What an image without `/bin/sh` does not have either.
const WITH_A_SHELL: [&str; 10] = ["sh", "bash", "ash", "dash", "sleep", "curl", "wget", "cat", "nc", "kill"];

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    // An image of somebody's own may have whatever he put into it; and so may one whose packaging is a guess.
    if !(database.image_is_known && database.packaging_is_known) {
        return;
    }
    let facts = &database.engine.facts;
    if facts.shell != Some(false) && facts.absent_programs.is_empty() {
        return;
    }
    for errand in database.container.errands() {
        let Some((program, instead)) = missing(database, &errand) else { continue };
        let place = errand.place_of(program);
        let (field, name) = (errand.field_of(place), database.name());
        findings
            .report(place, format!("container {name:?} runs {program} in {field}, which its image lacks"))
            .help(instead)
            .about(format!("{field} {program}"))
            .at_most(Action::Warn);
    }
}

/// The first program that certainly runs and is not there, and what to write instead.
fn missing<'d>(database: &'d Database<'_>, errand: &'d Execution<'_>) -> Option<(&'d str, String)> {
    let first = errand.words().next()?;
    let program = first.rsplit('/').next().unwrap_or(first);
    // One from a mounted folder may be there.
    let is_image_s = first == program || FOLDERS.iter().any(|folder| first.strip_prefix(folder) == Some(program));
    if database.engine.facts.shell == Some(false) && is_image_s && WITH_A_SHELL.contains(&program) {
        let instead = "the image has neither a shell nor its tools: probe by httpGet, tcpSocket or grpc, or by the server's own program; \
                       wait by preStop.sleep";
        return Some((program, instead.to_owned()));
    }
    let version = database.version.as_ref();
    let is_absent = |versions: &Option<VersionRange>| {
        versions.as_ref().is_none_or(|range| version.and_then(|v| range.contains(v)) == Some(true))
    };
    let mut absent = database.engine.facts.absent_programs.iter().filter(|a| is_absent(&a.versions));
    absent.find_map(|absent| {
        let runs = |call: Call<'_, '_>| match absent.program.starts_with('/') {
            true => call.words().first().is_some_and(|word| word.text == absent.program),
            false => call.program() == absent.program,
        };
        // A shell with a script is not a call of its own.
        let runs_shell = is_image_s && program == absent.program;
        let found = runs_shell || errand.script.calls().filter(|c| c.is_certain() && c.runs_here()).any(runs);
        found.then(|| (absent.program.as_str(), format!("use {} in this version of the image", absent.instead)))
    })
}
