//! What can go wrong with certificates.

use std::io;
use std::path::PathBuf;

/// A failure to make, keep or read certificates.
///
/// The text says what failed and where, the source says why. The remedy depends on who asked, so the caller adds it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The folder could not be created or opened.
    #[error("failed to open the certificate folder {}", path.display())]
    Folder {
        /// The folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file is there but could not be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file could not be written; what was there before is unchanged.
    #[error("failed to write {}", path.display())]
    Write {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A file was read, and what it holds is of no use.
    #[error("cannot use {}", path.display())]
    Unusable {
        /// The file.
        path: PathBuf,
        /// Why.
        source: Unusable,
    },
    /// One half of the authority is there without the other, and neither is replaced unasked.
    #[error("{} is there without {}", present.display(), missing.display())]
    HalfAnAuthority {
        /// The file that exists.
        present: PathBuf,
        /// The file that does not.
        missing: PathBuf,
    },
    /// A Service or a namespace cannot have this name.
    #[error("{name:?} is not a DNS label")]
    Label {
        /// The name.
        name: String,
    },
    /// Making a key or a certificate failed.
    #[error("failed to make the certificate of {subject:?}")]
    Make {
        /// The common name.
        subject: String,
        /// Why.
        source: rcgen::Error,
    },
    /// The authority that is to sign cannot.
    #[error("the CA cannot sign")]
    Signer(#[source] Unusable),
    /// The time is outside of what a certificate can express (the years 1970 to 9999).
    #[error("the clock stands outside of what a certificate can express")]
    Clock,
}

/// Why a certificate or a key that could be read cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// There is no `CERTIFICATE` block, or it is damaged.
    #[error("it holds no PEM certificate")]
    NoCertificate(#[source] rustls::pki_types::pem::Error),
    /// The block is there, and is not an X.509 certificate.
    #[error("its certificate is not X.509")]
    NotX509,
    /// There is no private key, or one of a kind that cannot sign.
    #[error("it holds no private key that can sign")]
    NoKey(#[source] rcgen::Error),
    /// The key belongs to another certificate.
    #[error("its key is not the one in the certificate")]
    OtherKey,
    /// Nobody that is known signed it.
    #[error("none of the CAs beside it signed it")]
    OtherAuthority,
    /// The certificate may not sign others.
    #[error("its certificate is not that of an authority")]
    NotAnAuthority,
}
