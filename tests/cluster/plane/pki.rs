//! Certificates for one run: a CA that lives as long as the control plane does.

use std::net::{IpAddr, Ipv4Addr};
use std::path::Path;

use anyhow::{Context as _, Result};
use rcgen::string::Ia5String;
use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    SanType,
};

/// A certificate and its private key, both PEM.
pub struct Identity {
    /// The certificate.
    pub certificate: String,
    /// The key, PKCS#8.
    pub key: String,
}

impl Identity {
    /// Writes NAME.crt and NAME.key into `folder`.
    pub fn write(&self, folder: &Path, name: &str) -> Result<()> {
        write(&folder.join(format!("{name}.crt")), &self.certificate)?;
        write(&folder.join(format!("{name}.key")), &self.key)
    }
}

/// A certificate authority; every key here is ECDSA P-256.
pub struct Authority {
    /// The CA's certificate, PEM: what a client trusts, what goes into a caBundle.
    pub certificate: String,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    /// Makes a new authority with this common name.
    pub fn new(name: &str) -> Result<Self> {
        let mut params = parameters(name, None, &[])?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
        let key = KeyPair::generate().context("failed to make the CA's key")?;
        let certificate = params.self_signed(&key).context("failed to sign the CA's certificate")?.pem();
        Ok(Self { certificate, issuer: Issuer::new(params, key) })
    }

    /// A certificate for a server with these DNS names and the loopback address.
    pub fn server(&self, name: &str, dns: &[&str]) -> Result<Identity> {
        let mut params = parameters(name, None, dns)?;
        params.subject_alt_names.push(SanType::IpAddress(IpAddr::V4(Ipv4Addr::LOCALHOST)));
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        self.issue(&params)
    }

    /// The same, for one day long ago.
    pub fn expired_server(&self, name: &str, dns: &[&str]) -> Result<Identity> {
        let mut params = parameters(name, None, dns)?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        params.not_before = rcgen::date_time_ymd(2020, 1, 1);
        params.not_after = rcgen::date_time_ymd(2020, 1, 2);
        self.issue(&params)
    }

    /// A certificate by which the API server knows a user and, if given, its group.
    pub fn client(&self, user: &str, group: Option<&str>) -> Result<Identity> {
        let mut params = parameters(user, group, &[])?;
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
        self.issue(&params)
    }

    fn issue(&self, params: &CertificateParams) -> Result<Identity> {
        let key = KeyPair::generate().context("failed to make a key")?;
        let certificate = params.signed_by(&key, &self.issuer).context("failed to sign a certificate")?.pem();
        Ok(Identity { certificate, key: key.serialize_pem() })
    }
}

/// Writes accounts.key and accounts.pub, by which the API server signs and checks the
/// tokens of service accounts.
pub fn write_token_keys(folder: &Path) -> Result<()> {
    let key = KeyPair::generate().context("failed to make the service account key")?;
    write(&folder.join("accounts.key"), &key.serialize_pem())?;
    write(&folder.join("accounts.pub"), &key.public_key_pem())
}

/// Writes a file that only its owner can read.
pub fn write(path: &Path, content: &str) -> Result<()> {
    use std::io::Write as _;
    use std::os::unix::fs::OpenOptionsExt as _;
    std::fs::File::options()
        .create(true)
        .write(true)
        .truncate(true)
        .mode(0o600)
        .open(path)
        .and_then(|mut file| file.write_all(content.as_bytes()))
        .with_context(|| format!("failed to write {}", path.display()))
}

fn parameters(name: &str, group: Option<&str>, dns: &[&str]) -> Result<CertificateParams> {
    let mut params = CertificateParams::default();
    params.distinguished_name = rcgen::DistinguishedName::new();
    params.distinguished_name.push(DnType::CommonName, name);
    if let Some(group) = group {
        params.distinguished_name.push(DnType::OrganizationName, group);
    }
    for name in dns {
        params.subject_alt_names.push(SanType::DnsName(Ia5String::try_from(*name).context("not a DNS name")?));
    }
    params.use_authority_key_identifier_extension = true;
    Ok(params)
}
