//! A database that holds a key to the API server.
//!
//! ## Why
//! Every Pod is given a token of its service account, unless it declines. A server does not ask the API server for anything;
//! whoever gets into it can. It costs one line, and is only counted.
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
//!       automountServiceAccountToken: false
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//! A Pod that names a service account, or runs other things beside its database, may need the token.
//!
//! ## References
//! - Kubernetes documentation: configure service accounts, opt out of API credential automounting
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Case,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "service-account-token",
    source: include_str!("service_account_token.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(database) = case.servers().next() else { return };
    let pod = case.workload.pod();
    let token = pod.spec.get("automountServiceAccountToken");
    let is_alone = case.detected.iter().all(|d| d.deals_with_a_database(context.catalogue));
    if token.bool() == Some(false) || pod.own_service_account().is_some() || !is_alone {
        return;
    }
    let name = database.name();
    let message = format!("container {name:?} is given a token for the API server, and has no use for it");
    let finding = findings.report(token, message);
    finding.help("set automountServiceAccountToken: false in the Pod's spec").at_most(Action::Audit);
}
