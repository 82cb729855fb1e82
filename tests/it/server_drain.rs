//! The way out.

use std::{sync::Arc, time::Duration};

use seawall::{metrics::End, server::Call};
use tokio::{
    sync::Semaphore,
    time::{Instant, sleep},
};

use crate::server_support::{Conversation, Script, Setup, allow, counted, in_memory, review, until};

const CALL: &str = "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}";

/// A judge that answers once the gate is open.
fn gated(gate: &Arc<Semaphore>) -> impl seawall::server::Judge + use<> {
    let gate = Arc::clone(gate);
    Script::new(move |_: Call| {
        let gate = Arc::clone(&gate);
        async move {
            drop(gate.acquire().await);
            review("{}")
        }
    })
}

#[tokio::test]
async fn calls_in_flight_are_answered_and_idle_connections_closed() {
    let mut setup = Setup::new();
    setup.config.times.deadline = Duration::from_secs(30);
    let gate = Arc::new(Semaphore::new(0));
    let mut served = setup.serve(gated(&gate)).await;
    let client = setup.client();
    let mut idle = client.connect(served.tls).await.unwrap();
    assert_eq!(idle.get("/livez").await.unwrap().status, 200);
    let mut busy = client.connect(served.tls).await.unwrap();
    busy.say(CALL).await.unwrap();
    let in_flight = || counted(&served.metrics, "seawall_requests_in_flight") == 1.0;
    until("the call is in flight", in_flight).await;

    served.stop();
    assert!(idle.closed().await);
    until("nobody is let in any more", || std::net::TcpStream::connect(served.tls).is_err()).await;
    let mut plain = Conversation(client.tcp(served.plain).await.unwrap());
    let ready = plain.get("/readyz?verbose").await.unwrap();
    assert_eq!(
        (ready.status, ready.body.as_str()),
        (503, "[-]serving failed: stopping\n[+]certificate ok\n[+]judge ok\nnot ready\n")
    );
    let mut plain = Conversation(client.tcp(served.plain).await.unwrap());
    assert_eq!(plain.get("/livez").await.unwrap().status, 200);
    assert!(!served.running.is_finished());

    gate.add_permits(1);
    let reply = busy.reply().await.unwrap();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
    served.running.await.unwrap();
    assert!(std::net::TcpStream::connect(served.plain).is_err());
}

#[tokio::test]
async fn while_it_leaves_it_is_not_ready_but_answers() {
    let mut setup = Setup::new();
    setup.config.times.leave = Duration::from_secs(3_600);
    let mut served = setup.serve(allow()).await;
    let client = setup.client();
    let mut kept = client.connect(served.tls).await.unwrap();
    assert_eq!(kept.post("/mutate", "{}").await.unwrap().header("connection"), None);
    served.stop();
    for attempt in 0.. {
        let mut plain = Conversation(client.tcp(served.plain).await.unwrap());
        if plain.get("/readyz").await.unwrap().status == 503 {
            break;
        }
        assert!(attempt < 2_000, "still ready");
        sleep(Duration::from_millis(5)).await;
    }
    for connection in [kept, client.connect(served.tls).await.unwrap()] {
        let mut connection = connection;
        let reply = connection.post("/mutate", "{}").await.unwrap();
        assert_eq!((reply.status, reply.header("connection")), (200, Some("close")));
        assert!(connection.closed().await);
    }
    served.running.abort();
}

