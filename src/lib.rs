//! Seawall.

pub mod cli;
pub mod pki;
