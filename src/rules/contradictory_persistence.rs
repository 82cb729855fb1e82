//! A volume for data, and a server that is told to keep none.
//!
//! ## Why
//! Somebody made a claim so that the data outlives the Pod, and somebody else told the server to write nothing, to keep everything in
//! memory, or to throw keys away when the memory is full. One of the two is a mistake, and it shows on the day of the restart.
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
//!         - name: redis
//!           image: redis:8.2.3
//!           args: [--save, "", --appendonly, "no"]
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
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
//!       terminationGracePeriodSeconds: 60
//!       containers:
//!         - name: redis
//!           image: redis:8.2.3
//!           args: [--aclfile, /etc/redis/users.acl, --appendonly, "yes", --maxmemory, 512mb]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
//!             - {name: users, mountPath: /etc/redis, readOnly: true}
//!       volumes:
//!         - {name: users, secret: {secretName: redis-users}}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! A cache needs no claim, and one that throws keys away at a limit may append them to a file on no volume, which warms it up after a crash.
//! Where a claim only warms a cache up, say so with the label `seawall.dev/data: cache`.
//!
//! ## References
//! - redis/redis: redis.conf
//! - surrealdb/surrealdb: surrealdb/server/src/cli/start.rs
use super::support::switch;
use crate::{
    engines::schema::Turns,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    tree::Node,
    view::{DataLabel, Database, Volume},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "contradictory-persistence",
    source: include_str!("contradictory_persistence.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    if context.data_label == Some(DataLabel::Cache) {
        return;
    }
    let name = database.name();
    let kept = || database.data.volume().filter(|volume| volume.is_claim());
    if database.declines_to_keep_data() && kept().is_some() && !database.has_mounted_configuration() {
        let message = format!("container {name:?} has a claim for its data, and is told to save none");
        let finding = findings.report(database.container.0.get("args"), message);
        finding.about("declined").at_most(Action::Warn);
        finding.help("remove what switches saving off, or the claim if losing everything on restart is meant");
        return;
    }
    if database.is_in_memory() {
        let Some(mount) = mounted_claim(database) else { return };
        let message = format!("container {name:?} keeps its data in memory, beside a claim that stays empty");
        let finding = findings.report(mount, message);
        finding.about("in memory").at_most(Action::Warn);
        finding.help("give it a store on the claim, or remove the claim if losing everything on restart is meant");
        return;
    }
    for thrown in database.thrown(Turns::EvictionOn) {
        if kept().is_none() {
            return;
        }
        let finding = switch::report(database, &thrown, findings);
        // A claim alone may be there to warm a cache up; who also asks for every write to be kept means the data.
        let asks = database.engine.data.asked_by.iter().any(|condition| database.holds(condition));
        finding.at_most(if asks { Action::Warn } else { Action::Audit });
    }
}

/// Where the container mounts a claim that may be written to.
fn mounted_claim<'t>(database: &Database<'t>) -> Option<Node<'t>> {
    let is_claim =
        |mount: &Node<'t>| mount.get("name").str().and_then(|n| database.pod.volume(n)).is_some_and(Volume::is_claim);
    database.container.mounts().filter(|mount| mount.get("readOnly").bool() != Some(true)).find(is_claim)
}
