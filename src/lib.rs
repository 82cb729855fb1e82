//! Seawall: an admission webhook that knows databases.
pub mod tree;
