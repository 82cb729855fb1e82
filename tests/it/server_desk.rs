//! Large bodies are judged aside: who sends one keeps nobody waiting, and nobody works on for a caller that is gone.

use std::sync::{Arc, Mutex, atomic::Ordering, mpsc};

use seawall::server::Call;
use tokio::sync::mpsc::unbounded_channel;

use crate::server_support::{Script, Setup, counted, review, until};

const LARGE: usize = 64 * 1024;

fn large() -> Vec<u8> {
    vec![b' '; LARGE]
}

/// One thread for all: whoever blocks it stops the others.
#[tokio::test]
async fn a_large_body_keeps_nobody_waiting() {
    let setup = Setup::new();
    let (begun, mut is_begun) = unbounded_channel();
    let (go_on, waits) = mpsc::channel::<()>();
    let waits = Arc::new(Mutex::new(waits));
    let judge = Script::new(move |call: Call| {
        let (begun, waits) = (begun.clone(), Arc::clone(&waits));
        async move {
            if call.body.len() >= LARGE {
                begun.send(()).unwrap();
                // What computes does not yield either.
                waits.lock().unwrap().recv().unwrap();
            }
            review("{}")
        }
    });
    let served = setup.serve(judge).await;
    let (mut slow, mut quick) =
        (setup.client().connect(served.tls).await.unwrap(), setup.client().connect(served.tls).await.unwrap());
    let slow = tokio::spawn(async move { slow.post("/validate", large()).await.unwrap().status });
    is_begun.recv().await.unwrap();
    assert_eq!(quick.post("/validate", "{}").await.unwrap().status, 200);
    assert_eq!(quick.get("/readyz").await.unwrap().status, 200);
    assert!(!slow.is_finished());
    go_on.send(()).unwrap();
    assert_eq!(slow.await.unwrap(), 200);
}

#[tokio::test]
async fn work_that_nobody_waits_for_is_told_so() {
    let setup = Setup::new();
    let (told, mut is_told) = unbounded_channel();
    let judge = Script::new(move |call: Call| {
        let told = told.clone();
        async move {
            let flag = call.abandoned.flag().expect("a large call can be given up");
            while !flag.load(Ordering::Relaxed) {
                std::thread::yield_now();
            }
            told.send(()).unwrap();
            review("{}")
        }
    });
    let served = setup.serve(judge).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    let reply = client.post("/mutate?timeout=100ms", large()).await.unwrap();
    assert_eq!((reply.status, reply.body.as_str()), (503, "no answer within the deadline\n"));
    is_told.recv().await.unwrap();
    // A caller that goes away is no different.
    let mut gone = setup.client().connect(served.tls).await.unwrap();
    let head = "POST /mutate HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 65536\r\n\r\n";
    gone.say(head).await.unwrap();
    gone.say(large()).await.unwrap();
    until("in flight", || counted(&served.metrics, "seawall_requests_in_flight") == 1.0).await;
    drop(gone);
    is_told.recv().await.unwrap();
}

#[tokio::test]
async fn a_judge_that_panics_over_a_large_body_costs_one_answer() {
    let setup = Setup::new();
    let judge = Script::new(async |call: Call| {
        assert!(call.body.len() < LARGE, "a bug");
        review("{}")
    });
    let served = setup.serve(judge).await;
    let mut client = setup.client().connect(served.tls).await.unwrap();
    assert_eq!(client.post("/mutate", large()).await.unwrap().status, 500);
    assert_eq!(client.post("/mutate", "{}").await.unwrap().status, 200);
    assert_eq!(counted(&served.metrics, r#"seawall_panics_total{place="request"}"#), 1.0);
}

/// Twice as many large calls as there are seats wait for the API server, and one that asks nothing is answered.
#[tokio::test]
async fn who_waits_for_others_lends_the_seat() {
    let mut setup = Setup::new();
    setup.config.times.deadline = std::time::Duration::from_secs(60);
    let gate = Arc::new(tokio::sync::Semaphore::new(0));
    let (waiting, mut is_waiting) = unbounded_channel();
    let judge = Script::new({
        let gate = Arc::clone(&gate);
        move |call: Call| {
            let (gate, waiting) = (Arc::clone(&gate), waiting.clone());
            async move {
                if call.body.first() == Some(&b'?') {
                    call.seat
                        .lent_during(async {
                            waiting.send(()).unwrap();
                            drop(gate.acquire().await.unwrap());
                        })
                        .await;
                }
                review("{}")
            }
        }
    });
    let served = setup.serve(judge).await;
    let asks = 4 * std::thread::available_parallelism().unwrap().get();
    let mut asking = Vec::new();
    for _ in 0..asks {
        let mut client = setup.client().connect(served.tls).await.unwrap();
        let mut body = large();
        body[0] = b'?';
        asking.push(tokio::spawn(async move { client.post("/mutate", body).await.unwrap().status }));
    }
    for _ in 0..asks {
        is_waiting.recv().await.unwrap();
    }
    let mut other = setup.client().connect(served.tls).await.unwrap();
    assert_eq!(other.post("/mutate", large()).await.unwrap().status, 200);
    gate.add_permits(asks);
    for one in asking {
        assert_eq!(one.await.unwrap(), 200, "each got a seat again");
    }
}
