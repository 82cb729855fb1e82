//! Seawall: an admission webhook that knows databases.
pub mod cli;
pub mod decision;
pub mod engines;
pub mod facts;
pub mod finding;
pub mod pki;
pub mod proposal;
pub mod review;
pub mod rule;
pub mod rules;
pub mod settings;
pub mod terms;
pub mod text;
pub mod tree;
pub mod view;
