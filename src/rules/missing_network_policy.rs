//! A database that every Pod of the cluster may reach.
//!
//! ## Why
//! Pods of all namespaces can connect to each other until a NetworkPolicy selects them. A web server that somebody has broken into then
//! reaches every database of the cluster, and a password is all that is left between them.
//!
//! The webhook sees it when the workload is made or changed, and asks which of them there are in the namespace. `seawall check` does not:
//! what a run does not contain may be there all the same.
//!
//! ## Example
//! ```yaml
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
//! ---
//! apiVersion: networking.k8s.io/v1
//! kind: NetworkPolicy
//! metadata: {name: db}
//! spec:
//!   podSelector: {matchLabels: {app: db}}
//!   ingress:
//!     - from: [{podSelector: {matchLabels: {app: shop}}}]
//! ```
//! Policies of a network plugin's own kind, such as CiliumNetworkPolicy, are not looked at: who uses those switches this rule off.
//!
//! ## References
//! - Kubernetes documentation, Network Policies
use super::support::beside;
use crate::{
    facts::Around,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Case,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-network-policy",
    source: include_str!("missing_network_policy.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "apply a NetworkPolicy that selects its Pods and names who may connect, if it does not come with the same manifests";

fn validate(case: &Case<'_>, context: &Context<'_>, findings: &mut Findings) {
    let workload = case.workload;
    let stays = case.servers().any(|database| !database.is_meant_to_go(context.data_label));
    if stays && beside::has_none_around(Around::NetworkPolicies, workload, context) {
        let (kind, name) = (workload.kind.as_str(), workload.name());
        let message =
            format!("no NetworkPolicy selects the Pods of {kind} {name:?}: every Pod of the cluster may connect");
        let place = workload.template().get("metadata").get("labels");
        findings.report(place, message).about("network").help(HELP).at_most(Action::Warn);
    }
}
