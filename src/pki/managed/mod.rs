//! Certificates that look after themselves: a CA and a leaf in one Secret, the caBundles that trust them, and every
//! replica that serves them.
//!
//! - `contents` is what the Secret holds and what each step makes of it, `rotation` decides the next step, `choice`
//!   whether a replica serves what is offered. All three are pure, and `model` tries them out against whatever happens.
//! - `pair` makes and reads real certificates, `secret`, `bundle` and `replicas` are the objects in the cluster,
//!   `verify` asks what an API server would say.
//! - `keeper` is what each replica does, and `lead` what the one does that has the Lease.

mod bundle;
mod choice;
mod contents;
mod keeper;
mod lead;
#[cfg(test)]
mod model;
#[cfg(test)]
mod objects;
mod pair;
mod replicas;
mod rotation;
mod secret;
#[cfg(test)]
mod tests;
mod verify;

pub use keeper::{Farewell, Keeper, Serve, Settings};
pub use replicas::{LABEL as REPLICA_LABEL, LEAF as REPLICA_LEAF};
pub use rotation::Times;
pub use secret::{LABEL as SECRET_LABEL, ROTATE};
