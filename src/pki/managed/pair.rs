//! Certificates with their keys, as a Secret holds them, and the making of new ones.

use std::fmt;

use jiff::Timestamp;
use rcgen::KeyPair;
use rustls::pki_types::{CertificateDer, pem::PemObject};

use super::super::{Authority, Certificate, Error, Fingerprint, Issued, Service, Unusable};
use super::contents::{Cert, Maker};
use super::rotation::Times;

/// What every authority is named by, before the date and its key's identifier.
const NAME: &str = "seawall CA";

/// A certificate, with its key where that is here.
#[derive(Clone)]
pub(crate) struct Pair {
    certificate: Certificate,
    pem: String,
    key: Option<String>,
    issuer: Option<Fingerprint>,
}

/// Without the key.
impl fmt::Debug for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.certificate.subject(), self.certificate.fingerprint())
    }
}

impl PartialEq for Pair {
    fn eq(&self, other: &Self) -> bool {
        self.id() == other.id() && self.key == other.key
    }
}

impl Cert for Pair {
    fn id(&self) -> &Fingerprint {
        self.certificate.fingerprint()
    }
    fn issuer(&self) -> Option<&Fingerprint> {
        self.issuer.as_ref()
    }
    fn not_before(&self) -> Timestamp {
        self.certificate.not_before()
    }
    fn not_after(&self) -> Timestamp {
        self.certificate.not_after()
    }
    fn names(&self) -> &[String] {
        self.certificate.names()
    }
    fn without_key(self) -> Self {
        Self { key: None, ..self }
    }
}

impl Pair {
    /// The first certificate of a PEM text with its key, which must be its own.
    pub(super) fn read(pem: &str, key: &str) -> Result<Self, Unusable> {
        let certificate = Certificate::from_pem(pem)?;
        if !certificate.has_key(&KeyPair::from_pem(key).map_err(Unusable::NoKey)?) {
            return Err(Unusable::OtherKey);
        }
        // Not the text that was read: others may stand beside it.
        let pem = pem::encode(certificate.der());
        Ok(Self { certificate, pem, key: Some(key.to_owned()), issuer: None })
    }

    /// The same, that of an authority.
    pub(super) fn read_authority(pem: &str, key: &str) -> Result<Self, Unusable> {
        Authority::from_pem(pem, key)?;
        Self::read(pem, key)
    }

    /// All authorities of a PEM text, without keys.
    pub(super) fn read_bundle(pem: &str) -> Result<Vec<Self>, Unusable> {
        CertificateDer::pem_slice_iter(pem.as_bytes())
            .map(|der| {
                let certificate = Certificate::from_der(der.map_err(Unusable::NoCertificate)?)?;
                if !certificate.is_authority() {
                    return Err(Unusable::NotAnAuthority);
                }
                let pem = pem::encode(certificate.der());
                Ok(Self { certificate, pem, key: None, issuer: None })
            })
            .collect()
    }

    /// The same leaf, signed by whichever of these authorities it is.
    pub(super) fn signed_by<'a>(mut self, authorities: impl Iterator<Item = &'a Self>) -> Self {
        let mut authorities = authorities;
        let issuer = authorities.find(|authority| self.certificate.is_signed_by(&authority.certificate));
        self.issuer = issuer.map(|issuer| issuer.id().clone());
        self
    }

    /// What the certificate says.
    pub(super) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// The certificate, as PEM.
    pub(super) fn pem(&self) -> &str {
        &self.pem
    }

    /// The key, as PEM; nothing where it is not here.
    pub(super) fn key(&self) -> &str {
        self.key.as_deref().unwrap_or_default()
    }
}

/// Makes real ones.
pub(super) struct Mint<'a> {
    pub(super) service: &'a Service,
    pub(super) times: &'a Times,
    pub(super) now: Timestamp,
}

impl Maker<Pair> for Mint<'_> {
    type Error = Error;

    fn authority(&mut self) -> Result<Pair, Error> {
        let made = Authority::living(NAME, self.times.authority, self.now)?;
        Pair::read(made.certificate_pem(), &made.key_pem()).map_err(Error::Signer)
    }

    fn leaf(&mut self, authority: &Pair) -> Result<Pair, Error> {
        let signer = Authority::from_pem(authority.pem(), authority.key()).map_err(Error::Signer)?;
        let (name, names) = (self.service.name(), self.service.names());
        let Issued { certificate: pem, key, .. } = signer.serving_for(self.times.leaf, name, &names, self.now)?;
        let leaf = Pair::read(&pem, &key).map_err(Error::Signer)?;
        Ok(Pair { issuer: Some(authority.id().clone()), ..leaf })
    }
}

mod pem {
    //! The text form of a certificate.
    use base64::{Engine as _, engine::general_purpose::STANDARD};

    /// The characters of a line, as RFC 7468 has them.
    const LINE: usize = 64;

    pub(super) fn encode(der: &[u8]) -> String {
        let text = STANDARD.encode(der);
        let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
        let mut rest = text.as_str();
        while !rest.is_empty() {
            let (line, more) = rest.split_at_checked(LINE).unwrap_or((rest, ""));
            pem.push_str(line);
            pem.push('\n');
            rest = more;
        }
        pem.push_str("-----END CERTIFICATE-----\n");
        pem
    }
}
