//! A development setup: an authority and a serving certificate, as files in one folder.

use std::path::{Path, PathBuf};

use jiff::Timestamp;
use rcgen::KeyPair;

use super::{Authority, Certificate, Error, Folder, Held, Issued, RENEW_BEFORE, Renew, Service, Unusable, must_renew};

/// The authority's certificate: what clients trust, and what goes into a webhook's `caBundle`.
pub const CA_CERTIFICATE: &str = "ca.crt";
/// The authority's private key.
pub const CA_KEY: &str = "ca.key";
/// The serving certificate; the name is the one it has in a Secret of type `kubernetes.io/tls`.
pub const TLS_CERTIFICATE: &str = "tls.crt";
/// The serving certificate's private key.
pub const TLS_KEY: &str = "tls.key";

const CA_NAME: &str = "seawall development CA";

/// What a folder holds after [`development`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Development {
    /// The authority.
    pub authority: Kept,
    /// The serving certificate.
    pub serving: Kept,
}

/// A certificate and its key, as files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// Where the certificate is.
    pub certificate: PathBuf,
    /// Where its key is.
    pub key: PathBuf,
    /// Until when it is valid.
    pub not_after: Timestamp,
    /// Why it was made anew; `None` if the one that was there still serves.
    pub made: Option<Renew>,
}

/// Sees to it that a folder holds an authority and a serving certificate for a Service, both valid for a while.
///
/// What is there and good is kept. The authority is replaced only when it cannot be used any longer, since somebody
/// may trust it; `force` replaces both, whatever is there. What is there and cannot be understood is an error.
///
/// # Errors
/// Each names the file.
pub fn development(folder: &Path, service: &Service, force: bool, now: Timestamp) -> Result<Development, Error> {
    let folder = Folder::open(folder)?;
    let (authority, made) = authority(&folder, force, now)?;
    let kept_authority = Kept {
        certificate: folder.path(CA_CERTIFICATE),
        key: folder.path(CA_KEY),
        not_after: authority.certificate().not_after(),
        made,
    };
    let serving = serving(&folder, &authority, service, force, now)?;
    Ok(Development { authority: kept_authority, serving })
}

fn authority(folder: &Folder, force: bool, now: Timestamp) -> Result<(Authority, Option<Renew>), Error> {
    let held = if force { None } else { held_authority(folder)? };
    let reason = match held {
        _ if force => Renew::Forced,
        None => Renew::Missing,
        Some(authority) => {
            let own = authority.certificate();
            // That the key is its own was checked when it was read, and nobody but itself vouches for it.
            let held = describe(own, true, true);
            match must_renew(&held, &[], RENEW_BEFORE, now) {
                None => return Ok((authority, None)),
                Some(reason) => reason,
            }
        }
    };
    let authority = Authority::new(CA_NAME, now)?;
    let issued = Issued {
        certificate: authority.certificate_pem().to_owned(),
        key: authority.key_pem(),
        not_after: authority.certificate().not_after(),
    };
    folder.write(CA_CERTIFICATE, CA_KEY, &issued)?;
    Ok((authority, Some(reason)))
}

fn held_authority(folder: &Folder) -> Result<Option<Authority>, Error> {
    let (certificate, key) = (folder.path(CA_CERTIFICATE), folder.path(CA_KEY));
    match (folder.read(CA_CERTIFICATE)?, folder.read_key(CA_KEY)?) {
        (None, None) => Ok(None),
        (Some(_), None) => Err(Error::HalfAnAuthority { present: certificate, missing: key }),
        (None, Some(_)) => Err(Error::HalfAnAuthority { present: key, missing: certificate }),
        (Some(certificate_pem), Some(key_pem)) => match Authority::from_pem(&certificate_pem, &key_pem) {
            Ok(authority) => Ok(Some(authority)),
            Err(source @ (Unusable::NoKey(_) | Unusable::OtherKey)) => Err(Error::Unusable { path: key, source }),
            Err(source) => Err(Error::Unusable { path: certificate, source }),
        },
    }
}

fn serving(
    folder: &Folder,
    authority: &Authority,
    service: &Service,
    force: bool,
    now: Timestamp,
) -> Result<Kept, Error> {
    let names = service.names();
    let (certificate, key) = (folder.path(TLS_CERTIFICATE), folder.path(TLS_KEY));
    let reason = if force {
        Renew::Forced
    } else if let Some(held) = held_serving(folder, authority)? {
        match must_renew(&held, &names, RENEW_BEFORE, now) {
            None => return Ok(Kept { certificate, key, not_after: held.not_after, made: None }),
            Some(reason) => reason,
        }
    } else {
        Renew::Missing
    };
    let issued = authority.serving(service.name(), &names, now)?;
    folder.write(TLS_CERTIFICATE, TLS_KEY, &issued)?;
    Ok(Kept { certificate, key, not_after: issued.not_after, made: Some(reason) })
}

fn held_serving(folder: &Folder, authority: &Authority) -> Result<Option<Held>, Error> {
    let (Some(certificate_pem), Some(key_pem)) = (folder.read(TLS_CERTIFICATE)?, folder.read_key(TLS_KEY)?) else {
        return Ok(None);
    };
    let unusable = |name| move |source| Error::Unusable { path: folder.path(name), source };
    let certificate = Certificate::from_pem(&certificate_pem).map_err(unusable(TLS_CERTIFICATE))?;
    let key = KeyPair::from_pem(&key_pem).map_err(Unusable::NoKey).map_err(unusable(TLS_KEY))?;
    let own_authority = certificate.is_signed_by(authority.certificate());
    Ok(Some(describe(&certificate, certificate.has_key(&key), own_authority)))
}

fn describe(certificate: &Certificate, own_key: bool, own_authority: bool) -> Held {
    Held {
        not_before: certificate.not_before(),
        not_after: certificate.not_after(),
        names: certificate.names().to_vec(),
        own_key,
        own_authority,
    }
}
