//! The rules, one file each, and the one list of them, in alphabetical order.
//!
//! A new rule is a file of this folder, a `mod` line and an entry in [`ALL`]; a test names what is missing.
mod autoscaled_database;
mod blocking_disruption_budget;
mod borrowed_data_claim;
mod bypassed_entrypoint;
mod cache_exceeding_memory_limit;
mod cache_ignoring_memory_limit;
mod changed_data_layout;
mod changed_data_owner;
mod changed_first_start_credential;
mod claims_deleted_by_scaling;
mod claims_deleted_with_statefulset;
mod colliding_service_variables;
mod command_missing_in_image;
mod config_map_with_password;
mod connections_exceeding_memory_limit;
mod contradictory_credentials;
mod contradictory_persistence;
mod credential_on_command_line;
mod credentials_from_config_map;
mod crowded_members;
mod data_at_volume_root;
mod data_deleting_script;
mod data_left_behind;
mod data_writable_by_sidecar;
mod database_host_port;
mod default_shared_memory;
mod deleted_data;
mod developer_mode;
mod disabled_authentication;
mod disabled_durability;
mod dropped_authentication;
mod end_of_life_version;
mod ephemeral_data;
mod evicting_autoscaler;
mod evicting_size_limit;
mod fixed_size_volume;
mod floating_tag;
mod fragile_quorum;
mod host_path_data;
mod host_privileges;
mod immediate_volume_binding;
mod immutable_field_change;
mod impatient_liveness_probe;
mod incompatible_version;
mod instant_kill;
mod liveness_by_cluster_state;
mod lost_majority;
mod member_leaving_on_stop;
mod memory_limit_below_minimum;
mod memory_volume_exceeding_memory_limit;
mod mismatched_pod_management;
mod misplaced_data_mount;
mod missing_backup;
mod missing_credentials;
mod missing_disruption_budget;
mod missing_file_system_group;
mod missing_huge_pages;
mod missing_memory_limit;
mod missing_network_policy;
mod missing_readiness_probe;
mod missing_requests;
mod missing_storage_class;
mod moved_data;
mod needless_root;
mod network_file_system_data;
mod node_bound_data;
mod open_admin_page;
mod optional_credentials;
mod outdated_dump_client;
mod overlapping_backups;
mod permanent_recovery;
mod plaintext_credentials;
mod pre_stop_exceeding_grace;
mod preemptible_placement;
mod printed_password;
mod published_database;
mod quorum_breaking_budget;
mod read_write_many_data;
mod readiness_over_socket;
mod recursive_ownership_change;
mod relaxed_durability;
mod remote_superuser;
mod removed_option;
mod rolling_update_over_claim;
mod scarce_cpu;
mod service_account_token;
mod service_to_any_member;
mod shared_data_claim;
mod short_grace_period;
mod signal_to_wrong_process;
mod stalled_rollout;
mod stopped_database;
mod support;
mod unauthenticated_engine;
mod unbounded_growth;
mod undersized_claim;
mod unencrypted_traffic;
mod unfinished_shutdown;
mod unknown_data_label;
mod unlisted_storage_class;
mod unmaintained_image;
mod unmounted_data;
mod unready_client_addresses;
mod unreplicated_replicas;
mod unsafe_mount_options;
mod unsuitable_workload_kind;
mod volume_deleted_with_claim;
mod well_known_credentials;

use crate::rule::Rule;

/// Every rule.
pub static ALL: &[&Rule] = &[
    &autoscaled_database::RULE,
    &blocking_disruption_budget::RULE,
    &borrowed_data_claim::RULE,
    &bypassed_entrypoint::RULE,
    &cache_exceeding_memory_limit::RULE,
    &cache_ignoring_memory_limit::RULE,
    &changed_data_layout::RULE,
    &changed_data_owner::RULE,
    &changed_first_start_credential::RULE,
    &claims_deleted_by_scaling::RULE,
    &claims_deleted_with_statefulset::RULE,
    &colliding_service_variables::RULE,
    &command_missing_in_image::RULE,
    &config_map_with_password::RULE,
    &connections_exceeding_memory_limit::RULE,
    &contradictory_credentials::RULE,
    &contradictory_persistence::RULE,
    &credential_on_command_line::RULE,
    &credentials_from_config_map::RULE,
    &crowded_members::RULE,
    &data_at_volume_root::RULE,
    &data_deleting_script::RULE,
    &data_left_behind::RULE,
    &data_writable_by_sidecar::RULE,
    &database_host_port::RULE,
    &default_shared_memory::RULE,
    &deleted_data::RULE,
    &developer_mode::RULE,
    &disabled_authentication::RULE,
    &disabled_durability::RULE,
    &dropped_authentication::RULE,
    &end_of_life_version::RULE,
    &ephemeral_data::RULE,
    &evicting_autoscaler::RULE,
    &evicting_size_limit::RULE,
    &fixed_size_volume::RULE,
    &floating_tag::RULE,
    &fragile_quorum::RULE,
    &host_path_data::RULE,
    &host_privileges::RULE,
    &immediate_volume_binding::RULE,
    &immutable_field_change::RULE,
    &impatient_liveness_probe::RULE,
    &incompatible_version::RULE,
    &instant_kill::RULE,
    &liveness_by_cluster_state::RULE,
    &lost_majority::RULE,
    &member_leaving_on_stop::RULE,
    &memory_limit_below_minimum::RULE,
    &memory_volume_exceeding_memory_limit::RULE,
    &mismatched_pod_management::RULE,
    &misplaced_data_mount::RULE,
    &missing_backup::RULE,
    &missing_credentials::RULE,
    &missing_disruption_budget::RULE,
    &missing_file_system_group::RULE,
    &missing_huge_pages::RULE,
    &missing_memory_limit::RULE,
    &missing_network_policy::RULE,
    &missing_readiness_probe::RULE,
    &missing_requests::RULE,
    &missing_storage_class::RULE,
    &moved_data::RULE,
    &needless_root::RULE,
    &network_file_system_data::RULE,
    &node_bound_data::RULE,
    &open_admin_page::RULE,
    &optional_credentials::RULE,
    &outdated_dump_client::RULE,
    &overlapping_backups::RULE,
    &permanent_recovery::RULE,
    &plaintext_credentials::RULE,
    &pre_stop_exceeding_grace::RULE,
    &preemptible_placement::RULE,
    &printed_password::RULE,
    &published_database::RULE,
    &quorum_breaking_budget::RULE,
    &read_write_many_data::RULE,
    &readiness_over_socket::RULE,
    &recursive_ownership_change::RULE,
    &relaxed_durability::RULE,
    &remote_superuser::RULE,
    &removed_option::RULE,
    &rolling_update_over_claim::RULE,
    &scarce_cpu::RULE,
    &service_account_token::RULE,
    &service_to_any_member::RULE,
    &shared_data_claim::RULE,
    &short_grace_period::RULE,
    &signal_to_wrong_process::RULE,
    &stalled_rollout::RULE,
    &stopped_database::RULE,
    &unauthenticated_engine::RULE,
    &unbounded_growth::RULE,
    &undersized_claim::RULE,
    &unencrypted_traffic::RULE,
    &unfinished_shutdown::RULE,
    &unknown_data_label::RULE,
    &unlisted_storage_class::RULE,
    &unmaintained_image::RULE,
    &unmounted_data::RULE,
    &unready_client_addresses::RULE,
    &unreplicated_replicas::RULE,
    &unsafe_mount_options::RULE,
    &unsuitable_workload_kind::RULE,
    &volume_deleted_with_claim::RULE,
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
