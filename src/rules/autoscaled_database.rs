//! An autoscaler that adds and removes members of a database.
//!
//! ## Why
//! Load comes and goes, data does not. A new Pod of a plain server is an empty database behind the same Service; a new member of a
//! cluster copies data while the others are busy, and one that is taken away takes its copy along. Most engines must be told before a
//! member leaves.
//!
//! `seawall check` sees it where the autoscaler and its target are in one run; the webhook, when the
//! workload is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: db}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: StatefulSet, name: db}
//!   minReplicas: 1
//!   maxReplicas: 5
//!   metrics:
//!     - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
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
//! apiVersion: autoscaling/v2
//! kind: HorizontalPodAutoscaler
//! metadata: {name: shop}
//! spec:
//!   scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: shop}
//!   minReplicas: 1
//!   maxReplicas: 5
//!   metrics:
//!     - {type: Resource, resource: {name: cpu, target: {type: Utilization, averageUtilization: 80}}}
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
//! Scale what asks the database. Caches and routers, which keep nothing, are not reported, nor is an autoscaler that stays at one number.
//!
//! ## References
//! - kubernetes/kubernetes#55045
//! - Kubernetes documentation, Horizontal Pod Autoscaling
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "autoscaled-database",
    source: include_str!("autoscaled_database.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "delete the autoscaler, and set replicas by hand after the engine's own steps for adding or removing a member; scale \
                    the application, or give the server more memory and CPU";

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::Autoscaler(autoscaler) = companion else { return };
    let (least, most) = autoscaler.range();
    if least >= most {
        return;
    }
    for workload in beside::pointed_at(companion, context) {
        let Some(database) = workload.databases.iter().find(|d| d.role == Role::Server) else { continue };
        let (kind, name, engine) = (&workload.kind, &workload.name, &database.engine);
        let message = format!("scales {engine} of {kind} {name:?} by load, from {least} to {most} Pods");
        findings.report(autoscaler.target_place(), message).help(HELP).at_most(Action::Warn);
    }
}
