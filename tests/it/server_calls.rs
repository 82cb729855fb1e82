//! Bodies of every sort, judges of every sort.

use std::time::Duration;

use seawall::server::{Answer, Call};
use tokio::io::AsyncWriteExt;

use crate::server_support::{Script, Setup, allow, counted, review, review_of};

const MIB: usize = 1024 * 1024;

#[tokio::test]
async fn only_json_is_read() {
    let setup = Setup::new();
    let served = setup.serve(allow()).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    // One connection throughout: a refused body is read to its end.
    for (kind, status) in [
        ("application/json", 200),
        ("application/json; charset=utf-8", 200),
        ("Application/JSON ;v=1", 200),
        ("text/plain", 415),
        ("application/jsonl", 415),
        ("application/yaml", 415),
        ("", 415),
        ("application/json", 200),
    ] {
        let reply = client.post_typed("/mutate", kind, review_of("u")).await.unwrap();
        assert_eq!(reply.status, status, "{kind}");
    }
    client.say("POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}").await.unwrap();
    let reply = client.reply().await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (415, "the body must be application/json\n"));
}

#[tokio::test]
async fn a_body_beyond_the_limit_is_answered_not_reset() {
    let setup = Setup::new();
    let served = setup.serve(allow()).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    let reply = client.post("/mutate", vec![b' '; 10 * MIB]).await.unwrap();
    assert_eq!((reply.status, reply.body), (200, format!(r#"{{"bytes":{}}}"#, 10 * MIB)));
    for bytes in [10 * MIB + 1, 30 * MIB] {
        let reply = client.post("/mutate", vec![b' '; bytes]).await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (413, "the body is longer than 10485760 bytes\n"));
    }
    // Without an announced length.
    let chunk = format!("{:x}\r\n{}\r\n", MIB, " ".repeat(MIB));
    let head =
        "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n";
    for (chunks, status) in [(10, 200), (11, 413)] {
        client.say(format!("{head}{}0\r\n\r\n", chunk.repeat(chunks))).await.unwrap();
        assert_eq!(client.reply().await.unwrap().status, status, "{chunks} chunks");
    }
    let series = r#"seawall_requests_total{webhook="mutate",kind="other",operation="unknown",outcome="too_large"}"#;
    assert_eq!(counted(&served.metrics, series), 3.0);
}

#[tokio::test]
async fn a_body_that_arrives_in_pieces_arrives() {
    let setup = Setup::new();
    let judge = Script::new(async |call: Call| review(String::from_utf8(call.body.to_vec()).unwrap()));
    let served = setup.serve(judge).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    let text: String = (0..200).map(|n| format!("{n},")).collect();
    let call = format!(
        "POST /validate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{text}",
        text.len()
    );
    for byte in call.bytes() {
        client.say([byte]).await.unwrap();
    }
    assert_eq!(client.reply().await.unwrap().body, text);
    // One that breaks off is nobody's call.
    client
        .say("POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 9\r\n\r\n{")
        .await
        .unwrap();
    client.0.shutdown().await.unwrap();
    let _ = client.closed().await;
    let all = "seawall_requests_total{webhook=\"mutate\"";
    crate::server_support::until("the broken call is counted", || counted(&served.metrics, all) == 1.0).await;
}

#[tokio::test]
async fn what_the_judge_cannot_read_is_said_in_plain_text() {
    let setup = Setup::new();
    let judge = Script::new(async |call: Call| match call.body.len() {
        0..4 => Answer::Malformed("the review has no uid".into()),
        _ => Answer::TooLarge("the object has more than 400000 entries".into()),
    });
    let served = setup.serve(judge).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    for (body, status, text) in
        [("{}", 400, "the review has no uid\n"), ("[[[]]]", 413, "the object has more than 400000 entries\n")]
    {
        let reply = client.post("/mutate", body).await.unwrap();
        assert_eq!((reply.status, reply.body.as_str()), (status, text));
        assert_eq!((reply.header("connection"), reply.header("retry-after")), (None, None));
    }
    for cause in ["malformed", "too_large"] {
        let series = format!(r#"seawall_parse_failures_total{{cause="{cause}"}}"#);
        assert_eq!(counted(&served.metrics, &series), 1.0, "{cause}");
    }
}

#[tokio::test]
async fn a_judge_that_panics_costs_one_answer() {
    let setup = Setup::new();
    let judge = Script::new(async |call: Call| {
        assert_ne!(&call.body[..], b"[]", "a bug");
        tokio::task::yield_now().await;
        assert_ne!(&call.body[..], b"[1]", "another bug, later");
        review("{}")
    });
    let served = setup.serve(judge).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    for (body, status) in [("[]", 500), ("{}", 200), ("[1]", 500), ("{}", 200)] {
        let reply = client.post("/mutate", body).await.unwrap();
        assert_eq!(reply.status, status, "{body}");
        assert_eq!(reply.header("retry-after"), None, "the failurePolicy decides, at once");
    }
    assert_eq!(counted(&served.metrics, r#"seawall_panics_total{place="request"}"#), 2.0);
    assert_eq!(counted(&served.metrics, "seawall_requests_in_flight"), 0.0);
}

#[tokio::test]
async fn a_caller_that_goes_away_is_not_waited_for() {
    let setup = Setup::new();
    let judge = Script::new(async |_: Call| {
        tokio::time::sleep(Duration::from_secs(3_600)).await;
        review("{}")
    });
    let served = setup.serve(judge).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    client
        .say("POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}")
        .await
        .unwrap();
    crate::server_support::until("in flight", || counted(&served.metrics, "seawall_requests_in_flight") == 1.0).await;
    drop(client);
    let abandoned = r#"seawall_requests_total{webhook="mutate",kind="other",operation="unknown",outcome="abandoned"}"#;
    crate::server_support::until("abandoned", || counted(&served.metrics, abandoned) == 1.0).await;
    assert_eq!(counted(&served.metrics, "seawall_requests_in_flight"), 0.0);
}
