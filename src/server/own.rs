//! Our own kind: a policy is looked at before it is stored, for what a schema cannot say.
use std::fmt::Write as _;

use super::guard::Guard;
use crate::{
    review::{Reply, Review, Status},
    rules,
    settings::{self, KnownNames},
    terms::Operation,
    tree::Node,
};

/// Most faults in one message.
const MOST: usize = 20;

impl Guard {
    /// What is said about a policy; `None` for every other kind. What was wrong before is a warning: somebody else's version may have taken
    /// it, and its labels can be changed all the same.
    pub(super) fn own_kind(&self, review: &Review<'_>) -> Option<Reply> {
        if review.group != "seawall.dev" || review.kind != "DatabasePolicy" {
            return None;
        }
        let is_over = review.old.path("metadata.deletionTimestamp").is_set();
        let is_stored = matches!(review.operation, Operation::Create | Operation::Update);
        if is_over || !is_stored || !review.subresource.is_empty() {
            return Some(Reply::default());
        }
        let before = if review.operation == Operation::Update { self.faults(review.old) } else { Vec::new() };
        let (old, new): (Vec<_>, Vec<_>) =
            self.faults(review.object).into_iter().partition(|fault| before.contains(fault));
        let denied = (!new.is_empty()).then(|| Status { message: refusal(review.name, &new) });
        Some(Reply { denied, warnings: old, ..Reply::default() })
    }

    fn faults(&self, object: Node<'_>) -> Vec<String> {
        let known = KnownNames { rules: &rules::names(), engines: &self.catalogue.names() };
        settings::understood("", 0, object.get("spec"), known, &self.catalogue).faults
    }
}

fn refusal(name: &str, faults: &[String]) -> String {
    let count = if faults.len() == 1 { "1 problem".to_owned() } else { format!("{} problems", faults.len()) };
    let mut text = format!("DatabasePolicy {name:?} has {count}");
    for fault in faults.iter().take(MOST) {
        // Writing into a String cannot fail.
        let _ = write!(text, "\n- {fault}");
    }
    if let Some(rest) = faults.len().checked_sub(MOST).filter(|n| *n > 0) {
        let _ = write!(text, "\n- and {rest} more");
    }
    text
}
