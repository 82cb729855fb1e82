//! How much memory there is and is taken, in words and in percent.
use crate::{text::memory::rounded_bytes, tree::Node};

/// A limit as its author wrote it.
pub(in crate::rules) fn said(place: Node<'_>, limit: i64) -> String {
    place.str().map_or_else(|| rounded_bytes(limit), str::to_owned)
}

/// How many percent of `whole` (more than nought) `part` is.
pub(in crate::rules) fn percent(part: i64, whole: i64) -> i64 {
    i64::try_from(i128::from(part) * 100 / i128::from(whole.max(1))).unwrap_or(i64::MAX)
}
