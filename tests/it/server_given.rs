//! Certificates that are given to the server one after the other, as those of a Secret are.

use std::{
    net::SocketAddr,
    path::Path,
    sync::Arc,
    time::{Duration, SystemTime},
};

use seawall::{
    metrics::Metrics,
    server::{Config, Identity, Server, Tls},
};
use tokio::task::JoinHandle;

use crate::server_support::{Authority, Client, Conversation, Setup, allow, counted, days, replace, review_of};

/// A server that has nothing to serve yet.
struct Given {
    setup: Setup,
    identity: Arc<Identity>,
    metrics: Arc<Metrics>,
    tls: SocketAddr,
    plain: SocketAddr,
    running: JoinHandle<()>,
}

impl Drop for Given {
    fn drop(&mut self) {
        self.running.abort();
    }
}

impl Given {
    async fn serve(client_ca: Option<&Path>) -> Self {
        let (mut setup, metrics) = (Setup::new(), Arc::new(Metrics::new()));
        setup.config.times.reload = Duration::from_millis(20);
        let identity = Arc::new(Identity::given(client_ca, Arc::clone(&metrics)).unwrap());
        let config = Config { tls: Tls::Given(Arc::clone(&identity)), ..setup.config.clone() };
        let server = Server::bind(config, Arc::clone(&metrics)).await.unwrap();
        let (tls, plain) = server.addresses();
        let running = tokio::spawn(server.run(allow(), std::future::pending()));
        Self { setup, identity, metrics, tls: tls.unwrap(), plain: plain.unwrap(), running }
    }

    fn take(&self, authority: &Authority, to: SystemTime) -> Result<(), seawall::server::TlsError> {
        let pair = authority.server(days(-1), to);
        self.identity.serve(&pair.cert, &pair.key.serialize_pem())
    }

    async fn ready(&self) -> (u16, String) {
        let mut plain = Conversation(self.setup.client().tcp(self.plain).await.unwrap());
        let reply = plain.get("/readyz?verbose").await.unwrap();
        (reply.status, reply.body.clone())
    }

    async fn is_trusted_by(&self, client: &Client) -> bool {
        match client.connect(self.tls).await {
            Ok(mut connection) => {
                connection.post("/validate", review_of("u")).await.is_ok_and(|reply| reply.status == 200)
            }
            Err(_) => false,
        }
    }
}

#[tokio::test]
async fn without_a_certificate_it_lives_and_is_not_ready() {
    let given = Given::serve(None).await;
    let client = given.setup.client();
    let failed = "[+]serving ok\n[-]certificate failed: there is no certificate yet\n[+]judge ok\nnot ready\n";
    assert_eq!(given.ready().await, (503, failed.to_owned()));
    assert!(!given.is_trusted_by(&client).await);
    let mut plain = Conversation(client.tcp(given.plain).await.unwrap());
    assert_eq!(plain.get("/livez").await.unwrap().status, 200);

    given.take(&given.setup.authority, days(30)).unwrap();
    assert_eq!(given.ready().await.0, 200);
    assert!(given.is_trusted_by(&client).await);
    let expiry = counted(&given.metrics, "seawall_certificate_expiry_timestamp_seconds");
    let expected = days(30).duration_since(SystemTime::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((expiry - expected).abs() < 60.0, "{expiry}");
}

#[tokio::test]
async fn the_next_handshake_shows_the_next_certificate() {
    let (given, next) = (Given::serve(None).await, Authority::new("the next"));
    let (old_client, new_client) = (given.setup.client(), Client::trusting(&[&next]));
    given.take(&given.setup.authority, days(30)).unwrap();
    let mut kept = old_client.connect(given.tls).await.unwrap();
    assert!(!given.is_trusted_by(&new_client).await);
    given.take(&next, days(30)).unwrap();
    assert!(given.is_trusted_by(&new_client).await);
    assert!(!given.is_trusted_by(&old_client).await);
    assert_eq!(kept.post("/validate", review_of("u")).await.unwrap().status, 200, "an open connection goes on");

    // What cannot be served changes nothing.
    let (one, other) = (next.server(days(-1), days(1)), next.server(days(-1), days(1)));
    let error = given.identity.serve(&one.cert, &other.key.serialize_pem()).unwrap_err();
    assert!(error.to_string().contains("does not belong to"), "{error}");
    assert!(given.take(&next, days(0) - Duration::from_secs(60)).is_err(), "it has expired");
    assert!(given.is_trusted_by(&new_client).await);
}

#[tokio::test]
async fn an_expired_certificate_is_not_ready() {
    let given = Given::serve(None).await;
    given.take(&given.setup.authority, SystemTime::now() + Duration::from_secs(2)).unwrap();
    assert_eq!(given.ready().await.0, 200);
    for _ in 0..1_000 {
        let (status, said) = given.ready().await;
        if status == 503 {
            assert!(said.contains("[-]certificate failed: the certificate has expired\n"), "{said}");
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("it stays ready");
}

#[tokio::test]
async fn the_client_ca_is_a_file_that_is_followed() {
    let (old, new) = (Authority::new("old clients"), Authority::new("new clients"));
    let folder = crate::server_support::Folder::new();
    let file = folder.path("client-ca.crt");
    assert!(Identity::given(Some(&file), Arc::new(Metrics::new())).is_err(), "there is no such file");
    replace(&file, &old.pem());
    let given = Given::serve(Some(&file)).await;
    given.take(&given.setup.authority, days(30)).unwrap();
    let client = |authority: &Authority| given.setup.client().showing(authority.client());
    assert!(given.is_trusted_by(&client(&old)).await);
    assert!(!given.is_trusted_by(&client(&new)).await);
    replace(&file, &new.pem());
    for _ in 0..1_000 {
        if given.is_trusted_by(&client(&new)).await {
            assert!(!given.is_trusted_by(&client(&old)).await);
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the new client CA is never used");
}
