//! Making certificates: an authority, and what it signs.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use rcgen::{
    BasicConstraints, CertificateParams, DistinguishedName, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair,
    KeyUsagePurpose,
};

use super::{Certificate, Error, Unusable};

/// How long an authority lives: whoever trusts it by hand is troubled once a year.
pub const CA_LIFE: SignedDuration = SignedDuration::from_hours(365 * 24);

/// How long a serving or client certificate lives: 90 days, as public authorities have made customary. Long enough
/// that nobody is troubled, short enough that renewal happens while people who know the setup are around, and that a
/// key that leaked from a laptop is worthless after a quarter.
pub const LEAF_LIFE: SignedDuration = SignedDuration::from_hours(90 * 24);

/// Every certificate is valid from an hour before it was made, for API servers whose clock is behind.
pub const CLOCK_SKEW: SignedDuration = SignedDuration::from_hours(1);

/// Bytes of the key identifier that go into an authority's name; with the date, enough to tell any two apart.
const NAME_ID_BYTES: usize = 4;

/// A certificate authority with its key.
///
/// The name of each is unique (date and key identifier), because verifiers that look authorities up by name confuse
/// two of the same name and then report a bad signature.
pub struct Authority {
    certificate: Certificate,
    certificate_pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate that was just made, with its key. Has no `Debug`, since it holds a key.
pub struct Issued {
    /// The certificate alone, as PEM: who verifies it has the authority's.
    pub certificate: String,
    /// Its private key, as PKCS#8 PEM.
    pub key: String,
    /// Until when it is valid.
    pub not_after: Timestamp,
}

/// A key pair without a certificate, such as for the tokens of service accounts. Has no `Debug`, since it holds a key.
pub struct SigningKey {
    /// The private key, as PKCS#8 PEM.
    pub private: String,
    /// The public key, as PEM.
    pub public: String,
}

impl Authority {
    /// A new authority that lives for [`CA_LIFE`], named by `prefix`, the date and its key's identifier.
    ///
    /// # Errors
    /// [`Error::Make`] and [`Error::Clock`].
    pub fn new(prefix: &str, now: Timestamp) -> Result<Self, Error> {
        Self::living(prefix, CA_LIFE, now)
    }

    /// The same, for as long as `life`.
    ///
    /// # Errors
    /// [`Error::Make`] and [`Error::Clock`].
    pub fn living(prefix: &str, life: SignedDuration, now: Timestamp) -> Result<Self, Error> {
        let make = failed(prefix);
        let key = KeyPair::generate().map_err(&make)?;
        let mut params = valid(now, later(now, life)?)?;
        let id: String =
            params.key_identifier(&key).iter().take(NAME_ID_BYTES).map(|byte| format!("{byte:02x}")).collect();
        params.distinguished_name = named(&format!("{prefix} {} {id}", now.strftime("%Y-%m-%d")), None);
        params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let made = params.self_signed(&key).map_err(&make)?;
        Self::from_pem(&made.pem(), &key.serialize_pem()).map_err(|_| make(rcgen::Error::CouldNotParseCertificate))
    }

    /// The authority that these PEM texts hold.
    ///
    /// # Errors
    /// What is wrong with the certificate or with the key. Whether it is still valid is left to
    /// [`must_renew`](super::must_renew).
    pub fn from_pem(certificate: &str, key: &str) -> Result<Self, Unusable> {
        let read = Certificate::from_pem(certificate)?;
        if !read.is_authority() {
            return Err(Unusable::NotAnAuthority);
        }
        let key = KeyPair::from_pem(key).map_err(Unusable::NoKey)?;
        if !read.has_key(&key) {
            return Err(Unusable::OtherKey);
        }
        let issuer = Issuer::from_ca_cert_der(read.der(), key).map_err(|_| Unusable::NotX509)?;
        Ok(Self { certificate: read, certificate_pem: certificate.to_owned(), issuer })
    }

    /// What its own certificate says.
    #[must_use]
    pub fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    /// Its certificate, as PEM: what clients trust, and what goes into a webhook's `caBundle`.
    #[must_use]
    pub fn certificate_pem(&self) -> &str {
        &self.certificate_pem
    }

