//! Members of a cluster that a drain may stop all at once.
//!
//! ## Why
//! Who drains nodes for an upgrade evicts Pods as fast as they go. Without a disruption budget that may be all members together, or more
//! than a majority can lose, and every eviction is granted.
//!
//! The webhook sees it when the workload is made or changed, and asks which of them there are in the namespace. `seawall check` does not:
//! what a run does not contain may be there all the same.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata:
//!   name: etcd
//!   labels: {app.kubernetes.io/name: etcd}
//! spec:
//!   serviceName: etcd
//!   replicas: 3
//!   podManagementPolicy: Parallel
//!   selector:
//!     matchLabels: {app.kubernetes.io/name: etcd}
//!   template:
//!     metadata:
//!       labels: {app.kubernetes.io/name: etcd}
//!     spec:
//!       automountServiceAccountToken: false
//!       enableServiceLinks: false
//!       terminationGracePeriodSeconds: 60
//!       securityContext:
//!         runAsUser: 10001
//!         runAsGroup: 10001
//!         runAsNonRoot: true
//!         fsGroup: 10001
//!         fsGroupChangePolicy: OnRootMismatch
//!       affinity:
//!         podAntiAffinity:
//!           preferredDuringSchedulingIgnoredDuringExecution:
//!             - weight: 100
//!               podAffinityTerm:
//!                 topologyKey: kubernetes.io/hostname
//!                 labelSelector:
//!                   matchLabels: {app.kubernetes.io/name: etcd}
//!       containers:
//!         - name: etcd
//!           image: quay.io/coreos/etcd:v3.6.6
//!           command: [/usr/local/bin/etcd]
//!           args:
//!             - --name=$(POD_NAME)
//!             - --data-dir=/var/lib/etcd
//!             - --quota-backend-bytes=2147483648
//!             - --listen-client-urls=https://0.0.0.0:2379
//!             - --advertise-client-urls=https://$(POD_NAME).etcd:2379
//!             - --listen-peer-urls=https://0.0.0.0:2380
//!             - --initial-advertise-peer-urls=https://$(POD_NAME).etcd:2380
//!             - --initial-cluster=etcd-0=https://etcd-0.etcd:2380,etcd-1=https://etcd-1.etcd:2380,etcd-2=https://etcd-2.etcd:2380
//!             - --listen-metrics-urls=http://0.0.0.0:2381
//!             - --client-cert-auth=true
//!             - --trusted-ca-file=/etc/etcd/tls/ca.crt
//!             - --cert-file=/etc/etcd/tls/tls.crt
//!             - --key-file=/etc/etcd/tls/tls.key
//!             - --peer-client-cert-auth=true
//!             - --peer-trusted-ca-file=/etc/etcd/tls/ca.crt
//!             - --peer-cert-file=/etc/etcd/tls/tls.crt
//!             - --peer-key-file=/etc/etcd/tls/tls.key
//!           ports:
//!             - {name: client, containerPort: 2379}
//!             - {name: peer, containerPort: 2380}
//!             - {name: metrics, containerPort: 2381}
//!           env:
//!             - name: POD_NAME
//!               valueFrom:
//!                 fieldRef: {fieldPath: metadata.name}
//!           resources:
//!             requests: {cpu: 500m, memory: 3Gi}
//!             limits: {memory: 3Gi}
//!           startupProbe:
//!             httpGet: {path: /livez, port: metrics}
//!             periodSeconds: 10
//!             failureThreshold: 180
//!             timeoutSeconds: 10
//!           livenessProbe:
//!             httpGet: {path: /livez, port: metrics}
//!             periodSeconds: 10
//!             failureThreshold: 6
//!             timeoutSeconds: 10
//!           readinessProbe:
//!             httpGet: {path: /readyz, port: metrics}
//!             periodSeconds: 10
//!             timeoutSeconds: 10
//!           securityContext: {allowPrivilegeEscalation: false}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/etcd}
//!             - {name: tls, mountPath: /etc/etcd/tls, readOnly: true}
//!       volumes:
//!         - name: tls
//!           secret: {secretName: etcd-tls}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources:
//!           requests: {storage: 8Gi}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata:
//!   name: etcd
//!   labels: {app.kubernetes.io/name: etcd}
//! spec:
//!   serviceName: etcd
//!   replicas: 3
//!   podManagementPolicy: Parallel
//!   selector:
//!     matchLabels: {app.kubernetes.io/name: etcd}
//!   template:
//!     metadata:
//!       labels: {app.kubernetes.io/name: etcd}
//!     spec:
//!       automountServiceAccountToken: false
//!       enableServiceLinks: false
//!       terminationGracePeriodSeconds: 60
//!       securityContext:
//!         runAsUser: 10001
//!         runAsGroup: 10001
//!         runAsNonRoot: true
//!         fsGroup: 10001
//!         fsGroupChangePolicy: OnRootMismatch
//!       affinity:
//!         podAntiAffinity:
//!           preferredDuringSchedulingIgnoredDuringExecution:
//!             - weight: 100
//!               podAffinityTerm:
//!                 topologyKey: kubernetes.io/hostname
//!                 labelSelector:
//!                   matchLabels: {app.kubernetes.io/name: etcd}
//!       containers:
//!         - name: etcd
//!           image: quay.io/coreos/etcd:v3.6.6
//!           command: [/usr/local/bin/etcd]
//!           args:
//!             - --name=$(POD_NAME)
//!             - --data-dir=/var/lib/etcd
//!             - --quota-backend-bytes=2147483648
//!             - --listen-client-urls=https://0.0.0.0:2379
//!             - --advertise-client-urls=https://$(POD_NAME).etcd:2379
//!             - --listen-peer-urls=https://0.0.0.0:2380
//!             - --initial-advertise-peer-urls=https://$(POD_NAME).etcd:2380
//!             - --initial-cluster=etcd-0=https://etcd-0.etcd:2380,etcd-1=https://etcd-1.etcd:2380,etcd-2=https://etcd-2.etcd:2380
//!             - --listen-metrics-urls=http://0.0.0.0:2381
//!             - --client-cert-auth=true
//!             - --trusted-ca-file=/etc/etcd/tls/ca.crt
//!             - --cert-file=/etc/etcd/tls/tls.crt
//!             - --key-file=/etc/etcd/tls/tls.key
//!             - --peer-client-cert-auth=true
//!             - --peer-trusted-ca-file=/etc/etcd/tls/ca.crt
//!             - --peer-cert-file=/etc/etcd/tls/tls.crt
//!             - --peer-key-file=/etc/etcd/tls/tls.key
//!           ports:
//!             - {name: client, containerPort: 2379}
//!             - {name: peer, containerPort: 2380}
//!             - {name: metrics, containerPort: 2381}
//!           env:
//!             - name: POD_NAME
//!               valueFrom:
//!                 fieldRef: {fieldPath: metadata.name}
//!           resources:
//!             requests: {cpu: 500m, memory: 3Gi}
//!             limits: {memory: 3Gi}
//!           startupProbe:
//!             httpGet: {path: /livez, port: metrics}
//!             periodSeconds: 10
//!             failureThreshold: 180
//!             timeoutSeconds: 10
//!           livenessProbe:
//!             httpGet: {path: /livez, port: metrics}
//!             periodSeconds: 10
//!             failureThreshold: 6
//!             timeoutSeconds: 10
//!           readinessProbe:
//!             httpGet: {path: /readyz, port: metrics}
//!             periodSeconds: 10
//!             timeoutSeconds: 10
//!           securityContext: {allowPrivilegeEscalation: false}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/etcd}
//!             - {name: tls, mountPath: /etc/etcd/tls, readOnly: true}
//!       volumes:
//!         - name: tls
//!           secret: {secretName: etcd-tls}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources:
//!           requests: {storage: 8Gi}
//! ---
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: etcd}
//! spec:
//!   maxUnavailable: 1
//!   selector: {matchLabels: {app.kubernetes.io/name: etcd}}
//! ```
//! A budget that is applied together with the workload may come a moment later than this warning: then it is of no concern any more.
//!
//! ## References
//! - Kubernetes documentation, Specifying a Disruption Budget for your Application
//! - elastic/cloud-on-k8s: docs, pod disruption budget
use super::support::beside;
use crate::{
    facts::Around,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Database, Kind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-disruption-budget",
    source: include_str!("missing_disruption_budget.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "apply a PodDisruptionBudget with maxUnavailable: 1 that selects its Pods, if it does not come with the same manifests";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let workload = database.workload;
    let replicas = workload.replicas();
    if replicas < 2 || !matches!(workload.kind, Kind::StatefulSet | Kind::Deployment) || !database.is_member() {
        return;
    }
    if beside::has_none_around(Around::DisruptionBudgets, workload, context) {
        let name = database.name();
        let message =
            format!("no disruption budget selects the {replicas} members of container {name:?}: a drain may stop all");
        findings.report(workload.spec().get("replicas"), message).about("budget").help(HELP).at_most(Action::Warn);
    }
}
