//! Seawall: an admission webhook that knows databases.
pub mod engines;
pub mod terms;
pub mod text;
pub mod tree;
