//! Who can connect, and with which files a server starts.

use std::{net::SocketAddr, path::Path, sync::Arc};

use seawall::{
    metrics::Metrics,
    server::{Error, Files, Server, TlsError},
};
use tokio_rustls::rustls::{
    ProtocolVersion,
    version::{TLS12, TLS13},
};

use crate::server_support::{Authority, Setup, allow, days};

#[tokio::test]
async fn both_versions_of_tls_and_one_of_http() {
    let setup = Setup::new();
    let served = setup.serve(allow()).await;
    for (version, expected) in [(&TLS12, ProtocolVersion::TLSv1_2), (&TLS13, ProtocolVersion::TLSv1_3)] {
        for (offer, chosen) in
            [(&["http/1.1"][..], Some(&b"http/1.1"[..])), (&["h2", "http/1.1"], Some(b"http/1.1")), (&[], None)]
        {
            let client = setup.client().speaking(version).offering(offer);
            let mut client = client.connect(served.tls).await.unwrap();
            let session = client.0.get_ref().1;
            assert_eq!(session.protocol_version(), Some(expected));
            assert_eq!(session.alpn_protocol(), chosen, "{offer:?}");
            assert_eq!(client.post("/mutate", "{}").await.unwrap().status, 200);
        }
        assert!(setup.client().speaking(version).offering(&["h2"]).connect(served.tls).await.is_err());
    }
}

#[tokio::test]
async fn with_a_client_ca_only_its_clients_are_heard() {
    let (ours, strangers) = (Authority::new("ours"), Authority::new("strangers"));
    let mut setup = Setup::new();
    let ca = setup.folder.path("client-ca.crt");
    std::fs::write(&ca, ours.pem()).unwrap();
    setup.files.client_ca = Some(ca);
    let served = setup.serve(allow()).await;
    for version in [&TLS12, &TLS13] {
        let client = setup.client().speaking(version);
        let mut known = client.clone().showing(ours.client()).connect(served.tls).await.unwrap();
        assert_eq!(known.post("/mutate", "{}").await.unwrap().status, 200);
        for refused in [client.clone(), client.clone().showing(strangers.client())] {
            // With TLS 1.3 the client learns of it when it reads.
            if let Ok(mut refused) = refused.connect(served.tls).await {
                assert!(refused.post("/mutate", "{}").await.is_err());
            }
        }
    }
}

/// What goes wrong with these files, before any socket is bound.
async fn start(files: &Files) -> Error {
    let mut setup = Setup::new();
    // Would fail as well, were it tried: this is no address of this machine.
    setup.config.listen = SocketAddr::from(([192, 0, 2, 1], 1));
    setup.config.tls = files.clone().into();
    match Server::bind(setup.config.clone(), Arc::new(Metrics::new())).await {
        Ok(_) => panic!("it started"),
        Err(error) => error,
    }
}

#[tokio::test]
async fn a_server_does_not_start_with_files_it_cannot_serve() {
    let setup = Setup::new();
    let at = |name: &str| setup.folder.path(name);
    let write = |name: &str, text: &str| std::fs::write(at(name), text).unwrap();
    let authority = &setup.authority;
    let (good, other) = (authority.server(days(-1), days(9)), authority.server(days(-1), days(9)));
    write("good.crt", &good.cert);
    write("good.key", &good.key.serialize_pem());
    write("other.key", &other.key.serialize_pem());
    write("empty", "");
    write("broken.crt", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
    authority.server(days(-9), days(-1)).write(&at("old.crt"), &at("old.key"));
    authority.server(days(1), days(9)).write(&at("early.crt"), &at("early.key"));

    let files = |cert: &str, key: &str, ca: Option<&str>| Files { cert: at(cert), key: at(key), client_ca: ca.map(at) };
    for (files, says) in [
        (files("none.crt", "good.key", None), "failed to read --tls-cert DIR/none.crt"),
        (files("good.crt", "none.key", None), "failed to read --tls-key DIR/none.key"),
        (files("good.crt", "good.key", Some("none")), "failed to read --client-ca DIR/none"),
        (files("empty", "good.key", None), "--tls-cert DIR/empty holds no readable certificate"),
        (files("good.key", "good.key", None), "--tls-cert DIR/good.key holds no readable certificate"),
        (files("good.crt", "good.crt", None), "--tls-key DIR/good.crt holds no readable private key"),
        (files("good.crt", "good.key", Some("empty")), "--client-ca DIR/empty holds no readable certificate"),
        (
            files("broken.crt", "good.key", None),
            "--tls-cert DIR/broken.crt begins with a certificate that cannot be read",
        ),
        (files("good.crt", "other.key", None), "--tls-key DIR/other.key does not belong to --tls-cert DIR/good.crt"),
        (files("old.crt", "old.key", None), "--tls-cert DIR/old.crt expired at "),
        (files("early.crt", "early.key", None), "--tls-cert DIR/early.crt is not valid before "),
        (files("good.crt", "good.key", Some("broken.crt")), "--client-ca DIR/broken.crt cannot be used"),
    ] {
        let Error::Tls(error) = start(&files).await else { panic!("{says}: another error") };
        let text = error.to_string().replace(setup.folder.path("").to_str().unwrap(), "DIR/");
        assert!(text.starts_with(says), "{text}, not {says}");
        assert!(!error.help().is_empty());
    }
    let bound = start(&files("good.crt", "good.key", None)).await;
    assert_eq!(bound.to_string(), "failed to listen on --listen 192.0.2.1:1");
    assert!(matches!(bound, Error::Bind { .. }) && !bound.help().is_empty());
}

#[test]
fn what_is_wrong_has_a_remedy_of_its_own() {
    let (path, source) = (Path::new("x").to_path_buf(), std::io::Error::other("y"));
    let read = TlsError::Read { flag: "--tls-key", path: path.clone(), source };
    let pem = |what| TlsError::NoPem { flag: "--tls-key", path: path.clone(), what };
    let helps = [read.help(), pem("certificate").help(), pem("private key").help()];
    assert!(helps[0] != helps[1] && helps[1] != helps[2] && helps[2].contains("private key"));
}
