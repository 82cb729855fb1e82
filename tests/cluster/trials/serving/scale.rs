//! A large cluster needs no more of Seawall than a small one. `make scale` makes 10,000 claims, 2,000 workloads, 500 namespaces.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::crowd::{create, web};
use crate::databases::{ENGINES, Shape, claim, database};
use crate::plane::process::kib;
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, lone_trial_within, trial};
use crate::stream::Stream;

/// How much there is.
struct Size {
    namespaces: usize,
    claims: usize,
    workloads: usize,
}

const LONG: Size = Size { namespaces: 500, claims: 10_000, workloads: 2_000 };
const LIMIT: Duration = Duration::from_secs(1_800);
const SHORT: Size = Size { namespaces: 12, claims: 240, workloads: 48 };
/// Namespaces that are made at the same time.
const AT_ONCE: usize = 8;
/// Applies after which memory is looked at.
const APPLIES: usize = 300;
/// By how much memory may differ; two runs over the same cluster differ by as much.
const MOST_DIFFERENCE_KIB: u64 = 4 << 10;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("serving::memory_does_not_know_the_cluster", async |plane| scale(&plane, &SHORT).await),
        lone_trial_within(LIMIT, "serving::ten_thousand_claims", async |plane| scale(&plane, &LONG).await)
            .with_ignored_flag(true),
    ]
}

async fn scale(plane: &Arc<Plane>, size: &Size) -> Result<()> {
    let before = needed(plane).await?;
    let begin = Instant::now();
    let made = (0..size.namespaces).map(|_| plane.namespace("crowd"));
    let namespaces: Vec<Namespace> = stream::iter(made).buffer_unordered(AT_ONCE).try_collect().await?;
    let of = |number: usize| &namespaces[number % namespaces.len()];
    create::<PersistentVolumeClaim>(size.claims, of, |number| claim(&format!("data-{number}"))).await?;
    create::<StatefulSet>(size.workloads / 2, of, |number| {
        asleep(database(ENGINES[number % ENGINES.len()], Shape::StatefulSet, &format!("db-{number}")))
    })
    .await?;
    create::<Deployment>(size.workloads / 2, of, |number| asleep(web(&format!("web-{number}")))).await?;
    eprintln!(
        "scale: {} claims, {} workloads, {} namespaces after {:.0} s",
        size.claims,
        size.workloads,
        size.namespaces,
        begin.elapsed().as_secs_f64()
    );
    let after = needed(plane).await?;
    eprintln!("scale: {:.1} MiB before, {:.1} MiB after", before as f64 / 1024.0, after as f64 / 1024.0);
    ensure!(after <= before + MOST_DIFFERENCE_KIB, "from {before} to {after} KiB");
    Ok(())
}

/// Nothing of it is to run.
fn asleep(mut workload: Value) -> Value {
    workload["spec"]["replicas"] = json!(0);
    workload
}

/// The memory, in KiB, of a Seawall that was asked for a while.
async fn needed(plane: &Arc<Plane>) -> Result<u64> {
    let mut options = stage::seawall(plane, "production", Some(stage::EVERYTHING))?;
    options.binary = stage::binary();
    let seawall = Seawall::start(plane, options).await?;
    let namespace = seawall.namespace("scale").await?;
    let stream = Stream::begin(&namespace);
    stream.progress(APPLIES).await?;
    let needed = kib(seawall.id().context("it does not run")?, "VmRSS").context("it has ended")?;
    drop(stream);
    seawall.stop().await?;
    Ok(needed)
}
