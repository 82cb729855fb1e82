//! What several rules have in common.
pub(super) mod memory;
pub(super) mod resources;
pub(super) mod secret;
pub(super) mod shutdown;
