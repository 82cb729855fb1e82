//! Small texts inside manifests: quantities, image references, command lines. Nothing here knows a tree.

pub mod command;
pub mod date;
pub mod image;
pub mod memory;
pub mod quantity;
pub mod url;
pub mod version;
