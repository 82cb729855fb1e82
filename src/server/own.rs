//! Our own kinds: policies and exemptions are looked at before they are stored, for what a schema cannot say.
use std::fmt::Write as _;

use super::guard::Guard;
use crate::{
    review::{Reply, Review, Status},
    rules,
    settings::{self, DAY, Exemption, InForce, KnownNames, Settings},
    terms::Operation,
    tree::Node,
};

/// Most faults in one message.
const MOST: usize = 20;

impl Guard {
    /// What is said about a policy or an exemption; `None` for every other kind. What was wrong before is a warning: somebody else's
    /// version may have taken it, and its labels can be changed all the same.
    pub(super) fn own_kind(&self, review: &Review<'_>, in_force: &InForce) -> Option<Reply> {
        if review.group != "seawall.dev" || !matches!(review.kind, "DatabasePolicy" | "DatabaseExemption") {
            return None;
        }
        let is_over = review.old.path("metadata.deletionTimestamp").is_set();
        let is_stored = matches!(review.operation, Operation::Create | Operation::Update);
        if is_over || !is_stored || !review.subresource.is_empty() {
            return Some(Reply::default());
        }
        let before =
            if review.operation == Operation::Update { self.faults(review, review.old, in_force) } else { Vec::new() };
        let (old, new): (Vec<_>, Vec<_>) =
            self.faults(review, review.object, in_force).into_iter().partition(|fault| before.contains(fault));
        let denied = (!new.is_empty()).then(|| Status { message: refusal(review, &new) });
        Some(Reply { denied, warnings: old, ..Reply::default() })
    }

    fn faults(&self, review: &Review<'_>, object: Node<'_>, in_force: &InForce) -> Vec<String> {
        if review.kind == "DatabaseExemption" {
            return self.faults_of_exemption(review.namespace, object, in_force);
        }
        let known = KnownNames { rules: &rules::names(), engines: &self.catalogue.names() };
        settings::understood("", 0, object.get("spec"), known, &self.catalogue).faults
    }

    /// Takes down that something was let in by exemptions from these rules.
    pub(super) fn note_uses(&self, settings: &Settings, review: &Review<'_>, rules: &[&str]) {
        let Some(uses) = &self.uses else { return };
        // What is deleted is there, and will not be.
        let object = if review.object.is_set() { review.object } else { review.old };
        for rule in rules {
            if let Some((exemption, _)) = settings.exempted(rule, object, self.now()) {
                uses.used(exemption, self.now());
            }
        }
    }

    /// What an exemption may not be, by itself and by the policies of its namespace.
    fn faults_of_exemption(&self, namespace: &str, object: Node<'_>, in_force: &InForce) -> Vec<String> {
        let exemption = match Exemption::read(object, &rules::names()) {
            Ok(exemption) => exemption,
            Err(error) => return vec![format!("{}: {}", error.field, error.message)],
        };
        let mut faults = Vec::new();
        if exemption.expires <= self.now() {
            faults.push("spec.expires: has passed already".to_owned());
        }
        let Some(settings) = in_force.of_namespace(namespace) else { return faults };
        let allowed = settings.exemptions_allowed();
        for rule in exemption.rules.iter().filter(|rule| !allowed.rule(rule)) {
            faults.push(format!("spec.rules: no policy of this namespace lets {rule} be exempted"));
        }
        let begin = exemption.created.unwrap_or_else(|| self.now());
        if let Some(days) = allowed.most_days.filter(|days| exemption.expires - begin > days.saturating_mul(DAY)) {
            faults.push(format!("spec.expires: the policies of this namespace allow {days} days at most"));
        }
        faults
    }
}

fn refusal(review: &Review<'_>, faults: &[String]) -> String {
    let (kind, name) = (review.kind, review.name);
    let count = if faults.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", faults.len()) };
    let mut text = format!("{kind} {name:?} has {count}");
    for fault in faults.iter().take(MOST) {
        // Writing into a String cannot fail.
        let _ = write!(text, "\n- {fault}");
    }
    if let Some(rest) = faults.len().checked_sub(MOST).filter(|n| *n > 0) {
        let _ = write!(text, "\n- and {rest} more");
    }
    text
}
