//! What a server is told.

use std::{net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use super::{identity::Identity, tls::Error};
use crate::metrics::Metrics;

const KIB: usize = 1024;
const MIB: usize = 1024 * KIB;

/// What a server is told: where it listens, its certificate, its limits and times.
#[derive(Debug, Clone)]
pub struct Config {
    /// Where the webhooks are served, over TLS (`--listen`).
    pub listen: SocketAddr,
    /// Where metrics and health are served in plain text (`--metrics-listen`).
    pub metrics_listen: Option<SocketAddr>,
    /// Its certificate.
    pub tls: Tls,
    /// How much of everything.
    pub limits: Limits,
    /// How long for everything.
    pub times: Times,
}

/// Where the certificate comes from.
#[derive(Debug, Clone)]
pub enum Tls {
    /// From files, which are read again when they change.
    Files(Files),
    /// From whoever has it serve one after the other.
    Given(Arc<Identity>),
}

impl From<Files> for Tls {
    fn from(files: Files) -> Self {
        Self::Files(files)
    }
}

impl Tls {
    /// What is served.
    pub(super) fn identity(&self, metrics: &Arc<Metrics>) -> Result<Arc<Identity>, Error> {
        match self {
            Self::Files(files) => Identity::of_files(files.clone(), Arc::clone(metrics)).map(Arc::new),
            Self::Given(identity) => Ok(Arc::clone(identity)),
        }
    }
}

/// The PEM files that a server shows itself, and its callers, by.
#[derive(Debug, Clone)]
pub struct Files {
    /// Its certificate, followed by the intermediate ones (`--tls-cert`).
    pub cert: PathBuf,
    /// The certificate's private key (`--tls-key`).
    pub key: PathBuf,
    /// The certificates that a caller's must be signed by (`--client-ca`); without it, callers need none.
    pub client_ca: Option<PathBuf>,
}

/// How much of everything.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// A body's bytes: more is a 413. An UPDATE carries two objects of at most 3 MiB each, and JSON inflates them.
    pub body_bytes: usize,
    /// Bytes that all bodies under review may become, see [`Limits::weight`].
    pub weight_bytes: usize,
    /// Bytes that the tree of the largest object takes.
    pub tree_bytes: usize,
    /// Bytes of tree per byte of body, at worst (`[1,1,1,...]`).
    pub tree_factor: usize,
    /// Open connections on the TLS port. Each takes some 50 KiB at worst.
    pub connections: usize,
    /// Open connections on the plain port.
    pub plain_connections: usize,
    /// Bytes of a request's head; more is a 431. Also how much of a body is read at once.
    pub head_bytes: usize,
    /// Bytes of a refused body that are read and dropped, so that the answer is not lost to a reset.
    pub discard_bytes: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            body_bytes: 10 * MIB,
            weight_bytes: 256 * MIB,
            tree_bytes: 26 * MIB,
            tree_factor: 32,
            connections: 1024,
            plain_connections: 64,
            head_bytes: 16 * KIB,
            discard_bytes: 64 * MIB,
        }
    }
}

impl Limits {
    /// The bytes that a body of `bytes` could become while it is under review: itself, and its tree.
    #[must_use]
    pub fn weight(&self, bytes: usize) -> u64 {
        let tree = bytes.saturating_mul(self.tree_factor).min(self.tree_bytes);
        u64::try_from(tree.saturating_add(bytes)).unwrap_or(u64::MAX)
    }
}

/// How long for everything.
#[derive(Debug, Clone, Copy)]
pub struct Times {
    /// For a TLS handshake. The API server gives up after 10 s itself.
    pub handshake: Duration,
    /// For the first byte of a first request, after the handshake.
    pub first_request: Duration,
    /// For a request's head, from its first byte.
    pub head: Duration,
    /// For the next request. The API server keeps idle connections for 90 s and does not repeat a POST that it sent
    /// on one that was just closed, so this must be longer.
    pub idle: Duration,
    /// At most for a connection, of which each gets between half of it and the whole: the next answer after that is its
    /// last. An API server keeps to the replicas that it knows, and one that came later would get nothing to do.
    pub life: Duration,
    /// For a call, from its head to its answer; a shorter `?timeout=` counts.
    pub deadline: Duration,
    /// Between two looks at the certificate files.
    pub reload: Duration,
    /// Between the order to stop and the moment when no connection is accepted any more: as long as it takes until
    /// nobody is sent here. Not ready in the meantime, but calls are answered.
    pub leave: Duration,
    /// For the next request in that time. Whoever asks often is told by an answer to go elsewhere; on a connection that
    /// was silent for this long, hardly a call is on its way.
    pub idle_leaving: Duration,
    /// For the calls in flight after that.
    pub grace: Duration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            handshake: Duration::from_secs(10),
            first_request: Duration::from_secs(10),
            head: Duration::from_secs(10),
            idle: Duration::from_secs(150),
            life: Duration::from_secs(300),
            deadline: Duration::from_secs(3),
            reload: Duration::from_secs(10),
            leave: Duration::ZERO,
            idle_leaving: Duration::from_secs(5),
            grace: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_weighs_its_tree_and_itself() {
        let limits = Limits::default();
        assert_eq!(limits.weight(0), 0);
        assert_eq!(limits.weight(8 * KIB), (33 * 8 * KIB) as u64);
        assert_eq!(limits.weight(10 * MIB), (36 * MIB) as u64);
    }
}