    /// Its private key, as PKCS#8 PEM.
    #[must_use]
    pub fn key_pem(&self) -> String {
        self.issuer.key().serialize_pem()
    }

    /// A serving certificate for these DNS names and IP addresses, for [`LEAF_LIFE`]; the common name is for people only.
    ///
    /// # Errors
    /// [`Error::Make`] and [`Error::Clock`].
    pub fn serving(&self, common_name: &str, names: &[String], now: Timestamp) -> Result<Issued, Error> {
        self.serving_for(LEAF_LIFE, common_name, names, now)
    }

    /// The same, for as long as `life`, but never longer than the authority itself.
    ///
    /// # Errors
    /// [`Error::Make`] and [`Error::Clock`].
    pub fn serving_for(
        &self,
        life: SignedDuration,
        common_name: &str,
        names: &[String],
        now: Timestamp,
    ) -> Result<Issued, Error> {
        let usage = ExtendedKeyUsagePurpose::ServerAuth;
        self.issue(Leaf { common_name, organization: None, names, usage, life }, now)
    }

    fn issue(&self, leaf: Leaf<'_>, now: Timestamp) -> Result<Issued, Error> {
        let make = failed(leaf.common_name);
        // No certificate outlives the one that vouches for it.
        let not_after = later(now, leaf.life)?.min(self.certificate.not_after());
        let names = CertificateParams::new(leaf.names).map_err(&make)?;
        let mut params = valid(now, not_after)?;
        params.subject_alt_names = names.subject_alt_names;
        params.distinguished_name = named(leaf.common_name, leaf.organization);
        params.is_ca = IsCa::ExplicitNoCa;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![leaf.usage];
        let key = KeyPair::generate().map_err(&make)?;
        let made = params.signed_by(&key, &self.issuer).map_err(&make)?;
        Ok(Issued { certificate: made.pem(), key: key.serialize_pem(), not_after })
    }
}

/// A client certificate for a user of an API server: `user` becomes the common name, `group` the organization, which
/// is how Kubernetes reads them.
///
/// # Errors
/// [`Error::Make`] and [`Error::Clock`].
pub fn client_certificate(
    authority: &Authority,
    user: &str,
    group: Option<&str>,
    now: Timestamp,
) -> Result<Issued, Error> {
    let usage = ExtendedKeyUsagePurpose::ClientAuth;
    authority.issue(Leaf { common_name: user, organization: group, names: &[], usage, life: LEAF_LIFE }, now)
}

/// A key pair without a certificate.
///
/// # Errors
/// [`Error::Make`].
pub fn signing_key() -> Result<SigningKey, Error> {
    let key = KeyPair::generate().map_err(failed("a signing key"))?;
    Ok(SigningKey { private: key.serialize_pem(), public: key.public_key_pem() })
}

struct Leaf<'a> {
    common_name: &'a str,
    organization: Option<&'a str>,
    names: &'a [String],
    usage: ExtendedKeyUsagePurpose,
    life: SignedDuration,
}

fn failed(subject: &str) -> impl Fn(rcgen::Error) -> Error {
    move |source| Error::Make { subject: subject.to_owned(), source }
}

fn later(now: Timestamp, life: SignedDuration) -> Result<Timestamp, Error> {
    now.checked_add(life).map_err(|_| Error::Clock)
}

fn named(common_name: &str, organization: Option<&str>) -> DistinguishedName {
    let mut name = DistinguishedName::new();
    if let Some(organization) = organization {
        name.push(DnType::OrganizationName, organization);
    }
    name.push(DnType::CommonName, common_name);
    name
}

/// What all certificates share: the time they are valid for, and both key identifiers.
fn valid(now: Timestamp, not_after: Timestamp) -> Result<CertificateParams, Error> {
    let mut params = CertificateParams::default();
    let epoch = rcgen::date_time_ymd(1970, 1, 1);
    let date = |time: Timestamp| {
        let seconds = u64::try_from(time.as_second()).map_err(|_| Error::Clock)?;
        let since = Duration::from_secs(seconds).try_into().map_err(|_| Error::Clock)?;
        epoch.checked_add(since).ok_or(Error::Clock)
    };
    params.not_before = date(now.checked_sub(CLOCK_SKEW).map_err(|_| Error::Clock)?)?;
    params.not_after = date(not_after)?;
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
