//! Seawall: an admission webhook that knows databases.
//!
//! From the lowest level up; a module imports from lower levels only. `docs/architecture.md` says more.
//!
//! - [`tree`] reads JSON and YAML into one flat vector; [`text`] knows quantities, images and command lines.
//! - [`terms`] are the words that all share.
//! - [`engines`] is what is known about databases, as data; [`review`] reads and writes AdmissionReviews; [`facts`] is what can be
//!   asked of a cluster.
//! - [`settings`] is what an administrator set; [`view`] what an object is; [`finding`] and [`proposal`] what a rule reports and writes.
//! - [`manifest`] turns files into documents; [`rule`] is the contract of a rule.
//! - [`rules`] are one file each.
//! - [`decision`] goes from a request to a patch or a verdict, without any IO.
//! - [`metrics`]; then [`cluster`], which alone talks to the API server, and [`pki`]; then [`server`]; then [`cli`].
pub mod cli;
pub mod cluster;
pub mod decision;
pub mod engines;
pub mod facts;
pub mod finding;
pub mod manifest;
pub mod metrics;
pub mod pki;
pub mod proposal;
pub mod review;
pub mod rule;
pub mod rules;
pub mod server;
pub mod settings;
pub mod terms;
pub mod text;
pub mod tree;
pub mod view;
