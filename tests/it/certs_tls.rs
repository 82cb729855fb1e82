//! The certificates in use: a client and a server of rustls, connected in memory.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

use std::path::Path;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use rustls::client::WebPkiServerVerifier;
use rustls::client::danger::ServerCertVerifier;
use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName};
use rustls::server::WebPkiClientVerifier;
use rustls::{CertificateError, ClientConfig, Error, RootCertStore, ServerConfig};
use seawall::pki::{Authority, Issued, Service, client_certificate, development, signing_key};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio_rustls::{TlsAcceptor, TlsConnector};

use crate::scratch::Scratch;

type Pair = (Vec<CertificateDer<'static>>, PrivateKeyDer<'static>);

/// rustls asks the real clock, so these tests must, too.
#[allow(clippy::disallowed_methods, reason = "tests")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn provider() -> Arc<CryptoProvider> {
    Arc::new(aws_lc_rs::default_provider())
}

fn roots(certificate: &str) -> Arc<RootCertStore> {
    let mut roots = RootCertStore::empty();
    roots.add(CertificateDer::from_pem_slice(certificate.as_bytes()).unwrap()).unwrap();
    Arc::new(roots)
}

fn pair(issued: &Issued) -> Pair {
    let certificate = CertificateDer::from_pem_slice(issued.certificate.as_bytes()).unwrap();
    (vec![certificate], PrivateKeyDer::from_pem_slice(issued.key.as_bytes()).unwrap())
}

fn server() -> rustls::ConfigBuilder<ServerConfig, rustls::WantsVerifier> {
    ServerConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap()
}

fn client(ca: &str) -> rustls::ConfigBuilder<ClientConfig, rustls::client::WantsClientCert> {
    let builder = ClientConfig::builder_with_provider(provider()).with_safe_default_protocol_versions().unwrap();
    builder.with_root_certificates(roots(ca))
}

/// Shakes hands and sends a byte each way; the server's error comes first, since a TLS 1.3 client learns of a refusal
/// only when it reads.
async fn talk(server: ServerConfig, client: ClientConfig, name: &str) -> std::io::Result<()> {
    let (near, far) = tokio::io::duplex(16 * 1024);
    let acceptor = TlsAcceptor::from(Arc::new(server));
    let served = async move {
        let mut stream = acceptor.accept(far).await?;
        let byte = stream.read_u8().await?;
        stream.write_u8(byte + 1).await?;
        stream.flush().await
    };
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let asked = async move {
        let mut stream = TlsConnector::from(Arc::new(client)).connect(name, near).await?;
        stream.write_u8(41).await?;
        stream.flush().await?;
        assert_eq!(stream.read_u8().await?, 42);
        Ok(())
    };
    let (served, asked) = tokio::join!(served, asked);
    served.and(asked)
}

fn served_from(folder: &Path) -> (String, Pair) {
    let ca = std::fs::read_to_string(folder.join("ca.crt")).unwrap();
    let certificate = CertificateDer::from_pem_file(folder.join("tls.crt")).unwrap();
    (ca, (vec![certificate], PrivateKeyDer::from_pem_file(folder.join("tls.key")).unwrap()))
}

#[tokio::test]
async fn a_client_that_trusts_the_authority_connects_by_every_name() {
    let folder = Scratch::new();
    let service = Service::new("seawall", "seawall-system").unwrap();
    development(&folder, &service, false, now()).unwrap();
    let (ca, (chain, key)) = served_from(&folder);
    for name in service.names() {
        let server = server().with_no_client_auth().with_single_cert(chain.clone(), key.clone_key()).unwrap();
        let told = talk(server, client(&ca).with_no_client_auth(), &name).await;
        assert!(told.is_ok(), "{name}: {told:?}");
    }
}

#[tokio::test]
async fn a_client_that_trusts_another_authority_does_not() {
    let folder = Scratch::new();
    let service = Service::new("seawall", "seawall-system").unwrap();
    development(&folder, &service, false, now()).unwrap();
    let (old, _) = served_from(&folder);
    development(&folder, &service, true, now()).unwrap();
    let (_, (chain, key)) = served_from(&folder);
    let server = server().with_no_client_auth().with_single_cert(chain, key).unwrap();
    assert!(talk(server, client(&old).with_no_client_auth(), "localhost").await.is_err());
}

/// What a verifier makes of a serving certificate, at a time of our choice.
fn verdict(name: &str, made: Timestamp, asked: Timestamp) -> Result<(), Error> {
    let authority = Authority::new("test", made).unwrap();
    let names = ["a.b.svc".to_owned()];
    let (chain, _) = pair(&authority.serving("a", &names, made).unwrap());
    let verifier = WebPkiServerVerifier::builder_with_provider(roots(authority.certificate_pem()), provider());
    let since = std::time::Duration::from_secs(asked.as_second().unsigned_abs());
    let name = ServerName::try_from(name.to_owned()).unwrap();
    let time = rustls::pki_types::UnixTime::since_unix_epoch(since);
    verifier.build().unwrap().verify_server_cert(chain.first().unwrap(), &[], &name, &[], time).map(|_| ())
}

#[test]
fn the_certificate_holds_for_its_name_and_its_time() {
    let (made, hour) = (now(), SignedDuration::from_hours(1));
    assert_eq!(verdict("a.b.svc", made, made), Ok(()));
    assert_eq!(verdict("a.b.svc", made, made - hour), Ok(()), "a clock that is behind");
    assert_eq!(verdict("a.b.svc", made, made + hour * (90 * 24 - 1)), Ok(()));

    let told = |result| match result {
        Err(Error::InvalidCertificate(told)) => told,
        other => panic!("{other:?}"),
    };
    let told_of = |asked| told(verdict("a.b.svc", made, asked));
    assert!(matches!(told_of(made - hour * 2), CertificateError::NotValidYetContext { .. }));
    assert!(matches!(told_of(made + hour * (90 * 24 + 1)), CertificateError::ExpiredContext { .. }));
    assert!(matches!(told(verdict("c.b.svc", made, made)), CertificateError::NotValidForNameContext { .. }));
}

#[tokio::test]
async fn a_client_certificate_is_for_clients_and_a_serving_one_is_not() {
    let authority = Authority::new("test", now()).unwrap();
    let ca = authority.certificate_pem();
    let names = ["localhost".to_owned()];
    let serving = authority.serving("test", &names, now()).unwrap();
    let user = client_certificate(&authority, "admin", Some("system:masters"), now()).unwrap();

    for (shown, accepted) in [(&user, true), (&serving, false)] {
        let verifier = WebPkiClientVerifier::builder_with_provider(roots(ca), provider()).build().unwrap();
        let (chain, key) = pair(&serving);
        let server = server().with_client_cert_verifier(verifier).with_single_cert(chain, key).unwrap();
        let (chain, key) = pair(shown);
        let client = client(ca).with_client_auth_cert(chain, key).unwrap();
        let told = talk(server, client, "localhost").await;
        assert_eq!(told.is_ok(), accepted, "{told:?}");
    }

    let (chain, _) = pair(&user);
    let (_, read) = x509_parser::parse_x509_certificate(chain.first().unwrap()).unwrap();
    assert_eq!(read.subject().to_string(), "O=system:masters, CN=admin");
}

#[test]
fn a_signing_key_has_two_halves() {
    let key = signing_key().unwrap();
    assert!(key.private.starts_with("-----BEGIN PRIVATE KEY-----\n"), "PKCS#8, which Go reads");
    assert!(key.public.starts_with("-----BEGIN PUBLIC KEY-----\n"));
    assert_ne!(signing_key().unwrap().public, key.public);
}
