//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod autoscaled_database;
mod blocking_disruption_budget;
mod borrowed_data_claim;
mod cache_exceeding_memory_limit;
mod claims_deleted_with_statefulset;
mod credential_in_config_map;
mod credential_on_command_line;
mod data_deleting_script;
mod data_left_behind;
mod disabled_authentication;
mod disabled_durability;
mod ephemeral_data;
mod floating_tag;
mod host_path_data;
mod impatient_liveness_probe;
mod instant_kill;
mod misplaced_data_mount;
mod missing_credentials;
mod missing_memory_limit;
mod missing_requests;
mod missing_storage_class;
mod plaintext_credentials;
mod pre_stop_exceeding_grace;
mod published_database;
mod quorum_breaking_budget;
mod rolling_update_over_claim;
mod shared_data_claim;
mod short_grace_period;
mod support;
mod unauthenticated_engine;
mod unfinished_shutdown;
mod unmounted_data;
mod unready_client_addresses;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &autoscaled_database::RULE,
    &blocking_disruption_budget::RULE,
    &borrowed_data_claim::RULE,
    &cache_exceeding_memory_limit::RULE,
    &claims_deleted_with_statefulset::RULE,
    &credential_in_config_map::RULE,
    &credential_on_command_line::RULE,
    &data_deleting_script::RULE,
    &data_left_behind::RULE,
    &disabled_authentication::RULE,
    &disabled_durability::RULE,
    &ephemeral_data::RULE,
    &floating_tag::RULE,
    &host_path_data::RULE,
    &impatient_liveness_probe::RULE,
    &instant_kill::RULE,
    &misplaced_data_mount::RULE,
    &missing_credentials::RULE,
    &missing_memory_limit::RULE,
    &missing_requests::RULE,
    &missing_storage_class::RULE,
    &plaintext_credentials::RULE,
    &pre_stop_exceeding_grace::RULE,
    &published_database::RULE,
    &quorum_breaking_budget::RULE,
    &rolling_update_over_claim::RULE,
    &shared_data_claim::RULE,
    &short_grace_period::RULE,
    &unauthenticated_engine::RULE,
    &unfinished_shutdown::RULE,
    &unmounted_data::RULE,
    &unready_client_addresses::RULE,
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
