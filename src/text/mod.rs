//! Small texts inside manifests: quantities, image references, command lines. Nothing here knows a tree.

pub mod memory;
pub mod quantity;
