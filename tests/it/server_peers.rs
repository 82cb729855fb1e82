//! One address takes all it can get; another one's calls go on.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use seawall::server::{Call, limits::PerPeer};
use tokio::task::JoinSet;

use crate::server_support::{Client, Script, Setup, allow, counted, review, review_of, source, until};

/// Calls that want something looked up, in a cluster that does not answer one of the callers.
fn looking_up(refused: Arc<AtomicU64>) -> impl seawall::server::Judge {
    let lookups = PerPeer::new(16);
    Script::new(move |call: Call| {
        let (lookups, refused) = (lookups.clone(), Arc::clone(&refused));
        async move {
            let enough = call.deadline - Duration::from_millis(200);
            match lookups.take(call.peer, 1, enough).await {
                Ok(_slot) if call.peer == source(2) => tokio::time::sleep_until(enough).await,
                Ok(_slot) => tokio::time::sleep(Duration::from_millis(1)).await,
                Err(_) => drop(refused.fetch_add(1, Ordering::Relaxed)),
            }
            review(review_of("u"))
        }
    })
}

/// Connects again and again, and calls with what takes a look-up.
async fn flood(client: Client, to: std::net::SocketAddr) {
    loop {
        let Ok(mut connection) = client.connect(to).await else {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        };
        while connection.post("/mutate", vec![b' '; 20_000]).await.is_ok() {}
    }
}

/// Announces a large body, sends some of it, and then a byte at a time.
async fn dribble(client: Client, to: std::net::SocketAddr) {
    loop {
        let Ok(mut connection) = client.connect(to).await else {
            tokio::time::sleep(Duration::from_millis(2)).await;
            continue;
        };
        let head =
            "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9000000\r\n\r\n";
        let _ = connection.say(head).await;
        let _ = connection.say(vec![b' '; 400_000]).await;
        while connection.say(" ").await.is_ok() {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_dribbles_and_floods_gets_in_nobody_else_s_way() {
    let mut setup = Setup::new();
    setup.config.limits.connections = 48;
    let refused = Arc::new(AtomicU64::new(0));
    let served = setup.serve(looking_up(Arc::clone(&refused))).await;
    let mut attack = JoinSet::new();
    for n in 0..48 {
        let attacker = setup.client().from(source(2));
        if n % 2 == 0 {
            attack.spawn(flood(attacker, served.tls))
        } else {
            attack.spawn(dribble(attacker, served.tls))
        };
    }
    let overloaded =
        r#"seawall_requests_total{webhook="mutate",kind="other",operation="unknown",outcome="overloaded"}"#;
    let connections = r#"seawall_connection_ends_total{end="refused"}"#;
    until("the attacker is at each of its limits", || {
        counted(&served.metrics, overloaded) > 0.0
            && counted(&served.metrics, connections) > 0.0
            && refused.load(Ordering::Relaxed) > 0
    })
    .await;

    let mut slowest = Duration::ZERO;
    let client = setup.client().from(source(3));
    let mut connection = client.connect(served.tls).await.unwrap();
    for n in 0..120 {
        if n % 4 == 0 {
            connection = client.connect(served.tls).await.unwrap();
        }
        // Small ones, and some as large as an object can be.
        let body = vec![b' '; if n % 20 == 0 { 3_000_000 } else { 8_000 }];
        let start = Instant::now();
        let reply = connection.post("/mutate", body).await.unwrap();
        slowest = slowest.max(start.elapsed());
        assert_eq!(reply.status, 200, "call {n}: {}", reply.body);
    }
    assert!(attack.try_join_next().is_none(), "the attack went on throughout");
    assert!(slowest < Duration::from_secs(3), "{slowest:?}");
}

#[tokio::test]
async fn at_its_share_of_connections_a_peer_loses_its_longest_idle_one() {
    let mut setup = Setup::new();
    setup.config.limits.connections = 8;
    let served = setup.serve(allow()).await;
    let other = setup.client().from(source(3));
    let mut other = other.connect(served.tls).await.unwrap();
    assert_eq!(other.post("/mutate", "{}").await.unwrap().status, 200);

    let client = setup.client().from(source(2));
    let mut mine = Vec::new();
    for _ in 0..5 {
        let mut connection = client.connect(served.tls).await.unwrap();
        assert_eq!(connection.post("/mutate", "{}").await.unwrap().status, 200);
        mine.push(connection);
    }
    until("some of them are closed", || {
        counted(&served.metrics, r#"seawall_connection_ends_total{end="evicted"}"#) >= 2.0
    })
    .await;
    let mut kept = mine.split_off(2);
    for closed in &mut mine {
        assert!(closed.closed().await, "the first ones are gone");
    }
    for connection in kept.iter_mut().chain([&mut other]) {
        assert_eq!(connection.post("/mutate", "{}").await.unwrap().status, 200);
    }
}

#[tokio::test]
async fn a_permit_weighs_what_has_arrived_and_ends_with_the_answer() {
    let mut setup = Setup::new();
    // One peer has half of it: enough for one body of 8,000 bytes (264,000), not for two.
    setup.config.limits.weight_bytes = 800_000;
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let waiting = Arc::clone(&gate);
    let served = setup
        .serve(Script::new(move |_: Call| {
            let waiting = Arc::clone(&waiting);
            async move {
                drop(waiting.acquire().await);
                review("{}")
            }
        }))
        .await;
    let client = setup.client();
    let mut first = client.connect(served.tls).await.unwrap();
    let call = "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 8000\r\n\r\n";
    first.say(call).await.unwrap();
    first.say(vec![b' '; 8_000]).await.unwrap();
    let in_flight =
        |n: f64| move |metrics: &seawall::metrics::Metrics| counted(metrics, "seawall_requests_in_flight") == n;
    until("the first is being judged", || in_flight(1.0)(&served.metrics)).await;

    let mut second = client.connect(served.tls).await.unwrap();
    let reply = second.post("/mutate", vec![b' '; 8_000]).await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (503, "too many bodies at once\n"));
    assert_eq!((reply.header("retry-after"), reply.header("connection")), (Some("1"), Some("close")));

    // What was announced weighs nothing yet.
    let mut third = client.connect(served.tls).await.unwrap();
    third.say(call).await.unwrap();
    third.say(" ").await.unwrap();
    until("the third is being read", || in_flight(2.0)(&served.metrics)).await;
    let mut stranger = client.clone().from(source(9)).connect(served.tls).await.unwrap();
    let (reply, ()) = tokio::join!(stranger.post("/mutate", vec![b' '; 8_000]), async {
        until("the stranger is being judged", || in_flight(3.0)(&served.metrics)).await;
        gate.add_permits(100);
    });
    assert_eq!(reply.unwrap().status, 200);
    assert_eq!(first.reply().await.unwrap().status, 200);
    third.say(vec![b' '; 7_999]).await.unwrap();
    assert_eq!(third.reply().await.unwrap().status, 200);
    assert_eq!(first.post("/mutate", vec![b' '; 8_000]).await.unwrap().status, 200, "the permit was given back");
}
