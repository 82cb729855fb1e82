//! What several rules have in common.
pub(super) mod secret;
