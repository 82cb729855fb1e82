//! What several rules have in common.
pub(super) mod beside;
pub(super) mod change;
pub(super) mod config_text;
pub(super) mod home;
pub(super) mod loss;
pub(super) mod memory;
pub(super) mod placeholders;
pub(super) mod recreate;
pub(super) mod resources;
pub(super) mod secret;
pub(super) mod shutdown;
pub(super) mod storage;
pub(super) mod switch;
