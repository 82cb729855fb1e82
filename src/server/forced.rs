//! Pods of databases that are deleted by force. Whoever does so is not refused: a node may be gone for good, and nobody else frees its
//! claims. It is recorded, because the next Pod may open the data while the last one still writes.
use std::collections::BTreeMap;

use super::{guard::Guard, judge::Call, webhooks::each_once};
use crate::{
    cluster::events::{About, Happening, What},
    decision::Request,
    review::{self, Reply, Review},
    settings::Settings,
    terms::Operation,
    view::{Case, Kind, Workload},
};

impl Guard {
    /// What is said of a Pod that is deleted without waiting for its end; `None` for everything else.
    pub(super) fn forced(
        &self,
        request: Request<'_>,
        review: &Review<'_>,
        settings: &Settings,
        call: &Call,
    ) -> Option<Reply> {
        let is_pod = (request.group, request.kind, request.subresource) == ("", "Pod", "");
        if !is_pod || request.operation != Operation::Delete || settings.skips(request.namespace) {
            return None;
        }
        // The API server asks twice about one such deletion; the second time the Pod says so itself.
        let is_known = request.old.path("metadata.deletionGracePeriodSeconds").i64() == Some(0);
        if is_known || !review::is_forced(request.tree) {
            return None;
        }
        let case = Case::of(Workload { kind: Kind::Pod, object: request.old }, &self.catalogue);
        let engines = each_once(case.servers().filter(|d| d.keeps_data()).map(|d| &*d.engine.name)).join(",");
        if engines.is_empty() {
            return None;
        }
        if !review.dry_run && !call.abandoned.is_abandoned() {
            self.record_force(review, &engines);
        }
        Some(Reply { audit: BTreeMap::from([("forced", engines)]), ..Reply::default() })
    }

    fn record_force(&self, review: &Review<'_>, engines: &str) {
        self.metrics().forced_deletion();
        let (object, user, uid) = (review.object_name(), review.user, review.uid);
        tracing::info!(webhook = "validate", operation = "DELETE", object, engines, user, uid, "deleted by force");
        let note = format!("Pod {:?} with {engines} was deleted without waiting for its end", review.name);
        if let (Some(events), Some(about)) = (&self.events, About::of(review.namespace, review.object, review.old)) {
            events.tell(Happening { about, what: What::Forced, operation: review.operation, note });
        }
    }
}
