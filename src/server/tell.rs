//! What is told by Kubernetes Events: refusals and mends of what is stored, to whoever did not read the answer.
use super::guard::Guard;
use crate::{
    cluster::events::{About, Happening, What},
    review::{Reply, Review},
};

impl Guard {
    /// Has an Event written of what was answered; of a dry run there is nothing to tell.
    pub(super) fn record_events(&self, review: &Review<'_>, reply: &Reply, rules: &[&'static str]) {
        let Some(events) = self.events.as_ref().filter(|_| !review.dry_run) else { return };
        let (what, note) = match &reply.denied {
            Some(status) => (What::Denied, status.message.clone()),
            // What only bears Seawall's own marks was not mended.
            None if !reply.patch.is_empty() && !rules.is_empty() => (What::Mended, mended(review, rules)),
            None => return,
        };
        if let Some(about) = About::of(review.namespace, review.old, review.object) {
            events.tell(Happening { about, what, operation: review.operation, note });
        }
    }
}

fn mended(review: &Review<'_>, rules: &[&'static str]) -> String {
    format!("{} {:?} was given what it lacked [{}]", review.kind, review.name, rules.join(", "))
}
