//! A database in a kind of workload that does not keep it running, or keeps too many of it.
//!
//! ## Why
//! Nobody makes a bare Pod anew when its node goes. A DaemonSet starts one server on each node, with data of its own, and an empty one on each
//! new node. A Job is for what ends: its server is stopped by a deadline, or keeps the Job from ever being done.
//!
//! ## Example
//! ```yaml
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: postgres}
//! spec:
//!   containers:
//!     - name: postgres
//!       image: postgres:17.7
//!       volumeMounts:
//!         - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumes:
//!     - {name: data, persistentVolumeClaim: {claimName: orders}}
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
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! A StatefulSet can take over a claim: one replica, and the claim under `volumes` as before.
//!
//! Silent are static Pods and those of one node, Pods that are never restarted (they are meant to go) or have lost their controller, caches on
//! each node, and Jobs that run a script: it may well stop its server. A cache in a bare Pod is noted, and so is a DaemonSet that chooses its
//! nodes or whose servers join each other.
//!
//! ## References
//! - Kubernetes documentation: Pods without a controller
//! - kubernetes-sigs: StatefulSet basics
use super::DUMP_FIRST;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Operation, Role, Tier},
    view::{Database, Kind, Owner, Volume},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unsuitable-workload-kind",
    source: include_str!("unsuitable_workload_kind.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let (workload, pod, name) = (database.workload, database.pod, database.name());
    if matches!(workload.kind, Kind::Deployment | Kind::StatefulSet) {
        return;
    }
    let is_cache = database.role == Role::Cache || database.is_in_memory();
    let kind = workload.kind.as_str();
    let (message, most) = match workload.kind {
        // One that has lost its controller since is being moved, or waits for the next.
        Kind::Pod if context.operation == Operation::Create && is_left_alone(database) => (
            format!("a bare {kind} runs database {name:?}: nothing makes it anew when its node goes"),
            if is_cache { Action::Audit } else { Action::Warn },
        ),
        Kind::DaemonSet if !is_cache => {
            // Where nodes are chosen, or members join each other, it may well be meant.
            let chosen = pod.spec.get("nodeSelector").is_set() || pod.has_node_affinity() || pod.is_tied_to_a_node();
            (
                format!("a {kind} runs database {name:?} once per node: each has its own data, a new node none"),
                if chosen || database.is_member() { Action::Audit } else { Action::Warn },
            )
        }
        // What a script starts it may stop.
        Kind::Job | Kind::CronJob if !is_cache && database.data.is_kept() && database.container.keeps_entrypoint() => (
            format!("a {kind} runs database {name:?} over a volume: it never ends, or is killed when the Job is"),
            Action::Warn,
        ),
        _ => return,
    };
    let finding = findings.report(workload.spec(), message);
    finding.help(help(database));
    finding.about(kind).at_most(most);
}

fn help(database: &Database<'_>) -> String {
    match database.workload.kind {
        Kind::Job | Kind::CronJob => {
            "use a StatefulSet for a server; a Job that needs one for a while runs a script that stops it in the end".into()
        }
        Kind::Pod if database.data.volume().is_some_and(Volume::is_claim) => {
            "use a StatefulSet with one replica and the same claim under volumes; delete the Pod first: two servers on a claim              corrupt it"
                .into()
        }
        _ => format!("{DUMP_FIRST}; then use a StatefulSet with volumeClaimTemplates"),
    }
}

/// True for a Pod that nobody makes anew, and that is not meant to go.
fn is_left_alone(database: &Database<'_>) -> bool {
    let (workload, pod) = (database.workload, database.pod);
    let is_of_the_node = workload.annotation("kubernetes.io/config.mirror").is_some()
        || workload.annotation("kubernetes.io/config.source").is_some()
        || pod.spec.get("hostNetwork").bool() == Some(true);
    Owner::of(workload.object).is_none()
        && !is_of_the_node
        && !pod.is_tied_to_a_node()
        && pod.restart_policy() != "Never"
}
