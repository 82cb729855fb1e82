//! Does the API server reach Seawall? Asked by a dry run, which changes nothing: whoever is called answers it with a warning.
//!
//! Where an entry fails open, the API server does not say why it got no answer. What can be seen from beside it is whether the entries
//! are there, whether they have a caBundle, and whether Seawall's Service answers to it.
use std::{io, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use http::header::{CONTENT_TYPE, WARNING};
use kube::client::Body;
use rustls::pki_types::{CertificateDer, ServerName, pem::PemObject as _};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;

use super::{Cluster, FetchError, fetch};
use crate::{
    terms::{self, keys},
    tree::{Node, Tree},
};

/// How long the Service may take to let somebody in.
const CONNECT: Duration = Duration::from_secs(5);

/// What came of one dry run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Reached {
    /// `/mutate` answered.
    pub mutate: bool,
    /// `/validate` answered.
    pub validate: bool,
}

impl Reached {
    /// True when nothing is missing.
    #[must_use]
    pub const fn all(self) -> bool {
        self.mutate && self.validate
    }
}

/// What the Service answered to somebody beside the API server.
#[derive(Debug, thiserror::Error)]
pub enum DoorError {
    /// No connection came about.
    #[error("no connection to {address}")]
    Connect {
        /// The Service and its port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// There is a connection, and the certificate is not the caBundle's.
    #[error("the certificate that {address} shows is not verified by the caBundle")]
    Certificate {
        /// The Service and its port.
        address: String,
        /// Why.
        source: io::Error,
    },
    /// The caBundle cannot be used.
    #[error("the caBundle holds no certificate that can be used")]
    Bundle,
}

impl Cluster {
    /// One dry run of a claim in a namespace: nothing is stored.
    ///
    /// # Errors
    /// When the API server does not answer, or refuses: also because an entry that fails closed got no answer.
    pub async fn probe(&self, namespace: &str) -> Result<Reached, FetchError> {
        let path = format!("/api/v1/namespaces/{}/persistentvolumeclaims?dryRun=All", fetch::part(namespace)?);
        let claim = serde_json::json!({
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {"generateName": "seawall-probe-", "annotations": {keys::PROBE: "answer"}},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Mi"}}},
        });
        let request = http::Request::post(&path).header(CONTENT_TYPE, "application/json");
        let request = request.body(Body::from(claim.to_string().into_bytes())).map_err(|_| FetchError::Path(path))?;
        let answer = fetch::send(&self.client, request).await?;
        let warnings = answer.headers().get_all(WARNING);
        let said = |webhook| {
            let word = terms::answered(webhook);
            warnings.iter().filter_map(|value| value.to_str().ok()).any(|value| value.contains(&word))
        };
        Ok(Reached { mutate: said("mutate"), validate: said("validate") })
    }

    /// The caBundle of the entries of both configurations of this name; `None` where one has none. `Ok(None)` outside: there is no such
    /// configuration.
    ///
    /// # Errors
    /// When the API server does not answer, or the right to read them is missing.
    pub async fn bundle(&self, name: &str) -> Result<Option<Option<Vec<u8>>>, FetchError> {
        let mut bundle = None;
        for plural in ["mutatingwebhookconfigurations", "validatingwebhookconfigurations"] {
            let path = format!("/apis/admissionregistration.k8s.io/v1/{plural}/{}", fetch::part(name)?);
            let Some(text) = fetch::object(&self.client, &path).await? else { return Ok(None) };
            let tree = Tree::from_json(&text)?;
            let of = |entry: Node<'_>| STANDARD.decode(entry.path("clientConfig.caBundle").text()).unwrap_or_default();
            let bundles: Vec<_> = tree.root().get("webhooks").items().map(of).collect();
            if bundles.iter().any(Vec::is_empty) {
                return Ok(Some(None));
            }
            bundle = bundles.into_iter().next().or(bundle);
        }
        Ok(Some(bundle))
    }
}

/// Knocks at the Service as the API server does: `address` is HOST:PORT, `host` the name that its certificate must bear.
///
/// # Errors
/// Whatever is in the way.
pub async fn knock(address: &str, host: &str, bundle: &[u8]) -> Result<(), DoorError> {
    let mut roots = rustls::RootCertStore::empty();
    for certificate in CertificateDer::pem_slice_iter(bundle) {
        roots.add(certificate.map_err(|_| DoorError::Bundle)?).map_err(|_| DoorError::Bundle)?;
    }
    let config = rustls::ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|_| DoorError::Bundle)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    let name = ServerName::try_from(host.to_owned()).map_err(|_| DoorError::Bundle)?;
    let connected = tokio::time::timeout(CONNECT, TcpStream::connect(address)).await;
    let stream = connected
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| DoorError::Connect { address: address.to_owned(), source })?;
    let shaken = tokio::time::timeout(CONNECT, TlsConnector::from(Arc::new(config)).connect(name, stream)).await;
    shaken
        .unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
        .map_err(|source| DoorError::Certificate { address: address.to_owned(), source })?;
    Ok(())
}
