//! A memory limit in which the server does not start.
//!
//! ## Why
//! Some servers look at the memory that they may use and end at once where it is too little. The Pod then restarts for ever, and the reason
//! stands in its log alone.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: dragonfly}
//! spec:
//!   serviceName: dragonfly
//!   selector: {matchLabels: {app: dragonfly}}
//!   template:
//!     metadata: {labels: {app: dragonfly}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: dragonfly
//!           image: docker.dragonflydb.io/dragonflydb/dragonfly:v1.34.2
//!           args: [--proactor_threads=4]
//!           resources:
//!             limits: {memory: 512Mi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
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
//! metadata: {name: dragonfly}
//! spec:
//!   serviceName: dragonfly
//!   selector: {matchLabels: {app: dragonfly}}
//!   template:
//!     metadata: {labels: {app: dragonfly}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: dragonfly
//!           image: docker.dragonflydb.io/dragonflydb/dragonfly:v1.34.2
//!           args: [--proactor_threads=2, --maxmemory=1gb, --requirepass=$(DFLY_PASSWORD)]
//!           env:
//!             - name: DFLY_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: DFLY_PASSWORD}}
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
//! The minimum is what lets it start, and no advice: measure what it takes at its peak.
//!
//! ## References
//! - microsoft/mssql-docker#120
//! - oracle/docker-images: runOracle.sh
//! - dragonflydb/dragonfly: src/server/dfly_main.cc
use super::support::memory;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::memory::rounded_bytes,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "memory-limit-below-minimum",
    source: include_str!("memory_limit_below_minimum.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.memory.as_ref().is_some_and(|memory| memory.refuses_below.is_some()),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some((least, said)) = database.least_memory() else { return };
    let Some((place, limit)) = database.memory_limit().filter(|(_, limit)| *limit < least) else { return };
    let (name, room) = (database.name(), memory::said(place, limit));
    let least_said = said.map_or_else(|| rounded_bytes(least), str::to_owned);
    let finding = findings.report(
        place,
        format!("container {name:?} does not start in a memory limit of {room}: it needs {least_said} at least"),
    );
    finding.measure(least.saturating_sub(limit));
    finding.help(format!(
        "set limits.memory to {least_said} or more, above what it takes at its peak; the request too, or the node may not have it"
    ));
    finding.at_most(Action::Warn);
}
