//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod credential_on_command_line;
mod disabled_authentication;
mod missing_credentials;
mod plaintext_credentials;
mod support;
mod unauthenticated_engine;
mod unmounted_data;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &credential_on_command_line::RULE,
    &disabled_authentication::RULE,
    &missing_credentials::RULE,
    &plaintext_credentials::RULE,
    &unauthenticated_engine::RULE,
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
