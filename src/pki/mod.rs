//! Certificates: how they are made, when they must be renewed, and where a development setup keeps them.
//!
//! - [`Authority`] makes and signs; it keeps no state and touches no file.
//! - [`must_renew`] decides from what a certificate says and the time alone, and answers with a reason.
//! - [`development()`] puts both together in a folder of files, for a laptop or a test.
//! - [`managed`] does so in a Secret, for all replicas of an installation, and rotates them while they serve.
//!
//! Every key is ECDSA P-256: what each Kubernetes client accepts, and a handshake is cheap, which matters because the
//! API server opens and closes connections in bursts. Every certificate gets a key of its own, also at a renewal.

mod authority;
mod certificate;
mod development;
mod error;
mod folder;
pub mod managed;
mod renewal;
mod service;

pub use authority::{Authority, CA_LIFE, CLOCK_SKEW, Issued, LEAF_LIFE, SigningKey, client_certificate, signing_key};
pub use certificate::{Certificate, Fingerprint};
pub use development::{CA_CERTIFICATE, CA_KEY, Development, Kept, TLS_CERTIFICATE, TLS_KEY, development};
pub use error::{Error, Unusable};
pub use folder::Folder;
pub use renewal::{Held, RENEW_BEFORE, Renew, must_renew};
pub use service::Service;
