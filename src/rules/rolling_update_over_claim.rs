//! A Deployment whose rollouts start the new Pod while the old one still holds the claim.
//!
//! ## Why
//! By default a Deployment starts the new Pod before it stops the old one. With the data on one claim, two servers then open the same
//! files if both land on one node (`ReadWriteOnce` is about nodes, not Pods), or the rollout hangs because the volume is attached
//! elsewhere. A lock file does not help: both servers are process 1 of their own container.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: db}
//! spec:
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
//!       volumes:
//!         - name: data
//!           persistentVolumeClaim: {claimName: db}
//! ```
//! A StatefulSet never runs two Pods of one name, and is the better home. With `maxSurge: 0`, on an UPDATE, and in other kinds the
//! finding is a warning at most; so it is over a claim that is known to be `ReadWriteOncePod`, which no two Pods can open: that rollout
//! hangs, unless the old Pod may go first (`maxSurge: 0`, or `maxUnavailable: 1`).
//!
//! ## References
//! - stategraph/stategraph#526
//! - helm/charts#6343
//! - Kubernetes documentation, persistent volumes: access modes
use serde_json::json;

use super::support::beside;
use crate::{
    facts::DataClaimFacts,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Database, Kind, VolumeKind, Workload},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "rolling-update-over-claim",
    source: include_str!("rolling_update_over_claim.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "set strategy: {type: Recreate}; if a rollout hangs now, applying this stops the old Pod and starts the new one: roll \
                    back first if that is not wanted";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let workload = database.workload;
    if database.role != Role::Server || workload.kind != Kind::Deployment || workload.strategy() == "Recreate" {
        return;
    }
    let Some(VolumeKind::Claim(claim)) = database.data.volume().map(|v| v.kind) else { return };
    // Without a surge the old Pod is told to stop first, but not waited for.
    let surge = workload.spec().path("strategy.rollingUpdate.maxSurge");
    let stops_first = surge.i64() == Some(0) || matches!(surge.str(), Some("0" | "0%"));
    // The new Pod waits for the old one to go, which waits for the new one to be ready; unless it may go before.
    let is_for_one_pod = beside::data_claim(claim, context).is_some_and(DataClaimFacts::is_for_one_pod);
    if is_for_one_pod && (stops_first || may_lack_one(workload)) {
        return;
    }
    let message = if is_for_one_pod {
        format!("a rollout never ends: strategy is RollingUpdate, and one Pod alone may mount claim {claim:?}")
    } else {
        format!("a rollout lets two Pods open claim {claim:?} at once: strategy is RollingUpdate")
    };
    let finding = findings.report(workload.spec().path("strategy.type"), message);
    finding.about(claim.to_owned()).help(HELP);
    let strategy = workload.spec().get("strategy");
    finding.correction(strategy, json!({"type": "Recreate"}), "stops the old Pod before the new one starts");
    if is_for_one_pod || stops_first || !context.is_birth_of(workload) {
        finding.at_most(Action::Warn);
    }
}

/// True where a rollout may stop the one Pod before another is ready. A share is rounded down.
fn may_lack_one(workload: Workload<'_>) -> bool {
    let most = workload.spec().path("strategy.rollingUpdate.maxUnavailable");
    most.i64().is_some_and(|most| most > 0) || most.str() == Some("100%")
}
