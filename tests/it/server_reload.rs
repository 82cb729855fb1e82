//! Certificate files that change while the server is called.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio_rustls::rustls::pki_types::CertificateDer;

use crate::server_support::{Authority, Client, Served, Setup, allow, counted, days, replace, until};

const FAILED: &str = r#"seawall_certificate_reloads_total{result="failed"}"#;
const EXPIRY: &str = "seawall_certificate_expiry_timestamp_seconds";

fn quick() -> Setup {
    let mut setup = Setup::new();
    setup.config.times.reload = Duration::from_millis(20);
    setup
}

/// The certificate that a new connection is shown.
async fn shown(client: &Client, served: &Served) -> CertificateDer<'static> {
    let connection = client.connect(served.tls).await.unwrap();
    connection.0.get_ref().1.peer_certificates().unwrap()[0].clone().into_owned()
}

async fn until_shown(client: &Client, served: &Served, expected: &CertificateDer<'_>) {
    for _ in 0..4_000 {
        if shown(client, served).await == *expected {
            return;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    panic!("the new certificate is never shown");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_call_fails_while_certificates_change() {
    let (setup, next_authority) = (quick(), Authority::new("the next"));
    let served = setup.serve(allow()).await;
    // As the API server's bundle during a change of the authority.
    let client = Client::trusting(&[&setup.authority, &next_authority]);
    let (over, to) = (Arc::new(AtomicBool::new(false)), served.tls);
    let calls: Vec<Arc<AtomicU64>> = (0..6).map(|_| Arc::default()).collect();
    let workers: Vec<_> = calls
        .iter()
        .enumerate()
        .map(|(worker, calls)| {
            let (over, calls, client) = (Arc::clone(&over), Arc::clone(calls), client.clone());
            tokio::spawn(async move {
                let mut connection = client.connect(to).await.unwrap();
                while !over.load(Ordering::Relaxed) {
                    if worker % 2 == 0 {
                        connection = client.connect(to).await.unwrap();
                    }
                    let reply = connection.post("/validate", vec![b' '; 8_000]).await.unwrap();
                    assert_eq!(reply.status, 200);
                    calls.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for round in 0..6 {
        let authority = if round % 2 == 0 { &next_authority } else { &setup.authority };
        let pair = authority.server(days(-1), days(10 + round));
        pair.write(&setup.files.cert, &setup.files.key);
        until_shown(&client, &served, &pair.der).await;
        let before: Vec<_> = calls.iter().map(|calls| calls.load(Ordering::Relaxed)).collect();
        until("every worker goes on calling", || {
            calls.iter().zip(&before).all(|(calls, before)| {
                calls.load(Ordering::Relaxed) > before + 10 || workers.iter().any(|worker| worker.is_finished())
            })
        })
        .await;
    }
    over.store(true, Ordering::Relaxed);
    for worker in workers {
        worker.await.expect("a call failed");
    }
    assert_eq!(counted(&served.metrics, r#"seawall_certificate_reloads_total{result="ok"}"#), 6.0);
}

#[tokio::test]
async fn files_that_cannot_be_served_leave_the_old_ones_in_place() {
    let setup = quick();
    let (files, client) = (&setup.files, setup.client());
    let served = setup.serve(allow()).await;
    let (old, expiry) = (shown(&client, &served).await, counted(&served.metrics, EXPIRY));
    let now = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs_f64();
    assert!((expiry - now - 30.0 * 86_400.0).abs() < 60.0);

    let mismatch = || replace(&files.key, &setup.authority.server(days(-1), days(9)).key.serialize_pem());
    let expired = || setup.authority.server(days(-9), days(-1)).write(&files.cert, &files.key);
    let garbage = || replace(&files.cert, "not a certificate");
    let gone = || std::fs::remove_file(&files.cert).unwrap();
    let breakages: [&dyn Fn(); 4] = [&mismatch, &expired, &garbage, &gone];
    for (n, breakage) in breakages.iter().enumerate() {
        let failures = counted(&served.metrics, FAILED);
        breakage();
        // Two looks, so that one began after the change.
        until("the failure is counted", || counted(&served.metrics, FAILED) >= failures + 2.0).await;
        assert!(shown(&client, &served).await == old, "breakage {n}");
        assert_eq!(counted(&served.metrics, EXPIRY), expiry, "breakage {n}");
    }
    let new = setup.authority.server(days(-1), days(60));
    new.write(&files.cert, &files.key);
    until_shown(&client, &served, &new.der).await;
    assert!((counted(&served.metrics, EXPIRY) - expiry - 30.0 * 86_400.0).abs() < 60.0);
}

#[tokio::test]
async fn the_client_ca_is_exchanged_too() {
    let (old, new) = (Authority::new("old clients"), Authority::new("new clients"));
    let mut setup = quick();
    let ca = setup.folder.path("client-ca.crt");
    replace(&ca, &old.pem());
    setup.files.client_ca = Some(ca.clone());
    let served = setup.serve(allow()).await;
    let (was, is) = (setup.client().showing(old.client()), setup.client().showing(new.client()));
    let mut kept = was.connect(served.tls).await.unwrap();
    assert_eq!(kept.post("/mutate", "{}").await.unwrap().status, 200);

    replace(&ca, &new.pem());
    until("the change is served", || {
        counted(&served.metrics, r#"seawall_certificate_reloads_total{result="ok"}"#) >= 1.0
    })
    .await;
    let mut fresh = is.connect(served.tls).await.unwrap();
    assert_eq!(fresh.post("/mutate", "{}").await.unwrap().status, 200);
    if let Ok(mut refused) = was.connect(served.tls).await {
        assert!(refused.post("/mutate", "{}").await.is_err());
    }
    assert_eq!(kept.post("/mutate", "{}").await.unwrap().status, 200, "who was let in stays");
}
