//! A database with rights on its node.
//!
//! ## Why
//! Whoever gets into a privileged container has the node, and with it every other Pod there. The network, the processes or the
//! memory of the node shared with a database take down the walls one by one. No server needs any of it to keep data; kernel
//! settings belong to an init container or to the node.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           securityContext: {privileged: true}
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
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           securityContext: {allowPrivilegeEscalation: false}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! On a Pod that is tied to a node, as those of a control plane are, sharing its network is only counted.
//!
//! ## References
//! - Kubernetes documentation: Pod security standards
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "host-privileges",
    source: include_str!("host_privileges.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// Capabilities that are as good as all.
const CAPABILITIES: [&str; 3] = ["ALL", "SYS_ADMIN", "CAP_SYS_ADMIN"];

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let (name, pod, security) = (database.name(), database.pod, database.container.security());
    let needs = database.engine.facts.needs_privileges == Some(true);
    if security.get("privileged").bool() == Some(true) && !needs {
        let message = format!("container {name:?} is privileged: who gets in has the node");
        findings.report(security.get("privileged"), message).help(
            "remove privileged; what it is for (a kernel setting, a mount) belongs to an init container or to the node",
        );
    }
    let added = security.path("capabilities.add");
    if added.strs().any(|c| CAPABILITIES.contains(&c)) && !needs {
        let message = format!("container {name:?} has a capability that is as good as root on the node");
        findings.report(added, message).help("add only what the server asks for: SYS_NICE, IPC_LOCK, SYS_RESOURCE");
    }
    for (field, shared) in [("hostNetwork", "network"), ("hostPID", "processes"), ("hostIPC", "memory")] {
        if pod.spec.get(field).bool() != Some(true) {
            continue;
        }
        let message = format!("container {name:?} shares the {shared} of its node");
        let finding = findings.report(pod.spec.get(field), message);
        finding.about(name.to_owned()).help(format!("remove {field}, and reach it by a Service"));
        if pod.is_tied_to_a_node() {
            finding.at_most(Action::Audit);
        }
    }
}
