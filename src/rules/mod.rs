//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod cache_exceeding_memory_limit;
mod claims_deleted_with_statefulset;
mod contradictory_persistence;
mod credential_on_command_line;
mod data_deleting_script;
mod data_left_behind;
mod data_writable_by_sidecar;
mod database_host_port;
mod developer_mode;
mod disabled_authentication;
mod disabled_durability;
mod end_of_life_version;
mod ephemeral_data;
mod floating_tag;
mod growth_exceeding_volume;
mod host_path_data;
mod impatient_liveness_probe;
mod instant_kill;
mod misplaced_data_mount;
mod missing_credentials;
mod missing_memory_limit;
mod missing_requests;
mod missing_storage_class;
mod open_admin_page;
mod outdated_dump_client;
mod overlapping_backups;
mod plaintext_credentials;
mod pre_stop_exceeding_grace;
mod relaxed_durability;
mod rolling_update_over_claim;
mod shared_data_claim;
mod short_grace_period;
mod support;
mod unauthenticated_engine;
mod unbounded_growth;
mod unencrypted_traffic;
mod unfinished_shutdown;
mod unknown_data_label;
mod unmaintained_image;
mod unmounted_data;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &cache_exceeding_memory_limit::RULE,
    &claims_deleted_with_statefulset::RULE,
    &contradictory_persistence::RULE,
    &credential_on_command_line::RULE,
    &data_deleting_script::RULE,
    &data_left_behind::RULE,
    &data_writable_by_sidecar::RULE,
    &database_host_port::RULE,
    &developer_mode::RULE,
    &disabled_authentication::RULE,
    &disabled_durability::RULE,
    &end_of_life_version::RULE,
    &ephemeral_data::RULE,
    &floating_tag::RULE,
    &growth_exceeding_volume::RULE,
    &host_path_data::RULE,
    &impatient_liveness_probe::RULE,
    &instant_kill::RULE,
    &misplaced_data_mount::RULE,
    &missing_credentials::RULE,
    &missing_memory_limit::RULE,
    &missing_requests::RULE,
    &missing_storage_class::RULE,
    &open_admin_page::RULE,
    &outdated_dump_client::RULE,
    &overlapping_backups::RULE,
    &plaintext_credentials::RULE,
    &pre_stop_exceeding_grace::RULE,
    &relaxed_durability::RULE,
    &rolling_update_over_claim::RULE,
    &shared_data_claim::RULE,
    &short_grace_period::RULE,
    &unauthenticated_engine::RULE,
    &unbounded_growth::RULE,
    &unencrypted_traffic::RULE,
    &unfinished_shutdown::RULE,
    &unknown_data_label::RULE,
    &unmaintained_image::RULE,
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
