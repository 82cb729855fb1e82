//! A Service that sends clients to databases that are not ready.
//!
//! ## Why
//! `publishNotReadyAddresses` is for the Service by which members find each other before they can be ready. On a Service that clients
//! use it undoes the readiness probe: while a server starts, recovers or stops, connections go to it and fail.
//!
//! `seawall check` sees it where the Service and the workload that it selects are in one run; the webhook, when the
//! workload is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: v1
//! kind: Service
//! metadata: {name: db-clients}
//! spec:
//!   publishNotReadyAddresses: true
//!   selector: {app: db}
//!   ports: [{port: 3306}]
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
//! apiVersion: v1
//! kind: Service
//! metadata: {name: db-clients}
//! spec:
//!   selector: {app: db}
//!   ports: [{port: 3306}]
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
//! The Service that a StatefulSet names in `serviceName`, and any without an address of its own (`clusterIP: None`), may publish them.
//!
//! ## References
//! - Kubernetes documentation, Service: publishNotReadyAddresses
//! - etcd-io/etcd: hack/kubernetes-deploy
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unready-client-addresses",
    source: include_str!("unready_client_addresses.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "take publishNotReadyAddresses out of the Service that clients use; members that look for each other before they are \
                    ready need it on their own one, with clusterIP: None";

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::Service(service) = companion else { return };
    let place = service.spec().get("publishNotReadyAddresses");
    if place.bool() != Some(true) || service.is_headless() {
        return;
    }
    for workload in beside::pointed_at(companion, context) {
        let is_server = workload.databases.iter().any(|d| d.role.is_server());
        if !is_server || workload.governing_service == service.name() {
            continue;
        }
        let (kind, name) = (&workload.kind, &workload.name);
        let message =
            format!("clients reach Pods of {kind} {name:?} that are not ready: publishNotReadyAddresses is set");
        findings.report(place, message).about(format!("{kind}/{name}")).help(HELP).at_most(Action::Warn);
    }
}
