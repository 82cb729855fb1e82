//! A database's files, writable for a container that is no part of the database.
//!
//! ## Why
//! What reads metrics or logs needs to write nothing. A rotation of logs that takes a journal for a log, a cleaning job with a wrong
//! pattern, or whoever gets into the weaker container, writes to the files under a running server, and no server survives that.
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
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!         - name: logs
//!           image: registry.example.com/log-reader:1.4.2
//!           volumeMounts:
//!             - {name: data, mountPath: /database}
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
//!         - name: logs
//!           image: registry.example.com/log-reader:1.4.2
//!           volumeMounts:
//!             - {name: data, mountPath: /database, readOnly: true}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Containers that run a program of the same engine, and agents for backups, are not reported: they may have to write. So may others,
//! which is why the finding is a note.
//!
//! ## References
//! - Kubernetes documentation, volumes: read-only mounts
use crate::{
    engines::{Catalogue, LookAlike},
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    tree::Node,
    view::{Case, DataPlace, Detected, Verdict},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "data-writable-by-sidecar",
    source: include_str!("data_writable_by_sidecar.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, context: &Context<'_>, findings: &mut Findings) {
    if case.detected.len() < 2 {
        return;
    }
    for database in case.servers().filter(|database| database.role == Role::Server) {
        let DataPlace::On { mount, volume, .. } = &database.data else { continue };
        if !volume.is_kept() {
            continue;
        }
        for stranger in case.detected.iter().filter(|detected| is_stranger(detected, context.catalogue)) {
            let Some(theirs) = stranger.container.mounts().find(|theirs| writes_to(*theirs, *mount)) else { continue };
            let (name, server) = (stranger.container.name(), database.name());
            let message = format!("container {name:?} can write to the files of {server:?}: a mount is not read-only");
            let finding = findings.report(theirs, message);
            finding.about(server.to_owned()).in_container(name).at_most(Action::Audit);
            finding
                .help("set readOnly: true on the mount, or give the container a volume of its own for what it writes");
        }
    }
}

/// True for what is no part of a database: backup agents and the engine's own programs may have to write.
fn is_stranger(detected: &Detected<'_>, catalogue: &Catalogue) -> bool {
    match detected.verdict {
        Verdict::Unknown => catalogue.look_alikes().words(detected.container.name()) != Some(LookAlike::Client),
        Verdict::LookAlike(kind) => matches!(kind, LookAlike::Exporter | LookAlike::Router | LookAlike::Other),
        Verdict::Engine(_, role) => role == Role::Exporter,
    }
}

/// Whether a mount is writable and shows what another one shows, or a part of it.
fn writes_to(theirs: Node<'_>, data: Node<'_>) -> bool {
    let folder = |mount: Node<'_>| mount.get("subPath").str().unwrap_or("").trim_matches('/').to_owned();
    let covers = |outer: &str, inner: &str| {
        outer.is_empty() || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    if theirs.get("name").str() != data.get("name").str() || theirs.get("readOnly").bool() == Some(true) {
        return false;
    }
    // What is mounted by an expression differs from Pod to Pod.
    if [theirs, data].iter().any(|mount| mount.get("subPathExpr").is_set()) {
        return false;
    }
    let (a, b) = (folder(theirs), folder(data));
    covers(&a, &b) || covers(&b, &a)
}
