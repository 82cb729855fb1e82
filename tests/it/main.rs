//! Offline tests, in one binary.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::disallowed_methods,
    missing_docs,
    reason = "tests"
)]

mod around;
mod beside;
mod births;
mod certs;
mod certs_errors;
mod certs_tls;
mod chart;
mod cli;
mod cli_knowledge;
mod conventions;
mod credentials;
mod definition;
mod docs;
mod engine_tables;
mod example_settings;
mod examples;
mod excuses;
mod exemptions;
mod failure;
mod fix;
mod fixture;
mod folders;
mod following;
mod forced;
mod generated;
mod guarded;
mod guards;
mod hostile;
mod laws;
mod layering;
mod offline;
mod policies;
mod policies_classes;
mod policies_order;
mod policy_show;
mod prestop_postgres;
mod ratchet;
mod recorded;
mod registration;
mod restore;
mod restore_wanted;
mod rule_examples;
mod rules;
mod scan;
mod scratch;
mod server_calls;
mod server_desk;
mod server_drain;
mod server_given;
mod server_logs;
mod server_peers;
mod server_reload;
mod server_routes;
mod server_support;
mod server_timeouts;
mod server_tls;
mod settings;
mod specimens;
mod transcripts;
mod tree_places;
mod tree_props;
mod versions;
