//! A disruption budget that lets no Pod of a database be evicted, ever.
//!
//! ## Why
//! A node that is drained waits for the budget, and this one never gives way: upgrades hang until somebody loses patience and deletes
//! the Pod by force, or a managed cluster does so after an hour. Then the server has no time to stop, which is what the budget was to
//! prevent.
//!
//! `seawall check` sees it where the budget and the workload that it selects are in one run; the webhook, when the
//! workload is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: db}
//! spec:
//!   minAvailable: 1
//!   selector: {matchLabels: {app: db}}
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
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
//!
//! ## Use instead
//! ```yaml
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: db}
//! spec:
//!   maxUnavailable: 1
//!   selector: {matchLabels: {app: db}}
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
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
//! With one replica the drain stops it, cleanly, and it starts on another node. Who wants to choose the hour drains the node in that
//! hour.
//!
//! ## References
//! - Kubernetes documentation, Specifying a Disruption Budget for your Application
//! - cloudnative-pg/cloudnative-pg: docs/src/kubernetes_upgrade.md
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "blocking-disruption-budget",
    source: include_str!("blocking_disruption_budget.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "set maxUnavailable: 1 instead: a drain then stops one Pod at a time, with all the time it has to stop; with one replica \
                    that is a short pause, at an hour that whoever drains the node chooses";

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::Budget(budget) = companion else { return };
    let workloads = beside::pointed_at(companion, context);
    let total = workloads.iter().map(|w| w.replicas).fold(0, i64::saturating_add);
    let Some(database) = workloads.iter().find(|w| w.databases.iter().any(|d| d.role.is_server())) else { return };
    if budget.leaves(total) != Some(0) {
        return;
    }
    let (kind, name, says) = (&database.kind, &database.name, budget.in_words());
    let pods = if total == 1 { "the one Pod".to_owned() } else { format!("any of the {total} Pods") };
    let message = format!("no drain may ever evict {pods} of {kind} {name:?}: {says}");
    findings.report(budget.bound(), message).help(HELP).at_most(Action::Warn);
}
