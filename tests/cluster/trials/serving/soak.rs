//! A Seawall that is asked for long needs no more memory than one that was asked for a while. `make soak` asks a million times.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use libtest_mimic::Trial;

use crate::plane::Plane;
use crate::plane::process::kib;
use crate::plane::seawall::Seawall;
use crate::stage::{self, lone_trial_within, trial};

/// Requests of `make soak`, and how long they may take.
const LONG: usize = 1_000_000;
const LIMIT: Duration = Duration::from_secs(3_600);
/// Those of the short form.
const SHORT: usize = 8_000;
/// Looks at the memory, each after as many requests as before the first.
const LOOKS: usize = 10;
/// What it may grow by between the second look and the last.
const MOST_GROWTH_KIB: u64 = 4 << 10;
/// How many ask at the same time.
const LANES: usize = 8;
/// Requests of one connection.
const PER_CONNECTION: usize = 250;

/// Reviews as kube-apiserver sends them. Most Pods are no databases; what asks the API server about facts is rare.
const WEB: &str = include_str!("../../../../benches/reviews/web.json");
const RARE: [&str; 3] = [
    include_str!("../../../../benches/reviews/silent.json"),
    include_str!("../../../../benches/reviews/patched.json"),
    include_str!("../../../../benches/reviews/denied.json"),
];
/// One in so many is one of the rare.
const RARELY: usize = 20;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("serving::many_requests_leave_memory_as_it_is", async |plane| soak(&plane, SHORT).await),
        lone_trial_within(LIMIT, "serving::a_million_requests", async |plane| soak(&plane, LONG).await)
            .with_ignored_flag(true),
    ]
}

async fn soak(plane: &Arc<Plane>, requests: usize) -> Result<()> {
    let mut options = stage::seawall(plane, "production", Some(stage::EVERYTHING))?;
    options.binary = stage::binary();
    let seawall = Seawall::start(plane, options).await?;
    let id = seawall.id().context("it does not run")?;
    let (begin, mut looks) = (Instant::now(), Vec::new());
    for _ in 0..LOOKS {
        try_join_all((0..LANES).map(|_| ask(&seawall, requests / LOOKS / LANES))).await?;
        looks.push(kib(id, "VmRSS").context("it has ended")?);
    }
    let mib: Vec<String> = looks.iter().map(|kib| format!("{:.1}", *kib as f64 / 1024.0)).collect();
    eprintln!("soak: {requests} requests in {:.0} s; MiB: {}", begin.elapsed().as_secs_f64(), mib.join(" "));
    let (warm, last) = (looks[1], looks[LOOKS - 1]);
    ensure!(last <= warm + MOST_GROWTH_KIB, "it grows from {warm} to {last} KiB");
    let text = seawall.scrape().await?;
    let refused = text.lines().find(|line| {
        line.starts_with("seawall_panics_total") || line.contains("outcome=\"late\"") && !line.ends_with(" 0")
    });
    ensure!(refused.is_none(), "{refused:?}");
    seawall.stop().await
}

/// Asks so often, over one connection after the other.
async fn ask(seawall: &Seawall, requests: usize) -> Result<()> {
    for first in (0..requests).step_by(PER_CONNECTION) {
        let (mut sender, connection) = http1::handshake(TokioIo::new(seawall.connect().await?)).await?;
        let connection = tokio::spawn(connection);
        for number in first..requests.min(first + PER_CONNECTION) {
            let review = if number % RARELY == 0 { RARE[number / RARELY % RARE.len()] } else { WEB };
            let path = if number % 2 == number / RARELY % 2 { "/mutate?timeout=10s" } else { "/validate?timeout=10s" };
            let request = hyper::Request::post(path)
                .header("host", "seawall")
                .header("content-type", "application/json")
                .body(Full::new(Bytes::from_static(review.as_bytes())))?;
            sender.ready().await?;
            let answer = sender.send_request(request).await?;
            let status = answer.status();
            let body = answer.into_body().collect().await?.to_bytes();
            ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(&body));
        }
        drop(sender);
        connection.await?.context("the connection does not end well")?;
    }
    Ok(())
}
