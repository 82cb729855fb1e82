//! Seawall in all the ways in which it can fail its callers.

use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use kube::api::{Api, Patch, PatchParams};
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use seawall::cluster::registration::Registration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;

use super::pki::{Authority, Identity};
use super::seawall::Seawall;
use super::{launch, webhooks};

/// How late a slow Seawall is: later than anybody waits.
const LATE: Duration = Duration::from_secs(10);
/// An answer that is none.
const GARBAGE: &str =
    "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 9\r\nConnection: close\r\n\r\n{\"what\":]";
const ERROR: &str = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

/// A failure under way; what stands in for Seawall is gone when it is dropped.
pub struct Failing(Option<JoinHandle<()>>);

impl Drop for Failing {
    fn drop(&mut self) {
        if let Some(stand_in) = &self.0 {
            stand_in.abort();
        }
    }
}

impl Seawall {
    /// Begins to fail in the way of this name.
    pub async fn fail(&mut self, fault: &str) -> Result<Failing> {
        let ca = std::fs::read(&self.tls().ca).context("failed to read the CA")?;
        let stand_in = match fault {
            "dead" => {
                self.kill();
                None
            }
            "frozen" => {
                let id = self.id().context("it does not run")?.to_string();
                let stopped = Command::new("kill").args(["-STOP", &id]).status().context("no kill")?;
                ensure!(stopped.success(), "kill -STOP {id} failed");
                None
            }
            "wrong-bundle" => {
                let other = Authority::new("somebody else's")?;
                self.register_at(self.listen.port(), other.certificate.as_bytes()).await?;
                None
            }
            "slow" | "garbage" | "error" | "expired" => {
                let listener = TcpListener::bind(launch::loopback(0)).await.context("no port for a stand-in")?;
                let port = listener.local_addr()?.port();
                let stand_in = match fault {
                    "slow" => tokio::spawn(late(listener, self.listen)),
                    "garbage" => tokio::spawn(canned(listener, acceptor(&self.plane.identity()?)?, GARBAGE)),
                    "error" => tokio::spawn(canned(listener, acceptor(&self.plane.identity()?)?, ERROR)),
                    _ => tokio::spawn(canned(listener, acceptor(&self.plane.expired_identity()?)?, ERROR)),
                };
                self.register_at(port, &ca).await?;
                Some(stand_in)
            }
            other => bail!("nobody here fails by being {other}"),
        };
        Ok(Failing(stand_in))
    }

    /// Registers it anew, at another port or with another caBundle.
    async fn register_at(&self, port: u16, ca: &[u8]) -> Result<()> {
        let name = webhooks::configuration_name(self.instance.as_deref());
        let registration =
            Registration { name: name.clone(), port, ca: Some(ca.to_owned()), ..Registration::default() };
        let (mutating, validating) = webhooks::configurations(&registration, self.instance.as_deref());
        let params = PatchParams::apply("plane").force();
        let api: Api<MutatingWebhookConfiguration> = Api::all(self.plane.client());
        api.patch(&name, &params, &Patch::Apply(mutating)).await.context("failed to register /mutate")?;
        let api: Api<ValidatingWebhookConfiguration> = Api::all(self.plane.client());
        api.patch(&name, &params, &Patch::Apply(validating)).await.context("failed to register /validate")?;
        Ok(())
    }
}

fn acceptor(identity: &Identity) -> Result<TlsAcceptor> {
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes())?;
    let key = PrivateKeyDer::from_pem_slice(identity.key.as_bytes())?;
    let config = ServerConfig::builder_with_provider(Arc::new(aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(vec![certificate], key)?;
    Ok(TlsAcceptor::from(Arc::new(config)))
}

/// Answers every call with the same words.
async fn canned(listener: TcpListener, acceptor: TlsAcceptor, words: &'static str) {
    while let Ok((stream, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        tokio::spawn(async move {
            let mut stream = acceptor.accept(stream).await?;
            // The call's head is enough to know that there is one.
            let mut seen = Vec::new();
            while !seen.windows(4).any(|bytes| bytes == b"\r\n\r\n") {
                if stream.read_buf(&mut seen).await? == 0 {
                    break;
                }
            }
            stream.write_all(words.as_bytes()).await?;
            stream.shutdown().await
        });
    }
}

/// Passes everything on, and what comes back only when nobody waits for it any more.
async fn late(listener: TcpListener, behind: std::net::SocketAddr) {
    while let Ok((guest, _)) = listener.accept().await {
        tokio::spawn(async move {
            let host = TcpStream::connect(behind).await?;
            let ((mut asks, mut hears), (mut answers, mut is_asked)) = (guest.into_split(), host.into_split());
            let there = tokio::spawn(async move { tokio::io::copy(&mut asks, &mut is_asked).await });
            let mut bytes = vec![0; 16 << 10];
            loop {
                let read = answers.read(&mut bytes).await?;
                if read == 0 {
                    break;
                }
                tokio::time::sleep(LATE).await;
                hears.write_all(bytes.get(..read).unwrap_or_default()).await?;
            }
            there.abort();
            std::io::Result::Ok(())
        });
    }
}
