//! From certificate files to a TLS configuration that is fit to serve.

use std::{
    hash::{DefaultHasher, Hash, Hasher},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rustls::{
    InconsistentKeys, RootCertStore, ServerConfig,
    crypto::{CryptoProvider, aws_lc_rs},
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::{NoServerSessionStorage, WebPkiClientVerifier, danger::ClientCertVerifier},
    version::{TLS12, TLS13},
};
use x509_parser::{prelude::FromDer, time::ASN1Time};

use super::config::Files;

/// Why certificate files cannot be served. Each names the flag and the file; [`Error::help`] has the remedy.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file cannot be read.
    #[error("failed to read {flag} {}", path.display())]
    Read {
        /// The flag that names the file.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file has no PEM block of the kind that is needed, or a broken one.
    #[error("{flag} {} holds no readable {what}", path.display())]
    NoPem {
        /// The flag that names the file.
        flag: &'static str,
        /// The file.
        path: PathBuf,
        /// What should be in it.
        what: &'static str,
    },
    /// The certificate is not one that can be read.
    #[error("--tls-cert {} begins with a certificate that cannot be read", path.display())]
    NotX509 {
        /// The file.
        path: PathBuf,
    },
    /// The key is another certificate's.
    #[error("--tls-key {} does not belong to --tls-cert {}", key.display(), cert.display())]
    Mismatch {
        /// The certificate's file.
        cert: PathBuf,
        /// The key's file.
        key: PathBuf,
    },
    /// The certificate's time is over.
    #[error("--tls-cert {} expired at {at}", path.display())]
    Expired {
        /// The file.
        path: PathBuf,
        /// When.
        at: String,
    },
    /// The certificate's time has not begun.
    #[error("--tls-cert {} is not valid before {at}", path.display())]
    NotYetValid {
        /// The file.
        path: PathBuf,
        /// From when on it is.
        at: String,
    },
    /// The certificates for clients cannot be used.
    #[error("--client-ca {} cannot be used", path.display())]
    ClientCa {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// Certificate or key are of a kind that TLS cannot use here.
    #[error("--tls-cert and --tls-key cannot be used")]
    Unusable(#[source] rustls::Error),
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Read { .. } => "give the path of a PEM file that this process may read",
            Self::NoPem { what: CERTIFICATE, .. } => {
                "give a PEM file with BEGIN CERTIFICATE blocks, the server's first"
            }
            Self::NoPem { .. } => "give a PEM file with an unencrypted PKCS#8, PKCS#1 or SEC1 private key",
            Self::NotX509 { .. } => {
                "the first block must be the server's X.509 certificate; make one with seawall certs"
            }
            Self::Mismatch { .. } => "give the key that the certificate was made with",
            Self::Expired { .. } => "renew the certificate; seawall certs makes one for development",
            Self::NotYetValid { .. } => "wait, or set the clock of this machine or of the one that signed",
            Self::ClientCa { .. } => "give the CA certificates that sign the API server's client certificate",
            Self::Unusable(_) => "use an ECDSA P-256, ECDSA P-384, Ed25519 or RSA key of 2048 bits or more",
        }
    }
}

const CERT_FLAG: &str = "--tls-cert";
const KEY_FLAG: &str = "--tls-key";
const CA_FLAG: &str = "--client-ca";
const CERTIFICATE: &str = "certificate";

/// The files' bytes, as read at one time.
pub(super) struct Material {
    cert: Vec<u8>,
    key: Vec<u8>,
    client_ca: Option<Vec<u8>>,
}

/// A configuration that is fit to serve.
pub(super) struct Usable {
    pub(super) config: Arc<ServerConfig>,
    /// When the server's certificate expires, in seconds since 1970.
    pub(super) expires: i64,
}

impl Material {
    pub(super) fn read(files: &Files) -> Result<Self, Error> {
        Ok(Self {
            cert: read(CERT_FLAG, &files.cert)?,
            key: read(KEY_FLAG, &files.key)?,
            client_ca: files.client_ca.as_deref().map(|path| read(CA_FLAG, path)).transpose()?,
        })
    }

    /// The same for a certificate and a key (PEM) that are in memory.
    pub(super) fn given(cert: String, key: String, client_ca: Option<&Path>) -> Result<Self, Error> {
        let client_ca = client_ca.map(|path| read(CA_FLAG, path)).transpose()?;
        Ok(Self { cert: cert.into_bytes(), key: key.into_bytes(), client_ca })
    }

    /// Differs when a file changed. Nobody gains by a collision: a renewal would be noticed one change later.
    pub(super) fn digest(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        (&self.cert, &self.key, &self.client_ca).hash(&mut hasher);
        hasher.finish()
    }

    /// Checks everything that would make a call fail, and only then makes a configuration of it.
    pub(super) fn usable(&self, files: &Files) -> Result<Usable, Error> {
        let chain = certificates(&self.cert, CERT_FLAG, &files.cert)?;
        let expires = check_validity(chain.first(), &files.cert)?;
        let key = PrivateKeyDer::from_pem_slice(&self.key).map_err(|_| Error::NoPem {
            flag: KEY_FLAG,
            path: files.key.clone(),
            what: "private key",
        })?;
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = match (&self.client_ca, &files.client_ca) {
            (Some(pem), Some(path)) => Some(client_verifier(pem, path, &provider)?),
            _ => None,
        };
        let builder = ServerConfig::builder_with_provider(provider)
            .with_protocol_versions(&[&TLS13, &TLS12])
            .map_err(Error::Unusable)?;
        let builder = match verifier {
            Some(verifier) => builder.with_client_cert_verifier(verifier),
            None => builder.with_no_client_auth(),
        };
        let mut config = builder.with_single_cert(chain, key).map_err(|source| match source {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => {
                Error::Mismatch { cert: files.cert.clone(), key: files.key.clone() }
            }
            source => Error::Unusable(source),
        })?;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // The API server resumes no sessions. Without them nothing is kept per client, and no client outlives a change
        // of the CA that vouched for it.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        Ok(Usable { config: Arc::new(config), expires })
    }
}

fn read(flag: &'static str, path: &Path) -> Result<Vec<u8>, Error> {
    std::fs::read(path).map_err(|source| Error::Read { flag, path: path.to_path_buf(), source })
}

/// The time, in seconds since 1970.
pub(super) fn seconds_now() -> i64 {
    ASN1Time::now().timestamp()
}

/// Whether callers can be checked by the certificates in this file.
pub(super) fn check_client_ca(path: &Path) -> Result<(), Error> {
    client_verifier(&read(CA_FLAG, path)?, path, &Arc::new(aws_lc_rs::default_provider())).map(drop)
}

fn certificates(pem: &[u8], flag: &'static str, path: &Path) -> Result<Vec<CertificateDer<'static>>, Error> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    match read {
        Ok(chain) if !chain.is_empty() => Ok(chain),
        _ => Err(Error::NoPem { flag, path: path.to_path_buf(), what: CERTIFICATE }),
    }
}

/// The end of the certificate's time, in seconds since 1970, if it is now in its time.
fn check_validity(leaf: Option<&CertificateDer<'_>>, path: &Path) -> Result<i64, Error> {
    let unreadable = || Error::NotX509 { path: path.to_path_buf() };
    let (_, leaf) =
        x509_parser::certificate::X509Certificate::from_der(leaf.ok_or_else(unreadable)?).map_err(|_| unreadable())?;
    let (validity, now) = (leaf.validity(), ASN1Time::now());
    if validity.not_after < now {
        return Err(Error::Expired { path: path.to_path_buf(), at: validity.not_after.to_string() });
    }
    if now < validity.not_before {
        return Err(Error::NotYetValid { path: path.to_path_buf(), at: validity.not_before.to_string() });
    }
    Ok(validity.not_after.timestamp())
}

fn client_verifier(
    pem: &[u8],
    path: &Path,
    provider: &Arc<CryptoProvider>,
) -> Result<Arc<dyn ClientCertVerifier>, Error> {
    let mut roots = RootCertStore::empty();
    for root in certificates(pem, CA_FLAG, path)? {
        roots.add(root).map_err(|source| Error::ClientCa { path: path.to_path_buf(), source: source.into() })?;
    }
    WebPkiClientVerifier::builder_with_provider(Arc::new(roots), Arc::clone(provider))
        .build()
        .map_err(|source| Error::ClientCa { path: path.to_path_buf(), source: source.into() })
}
