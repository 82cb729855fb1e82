//! The certificates that Seawall serves, made by the control plane's own CA.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::pki::{self, Identity};
use super::seawall::{Seawall, Tls};
use super::webhooks::{NAMESPACE, SERVICE};
use super::{Plane, launch};

impl Plane {
    /// Writes a serving certificate into files whose names begin with `name`.
    pub fn certificate_for(&self, name: &str) -> Result<Tls> {
        self.identity()?.write(self.folder(), name)?;
        let file = |end: &str| self.folder().join(format!("{name}.{end}"));
        pki::write(&file("ca"), &self.authority.certificate)?;
        Ok(Tls { ca: file("ca"), certificate: file("crt"), key: file("key") })
    }

    /// Puts another certificate of the same CA in the place of one that is served.
    pub fn renew(&self, tls: &Tls) -> Result<()> {
        let Identity { certificate, key } = self.identity()?;
        for (file, text) in [(&tls.key, key), (&tls.certificate, certificate)] {
            let new = file.with_extension("new");
            pki::write(&new, &text)?;
            std::fs::rename(&new, file).context("failed to replace a certificate file")?;
        }
        Ok(())
    }

    /// A certificate that is no longer valid.
    pub(super) fn expired_identity(&self) -> Result<Identity> {
        self.authority.expired_server(&service(), &[&service()])
    }

    pub(super) fn identity(&self) -> Result<Identity> {
        let service = service();
        self.authority.server(&service, &[service.as_str(), "localhost"])
    }

    /// A kubeconfig of a user for an API server at another address.
    pub fn kubeconfig_for(&self, address: &str, user: &str) -> Result<std::path::PathBuf> {
        let identity = self.authority.client(user, None)?;
        self.file("elsewhere.kubeconfig", &launch::kubeconfig(address, &self.authority, &identity))
    }
}

impl Seawall {
    /// The certificate that it shows on a new connection, DER.
    pub async fn shown_certificate(&self) -> Result<Vec<u8>> {
        let stream = self.connect().await?;
        let shown = stream.get_ref().1.peer_certificates().and_then(<[_]>::first).context("no certificate")?;
        Ok(shown.to_vec())
    }

    /// A connection as the API server opens it.
    pub async fn connect(&self) -> Result<TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots.add(read(&self.tls().ca)?)?;
        let config = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots)
            .with_no_client_auth();
        let stream = TcpStream::connect(self.listen).await.context("no connection")?;
        let name = ServerName::try_from(service())?;
        TlsConnector::from(Arc::new(config)).connect(name, stream).await.context("no handshake")
    }
}

/// The certificate in a PEM file, DER.
pub fn read(file: &Path) -> Result<CertificateDer<'static>> {
    CertificateDer::from_pem_file(file).with_context(|| format!("no certificate in {}", file.display()))
}

/// The name that callers know Seawall by.
pub(super) fn service() -> String {
    format!("{SERVICE}.{NAMESPACE}.svc")
}
