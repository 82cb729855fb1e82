//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod credential_on_command_line;
mod disabled_authentication;
mod floating_tag;
mod impatient_liveness_probe;
mod instant_kill;
mod missing_credentials;
mod missing_memory_limit;
mod missing_requests;
mod missing_storage_class;
mod plaintext_credentials;
mod pre_stop_exceeding_grace;
mod short_grace_period;
mod support;
mod unauthenticated_engine;
mod unfinished_shutdown;
mod unmounted_data;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &credential_on_command_line::RULE,
    &disabled_authentication::RULE,
    &floating_tag::RULE,
    &impatient_liveness_probe::RULE,
    &instant_kill::RULE,
    &missing_credentials::RULE,
    &missing_memory_limit::RULE,
    &missing_requests::RULE,
    &missing_storage_class::RULE,
    &plaintext_credentials::RULE,
    &pre_stop_exceeding_grace::RULE,
    &short_grace_period::RULE,
    &unauthenticated_engine::RULE,
    &unfinished_shutdown::RULE,
    &unmounted_data::RULE,
];

/// The rule called `name`.
#[must_use]
pub fn named(name: &str) -> Option<&'static Rule> {
    ALL.iter().copied().find(|r| r.name == name)
}

/// The names of all rules, in order.
#[must_use]
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|r| r.name).collect()
}
