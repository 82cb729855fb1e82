//! Queries that need more of /dev/shm than a container has.
//!
//! ## Why
//! A container has 64Mi at `/dev/shm` unless a volume is mounted there. A server whose parallel queries share memory through it fails them
//! with "could not resize shared memory segment: no space left on device".
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
//!           args: [-c, work_mem=64MB]
//!           resources:
//!             limits: {memory: 4Gi}
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
//!           args: [-c, work_mem=64MB, -c, max_connections=50]
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 8Gi}
//!             limits: {memory: 8Gi}
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
//! Only a `work_mem` that the spec spells is judged: at the default the queries of most people fit.
//!
//! ## References
//! - CrunchyData/postgres-operator#2640
//! - PostgreSQL documentation: dynamic_shared_memory_type
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::memory::rounded_bytes,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "default-shared-memory",
    source: include_str!("default_shared_memory.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.memory.as_ref().is_some_and(|memory| memory.shared.is_some()),
    writes: &[],
};

/// Where processes share memory.
const SHARED: &str = "/dev/shm";

/// What a container has there, in bytes.
const USUAL: i64 = 64 << 20;

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(facts) = database.engine.memory.as_ref().and_then(|m| m.shared.as_ref()) else { return };
    let mut mounts = database.container.mounts();
    if mounts.any(|mount| mount.get("mountPath").str().is_some_and(|path| path.trim_end_matches('/') == SHARED)) {
        return;
    }
    let part = database.memory_part(&facts.term);
    let bytes = part.bytes(USUAL);
    if !part.is_spelled() || bytes <= USUAL || facts.unless.iter().any(|c| database.holds(c)) {
        return;
    }
    let (name, taken, what) = (database.name(), rounded_bytes(bytes), part.name);
    let finding = findings.report(
        database.container.0.get("volumeMounts"),
        format!("container {name:?} has 64Mi of {SHARED}, and a parallel query may need {taken} ({what})"),
    );
    finding.about(SHARED).measure(bytes).help(format!(
        "mount an emptyDir of medium Memory at {SHARED}, with a sizeLimit of {taken} or more, and count it into the memory limit"
    ));
    finding.at_most(Action::Audit);
}
