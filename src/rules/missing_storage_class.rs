//! A database claim that leaves its storage class to chance.
//!
//! ## Why
//! A claim without a class gets the cluster's default, which in most clusters deletes the volume together with the claim, and can change
//! from one day to the next. Seawall gives a database's claim the class of its siblings, else the one of the settings, when the claim is
//! made. A claim template cannot be mended, since it can never be changed again; so it is reported.
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
//!         resources: {requests: {storage: 20Gi}}
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
//! ```
//! `storageClassName: ""` is a choice too: a volume without a class, made by hand.
//!
//! ## References
//! - Kubernetes documentation: persistent volumes; storage classes; StatefulSets
use crate::{
    facts::{Answer, Known, Question},
    finding::Findings,
    proposal::Proposal,
    rule::{Context, Mutate, Rule, Validate},
    terms::{Action, Tier},
    view::{Claim, Database, VolumeKind},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-storage-class",
    source: include_str!("missing_storage_class.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: Some(Mutate::Claim(mutate)),
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &["storageClassName"],
};

const NOT_THERE_YET: &str = "for a StatefulSet that is not there yet: a claim template cannot be changed";

fn mutate(claim: &Claim<'_>, context: &Context<'_>, proposal: &mut Proposal) {
    if !claim.may_be_given_a_class() {
        return;
    }
    let Some((class, whose)) = class(*claim, context) else { return };
    // A volume without a class that waits for a claim may be meant for this one, and binds only while the claim has none.
    let loose = context.facts.get(&Question::LooseVolumes);
    if !matches!(loose, Known::Missing | Known::Found(Answer::LooseVolumes(false)))
        || !keeps_as_much(&class, *claim, context)
    {
        return;
    }
    proposal
        .set(claim.class(), class.into())
        .because(format!("adds the storage class of {whose}"))
        .help("write storageClassName in the claim, or in the claim template, to choose another");
}

/// The class of the claim's siblings, where they have one and the same; else the settings', where it has none. And whose it is.
fn class(claim: Claim<'_>, context: &Context<'_>) -> Option<(String, &'static str)> {
    let question = Question::ClaimUse { namespace: context.namespace.to_owned(), name: claim.name().to_owned() };
    let siblings = match context.facts.get(&question) {
        Known::Found(Answer::ClaimUse(found)) => found.sibling_classes.as_slice(),
        Known::Missing => &[],
        Known::Found(_) | Known::Unknown => return None,
    };
    match siblings.first() {
        Some(first) => {
            let alike = siblings.iter().all(|class| class == first);
            first.clone().filter(|class| alike && !class.is_empty()).map(|class| (class, "its siblings"))
        }
        None => context.settings.storage_class(claim.bytes()).map(|class| (class.value.to_owned(), "the settings")),
    }
}

/// True when the class exists, and does not delete volumes where the class that the claim would have retains them.
fn keeps_as_much(class: &str, claim: Claim<'_>, context: &Context<'_>) -> bool {
    let Known::Found(Answer::StorageClasses(classes)) = context.facts.get(&Question::StorageClasses) else {
        return false;
    };
    let retains = |name: &str| classes.iter().find(|c| c.name == name).map(|c| c.reclaim_policy == "Retain");
    let given = claim.class_name();
    let otherwise_retained = classes
        .iter()
        .filter(|c| given.map_or(c.default, |given| c.name == given))
        .any(|c| c.reclaim_policy == "Retain");
    retains(class).is_some_and(|retained| retained || !otherwise_retained)
}

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume().filter(|v| v.kind == VolumeKind::ClaimTemplate) else { return };
    let template = Claim(volume.node);
    if template.class_name().is_some() {
        return;
    }
    let name = template.name();
    let message =
        format!("claim template {name:?} names no storage class: the cluster's default decides about the data");
    let finding = findings.report(template.class(), message);
    finding.help("set storageClassName when you make the StatefulSet: a claim template cannot be changed later");
    finding.at_most(Action::Audit);
    if let Some(class) = context.settings.storage_class(template.bytes()) {
        let message = format!("writes storageClassName {} into claim template {name:?}", class.value);
        finding.correction_at_birth(template.class(), class.value.into(), message, NOT_THERE_YET);
    }
}
