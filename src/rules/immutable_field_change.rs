//! An update of a field that the API server lets nobody change.
//!
//! ## Why
//! Claim templates, `serviceName`, `podManagementPolicy` and the selector of a StatefulSet stand for good. The API server refuses the update
//! in words that list the other fields; people then delete the StatefulSet, its Pods stop all at once, and a renamed claim template starts
//! empty databases.
//!
//! There is a way without a stop, and the warning spells it for this very object: enlarge the claims that exist, delete the StatefulSet
//! and leave its Pods, apply the manifest again.
//!
//! The API server looks at these fields after the mutating webhooks and before the validating ones: the warning comes with the former, and
//! nothing here refuses anything.
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
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## Use instead
//! What may change stays within the claims that there are; larger ones begin with the claims themselves:
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
//!
//! ## References
//! - kubernetes/enhancements#4651, kubernetes/kubernetes#141876
//! - kubernetes/kubernetes: pkg/apis/apps/validation, updates to statefulset spec
//! - kubernetes.io/docs: expanding persistent volumes claims
use super::support::{
    home::Home,
    recreate::{Recreation, TemplateChange, has_fixed_selector, template_change},
};
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    tree::Node,
    view::{Change, Claim, Kind, Workload},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "immutable-field-change",
    source: include_str!("immutable_field_change.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Refused(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    let (old, new) = (change.old.workload, change.new.workload);
    if !change.old.has_database() {
        return;
    }
    let changes_selector = has_fixed_selector(new.kind) && !old.spec().get("selector").same(new.spec().get("selector"));
    if new.kind != Kind::StatefulSet {
        if changes_selector {
            selector_of_another(change, context, findings);
        }
        return;
    }
    if let Some(lost) = lost_home(change) {
        let message = format!("claim template {lost:?} is gone: even made anew, this starts empty beside its data");
        let keep = format!("keep the name {lost:?}: the claims that hold the data are called after it");
        let finding = findings.report(new.claim_templates(), message);
        finding.about("volumeClaimTemplates").help(keep.clone()).steps(vec![keep]).at_most(Action::Warn);
        return;
    }
    let (templates, differ) = templates(old, new);
    let policy = |w: Workload<'_>| w.spec().get("podManagementPolicy").str().unwrap_or("OrderedReady").to_owned();
    let changes_service = !old.spec().get("serviceName").same(new.spec().get("serviceName"));
    let fields: Vec<&'static str> = [
        ("volumeClaimTemplates", differ),
        ("serviceName", changes_service),
        ("podManagementPolicy", policy(old) != policy(new)),
        ("selector", changes_selector),
    ]
    .into_iter()
    .filter_map(|(field, changed)| changed.then_some(field))
    .collect();
    let Some(first) = fields.first() else { return };
    let is_new = |t: Node<'_>| !old.claim_templates().items().any(|o| Claim(o).name() == Claim(t).name());
    let adds_templates = new.claim_templates().items().any(is_new);
    let namespace = context.namespace;
    let recreation = Recreation { namespace, old, new, templates, adds_templates, changes_service, changes_selector };
    let message = format!("{} of a StatefulSet cannot be changed; this does it:", fields.join(", "));
    let finding = findings.report(new.spec().get(first), message);
    finding.about(fields.join(",")).steps(recreation.steps()).at_most(Action::Warn).help(
        "enlarge the claims that exist, delete the StatefulSet with --cascade=orphan, and apply the manifest again: the Pods live on",
    );
}

/// The claim template that holds a database's files, where the new version has it no more.
fn lost_home<'t>(change: &Change<'_, 't>) -> Option<&'t str> {
    let now = change.new.workload.claim_templates();
    let homes = change.old.servers().filter_map(Home::of).filter_map(|home| home.claim_template());
    homes.filter(|name| !now.items().any(|t| Claim(t).name() == *name)).last()
}

/// The templates that both have and that differ; and whether anything does.
fn templates<'t>(old: Workload<'_>, new: Workload<'t>) -> (Vec<TemplateChange<'t>>, bool) {
    let names = |w: Workload<'_>| w.claim_templates().items().map(|t| Claim(t).name().to_owned()).collect::<Vec<_>>();
    let of_old = |name: &str| old.claim_templates().items().find(|t| Claim(*t).name() == name);
    let pairs = new.claim_templates().items().filter_map(|t: Node<'t>| Some((of_old(Claim(t).name())?, t)));
    let changed: Vec<_> = pairs.filter_map(|(a, b)| template_change(a, b)).collect();
    let differ = !changed.is_empty() || names(old) != names(new);
    (changed, differ)
}

/// Of other kinds no Pod may live on: it would hold the claim that the next one needs.
fn selector_of_another(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    let workload = change.new.workload;
    let (kind, name) = (workload.kind.as_str().to_lowercase(), workload.name());
    let message = format!("the selector of a {} cannot be changed in place; this does it:", workload.kind.as_str());
    let is_kept = change.old.servers().all(|d| d.data.is_kept());
    let mut steps = Vec::new();
    if !is_kept {
        steps.push("dump the database first: its data goes with the Pod".to_owned());
    }
    steps.push(format!("kubectl -n {} delete {kind} {name} --cascade=foreground", context.namespace));
    steps.push("then apply the same manifest again; claims stay, the database is away in between".to_owned());
    let finding = findings.report(workload.spec().get("selector"), message);
    finding.about("selector").steps(steps).at_most(Action::Warn).help(
        "put the selector back; or delete the workload, wait until its Pods are gone, and apply it again: claims stay",
    );
}
