//! A disruption budget that lets a drain take more members than a majority can lose.
//!
//! ## Why
//! Where a majority decides, three members survive the loss of one and five that of two. A budget that allows more at once lets two
//! drained nodes stop the whole database: it refuses writes until enough members are back.
//!
//! `seawall check` sees it where the budget and the members are in one run; the webhook, when the
//! workload is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: etcd}
//! spec:
//!   maxUnavailable: 2
//!   selector: {matchLabels: {app.kubernetes.io/name: etcd}}
//! ---
//! # A well-run etcd: three members that know each other and their clients by certificate.
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
//! apiVersion: policy/v1
//! kind: PodDisruptionBudget
//! metadata: {name: etcd}
//! spec:
//!   maxUnavailable: 1
//!   selector: {matchLabels: {app.kubernetes.io/name: etcd}}
//! ---
//! # A well-run etcd: three members that know each other and their clients by certificate.
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
//! Shares are rounded up: `maxUnavailable: 50%` of three members are two.
//!
//! ## References
//! - etcd documentation, FAQ: what is failure tolerance
//! - Kubernetes documentation, Specifying a Disruption Budget for your Application
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "quorum-breaking-budget",
    source: include_str!("quorum_breaking_budget.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::Budget(budget) = companion else { return };
    // Of several workloads the budget counts the Pods together, and nobody says which are members of what.
    let [workload] = beside::pointed_at(companion, context) else { return };
    let members = workload.replicas;
    let copies = workload.databases.iter().filter_map(|d| d.copies).filter(|copies| *copies < members).min();
    let survivable = (copies.unwrap_or(members) - 1) / 2;
    if members < 3 || !workload.databases.iter().any(|d| d.is_voting) {
        return;
    }
    let Some(gone) = budget.leaves(members).filter(|gone| *gone > survivable) else { return };
    let (kind, name, says) = (&workload.kind, &workload.name, budget.in_words());
    let message = format!("drains may stop {gone} of the {members} members of {kind} {name:?} at once: {says}");
    let finding = findings.report(budget.bound(), message);
    finding.measure(gone - survivable).at_most(Action::Warn);
    let most = survivable.min(1);
    finding.help(match copies {
        Some(copies) => format!(
            "each piece of the data is on {copies} members, of which a majority must stay: set maxUnavailable: {most}"
        ),
        None => format!("a majority must stay: set maxUnavailable: {most}"),
    });
}
