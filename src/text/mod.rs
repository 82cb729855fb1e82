//! Notations.
pub mod quantity;
