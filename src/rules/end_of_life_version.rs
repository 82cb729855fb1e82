//! A version of a database that gets no more updates.
//!
//! ## Why
//! Its faults stay, those that lose data and those that let people in, and the longer it stays the more steps the way up has. It is
//! never a reason to refuse: a restore needs the version that the backup was made with.
//!
//! The day on which a version's updates end is compared with the clock, so a finding appears without anybody having changed anything.
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
//!         - name: postgres
//!           image: postgres:12.22
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
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
//! Changing the tag alone upgrades nothing where the image does not upgrade its files, and cannot be undone where it does: dump first.
//!
//! ## References
//! - endoflife.date
//! - PostgreSQL: versioning policy
//! - docker-library/postgres#37
use crate::{
    engines::schema::Upgrade,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::date,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "end-of-life-version",
    source: include_str!("end_of_life_version.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.facts.end_of_life.is_some(),
    writes: &[],
};

/// Going to another version is a matter of its own, and never done by a change of the tag alone.
const HELP: &str = "dump it, and try the way up on a copy of the data: there is no way back";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let engine = database.engine;
    // The version of an image of somebody's own is its own.
    let Some(version) = database.version.as_ref().filter(|_| database.image_is_known) else { return };
    let over = engine.facts.end_of_life.iter().flat_map(|all| all.iter()).find(|end| {
        end.versions.contains(version) == Some(true) && date::seconds(&end.date).is_some_and(|day| day <= context.now)
    });
    let Some(over) = over else { return };
    let (name, title, day) = (database.name(), &engine.title, &over.date);
    // The day of a range is that of its last version.
    let when = if over.versions.to_string().contains(['<', '>']) { "by" } else { "on" };
    let finding = findings.report(
        database.container.0.get("image"),
        format!("container {name:?} runs {title} {version}, whose updates ended {when} {day}"),
    );
    finding.at_most(Action::Warn);
    finding.help(match engine.facts.upgrade.as_deref() {
        Some(upgrade) if !upgrade.series.is_empty() => format!("{HELP}; no release series may be skipped"),
        Some(Upgrade { most_majors: Some(1), .. }) => format!("{HELP}; it goes one major version at a time"),
        Some(Upgrade { in_place: false, .. }) => {
            format!("{HELP}; the image does not upgrade its files, so another tag alone does not start")
        }
        _ => HELP.to_owned(),
    });
}
