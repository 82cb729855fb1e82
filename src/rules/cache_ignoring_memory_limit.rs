//! A cache or heap that grows without a look at the memory limit.
//!
//! ## Why
//! Where nothing says how large its heap or cache may be, a server takes a share of the memory of the node, or as much as its data needs.
//! Neither knows of the container's limit: the kernel kills the server when it gets there, under load, and again after each recovery.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: cassandra}
//! spec:
//!   serviceName: cassandra
//!   selector: {matchLabels: {app: cassandra}}
//!   template:
//!     metadata: {labels: {app: cassandra}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: cassandra
//!           image: cassandra:5.0.6
//!           resources:
//!             limits: {memory: 4Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/cassandra}
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
//! metadata: {name: redis}
//! spec:
//!   serviceName: redis
//!   selector: {matchLabels: {app: redis}}
//!   template:
//!     metadata: {labels: {app: redis}}
//!     spec:
//!       terminationGracePeriodSeconds: 60
//!       containers:
//!         - name: redis
//!           image: redis:8.2.3
//!           args: [--requirepass, $(REDIS_PASSWORD), --appendonly, "yes", --maxmemory, 1gb]
//!           env:
//!             - name: REDIS_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: REDIS_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 2Gi}
//!             limits: {memory: 2Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! For Cassandra that is `MAX_HEAP_SIZE`, at half of the limit. A server that saves itself from a copy of its memory needs room for the copy.
//!
//! Of a server whose data has no bound this is only noted: as long as the data is small it goes well.
//!
//! ## References
//! - apache/cassandra: conf/cassandra-env.sh
//! - Redis documentation: maxmemory
//! - MySQL reference manual: innodb_dedicated_server
use super::support::memory;
use crate::{
    engines::schema::Blind,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "cache-ignoring-memory-limit",
    source: include_str!("cache_ignoring_memory_limit.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.memory.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if database.engine.memory.as_ref().is_none_or(|m| m.doubtful) {
        return;
    }
    let Some((place, limit)) = database.memory_limit() else { return };
    let Some(need) = database.memory_need() else { return };
    let Some((part, blind)) = need.parts.iter().find_map(|part| Some((part, part.blind?))) else { return };
    let (name, what, most, room) = (database.name(), part.name, need.most_percent(), memory::said(place, limit));
    let message = match blind {
        Blind::Node => format!("container {name:?} sizes {what} by the memory of the node, not by its limit of {room}"),
        Blind::Data => format!("container {name:?} has no {what}: it grows until its memory limit of {room} kills it"),
    };
    // In words: each engine writes sizes in its own way, and takes no other.
    let share = format!("{} MiB", (limit / 100 * most) >> 20);
    let mut help = format!("set {what} to at most {share}: {most} % of the limit leaves room for what it takes beside");
    if let Some(more) = part.help {
        help.push_str(&format!("; {more}"));
    }
    let finding = findings.report(place, message);
    finding.about(what.to_owned());
    finding.help(help);
    finding.at_most(if blind == Blind::Node { Action::Warn } else { Action::Audit });
}
