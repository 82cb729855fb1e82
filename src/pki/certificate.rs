//! What a certificate that exists says.

use std::fmt;
use std::net::IpAddr;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use rcgen::{KeyPair, PublicKeyData};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_parser::prelude::{FromDer, GeneralName, X509Certificate};

use super::Unusable;

/// What tells one certificate from all others: SHA-256 of its DER form, in hexadecimal digits.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint(String);

impl Fingerprint {
    /// The fingerprint that somebody wrote down.
    #[must_use]
    pub fn written(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Its 64 digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    fn of(der: &[u8]) -> Self {
        Self(digest(&SHA256, der).as_ref().iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// The first digits, which are enough for a line of a log.
impl fmt::Display for Fingerprint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.get(..12).unwrap_or(&self.0))
    }
}

/// A certificate, read; only what matters for its renewal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Certificate {
    der: CertificateDer<'static>,
    fingerprint: Fingerprint,
    subject: String,
    not_before: Timestamp,
    not_after: Timestamp,
    names: Vec<String>,
    authority: bool,
}

impl Certificate {
    /// The first certificate of a PEM text.
    ///
    /// # Errors
    /// [`Unusable::NoCertificate`] and [`Unusable::NotX509`].
    pub fn from_pem(pem: &str) -> Result<Self, Unusable> {
        Self::from_der(CertificateDer::from_pem_slice(pem.as_bytes()).map_err(Unusable::NoCertificate)?)
    }

    /// The certificate of these bytes.
    ///
    /// # Errors
    /// [`Unusable::NotX509`].
    pub fn from_der(der: CertificateDer<'static>) -> Result<Self, Unusable> {
        let (_, parsed) = X509Certificate::from_der(&der).map_err(|_| Unusable::NotX509)?;
        let time = |second: i64| Timestamp::from_second(second).map_err(|_| Unusable::NotX509);
        let names = parsed.subject_alternative_name().map_err(|_| Unusable::NotX509)?;
        Ok(Self {
            subject: common_name(&parsed).unwrap_or_default(),
            not_before: time(parsed.validity().not_before.timestamp())?,
            not_after: time(parsed.validity().not_after.timestamp())?,
            names: names.iter().flat_map(|names| &names.value.general_names).filter_map(text).collect(),
            authority: parsed.is_ca(),
            fingerprint: Fingerprint::of(&der),
            der: der.clone(),
        })
    }

    /// The DER form.
    #[must_use]
    pub fn der(&self) -> &CertificateDer<'static> {
        &self.der
    }

    /// What tells it from all others.
    #[must_use]
    pub fn fingerprint(&self) -> &Fingerprint {
        &self.fingerprint
    }

    /// The common name of its subject, empty when there is none.
    #[must_use]
    pub fn subject(&self) -> &str {
        &self.subject
    }

    /// From when on it is valid.
    #[must_use]
    pub fn not_before(&self) -> Timestamp {
        self.not_before
    }

    /// Until when it is valid.
    #[must_use]
    pub fn not_after(&self) -> Timestamp {
        self.not_after
    }

    /// The DNS names and IP addresses it is valid for, in its order.
    #[must_use]
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Whether it may sign others.
    #[must_use]
    pub fn is_authority(&self) -> bool {
        self.authority
    }

    /// Whether this is its key.
    #[must_use]
    pub fn has_key(&self, key: &KeyPair) -> bool {
        self.parsed().is_some_and(|own| own.public_key().raw == key.subject_public_key_info())
    }

    /// Whether the authority signed it: by name and by signature.
    #[must_use]
    pub fn is_signed_by(&self, authority: &Self) -> bool {
        let (Some(own), Some(other)) = (self.parsed(), authority.parsed()) else { return false };
        own.issuer() == other.subject() && own.verify_signature(Some(other.public_key())).is_ok()
    }

    /// The parsed form borrows from the DER, so it is made anew where it is needed; construction proved that it can be.
    fn parsed(&self) -> Option<X509Certificate<'_>> {
        X509Certificate::from_der(&self.der).ok().map(|(_, parsed)| parsed)
    }
}

fn common_name(parsed: &X509Certificate<'_>) -> Option<String> {
    parsed.subject().iter_common_name().next()?.as_str().ok().map(str::to_owned)
}

fn text(name: &GeneralName<'_>) -> Option<String> {
    match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => {
            let v4 = <[u8; 4]>::try_from(*bytes).ok().map(IpAddr::from);
            v4.or_else(|| <[u8; 16]>::try_from(*bytes).ok().map(IpAddr::from)).map(|address| address.to_string())
        }
        _ => None,
    }
}
