//! A database that may take all the memory of its node.
//!
//! ## Why
//! Without a limit a server grows until the node runs short of memory, and the kernel then kills whatever is largest, in any Pod.
//! A limit that is too small is worse: the server is killed again and again while it recovers. So Seawall invents none. It writes the
//! number that the settings state for the engine, into new workloads only, and only where the server's own settings leave room below it.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           args: [--innodb-buffer-pool-size=512M]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
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
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           args: [--innodb-buffer-pool-size=512M]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Measure before you set it on a database that runs: the limit must be above what the server takes at its peak.
//!
//! ## References
//! - Kubernetes documentation: resource management for Pods and containers; node-pressure eviction
//! - MySQL reference manual: innodb_buffer_pool_size
use super::support::resources::{self, Limit};
use crate::{
    finding::Findings,
    proposal::Proposal,
    rule::{Context, Mutate, Rule, Validate},
    terms::Tier,
    text::quantity::human_bytes,
    view::{Database, quantity},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-memory-limit",
    source: include_str!("missing_memory_limit.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: Some(Mutate::Birth(mutate)),
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[
        "containers[*].resources.limits.memory",
        "containers[*].resources.requests.memory",
        "initContainers[*].resources.limits.memory",
        "initContainers[*].resources.requests.memory",
    ],
};

fn mutate(database: &Database<'_>, context: &Context<'_>, proposal: &mut Proposal) {
    let Limit::Given(limit, request) = resources::limit(database, context) else { return };
    let (container, engine) = (database.container, &database.engine.name);
    proposal
        .set(container.memory_limit(), limit.text.as_ref().into())
        .because(format!("adds the memory limit that the settings state for {engine}"))
        .help("change it under `engines` in the settings, or write another one here");
    if let Some(request) = request {
        proposal
            .set(container.memory_request(), request.text.as_ref().into())
            .because("adds a memory request, or the limit would become the request")
            .help("write another one here if the database needs more");
    }
}

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let (container, name) = (database.container, database.name());
    // The API server reads a limit of zero as none.
    let has_limit = |node| quantity(node).is_some_and(|q| !q.is_zero());
    if has_limit(container.memory_limit()) || has_limit(database.pod.memory_limit()) {
        return;
    }
    let stated = resources::limit(database, context);
    let message = match &stated {
        Limit::TooLittle(stated, least) => format!(
            "container {name:?} has no memory limit: the settings' {} is below the {} that it needs",
            stated.text,
            human_bytes(rounded_up(*least))
        ),
        _ => format!("container {name:?} has no memory limit and can take the node's memory"),
    };
    let mut help = "set limits.memory above its measured peak".to_owned();
    if let Some(need) = database.memory_need().filter(|need| !need.parts.is_empty()) {
        help.push_str(&format!("; keep {} under {} % of it", need.as_advice(), need.most_percent()));
    }
    if let Limit::Unsuitable(stated, why) = stated {
        help.push_str(&format!("; the settings' {} is not given: {why}", stated.text));
    }
    findings.report(container.memory_limit(), message).help(help);
}

/// To whole mebibytes, as people write them.
fn rounded_up(bytes: i64) -> i64 {
    const MEBIBYTE: i64 = 1 << 20;
    bytes.checked_add(MEBIBYTE - 1).map_or(bytes, |b| b / MEBIBYTE * MEBIBYTE)
}
