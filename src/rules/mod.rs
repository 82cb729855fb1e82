//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod bypassed_entrypoint;
mod cache_exceeding_memory_limit;
mod claims_deleted_with_statefulset;
mod contradictory_credentials;
mod credential_on_command_line;
mod credentials_in_config_map;
mod data_at_volume_root;
mod data_deleting_script;
mod data_left_behind;
mod disabled_authentication;
mod disabled_durability;
mod ephemeral_data;
mod floating_tag;
mod host_path_data;
mod host_privileges;
mod impatient_liveness_probe;
mod instant_kill;
mod misplaced_data_mount;
mod missing_credentials;
mod missing_file_system_group;
mod missing_memory_limit;
mod missing_requests;
mod missing_storage_class;
mod needless_root;
mod network_file_system_data;
mod optional_credentials;
mod plaintext_credentials;
mod pre_stop_exceeding_grace;
mod printed_password;
mod read_write_many_data;
mod recursive_ownership_change;
mod remote_superuser;
mod rolling_update_over_claim;
mod service_account_token;
mod shared_data_claim;
mod short_grace_period;
mod support;
mod unauthenticated_engine;
mod undersized_claim;
mod unfinished_shutdown;
mod unmounted_data;
mod well_known_credentials;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &bypassed_entrypoint::RULE,
    &cache_exceeding_memory_limit::RULE,
    &claims_deleted_with_statefulset::RULE,
    &contradictory_credentials::RULE,
    &credential_on_command_line::RULE,
    &credentials_in_config_map::RULE,
    &data_at_volume_root::RULE,
    &data_deleting_script::RULE,
    &data_left_behind::RULE,
    &disabled_authentication::RULE,
    &disabled_durability::RULE,
    &ephemeral_data::RULE,
    &floating_tag::RULE,
    &host_path_data::RULE,
    &host_privileges::RULE,
    &impatient_liveness_probe::RULE,
    &instant_kill::RULE,
    &misplaced_data_mount::RULE,
    &missing_credentials::RULE,
    &missing_file_system_group::RULE,
    &missing_memory_limit::RULE,
    &missing_requests::RULE,
    &missing_storage_class::RULE,
    &needless_root::RULE,
    &network_file_system_data::RULE,
    &optional_credentials::RULE,
    &plaintext_credentials::RULE,
    &pre_stop_exceeding_grace::RULE,
    &printed_password::RULE,
    &read_write_many_data::RULE,
    &recursive_ownership_change::RULE,
    &remote_superuser::RULE,
    &rolling_update_over_claim::RULE,
    &service_account_token::RULE,
    &shared_data_claim::RULE,
    &short_grace_period::RULE,
    &unauthenticated_engine::RULE,
    &undersized_claim::RULE,
    &unfinished_shutdown::RULE,
    &unmounted_data::RULE,
    &well_known_credentials::RULE,
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
