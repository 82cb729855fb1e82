//! A Pod that is no database and writes to a database's claim.
//!
//! ## Why
//! Whatever it writes, deletes or changes the owner of is in the middle of the database's files; a web server there serves them to the
//! world. And where only one node may hold the claim, one of the two does not start.
//!
//! `seawall check` sees it where both workloads are in one run.
//!
//! ## Example
//! ```yaml
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: web}
//! spec:
//!   containers:
//!     - name: nginx
//!       image: nginx:1.29
//!       volumeMounts: [{name: pages, mountPath: /usr/share/nginx/html}]
//!   volumes:
//!     - name: pages
//!       persistentVolumeClaim: {claimName: db}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   strategy: {type: Recreate}
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
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts: [{name: data, mountPath: /var/lib/mysql}]
//!       volumes:
//!         - name: data
//!           persistentVolumeClaim: {claimName: db}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: v1
//! kind: Pod
//! metadata: {name: web}
//! spec:
//!   containers:
//!     - name: nginx
//!       image: nginx:1.29
//!       volumeMounts: [{name: pages, mountPath: /usr/share/nginx/html}]
//!   volumes:
//!     - name: pages
//!       persistentVolumeClaim: {claimName: web-pages}
//! ---
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
//!   strategy: {type: Recreate}
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
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts: [{name: data, mountPath: /var/lib/mysql}]
//!       volumes:
//!         - name: data
//!           persistentVolumeClaim: {claimName: db}
//! ```
//! Jobs and Pods that end, read-only mounts, and another folder of the volume (`subPath` on both sides) are not reported, nor are backup
//! agents and others that deal with a database.
//!
//! ## References
//! - Kubernetes documentation, Persistent Volumes: access modes
use super::support::beside;
use crate::{
    engines::LookAlike,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Case, Verdict},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "borrowed-data-claim",
    source: include_str!("borrowed_data_claim.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "give it a claim of its own; if it must read the files, mount them with readOnly: true; files that it has already put \
                    there are to be moved by hand, while the database is stopped";

fn validate(case: &Case<'_>, context: &Context<'_>, findings: &mut Findings) {
    let workload = case.workload;
    // Most workloads mount no claim.
    if workload.pod().volumes().all(|v| !v.is_claim()) || !workload.stands_alone() {
        return;
    }
    // Servers are another rule's; what dumps, copies or measures a database may need its files.
    let may_write = |verdict: Verdict| {
        matches!(verdict, Verdict::Engine(..) | Verdict::LookAlike(LookAlike::Exporter | LookAlike::Client))
    };
    if case.detected.iter().any(|d| may_write(d.verdict)) {
        return;
    }
    for (claim, own) in case.claim_uses() {
        let owner = beside::users_of_claim(&claim, context)
            .iter()
            .find(|user| user.engine.is_some() && beside::overlap(&user.sub_path, &own.sub_path));
        let Some((owner, engine)) = owner.and_then(|owner| Some((owner, owner.engine.as_ref()?))) else { continue };
        let Some(volume) = workload.pod().volumes().find(|v| v.claim_name() == Some(&claim)) else { continue };
        let (kind, name) = (&owner.kind, &owner.name);
        let message = format!("writes to claim {claim:?}, where {kind} {name:?} keeps the data of {engine}");
        let place = volume.node.path("persistentVolumeClaim.claimName");
        findings.report(place, message).about(claim.clone()).help(HELP).at_most(Action::Warn);
        // A second mount of the same claim is the same fault.
        break;
    }
}
