//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod cache_exceeding_memory_limit;
mod claims_deleted_with_statefulset;
mod command_missing_in_image;
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
mod liveness_by_cluster_state;
mod member_leaving_on_stop;
mod misplaced_data_mount;
mod missing_credentials;
mod missing_memory_limit;
mod missing_readiness_probe;
mod missing_requests;
mod missing_storage_class;
mod plaintext_credentials;
mod pre_stop_exceeding_grace;
mod readiness_over_socket;
mod rolling_update_over_claim;
mod shared_data_claim;
mod short_grace_period;
mod signal_to_wrong_process;
mod support;
mod unauthenticated_engine;
mod unfinished_shutdown;
mod unmounted_data;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &cache_exceeding_memory_limit::RULE,
    &claims_deleted_with_statefulset::RULE,
    &command_missing_in_image::RULE,
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
    &liveness_by_cluster_state::RULE,
    &member_leaving_on_stop::RULE,
    &misplaced_data_mount::RULE,
    &missing_credentials::RULE,
    &missing_memory_limit::RULE,
    &missing_readiness_probe::RULE,
    &missing_requests::RULE,
    &missing_storage_class::RULE,
    &plaintext_credentials::RULE,
    &pre_stop_exceeding_grace::RULE,
    &readiness_over_socket::RULE,
    &rolling_update_over_claim::RULE,
    &shared_data_claim::RULE,
    &short_grace_period::RULE,
    &signal_to_wrong_process::RULE,
    &unauthenticated_engine::RULE,
    &unfinished_shutdown::RULE,
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
