//! A database claim whose storage class is none of those that the policies allow.
//!
//! ## Why
//! The class decides what becomes of a database: whether its volume goes with the claim, whether it is encrypted, copied, fast enough,
//! backed up. Where `storage.allowedClasses` lists the classes that are good for databases, any other one is reported. Without a list
//! nothing is.
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
//!           image: mysql:8.4
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: scratch
//!         resources: {requests: {storage: 20Gi}}
//! ---
//! apiVersion: seawall.dev/v1alpha1
//! kind: DatabasePolicy
//! metadata: {name: live}
//! spec:
//!   defaults:
//!     storage: {className: retained, allowedClasses: [retained, replicated]}
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
//!           image: mysql:8.4
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ---
//! apiVersion: seawall.dev/v1alpha1
//! kind: DatabasePolicy
//! metadata: {name: live}
//! spec:
//!   defaults:
//!     storage: {className: retained, allowedClasses: [retained, replicated]}
//! ```
//! A claim without a class is given one that is allowed, where the policies state one: see `missing-storage-class`. Where they state none,
//! the class that a template's claims get is judged, the cluster's default among them, where it is known; a warning at most. The class of a claim
//! and of a claim template cannot be changed later: what has another class already goes on as it is. A claim that is made for a certain
//! volume, or out of a snapshot, is a warning at most.
//!
//! ## References
//! - Kubernetes documentation: storage classes; persistent volumes
use super::support::storage::Storage;
use crate::{
    facts::ClassFacts,
    finding::Findings,
    rule::{Context, Rule, Validate},
    settings::Sourced,
    terms::{Action, Tier},
    view::{Claim, Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unlisted-storage-class",
    source: include_str!("unlisted_storage_class.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Storage(validate, validate_claim)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// A message names so many classes; the help names all.
const MOST_NAMED: usize = 3;

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    if let Some(volume) = database.data.volume().filter(|v| v.kind == VolumeKind::ClaimTemplate) {
        let template = Claim(volume.node);
        judge(template, "claim template", context, findings);
        if template.class_name().is_none() && context.settings.storage_class(template.bytes()).is_none() {
            judge_given(template, Storage::of(database, context).and_then(|storage| storage.class), context, findings);
        }
    }
}

fn validate_claim(claim: &Claim<'_>, context: &Context<'_>, findings: &mut Findings) {
    if claim.is_of_a_database() {
        judge(*claim, "claim", context, findings);
    }
}

fn judge(claim: Claim<'_>, what: &str, context: &Context<'_>, findings: &mut Findings) {
    let Some(allowed) = context.settings.allowed_classes() else { return };
    let Some(class) = claim.class_name().filter(|class| !allowed.value.iter().any(|a| a == class)) else { return };
    let name = claim.name();
    let of_class = if class.is_empty() { "no storage class".to_owned() } else { format!("storage class {class}") };
    let message = format!("{what} {name:?} has {of_class}; the policies allow {}", few(allowed.value));
    let finding = findings.report(claim.class(), message);
    finding.about(name.to_owned()).help(help(&allowed));
    if claim.is_for_something() {
        finding.at_most(Action::Warn);
    }
}

/// A template without a class: that of the claims that it has made, else the cluster's default, is what its claims get. It may be another
/// one by then.
fn judge_given(template: Claim<'_>, class: Option<&ClassFacts>, context: &Context<'_>, findings: &mut Findings) {
    let Some(allowed) = context.settings.allowed_classes() else { return };
    let Some(class) = class.filter(|class| !allowed.value.contains(&class.name)) else { return };
    let (name, class) = (template.name(), &class.name);
    let message = format!(
        "claim template {name:?} names no class: it will get {class}; the policies allow {}",
        few(allowed.value)
    );
    let finding = findings.report(template.class(), message);
    finding.about(name.to_owned()).help(help(&allowed)).at_most(Action::Warn);
}

/// The first of some classes, and how many more there are.
fn few(classes: &[String]) -> String {
    let named = classes.iter().take(MOST_NAMED).map(|class| shown(class)).collect::<Vec<_>>().join(", ");
    match classes.len().saturating_sub(MOST_NAMED) {
        0 => named,
        more => format!("{named} and {more} more"),
    }
}

fn help(allowed: &Sourced<'_, &[String]>) -> String {
    let all: Vec<&str> = allowed.value.iter().map(|class| shown(class)).collect();
    format!("allowed are {}, says {}; a class cannot be changed later", all.join(", "), allowed.origin)
}

fn shown(class: &str) -> &str {
    if class.is_empty() { "\"\" (none)" } else { class }
}
