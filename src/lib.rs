//! Seawall.

pub mod text;
