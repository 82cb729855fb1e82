//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod cache_exceeding_memory_limit;
mod claims_deleted_with_statefulset;
mod data_deleting_script;
mod data_left_behind;
mod disabled_durability;
mod ephemeral_data;
mod host_path_data;
mod misplaced_data_mount;
mod rolling_update_over_claim;
mod shared_data_claim;
mod unmounted_data;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &cache_exceeding_memory_limit::RULE,
    &claims_deleted_with_statefulset::RULE,
    &data_deleting_script::RULE,
    &data_left_behind::RULE,
    &disabled_durability::RULE,
    &ephemeral_data::RULE,
    &host_path_data::RULE,
    &misplaced_data_mount::RULE,
    &rolling_update_over_claim::RULE,
    &shared_data_claim::RULE,
    &unmounted_data::RULE,
];

/// How the help begins where following it replaces a Pod that may hold the only copy of somebody's data.
const DUMP_FIRST: &str =
    "if it already holds data, dump it first: applying this change replaces the Pod and discards what is there";

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
