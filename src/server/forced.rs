//! Pods of databases that are deleted by force. Whoever does so is not refused: a node may be gone for good, and nobody else frees its
//! claims. It is recorded, because the next Pod may open the data while the last one still writes; so not where the data goes with the
//! Pod, is meant to go, or nothing can write any more.
use std::collections::BTreeMap;

use super::{guard::Guard, judge::Call, webhooks::each_once};
use crate::{
    cluster::events::{About, Happening, What},
    decision::Request,
    review::{self, Reply, Review},
    settings::Settings,
    terms::Operation,
    tree::{Node, Tree},
    view::{Case, DataPlace, Database, Kind, VolumeKind, Workload},
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
        let label = case.workload.data_label().filter(|_| settings.profile().honours_data_label());
        let kept = case.servers().filter(|d| d.keeps_data() && may_outlive_pod(d) && !d.is_meant_to_go(label));
        let engines = each_once(kept.map(|d| &*d.engine.name)).join(",");
        // A Pod without a node never ran; the API server deletes it at once, whatever was asked for.
        let never_ran = !request.old.path("spec.nodeName").is_set();
        if engines.is_empty() || never_ran || has_ended(request.old) {
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

/// True where another Pod may have the same data, as far as is known.
fn may_outlive_pod(database: &Database<'_>) -> bool {
    match &database.data {
        DataPlace::On { volume, .. } => volume.is_kept() || volume.kind == VolumeKind::Unknown,
        DataPlace::Beside { .. } | DataPlace::Nowhere { .. } => false,
        DataPlace::Unknown => true,
    }
}

/// True for a Pod whose containers have all ended. Only what is to be recorded is asked, so its status is read only here.
fn has_ended(pod: Node<'_>) -> bool {
    let status = pod.get("status").unread().and_then(|text| Tree::from_json(text).ok());
    status.is_some_and(|status| matches!(status.root().get("phase").text(), "Succeeded" | "Failed"))
}
