//! An update of a credential that the image reads only while its data directory is empty.
//!
//! ## Why
//! The password in the data stays as it is, whatever the variable says. The change looks as if it had worked; applications that get the
//! new one are locked out, and after a restore into an empty volume the two differ once more.
//!
//! ## Example
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials-new, key: MYSQL_ROOT_PASSWORD}}
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
//! Change the password inside the database first (`ALTER USER`), and the Secret's content to match; the spec stays as it is:
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 2Gi}
//!             limits: {memory: 2Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Where the spec keeps a plain password today, moving the same one into a Secret is right, and is a note in the audit log alone.
//!
//! ## References
//! - docker-library/docs, mysql: MYSQL_ROOT_PASSWORD has no effect on an existing database
use super::support::change::over_data;
use crate::{
    engines::schema::Applies,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    tree::Node,
    view::{Change, Var},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "changed-first-start-credential",
    source: include_str!("changed_first_start_credential.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    for pair in over_data(change, context) {
        let (old, new) = (pair.old, pair.new);
        if old.engine.name != new.engine.name || !new.may_run_entrypoint() {
            continue;
        }
        let sets = new.engine.credentials.iter().filter(|set| set.applies != Applies::EveryStart);
        for variable in sets.flat_map(|set| &set.variables) {
            let (Some(before), Some(after)) = (old.given(variable), new.given(variable)) else { continue };
            let Some(ceiling) = ceiling(before, after) else { continue };
            let (name, at) = (new.name(), place(after));
            let message = format!("container {name:?} keeps its old {variable}: it is read on the first start alone");
            let finding = findings.report(at, message);
            finding.in_container(name).at_most(ceiling).help(
                "change it inside the database first (ALTER USER, or what the engine has for it), then here and for the applications; \
                 the data keeps the old one until then",
            );
        }
    }
}

/// The most that a change may do; `None` where nothing changed.
fn ceiling(before: Var<'_>, after: Var<'_>) -> Option<Action> {
    let spells = |var: Var<'_>| var.value().str().is_some_and(|v| !v.is_empty()) && !var.value_from().is_set();
    match (spells(before), spells(after)) {
        (true, true) => (before.value().str() != after.value().str()).then_some(Action::Warn),
        // Out of the spec into a Secret: the same password, most likely.
        (true, false) => Some(Action::Audit),
        (false, true) => Some(Action::Warn),
        (false, false) => (!same_reference(before.value_from(), after.value_from())).then_some(Action::Warn),
    }
}

/// True for the same key of the same object. Whether it may be missing is no part of it.
fn same_reference(before: Node<'_>, after: Node<'_>) -> bool {
    let parts = |from: Node<'_>| {
        let (kind, reference) = from.fields().find(|(_, value)| value.is_set()).unwrap_or(("", from));
        (kind.to_owned(), reference.get("name").text().to_owned(), reference.get("key").text().to_owned())
    };
    before.same(after)
        || (after.get("fieldRef").is_set() == before.get("fieldRef").is_set() && parts(before) == parts(after))
}

fn place(var: Var<'_>) -> Node<'_> {
    if var.value_from().is_set() { var.value_from() } else { var.value() }
}
