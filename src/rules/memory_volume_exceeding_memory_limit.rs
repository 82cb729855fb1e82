//! A volume in memory that does not fit into the memory limit beside the cache.
//!
//! ## Why
//! What is written into an emptyDir of medium Memory is memory of the container that writes it. When the volume and the server's own cache
//! fill, the kernel kills the server. A volume without a size limit may take all that the Pod's limits allow.
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
//!           args: [-c, shared_buffers=256MB]
//!           resources:
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!             - {name: shm, mountPath: /dev/shm}
//!       volumes:
//!         - {name: shm, emptyDir: {medium: Memory, sizeLimit: 1Gi}}
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
//!           args: [-c, shared_buffers=256MB]
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!             - {name: shm, mountPath: /dev/shm}
//!       volumes:
//!         - {name: shm, emptyDir: {medium: Memory, sizeLimit: 256Mi}}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A volume without a size limit is only noted.
//!
//! ## References
//! - Kubernetes documentation: volumes, emptyDir
//! - timescale/helm-charts#127
use super::support::memory;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::{memory::rounded_bytes, quantity::Quantity},
    view::{Database, quantity},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "memory-volume-exceeding-memory-limit",
    source: include_str!("memory_volume_exceeding_memory_limit.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some((place, limit)) = database.memory_limit() else { return };
    let own = database.container.memory_limit().is_set().then_some(database.container);
    let mut sized = 0_i64;
    let mut first = None;
    for volume in database.pod.volumes_in_memory(own) {
        let size = quantity(volume.size_limit()).and_then(Quantity::bytes).filter(|size| *size > 0);
        first = first.or(Some(volume));
        if let Some(size) = size {
            sized = sized.saturating_add(size);
        } else {
            let (volume_name, room) = (volume.node.get("name").text(), memory::said(place, limit));
            let finding = findings.report(
                volume.size_limit(),
                format!("volume {volume_name:?} lies in memory without a bound: it counts against a limit of {room}"),
            );
            finding.help("set emptyDir.sizeLimit, and count it into the memory limit").at_most(Action::Audit);
        }
    }
    let Some(volume) = first.filter(|_| sized > 0) else { return };
    let need = database.memory_need();
    let spelled = need.as_ref().and_then(|need| need.spelled(limit)).unwrap_or(0);
    let sum = sized.saturating_add(spelled);
    // A cache that is too large by itself is another rule's matter.
    if sum <= limit || spelled >= limit {
        return;
    }
    let (name, volume_name, room) = (database.name(), volume.node.get("name").text(), memory::said(place, limit));
    let mut parts = format!("{} in volume {volume_name:?}", rounded_bytes(sized));
    if let Some(need) = need.filter(|_| spelled > 0) {
        let all = rounded_bytes(sized.saturating_add(need.known(limit)));
        parts.push_str(&format!(" + {} = {all}", need.in_words(limit)));
    }
    let finding = findings.report(place, format!("container {name:?} has {parts} in a memory limit of {room}"));
    finding.about("volumes in memory").measure(memory::percent(sum, limit));
    finding.help("lower the volume's sizeLimit or the cache, or raise the limit above both and what connections take");
    finding.at_most(Action::Warn);
}
