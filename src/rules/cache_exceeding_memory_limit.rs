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
use super::support::{beside, memory};
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::{memory::rounded_bytes, quantity::human_bytes},
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
    needs: |engine| engine.memory.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some((place, limit)) = database.memory_limit() else { return };
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
    let mut parts = need.in_words(limit);
    let said = rounded_bytes(sum);
    if parts.contains(" + ") {
        parts.push_str(&format!(" = {}", rounded_bytes(need.known(limit))));
    }
    let room = memory::said(place, limit);
    let finding = findings.report(
        place,
        if is_full {
            format!("container {name:?} is killed when its cache fills: {parts} in a memory limit of {room}")
        } else {
            format!("container {name:?} has {parts} in a memory limit of {room}: over {most} %")
        },
    );
    finding.measure(memory::percent(sum, limit));
    let file = need.parts.iter().find_map(|p| Some((p.name, p.config_map()?)));
    let stands = file.map(|(name, map)| format!("; {name} stands in ConfigMap {map:?}")).unwrap_or_default();
    if need.parts.iter().any(|part| part.is_spelled() && part.is_share()) {
        finding.help(format!(
            "its settings take {said}, and grow with the limit: lower them to {most} % of it together{stands}"
        ));
    } else {
        let enough = mebibytes(sum.saturating_mul(100) / most.max(1));
        finding.help(format!("its settings take {said}: raise the limit to {enough} or more, or lower them{stands}"));
    }
    if !is_full {
        // A factor is a margin: without it such settings go well, if not always.
        let is_margin =
            need.has_factors() && need.spelled_once(limit).saturating_mul(100) <= limit.saturating_mul(most);
        finding.at_most(if is_margin { Action::Audit } else { Action::Warn });
    } else if file.is_some() || database.container.has_huge_pages() || database.pod.has_huge_pages() {
        // A ConfigMap can be changed without this workload, and huge pages do not count against the limit.
        finding.at_most(Action::Warn);
    }
}

/// Rounded up, in the units of a manifest.
fn mebibytes(bytes: i64) -> String {
    const MEBIBYTE: i64 = 1 << 20;
    human_bytes((bytes / MEBIBYTE + i64::from(bytes % MEBIBYTE != 0)) * MEBIBYTE)
}
