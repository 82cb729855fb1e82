//! More connections than the memory limit has room for.
//!
//! ## Why
//! Each connection may take its own memory for sorts and hashes, beside the cache, and each query several times. When many do so at once,
//! the kernel kills the server, or one of its processes, on which all the others restart too.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           args: [-c, max_connections=500, -c, work_mem=64MB]
//!           resources:
//!             limits: {memory: 2Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           args: [-c, max_connections=100, -c, work_mem=8MB]
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 2Gi}
//!             limits: {memory: 2Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A pooler lets many clients share few connections. Where the spec spells only one of the two, how many and how much, this is noted: few
//! servers are used by as many clients as they let in by default.
//!
//! ## References
//! - PostgreSQL documentation: resource consumption, work_mem
//! - MySQL reference manual: how MySQL uses memory
use super::support::memory;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::memory::rounded_bytes,
    view::{Database, MemoryPart},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "connections-exceeding-memory-limit",
    source: include_str!("connections_exceeding_memory_limit.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.memory.as_ref().is_some_and(|memory| memory.sessions.is_some()),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some((place, limit)) = database.memory_limit() else { return };
    let Some(need) = database.session_need() else { return };
    let one = need.one(limit);
    let all = one.saturating_mul(need.most);
    let is_spelled = need.each.iter().any(MemoryPart::is_spelled);
    // Of defaults alone nothing is said: servers come with more connections than people use.
    if all <= limit || !(is_spelled || need.is_spelled) {
        return;
    }
    let (name, most, count) = (database.name(), need.name, need.most);
    let Some(largest) = need.largest(limit) else { return };
    let each = if need.each.len() == 1 {
        format!("{} {}", largest.name, rounded_bytes(one))
    } else {
        format!("{} ({} and others)", rounded_bytes(one), largest.name)
    };
    let (taken, room) = (rounded_bytes(all), memory::said(place, limit));
    let finding = findings
        .report(place, format!("container {name:?} may take {taken} in a limit of {room}: {most} {count} x {each}"));
    finding.about(most.to_owned()).measure(memory::percent(all, limit));
    finding.help(format!(
        "lower {most} and let a pooler share the connections, lower {}, or raise the limit; a query may take it several times",
        largest.name
    ));
    finding.at_most(if is_spelled && need.is_spelled { Action::Warn } else { Action::Audit });
}
