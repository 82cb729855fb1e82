//! Time limits, on paused time: both ends of a TLS connection in memory, and a clock that jumps.

use std::time::Duration;

use seawall::{metrics::End, server::Call};
use tokio::{
    io::AsyncWriteExt,
    time::{Instant, sleep},
};

use crate::server_support::{Conversation, Script, Setup, allow, counted, in_memory, review, review_of};

const PEER: [u8; 4] = [10, 0, 0, 1];
const CALL: &str = "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// Whole seconds since.
fn seconds(since: Instant) -> u64 {
    since.elapsed().as_millis().div_ceil(1_000).try_into().unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_handshake_has_ten_seconds() {
    let setup = Setup::new();
    let (front, metrics) = setup.front(allow());
    let (_silent, served) = in_memory(&front, PEER);
    let start = Instant::now();
    assert_eq!((served.await.unwrap(), seconds(start)), (End::HandshakeTimeout, 10));

    // Nor does it help to send a little at a time.
    let (mut slow, served) = in_memory(&front, PEER);
    let start = Instant::now();
    slow.write_all(&[22, 3, 1, 2, 0]).await.unwrap();
    while slow.write_all(&[1]).await.is_ok() && seconds(start) < 60 {
        sleep(Duration::from_secs(1)).await;
    }
    assert_eq!(served.await.unwrap(), End::HandshakeTimeout);
    assert!((10..=11).contains(&seconds(start)), "{}", seconds(start));
    assert_eq!(counted(&metrics, r#"seawall_connection_ends_total{end="handshake_timeout"}"#), 2.0);
    assert_eq!(counted(&metrics, "seawall_connections "), 0.0);
}

#[tokio::test(start_paused = true)]
async fn a_connection_without_a_first_request_closes_after_ten_seconds() {
    let setup = Setup::new();
    let (front, _) = setup.front(allow());
    let (near, served) = in_memory(&front, PEER);
    let _client = setup.client().over(near).await.unwrap();
    let start = Instant::now();
    assert_eq!((served.await.unwrap(), seconds(start)), (End::NoRequest, 10));
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_outlives_the_api_server_s_ninety_seconds() {
    let mut setup = Setup::new();
    // Another answer is not to be its last.
    setup.config.times.life = Duration::from_secs(3_600);
    let (front, _) = setup.front(allow());
    let (near, served) = in_memory(&front, PEER);
    let mut client = Conversation(setup.client().over(near).await.unwrap());
    for idle in [0, 5, 15, 91, 120, 149] {
        sleep(Duration::from_secs(idle)).await;
        assert_eq!(client.post("/mutate", review_of("u")).await.unwrap().status, 200, "after {idle} s");
    }
    let start = Instant::now();
    assert_eq!((served.await.unwrap(), seconds(start)), (End::Idle, 150));
    let end = client.reply().await.unwrap_err();
    assert_eq!(end.kind(), std::io::ErrorKind::UnexpectedEof, "it was closed politely");
}

#[tokio::test(start_paused = true)]
async fn a_connection_s_life_ends_with_an_answer() {
    let setup = Setup::new();
    let (front, _) = setup.front(allow());
    let (near, served) = in_memory(&front, PEER);
    let mut client = Conversation(setup.client().over(near).await.unwrap());
    let start = Instant::now();
    let last = loop {
        sleep(Duration::from_millis(900)).await;
        let reply = client.post("/mutate", review_of("u")).await.unwrap();
        assert_eq!(reply.status, 200);
        if reply.header("connection") == Some("close") {
            break seconds(start);
        }
    };
    assert!((150..=301).contains(&last), "{last}");
    let end = client.reply().await.unwrap_err();
    assert_eq!(end.kind(), std::io::ErrorKind::UnexpectedEof, "it was closed politely");
    assert_eq!(served.await.unwrap(), End::Closed);
}

#[tokio::test(start_paused = true)]
async fn the_end_of_its_life_cuts_no_call_off_and_no_silence_short() {
    let mut setup = Setup::new();
    setup.config.times.life = Duration::from_secs(1);
    let judge = Script::new(async |_: Call| {
        sleep(Duration::from_secs(2)).await;
        review("{}")
    });
    let (front, _) = setup.front(judge);
    for silent in [0, 149] {
        let (near, _served) = in_memory(&front, PEER);
        let mut client = Conversation(setup.client().over(near).await.unwrap());
        assert_eq!(client.get("/livez").await.unwrap().header("connection"), None);
        sleep(Duration::from_secs(silent)).await;
        let reply = client.post("/mutate", "{}").await.unwrap();
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")), "after {silent} s");
        assert!(client.closed().await);
    }
}

#[tokio::test(start_paused = true)]
async fn a_head_that_dribbles_has_ten_seconds() {
    let setup = Setup::new();
    let (front, _) = setup.front(allow());
    // As the first request, and after a long time of idleness.
    for idle in [None, Some(120)] {
        let (near, served) = in_memory(&front, PEER);
        let mut client = Conversation(setup.client().over(near).await.unwrap());
        if let Some(idle) = idle {
            assert_eq!(client.post("/mutate", "{}").await.unwrap().status, 200);
            sleep(Duration::from_secs(idle)).await;
        }
        let start = Instant::now();
        for byte in CALL.bytes() {
            if client.say([byte]).await.is_err() {
                break;
            }
            sleep(Duration::from_millis(500)).await;
        }
        assert_eq!(served.await.unwrap(), End::SlowHead, "{idle:?}");
        assert!((10..=11).contains(&seconds(start)), "{}", seconds(start));
    }
    // What takes nine seconds is served.
    let (near, _served) = in_memory(&front, PEER);
    let mut client = Conversation(setup.client().over(near).await.unwrap());
    let (first, rest) = CALL.split_at(30);
    client.say(first).await.unwrap();
    sleep(Duration::from_secs(9)).await;
    client.say(rest).await.unwrap();
    assert_eq!(client.reply().await.unwrap().status, 200);
}

#[tokio::test(start_paused = true)]
async fn one_deadline_covers_body_and_answer() {
    let setup = Setup::new();
    let judge = Script::new(async |_: Call| {
        sleep(Duration::from_secs(2)).await;
        review("{}")
    });
    let (front, metrics) = setup.front(judge);
    for (query, body_after, answered_after, status) in [
        ("", 0.0, 2.0, 200),
        ("", 0.9, 2.9, 200),
        ("", 1.1, 3.0, 503),
        ("?timeout=10s", 1.1, 3.0, 503),
        ("?timeout=1s", 0.0, 0.9, 503),
        ("?timeout=2s", 60.0, 1.8, 503),
        ("", 60.0, 3.0, 503),
    ] {
        let (near, _served) = in_memory(&front, PEER);
        let mut client = Conversation(setup.client().over(near).await.unwrap());
        let call = CALL.replace("/mutate", &format!("/mutate{query}"));
        let start = Instant::now();
        client.say(call.strip_suffix("{}").unwrap()).await.unwrap();
        let (reading, writing) = tokio::io::split(client.0);
        let mut reading = Conversation(tokio::io::join(reading, tokio::io::sink()));
        let late = tokio::spawn(async move {
            let mut writing = writing;
            sleep(Duration::from_secs_f64(body_after)).await;
            let _ = writing.write_all(b"{}").await;
            let _ = writing.flush().await;
            writing
        });
        let reply = reading.reply().await.unwrap();
        let took = start.elapsed().as_secs_f64();
        assert_eq!(reply.status, status, "{query} {body_after}");
        assert!((took - answered_after).abs() < 0.02, "{query} {body_after}: {took}");
        if status == 503 {
            assert_eq!((reply.header("retry-after"), reply.header("connection")), (None, Some("close")));
            assert!(reply.body.ends_with("within the deadline\n"));
            assert!(reading.closed().await);
        }
        late.abort();
    }
    let late = r#"seawall_requests_total{webhook="mutate",kind="other",operation="unknown",outcome="late"}"#;
    assert_eq!(counted(&metrics, late), 5.0);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_dribbles_ends_at_the_deadline_also_where_it_is_refused() {
    let setup = Setup::new();
    let (front, _) = setup.front(allow());
    for (kind, status) in [("application/json", 503), ("text/plain", 415)] {
        let (near, served) = in_memory(&front, PEER);
        let mut client = Conversation(setup.client().over(near).await.unwrap());
        let start = Instant::now();
        client.say(CALL.replace("application/json", kind).replace("Length: 2", "Length: 1000")).await.unwrap();
        let (reading, mut writing) = tokio::io::split(client.0);
        let mut reading = Conversation(tokio::io::join(reading, tokio::io::sink()));
        let dribble = tokio::spawn(async move {
            while writing.write_all(b" ").await.is_ok() && writing.flush().await.is_ok() {
                sleep(Duration::from_millis(100)).await;
            }
        });
        let reply = reading.reply().await.unwrap();
        assert_eq!((reply.status, reply.header("connection")), (status, Some("close")));
        assert_eq!(seconds(start), 3);
        dribble.abort();
        drop(reading);
        assert!(matches!(served.await.unwrap(), End::Closed | End::Broken));
        assert!(seconds(start) <= 4);
    }
}

#[tokio::test(start_paused = true)]
async fn who_does_not_take_the_answer_is_closed_as_idle() {
    let setup = Setup::new();
    let (front, _) = setup.front(Script::new(async |_: Call| review("x".repeat(4 * 1024 * 1024))));
    let (near, served) = in_memory(&front, PEER);
    let mut client = Conversation(setup.client().over(near).await.unwrap());
    let start = Instant::now();
    client.say(CALL).await.unwrap();
    let end = served.await.unwrap();
    assert_eq!((end, seconds(start)), (End::Idle, 151), "with a second for what is left to write");
}
