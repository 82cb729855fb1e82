//! Seawall away, without an answer of its own, or with another certificate: the cluster
//! goes on.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::future::try_join_all;
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::core::v1::Pod;
use kube::api::{DeleteParams, ListParams, PostParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::databases::{MYSQL, Shape, claim, database, fragile, plaintext};
use crate::plane::certificates;
use crate::plane::seawall::{Seawall, http_get};
use crate::plane::watch::wait_until;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};
use crate::stream::renumber;
use crate::twins::object;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("outage::without_seawall_everything_goes_on", async |plane| killed(&plane).await),
        trial("outage::a_certificate_is_swapped_under_load", async |plane| swapped(&plane).await),
        trial("outage::an_api_server_that_does_not_answer_excuses", async |plane| black_hole(&plane).await),
    ]
}

/// How often the API server went on without an answer of this Seawall.
async fn unanswered(plane: &Plane, seawall: &Seawall) -> Result<u64> {
    let metrics = plane.metrics().await?;
    let names = ["mutate", "validate"].map(|verb| format!("name=\"{}\"", seawall.webhook_name(verb)));
    let of_us = |line: &&str| {
        line.starts_with("apiserver_admission_webhook_fail_open_count") && names.iter().any(|name| line.contains(name))
    };
    Ok(metrics.lines().filter(of_us).filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
}

async fn apply(namespace: &Namespace, object: &Value) -> Result<crate::plane::kubectl::Output> {
    namespace.kubectl_with(&["apply", "-f", "-"], &object.to_string()).await
}

fn limit(object: &Value) -> &Value {
    &object["spec"]["template"]["spec"]["containers"][0]["resources"]["limits"]["memory"]
}

async fn killed(plane: &Arc<Plane>) -> Result<()> {
    let mut seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("outage").await?;
    let set = |name: &str| database(MYSQL, Shape::StatefulSet, name);
    apply(&namespace, &set("first")).await?.succeeded()?;
    let first = object(&namespace, "StatefulSet", "first").await?;
    ensure!(limit(&first) == "4Gi" && unanswered(plane, &seawall).await? == 0);

    seawall.kill();
    apply(&namespace, &set("first")).await?.succeeded()?;
    namespace.kubectl(&["rollout", "restart", "statefulset/first"]).await?.succeeded()?;
    namespace.kubectl(&["scale", "statefulset/first", "--replicas=2"]).await?.succeeded()?;
    apply(&namespace, &fragile(plaintext(set("unsafe")))).await?.succeeded()?;
    let pods = namespace.api::<Pod>();
    let before = pods.list(&ListParams::default()).await?.items;
    pods.delete_collection(&DeleteParams::default().grace_period(0), &ListParams::default()).await?;
    wait_until(&pods, &ListParams::default(), "the Pods to be made again", |seen| {
        let is_new = |pod: &&Pod| !before.iter().any(|old| old.metadata.uid == pod.metadata.uid);
        (seen.values().filter(is_new).count() >= 2).then_some(())
    })
    .await?;
    let during = object(&namespace, "StatefulSet", "first").await?;
    ensure!(limit(&during) == "4Gi", "an apply without Seawall took its mends away");
    let missed = unanswered(plane, &seawall).await?;
    ensure!(missed >= 6, "Seawall was away, and the API server missed only {missed} answers");

    seawall.run().await?;
    let refused = apply(&namespace, &fragile(set("second"))).await?.failed()?;
    ensure!(refused.contains("can corrupt its data in a crash"), "{refused}");
    apply(&namespace, &set("third")).await?.succeeded()?;
    ensure!(limit(&object(&namespace, "StatefulSet", "third").await?) == "4Gi", "nothing is mended any more");
    // What was made in the meantime is what it is; it goes on, with a word to who changes it.
    let label = namespace.kubectl(&["label", "statefulset/unsafe", "team=storage"]).await?;
    ensure!(label.ok && !label.stderr.contains("Warning: "), "{}", label.stderr);
    let restart = namespace.kubectl(&["rollout", "restart", "statefulset/unsafe"]).await?;
    ensure!(restart.ok && restart.stderr.contains("can corrupt its data in a crash"), "{}", restart.stderr);
    ensure!(unanswered(plane, &seawall).await? == missed, "calls fail after the restart");
    seawall.stop().await
}

/// Applies per burst.
const AT_ONCE: usize = 4;

async fn swapped(plane: &Arc<Plane>) -> Result<()> {
    let mut options = stage::seawall(plane, "production", Some(EVERYTHING))?;
    options.door = true;
    let seawall = Seawall::start(plane, options).await?;
    let door = seawall.door.as_ref().context("no door")?;
    let namespace = seawall.namespace("swap").await?;

    let reloads = async || seawall.count("certificate_reloads", "result=\"ok\"").await;
    let (mut applies, mut bursts_since, mut begun) = (0, 0, false);
    // Applies before the swap, while the files are new and the certificate is not, and after it.
    while applies < 200 || door.passed() * 2 < applies || bursts_since < 10 {
        if applies >= 80 && !begun {
            plane.renew(seawall.tls())?;
            begun = true;
        }
        door.hang_up().await;
        for _ in 0..2 {
            burst(&namespace, applies).await?;
            applies += AT_ONCE;
        }
        bursts_since += usize::from(begun && reloads().await? > 0);
    }
    let new = certificates::read(&seawall.tls().certificate)?;
    ensure!(seawall.shown_certificate().await? == new.as_ref(), "the old certificate is still served");
    let missed = unanswered(plane, &seawall).await?;
    ensure!(missed == 0, "of {applies} applies {missed} calls failed");
    let calls = seawall.count("requests", "kind=\"Deployment\"").await?;
    ensure!(calls >= 2 * applies as u64, "of {applies} applies Seawall saw {calls} calls");
    seawall.stop().await
}

/// Several server-side applies at the same time, each a change of its own object.
async fn burst(namespace: &Namespace, number: usize) -> Result<()> {
    try_join_all((0..AT_ONCE).map(|lane| renumber(namespace, lane, number))).await.context("an apply failed")?;
    Ok(())
}

async fn black_hole(plane: &Arc<Plane>) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await.context("no black hole")?;
    let port = listener.local_addr()?.port();
    let hole = tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
        }
    });
    let mut options = stage::seawall(plane, "production", Some(EVERYTHING))?;
    options.kubeconfig = Some(plane.kubeconfig_for(&format!("https://127.0.0.1:{port}"), "seawall")?);
    let seawall = Seawall::start(plane, options).await?;
    let namespace = seawall.namespace("hole").await?;

    // Whether it continues something, nobody says: a warning, and no mends.
    let begin = Instant::now();
    let unsure = apply(&namespace, &fragile(plaintext(database(MYSQL, Shape::StatefulSet, "unsure")))).await?;
    let took = begin.elapsed();
    ensure!(
        unsure.ok && unsure.stderr.contains("Warning: container \"mysql\" can corrupt its data in a crash"),
        "{}",
        unsure.stderr
    );
    ensure!(took < Duration::from_secs(7), "it took {took:?}");
    let stored = object(&namespace, "StatefulSet", "unsure").await?;
    ensure!(limit(&stored).is_null(), "something was written although nobody knows whether it is new");

    // Nothing that could be asked would excuse a Pod without claims.
    let mut bare = fragile(plaintext(database(MYSQL, Shape::Pod, "bare")));
    bare["spec"]["volumes"] = json!([{"name": "data", "emptyDir": {}}]);
    let refused = apply(&namespace, &bare).await?.failed()?;
    ensure!(refused.contains("can corrupt its data in a crash"), "{refused}");
    // And what needs no question is not held up.
    apply(&namespace, &claim("plain")).await?.succeeded()?;

    let unknown = seawall.count("fact_lookups", "result=\"unknown\"").await?;
    ensure!(unknown > 0 && seawall.count("fact_lookups", "result=\"found\"").await? == 0);
    // After some more of these it is not asked but now and then, and nobody waits.
    let new = serde_json::from_value::<StatefulSet>(database(MYSQL, Shape::StatefulSet, "new"))?;
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    let applied = async || -> Result<Duration> {
        let begin = Instant::now();
        namespace.api().create(&dry_run, &new).await?;
        Ok(begin.elapsed())
    };
    let mut slow = 0;
    while !seawall.scrape().await?.contains("seawall_fact_lookup_breaker_open 1\n") {
        ensure!(slow < 10, "it goes on asking");
        applied().await?;
        slow += 1;
    }
    let [first, second] = [applied().await?, applied().await?];
    ensure!(first.min(second) < Duration::from_secs(1), "{first:?} and {second:?}, where nobody is asked");
    let verbose = http_get(seawall.metrics, "/readyz?verbose").await?.1;
    ensure!(verbose.contains("[ ]look-ups: not answered 10 times in a row; the next is tried in "), "{verbose}");

    let missed = unanswered(plane, &seawall).await?;
    ensure!(missed == 0, "{missed} calls were not answered in time");
    hole.abort();
    seawall.stop().await
}
