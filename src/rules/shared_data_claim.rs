//! Several Pods that write their data to one claim.
//!
//! ## Why
//! A claim that a template names by its own name is one volume for all replicas, and for every Pod of a DaemonSet. Several servers then
//! write the same files: some engines notice and refuse to start, others corrupt the data.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 3
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!       volumes:
//!         - name: data
//!           persistentVolumeClaim: {claimName: db}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! With `volumeClaimTemplates` each replica has a claim of its own. A mount with a `subPathExpr` that names the Pod is not reported,
//! nor is a read-only one.
//!
//! Two workloads on one claim are seen where `seawall check` finds both in one run, and by the webhook.
//!
//! ## References
//! - helm/charts#6343
//! - sclorg/postgresql-container: a start script that removes a lock file which looks stale
//! - Kubernetes documentation, StatefulSets: stable storage
use super::support::beside;
use crate::{
    facts::ClaimUser,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{DataPlace, Database, Kind, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "shared-data-claim",
    source: include_str!("shared_data_claim.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str =
    "several servers on one claim corrupt it: run one replica, or a StatefulSet with volumeClaimTemplates";
const HELP_OTHER: &str = "give each its own claim, and move the data of one over while both are stopped; if only one of the two is meant to \
                          run, delete the other";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let DataPlace::On { mount, volume, .. } = &database.data else { return };
    let VolumeKind::Claim(claim) = volume.kind else { return };
    let source = volume.node.get("persistentVolumeClaim");
    let is_read_only = [mount.get("readOnly"), source.get("readOnly")].iter().any(|n| n.bool() == Some(true));
    // What is mounted differs from Pod to Pod.
    let is_split = mount.get("subPathExpr").str().is_some_and(crate::text::command::has_reference);
    if database.role != Role::Server || is_read_only || is_split {
        return;
    }
    let workload = database.workload;
    if workload.kind == Kind::DaemonSet {
        let message = format!("the Pods of all nodes write their data to claim {claim:?} at once");
        findings.report(source.get("claimName"), message).about(database.name().to_owned()).help(HELP);
        return;
    }
    let replicas = workload.replicas();
    if replicas > 1 {
        let message = format!("{replicas} replicas write their data to claim {claim:?} at once");
        let finding = findings.report(workload.spec().get("replicas"), message);
        finding.about(claim.to_owned()).measure(replicas).help(HELP);
    }
    // Another workload's database, where the documents of a run show it.
    let folder = mount.get("subPath").text();
    let is_other =
        |user: &&ClaimUser| (user.kind.as_str(), user.name.as_str()) != (workload.kind.as_str(), workload.name());
    let others = beside::users_of_claim(claim, context).iter().filter(|u| u.engine.is_some()).filter(is_other);
    for other in others.filter(|other| beside::overlap(&other.sub_path, folder)) {
        let (kind, name) = (&other.kind, &other.name);
        let message = format!("writes its data to claim {claim:?}, as {kind} {name:?} does");
        let finding = findings.report(source.get("claimName"), message);
        finding.about(format!("{kind}/{name}")).help(HELP_OTHER).at_most(Action::Warn);
    }
}
