//! A Service that lets anybody outside the cluster reach a database.
//!
//! ## Why
//! A load balancer without bounds has an address that the whole internet can call, and a node port is open on every node. Databases
//! that can be reached are found by scanners within hours: whoever guesses the password, or needs none, copies the data and deletes it.
//!
//! `seawall check` sees it where the Service and the workload that it selects are in one run; the webhook, when the
//! workload is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: v1
//! kind: Service
//! metadata: {name: db-public}
//! spec:
//!   type: LoadBalancer
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
//!   type: LoadBalancer
//!   loadBalancerSourceRanges: [192.0.2.0/24]
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
//! A Service without a type is reached inside the cluster alone. A load balancer that its cloud's annotation keeps internal, or that
//! names who may come, is not reported; one that takes its address from a pool by name (MetalLB) is a note.
//!
//! ## References
//! - Kubernetes documentation, Service: publishing Services
//! - Kubernetes documentation, loadBalancerSourceRanges
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "published-database",
    source: include_str!("published_database.rs"),
    since: "0.1.0",
    tier: Tier::Open,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

/// No type makes them, and nothing narrows them.
const HELP_ADDRESSES: &str = "remove spec.externalIPs: applications in the cluster need none, people can use kubectl port-forward; who must come \
                              from outside comes by an internal load balancer, with a password and TLS";

const HELP: &str = "leave the type out: applications in the cluster need none, people can use kubectl port-forward; who must come from outside \
                    comes by an internal load balancer, or by name in spec.loadBalancerSourceRanges, with a password and TLS";

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::Service(service) = companion else { return };
    let Some((place, opening)) = service.opening() else { return };
    let own = |engine: &str| context.catalogue.named(engine).map_or(&[][..], |e| &e.detect.ports);
    for workload in beside::pointed_at(companion, context) {
        let Some((database, port)) = service.leads_to(workload, own) else { continue };
        let (kind, name, engine) = (&workload.kind, &workload.name, &database.engine);
        let message = format!("{opening} opens {engine} of {kind} {name:?} to the outside, on port {}", port.number());
        let help = if place.key() == Some("externalIPs") { HELP_ADDRESSES } else { HELP };
        let ceiling = if service.names_its_pool() { Action::Audit } else { Action::Warn };
        findings.report(place, message).about(format!("{kind}/{name}")).help(help).at_most(ceiling);
    }
}
