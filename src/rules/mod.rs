//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod cache_exceeding_memory_limit;
mod cache_ignoring_memory_limit;
mod claims_deleted_with_statefulset;
mod connections_exceeding_memory_limit;
mod credential_on_command_line;
mod crowded_members;
mod data_deleting_script;
mod data_left_behind;
mod default_shared_memory;
mod disabled_authentication;
mod disabled_durability;
mod ephemeral_data;
mod evicting_size_limit;
mod floating_tag;
mod fragile_quorum;
mod host_path_data;
mod impatient_liveness_probe;
mod instant_kill;
mod memory_limit_below_minimum;
mod memory_volume_exceeding_memory_limit;
mod misplaced_data_mount;
mod missing_credentials;
mod missing_huge_pages;
mod missing_memory_limit;
mod missing_requests;
mod missing_storage_class;
mod plaintext_credentials;
mod pre_stop_exceeding_grace;
mod preemptible_placement;
mod rolling_update_over_claim;
mod scarce_cpu;
mod shared_data_claim;
mod short_grace_period;
mod support;
mod unauthenticated_engine;
mod unfinished_shutdown;
mod unmounted_data;
mod unsuitable_workload_kind;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &cache_exceeding_memory_limit::RULE,
    &cache_ignoring_memory_limit::RULE,
    &claims_deleted_with_statefulset::RULE,
    &connections_exceeding_memory_limit::RULE,
    &credential_on_command_line::RULE,
    &crowded_members::RULE,
    &data_deleting_script::RULE,
    &data_left_behind::RULE,
    &default_shared_memory::RULE,
    &disabled_authentication::RULE,
    &disabled_durability::RULE,
    &ephemeral_data::RULE,
    &evicting_size_limit::RULE,
    &floating_tag::RULE,
    &fragile_quorum::RULE,
    &host_path_data::RULE,
    &impatient_liveness_probe::RULE,
    &instant_kill::RULE,
    &memory_limit_below_minimum::RULE,
    &memory_volume_exceeding_memory_limit::RULE,
    &misplaced_data_mount::RULE,
    &missing_credentials::RULE,
    &missing_huge_pages::RULE,
    &missing_memory_limit::RULE,
    &missing_requests::RULE,
    &missing_storage_class::RULE,
    &plaintext_credentials::RULE,
    &pre_stop_exceeding_grace::RULE,
    &preemptible_placement::RULE,
    &rolling_update_over_claim::RULE,
    &scarce_cpu::RULE,
    &shared_data_claim::RULE,
    &short_grace_period::RULE,
    &unauthenticated_engine::RULE,
    &unfinished_shutdown::RULE,
    &unmounted_data::RULE,
    &unsuitable_workload_kind::RULE,
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
