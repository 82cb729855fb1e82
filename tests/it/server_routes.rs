//! What can be asked, and what is answered, by real clients over TLS.

use std::sync::atomic::{AtomicBool, Ordering};

use seawall::server::Call;

use crate::server_support::{Conversation, Script, Setup, allow, counted, review, review_of, source};

#[tokio::test]
async fn each_port_answers_what_is_its_own() {
    let setup = Setup::new();
    let served = setup.serve(allow()).await;
    let mut tls = setup.client().connect(served.tls).await.unwrap();
    let mut plain = Conversation(setup.client().tcp(served.plain).await.unwrap());

    for (path, status, body) in [
        ("/livez", 200, "ok\n"),
        ("/readyz", 200, "ok\n"),
        ("/readyz?verbose", 200, "[+]serving ok\n[+]certificate ok\n[+]judge ok\nok\n"),
        ("/mutate/", 404, "no such path\n"),
        ("/", 404, "no such path\n"),
    ] {
        for reply in [tls.get(path).await.unwrap(), plain.get(path).await.unwrap()] {
            assert_eq!((reply.status, reply.body.as_str()), (status, body), "{path}");
            assert_eq!(reply.header("content-type"), Some("text/plain; charset=utf-8"), "{path}");
        }
    }
    let version = tls.get("/version").await.unwrap();
    let version: serde_json::Value = serde_json::from_str(&version.body).unwrap();
    assert_eq!(version["version"], env!("CARGO_PKG_VERSION"));

    let wrong_method = tls.get("/mutate").await.unwrap();
    assert_eq!((wrong_method.status, wrong_method.header("allow")), (405, Some("POST")));
    assert_eq!(tls.get("/metrics").await.unwrap().status, 404, "metrics are on the plain port only");
    assert_eq!(plain.post("/mutate", review_of("u")).await.unwrap().status, 404, "webhooks are on the TLS port only");

    for path in ["/mutate", "/validate?timeout=2s"] {
        let reply = tls.post(path, "{}").await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"bytes":2}"#), "{path}");
        assert_eq!(reply.header("content-type"), Some("application/json"), "{path}");
    }
    let metrics = plain.get("/metrics").await.unwrap();
    assert_eq!(metrics.header("content-type"), Some("application/openmetrics-text; version=1.0.0; charset=utf-8"));
    for line in [
        r#"seawall_requests_total{webhook="mutate",kind="Pod",operation="CREATE",outcome="allowed"} 1"#,
        r#"seawall_requests_total{webhook="validate",kind="Pod",operation="CREATE",outcome="allowed"} 1"#,
        r#"seawall_request_duration_seconds_count{webhook="mutate"} 1"#,
        r#"seawall_request_duration_seconds_bucket{le="0.00005",webhook="mutate"} "#,
        "seawall_requests_in_flight 0",
        "seawall_connections 2",
        concat!(r#"seawall_build_info{version=""#, env!("CARGO_PKG_VERSION"), r#"",commit=""#),
    ] {
        assert!(metrics.body.lines().any(|found| found.starts_with(line)), "{line}\n{}", metrics.body);
    }
}

#[tokio::test]
async fn the_judge_learns_who_calls_what_and_until_when() {
    let setup = Setup::new();
    let judge = Script::new(async |call: Call| {
        let left = call.deadline.duration_since(tokio::time::Instant::now()).as_millis();
        let body = String::from_utf8(call.body.to_vec()).unwrap();
        review(format!("{}|{}|{body}|{}", call.webhook.as_str(), call.peer, (1_500..=1_800).contains(&left)))
    });
    let served = setup.serve(judge).await;
    let mut client = setup.client().from(source(7)).connect(served.tls).await.unwrap();
    let reply = client.post("/validate?timeout=2s", "hello").await.unwrap();
    assert_eq!(reply.body, "validate|127.0.0.7|hello|true");
}

#[tokio::test]
async fn a_judge_that_is_not_ready_sends_calls_elsewhere() {
    static READY: AtomicBool = AtomicBool::new(false);
    let setup = Setup::new();
    let mut judge = Script::new(async |_: Call| review("{}"));
    judge.ready = &READY;
    let served = setup.serve(judge).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();

    let ready = client.get("/readyz").await.unwrap();
    assert_eq!((ready.status, ready.body.as_str()), (503, "not ready\n"));
    let ready = client.get("/readyz?verbose").await.unwrap();
    assert_eq!(ready.body, "[+]serving ok\n[+]certificate ok\n[-]judge failed: engines are not loaded\nnot ready\n");
    assert_eq!(client.get("/livez").await.unwrap().status, 200);

    let reply = client.post("/mutate", review_of("u")).await.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    assert_eq!(reply.header("connection"), Some("close"));
    assert!(client.closed().await);
    let series = r#"seawall_requests_total{webhook="mutate",kind="other",operation="unknown",outcome="not_ready"}"#;
    assert_eq!(counted(&served.metrics, series), 1.0);

    READY.store(true, Ordering::Relaxed);
    let mut client = setup.client().connect(served.tls).await.unwrap();
    assert_eq!(client.post("/mutate", review_of("u")).await.unwrap().status, 200);
}

#[tokio::test]
async fn what_is_no_http_is_refused_by_one_connection_s_end() {
    let setup = Setup::new();
    let served = setup.serve(allow()).await;
    let long = format!("GET /livez HTTP/1.1\r\nX: {}\r\n\r\n", "y".repeat(17 * 1024));
    for (said, status) in [("\u{1}\u{2}\r\n\r\n", 400), (long.as_str(), 431)] {
        let mut client = setup.client().connect(served.tls).await.unwrap();
        client.say(said).await.unwrap();
        assert_eq!(client.reply().await.unwrap().status, status);
        assert!(client.closed().await);
    }
    let mut client = setup.client().tcp(served.tls).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut client, b"GET /livez HTTP/1.1\r\n\r\n").await.unwrap();
    let mut client = Conversation(client);
    assert!(!client.closed().await, "a TLS alert comes first");
    let mut client = setup.client().connect(served.tls).await.unwrap();
    assert_eq!(client.get("/livez").await.unwrap().status, 200);
}
