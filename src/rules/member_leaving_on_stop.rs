//! A preStop hook that takes the member out of its cluster, or empties it, whenever its Pod stops.
//!
//! ## Why
//! A hook runs at every stop: at a node upgrade, a rollout, a failed probe. A member that leaves each time has its data copied to the
//! others, which takes hours, while the cluster has one member less to lose; and some engines never let it in again. To leave is for the
//! day when a member is given up for good.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: cockroach}
//! spec:
//!   serviceName: cockroach
//!   replicas: 3
//!   selector: {matchLabels: {app: cockroach}}
//!   template:
//!     metadata: {labels: {app: cockroach}}
//!     spec:
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: cockroach
//!           image: cockroachdb/cockroach:v26.2.1
//!           args: [start, --certs-dir=/cockroach/certs, --join=cockroach-0.cockroach, --cache=1GiB, --max-sql-memory=1GiB]
//!           resources:
//!             requests: {cpu: 500m, memory: 4Gi}
//!             limits: {memory: 4Gi}
//!           lifecycle:
//!             preStop: {exec: {command: [/cockroach/cockroach, node, decommission, --self, --certs-dir=/cockroach/certs]}}
//!           volumeMounts:
//!             - {name: data, mountPath: /cockroach/cockroach-data}
//!             - {name: certs, mountPath: /cockroach/certs}
//!       volumes:
//!         - name: certs
//!           secret: {secretName: cockroach-certs, defaultMode: 256}
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
//! metadata: {name: cockroach}
//! spec:
//!   serviceName: cockroach
//!   replicas: 3
//!   selector: {matchLabels: {app: cockroach}}
//!   template:
//!     metadata: {labels: {app: cockroach}}
//!     spec:
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: cockroach
//!           image: cockroachdb/cockroach:v26.2.1
//!           args: [start, --certs-dir=/cockroach/certs, --join=cockroach-0.cockroach, --cache=1GiB, --max-sql-memory=1GiB]
//!           resources:
//!             requests: {cpu: 500m, memory: 4Gi}
//!             limits: {memory: 4Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /cockroach/cockroach-data}
//!             - {name: certs, mountPath: /cockroach/certs}
//!       volumes:
//!         - name: certs
//!           secret: {secretName: cockroach-certs, defaultMode: 256}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Where it leaves on a condition only (the replicas were reduced, for example), it is a line in a report.
//!
//! ## References
//! - bitnami/charts: cassandra, whose hook decommissions where persistence is off
//! - cockroachdb/docs: node shutdown; apache/cassandra: nodetool decommission
//! - etcd-io/website: runtime reconfiguration
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, Occasion},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "member-leaving-on-stop",
    source: include_str!("member_leaving_on_stop.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| !engine.facts.leaves_by.is_empty(),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let commands = &database.engine.facts.leaves_by;
    let lifecycle = database.container.0.get("lifecycle");
    if database.role != Role::Server || commands.is_empty() || !lifecycle.is_set() {
        return;
    }
    let hooks = database.container.errands().filter(|e| e.occasion == Occasion::Hook);
    for hook in hooks {
        let calls = hook.script.calls().filter(|call| !call.program().is_empty());
        let mut leaves = calls.filter_map(|call| Some((call, commands.iter().find(|command| call.does(command))?)));
        let Some((call, command)) = leaves.next() else { continue };
        let place = hook.place_of(call.words().first().map_or("", |word| &word.text));
        let (field, name) = (hook.field_of(place), database.name());
        // At every start is no better than at every stop.
        let when = if field == "preStop" { "whenever it stops" } else { "at every start" };
        findings
            .report(
                lifecycle.get(field),
                format!("container {name:?} runs `{command}` {when}"),
            )
            .help(
                "a restart is not a removal: remove it from the hook. The server leaves the cluster in order by itself when it is stopped; take a member out by \
                 hand, once, when it is given up for good",
            )
            .about(command.clone())
            .at_most(if call.is_certain() { Action::Warn } else { Action::Audit });
    }
}
