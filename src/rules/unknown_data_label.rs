//! A label `seawall.dev/data` with a value that means nothing.
//!
//! ## Why
//! The label says what becomes of a database when its Pod goes. A value that is misspelled is no answer: the database is judged as if
//! there were no label, and its author believes otherwise.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db, labels: {seawall.dev/data: ephemral}}
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
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db, labels: {seawall.dev/data: durable}}
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
//! `durable`: it must outlive the Pod. `cache`: losing it costs time, not data. `ephemeral`: it is meant to go; the profile
//! `production` believes neither of the last two.
//!
//! ## References
//! - docs/rules.md
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier, keys},
    view::{Case, DataLabel},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unknown-data-label",
    source: include_str!("unknown_data_label.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, _: &Context<'_>, findings: &mut Findings) {
    let place = case.workload.place_of_label(keys::DATA);
    let Some(value) = place.str().filter(|value| DataLabel::of(value).is_none()) else { return };
    if !case.has_database() {
        return;
    }
    let finding =
        findings.report(place, format!("label {} is {value:?}, which means nothing and is ignored", keys::DATA));
    finding.help("write durable, cache or ephemeral, in lower case").at_most(Action::Warn);
}
