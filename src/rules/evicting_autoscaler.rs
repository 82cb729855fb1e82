//! A vertical autoscaler that restarts a database by its own clock.
//!
//! ## Why
//! With `updateMode: Auto` or `Recreate` the updater evicts a Pod whenever its recommendation has moved far enough. A server is then down for
//! as long as it takes to stop, to start and to warm its cache, in the middle of the load that moved the recommendation; and a smaller
//! limit may be one that its settings do not fit into.
//!
//! `seawall check` sees it where the autoscaler and its target are in one run; the webhook, when the database is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: autoscaling.k8s.io/v1
//! kind: VerticalPodAutoscaler
//! metadata: {name: db}
//! spec:
//!   targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
//!   updatePolicy: {updateMode: Auto, minReplicas: 1}
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
//! apiVersion: autoscaling.k8s.io/v1
//! kind: VerticalPodAutoscaler
//! metadata: {name: db}
//! spec:
//!   targetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
//!   updatePolicy: {updateMode: "Off"}
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
//! With `"Off"` a recommendation is only shown. With `Initial` it counts when the Pod is started anyway, and limits shrink and grow in
//! proportion to requests: choose it only with `controlledValues: RequestsOnly` and a `minAllowed` for memory that the server's settings fit
//! into. A container whose policy is `"Off"` is left alone, and not reported.
//!
//! The updater evicts where there are at least `minReplicas` Pods; where that is not set, 2, unless it was started with another
//! `--min-replicas`. Of fewer the finding is counted, and no more.
//!
//! ## References
//! - kubernetes/autoscaler: vertical-pod-autoscaler/docs/quickstart.md, docs/flags.md (min-replicas)
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "evicting-autoscaler",
    source: include_str!("evicting_autoscaler.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "set updatePolicy.updateMode to \"Off\", and apply what it recommends at an hour that you choose; to Initial only with \
                    controlledValues: RequestsOnly and a minAllowed for memory: limits shrink with requests otherwise";

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::VerticalAutoscaler(autoscaler) = companion else { return };
    let Some(mode) = autoscaler.evicting_mode() else { return };
    for workload in beside::pointed_at(companion, context) {
        let is_moved = |container: &str| !autoscaler.leaves_alone(container);
        let servers = workload.databases.iter().filter(|d| d.role == Role::Server);
        let Some(database) = servers.into_iter().find(|d| is_moved(&d.container)) else { continue };
        let (kind, name, engine) = (&workload.kind, &workload.name, &database.engine);
        let (verb, ceiling) = match workload.replicas >= autoscaler.fewest() {
            true => ("evicts", Action::Warn),
            // The updater may have been started with another minimum.
            false => ("may evict", Action::Audit),
        };
        let message = format!("{verb} {engine} of {kind} {name:?} to give it other resources: updateMode {mode}");
        findings.report(autoscaler.mode(), message).about(format!("{kind}/{name}")).help(HELP).at_most(ceiling);
    }
}
