//! Seawall's port, as anybody in the cluster can reach it: reviews that no API server sent.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context as _, Result};
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::Plane;
use super::certificates::{read, service};
use super::pki::{Authority, Identity};
use super::seawall::Seawall;

impl Seawall {
    /// Ends the process and starts it again with further arguments; it stays registered.
    pub async fn again_with(&mut self, more: Vec<String>) -> Result<()> {
        self.kill();
        self.options.more.extend(more);
        self.run().await
    }

    /// Sends a review as somebody who is no API server; what it is answered. Who shows no certificate has no `identity`.
    pub async fn forged(&self, path: &str, review: &Value, identity: Option<&Identity>) -> Result<Value> {
        let mut roots = RootCertStore::empty();
        roots.add(read(&self.tls().ca)?)?;
        let builder = ClientConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
            .with_safe_default_protocol_versions()?
            .with_root_certificates(roots);
        let config = match identity {
            None => builder.with_no_client_auth(),
            Some(Identity { certificate, key }) => builder.with_client_auth_cert(
                vec![CertificateDer::from_pem_slice(certificate.as_bytes())?],
                PrivateKeyDer::from_pem_slice(key.as_bytes())?,
            )?,
        };
        let stream = TcpStream::connect(self.listen).await.context("no connection")?;
        let name = ServerName::try_from(service())?;
        let mut stream = TlsConnector::from(Arc::new(config)).connect(name, stream).await.context("no handshake")?;
        let (host, body) = (service(), review.to_string());
        let head = format!(
            "POST {path}?timeout=3s HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nConnection: close\r\n\
             Content-Length: {}\r\n\r\n",
            body.len()
        );
        stream.write_all((head + &body).as_bytes()).await.context("failed to send")?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.context("failed to receive")?;
        let (head, body) = answer.split_once("\r\n\r\n").context("no answer")?;
        anyhow::ensure!(head.starts_with("HTTP/1.1 200"), "{head}");
        serde_json::from_str(body).context("no JSON")
    }
}

impl Plane {
    /// What a user of the cluster can show: the certificate of its kubeconfig.
    pub fn identity_of(&self, user: &str) -> Result<Identity> {
        self.authority.client(user, None)
    }

    /// A CA for callers alone: its file, and the certificate of one caller.
    pub fn callers(&self) -> Result<(PathBuf, Identity)> {
        let authority = Authority::new("callers")?;
        Ok((self.file("callers.crt", &authority.certificate)?, authority.client("kube-apiserver", None)?))
    }
}

/// The arguments by which callers must show a certificate of this CA.
pub fn demanding(ca: &Path) -> Vec<String> {
    vec!["--client-ca".to_owned(), ca.display().to_string()]
}
