//! The answer to somebody who wants to know whether the API server calls Seawall: see [`crate::cluster::reach`].

use crate::{
    metrics::Webhook,
    review::Review,
    terms::{self, keys},
};

/// What to say to the author of a probe, whatever was decided about it; nothing to anybody else. Only a dry run is one: what is
/// stored is answered as always.
pub(super) fn word(review: &Review<'_>, webhook: Webhook) -> Option<String> {
    let is_probe = review.dry_run && review.object.path("metadata.annotations").get(keys::PROBE).is_set();
    is_probe.then(|| terms::answered(webhook.as_str()))
}
