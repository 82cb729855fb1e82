//! What several rules have in common.
pub(super) mod beside;
pub(super) mod config_text;
pub(super) mod resources;
pub(super) mod secret;
pub(super) mod shutdown;
