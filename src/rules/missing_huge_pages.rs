//! A server that is told to use huge pages, in a container that has none.
//!
//! ## Why
//! A container may use the huge pages that its resources name, and no others, whatever the node has. A server that is told to insist on them
//! does not start without.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           args: [-c, huge_pages=on]
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.7
//!           args: [-c, huge_pages=try]
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: ssd-retain
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Or give the container `hugepages-2Mi` under its limits, enough for the cache, where the nodes have them.
//!
//! ## References
//! - Kubernetes documentation: manage huge pages
//! - PostgreSQL documentation: huge_pages
//! - kubernetes/kubernetes#71233
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-huge-pages",
    source: include_str!("missing_huge_pages.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.memory.as_ref().is_some_and(|memory| !memory.huge_pages.is_empty()),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(facts) = database.engine.memory.as_ref() else { return };
    let Some(condition) = facts.huge_pages.iter().find(|c| database.holds(c)) else { return };
    if database.container.has_huge_pages() || database.pod.has_huge_pages() {
        return;
    }
    let (name, flag) = (database.name(), condition.flag.as_deref().unwrap_or_default());
    let finding = findings.report(
        database.place_of_option(flag),
        format!("container {name:?} does not start: {flag} insists on huge pages, and it has none"),
    );
    finding.about(flag.to_owned());
    finding.help(format!("set {flag} to try, or give the container hugepages-2Mi under limits, enough for its cache"));
    finding.at_most(Action::Warn);
}