#[tokio::test(start_paused = true)]
async fn while_it_leaves_who_is_silent_for_five_seconds_is_let_go() {
    let setup = Setup::new();
    let (front, _) = setup.front(allow());
    let mut connections = Vec::new();
    for _ in 0..2 {
        let (near, served) = in_memory(&front, [10, 0, 0, 1]);
        let mut client = Conversation(setup.client().over(near).await.unwrap());
        assert_eq!(client.post("/mutate", "{}").await.unwrap().header("connection"), None);
        connections.push((client, served));
    }
    sleep(Duration::from_secs(3)).await;
    let (mut asks, asked) = connections.pop().unwrap();
    let (mut silent, unheard) = connections.pop().unwrap();
    let start = Instant::now();
    front.leave();
    sleep(Duration::from_millis(1_900)).await;
    let reply = asks.post("/mutate", "{}").await.unwrap();
    assert_eq!((reply.status, reply.header("connection")), (200, Some("close")), "who still asks is answered");
    assert_eq!(asked.await.unwrap(), End::Closed);
    assert_eq!(unheard.await.unwrap(), End::Stopped);
    let took = start.elapsed().as_secs_f64();
    assert!((took - 2.0).abs() < 0.02, "three seconds were over already: {took}");
    assert_eq!(silent.reply().await.unwrap_err().kind(), std::io::ErrorKind::UnexpectedEof, "it was closed politely");
}

#[tokio::test]
async fn who_waits_in_the_queue_is_not_reset() {
    let setup = Setup::new();
    let mut served = setup.serve(allow()).await;
    // Connected as far as the kernel is concerned; this thread is the server's too, and it has not looked yet.
    let queued = std::net::TcpStream::connect(served.tls).unwrap();
    served.stop();
    queued.set_nonblocking(true).unwrap();
    let queued = tokio::net::TcpStream::from_std(queued).unwrap();
    let mut client = Conversation(setup.client().over(queued).await.unwrap());
    let reply = client.post("/mutate", "{}").await.unwrap();
    assert_eq!((reply.status, reply.header("retry-after")), (503, Some("1")));
    served.running.await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn who_was_let_in_as_the_doors_closed_is_sent_elsewhere() {
    let setup = Setup::new();
    let (front, metrics) = setup.front(allow());
    let (near, asked) = in_memory(&front, [10, 0, 0, 1]);
    let mut asking = Conversation(setup.client().over(near).await.unwrap());
    let (near, began) = in_memory(&front, [10, 0, 0, 1]);
    let mut beginning = Conversation(setup.client().over(near).await.unwrap());
    let (near, silent) = in_memory(&front, [10, 0, 0, 1]);
    let _silent = Conversation(setup.client().over(near).await.unwrap());
    let (head, rest) = CALL.split_at(40);
    beginning.say(head).await.unwrap();
    // So that the server has read it.
    sleep(Duration::from_millis(1)).await;

    let start = Instant::now();
    front.close_doors();
    for reply in [asking.post("/mutate", "{}").await.unwrap(), {
        beginning.say(rest).await.unwrap();
        beginning.reply().await.unwrap()
    }] {
        assert_eq!(
            (reply.status, reply.header("connection"), reply.header("retry-after")),
            (503, Some("close"), Some("1"))
        );
    }
    drop((asking, beginning));
    front.drain().await;
    assert_eq!(
        (asked.await.unwrap(), began.await.unwrap(), silent.await.unwrap()),
        (End::Closed, End::Closed, End::Stopped)
    );
    assert_eq!(start.elapsed(), Duration::from_secs(1), "the silent one had a second to say something");
    let draining = r#"seawall_requests_total{webhook="mutate",kind="other",operation="unknown",outcome="draining"}"#;
    assert_eq!(counted(&metrics, draining), 2.0);
}

#[tokio::test(start_paused = true)]
async fn what_does_not_end_is_cut_off() {
    let setup = Setup::new();
    let (front, _) = setup.front(gated(&Arc::new(Semaphore::new(0))));
    let (near, served) = in_memory(&front, [10, 0, 0, 1]);
    let mut client = Conversation(setup.client().over(near).await.unwrap());
    client.say(CALL).await.unwrap();
    sleep(Duration::from_millis(1)).await;
    let drained = tokio::time::timeout(Duration::from_secs(2), front.drain()).await;
    assert!(drained.is_err(), "the call is in flight");
    assert_eq!(front.end().await, 1);
    assert_eq!(served.await.unwrap(), End::Stopped);
    assert!(client.closed().await);
}
