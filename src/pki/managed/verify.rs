//! Would an API server with this caBundle accept this leaf? Asked of a verifier, not of names.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::client::{WebPkiServerVerifier, danger::ServerCertVerifier as _};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::{ServerName, UnixTime};

use super::super::Certificate;

/// Whether somebody who trusts these authorities, and asks for this host now, accepts the leaf.
pub(super) fn accepts<'a>(
    authorities: impl IntoIterator<Item = &'a Certificate>,
    leaf: &Certificate,
    host: &str,
    now: Timestamp,
) -> bool {
    let mut roots = RootCertStore::empty();
    for authority in authorities {
        // One that cannot be an anchor vouches for nothing.
        let _ = roots.add(authority.der().clone());
    }
    let provider = Arc::new(aws_lc_rs::default_provider());
    let Ok(verifier) = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider).build() else {
        return false;
    };
    let Ok(host) = ServerName::try_from(host) else { return false };
    let now = UnixTime::since_unix_epoch(Duration::from_secs(u64::try_from(now.as_second()).unwrap_or(0)));
    verifier.verify_server_cert(leaf.der(), &[], &host, &[], now).is_ok()
}
