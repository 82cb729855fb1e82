//! A cache or heap that does not fit into the container's memory limit.
//!
//! ## Why
//! The limit is a wall: when the cache fills, the kernel kills the server, which then recovers from a crash, fills its cache and is
//! killed again. Beside the cache a server needs memory for connections, sorting, and the page cache that its files go through.
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--innodb-buffer-pool-size=512M]
//!           resources:
//!             limits: {memory: 512Mi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--innodb-buffer-pool-size=512M]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! At or above the limit is one matter; above the share that is known to go well (70 % for InnoDB, 50 % for WiredTiger and for a Java
//! heap) is a warning. What a Secret or a mounted file sets is not seen, unless the file
//! is of a ConfigMap that is in the same run of `seawall check`.
//!
//! ## References
//! - MySQL reference manual, innodb_buffer_pool_size
//! - cockroachdb/docs: recommended production settings
//! - MongoDB SERVER-60412
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::quantity::{Quantity, human_bytes},
    tree::Node,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "cache-exceeding-memory-limit",
    source: include_str!("cache_exceeding_memory_limit.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some((place, limit)) = limit(database) else { return };
    let look = |name: &str| beside::config_map(name, context);
    let Some(need) =
        database.memory_need_beside(&look).filter(|_| database.engine.memory.as_ref().is_some_and(|m| !m.doubtful))
    else {
        return;
    };
    // Without a word about it in the spec nothing is said: a default may have been changed in a file that nobody sees here.
    let Some(spelled) = need.spelled(limit) else { return };
    let is_full = spelled >= limit;
    let sum = if is_full { spelled } else { need.total(limit).unwrap_or(spelled) };
    let most = need.most_percent();
    if sum.saturating_mul(100) <= limit.saturating_mul(most) || (!is_full && need.is_least(sum)) {
        return;
    }
    let name = database.name();
    let (parts, taken) = (need.in_words(limit), mebibytes(sum));
    let room = place.str().map_or_else(|| human_bytes(limit), str::to_owned);
    let finding = findings.report(
        place,
        if is_full {
            format!("container {name:?} is killed when its cache fills: {parts} in a memory limit of {room}")
        } else {
            format!("container {name:?} has {parts} in a memory limit of {room}: more than {most} %")
        },
    );
    finding.measure(sum.saturating_mul(100) / limit);
    let enough = mebibytes(sum.saturating_mul(100) / most.max(1));
    let file = need.parts.iter().find_map(|p| Some((p.name, p.config_map()?)));
    let said = file.map(|(name, map)| format!("; {name} stands in ConfigMap {map:?}")).unwrap_or_default();
    finding.help(format!("its settings take {taken}: raise the limit to {enough} or more, or lower them{said}"));
    // A ConfigMap can be changed without this workload.
    if !is_full || file.is_some() {
        finding.at_most(Action::Warn);
    }
}

/// The limit that holds for the container, in bytes, and where it is written: its own, else the Pod's.
fn limit<'t>(database: &Database<'t>) -> Option<(Node<'t>, i64)> {
    let own = database.container.memory_limit();
    let place = if own.is_set() { own } else { database.pod.spec.path("resources.limits.memory") };
    let quantity = place.str().and_then(Quantity::parse).or_else(|| place.i64().map(Quantity::from_i64))?;
    // The API server reads a limit of nought as none.
    quantity.bytes().filter(|bytes| *bytes > 0).map(|bytes| (place, bytes))
}

/// Rounded up, in the units of a manifest.
fn mebibytes(bytes: i64) -> String {
    const MEBIBYTE: i64 = 1 << 20;
    human_bytes((bytes / MEBIBYTE + i64::from(bytes % MEBIBYTE != 0)) * MEBIBYTE)
}
