//! How long a scan of many workloads takes, and how much memory. `make scale-scan` runs it with the program as it is installed.

use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams};
use libtest_mimic::Trial;

use crate::crowd::{create, web};
use crate::databases::{ENGINES, Shape, database, plaintext};
use crate::plane::Plane;
use crate::plane::process::kib;
use crate::stage;

/// Of each of two kinds: databases, and others.
const EACH: usize = 1_000;
const NAMESPACES: usize = 20;
/// What a scan of all of them may take.
const MOST_TIME: Duration = Duration::from_secs(10);
const MOST_KIB: u64 = 50 << 10;
/// How long controllers may take to make their Pods.
const PATIENCE: Duration = Duration::from_secs(180);

pub(super) fn trial() -> Trial {
    stage::trial("scan::two_thousand_workloads", async |plane| measured(&plane).await).with_ignored_flag(true)
}

async fn measured(plane: &Arc<Plane>) -> Result<()> {
    let mut namespaces = Vec::new();
    for _ in 0..NAMESPACES {
        namespaces.push(plane.namespace("scale").await?);
    }
    let begin = Instant::now();
    let each = |number: usize| &namespaces[number % NAMESPACES];
    create::<StatefulSet>(EACH, each, |number| {
        plaintext(database(ENGINES[number % ENGINES.len()], Shape::StatefulSet, &format!("db-{number}")))
    })
    .await?;
    create::<Deployment>(EACH, each, |number| web(&format!("web-{number}"))).await?;
    // What controllers make of them is read, too.
    let pods: Api<Pod> = Api::all(plane.client());
    let count = async || {
        let list = pods.list(&ListParams::default().limit(1)).await?;
        anyhow::Ok(list.items.len() + usize::try_from(list.metadata.remaining_item_count.unwrap_or(0)).unwrap_or(0))
    };
    while count().await? < 2 * EACH && begin.elapsed() < PATIENCE {
        tokio::time::sleep(Duration::from_millis(500)).await;
    }
    println!("{} workloads and {} Pods after {:.0} s", 2 * EACH, count().await?, begin.elapsed().as_secs_f64());

    let kubeconfig = plane.kubeconfig("scale", Some("system:masters"))?;
    for arguments in [&["-A", "--as-profile", "production"][..], &["-A", "-o", "json"]] {
        let (seconds, kib, out) = tokio::task::block_in_place(|| run(&kubeconfig, arguments))?;
        let (words, bytes) = (arguments.join(" "), out.len());
        println!("seawall scan {words}: {seconds:.2} s, at most {:.1} MiB, {bytes} bytes printed", kib as f64 / 1024.0);
        ensure!(out.matches("plaintext-credentials").count() >= EACH, "databases are missing");
        ensure!(seconds <= MOST_TIME.as_secs_f64(), "longer than {MOST_TIME:?}");
        ensure!(kib <= MOST_KIB, "more than {} MiB", MOST_KIB >> 10);
    }
    Ok(())
}

/// Runs it: seconds, the most memory in KiB, what it printed.
fn run(kubeconfig: &std::path::Path, arguments: &[&str]) -> Result<(f64, u64, String)> {
    let file = tempfile::NamedTempFile::new()?;
    let begin = Instant::now();
    let mut child = Command::new(stage::binary())
        .args(["scan", "--kubeconfig"])
        .arg(kubeconfig)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(file.reopen()?)
        .stderr(Stdio::inherit())
        .spawn()
        .context("failed to start seawall")?;
    let mut most = 0;
    // The kernel keeps the highest mark, and forgets it with the process.
    while child.try_wait()?.is_none() {
        most = kib(child.id(), "VmHWM").unwrap_or(0).max(most);
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok((begin.elapsed().as_secs_f64(), most, std::fs::read_to_string(file.path())?))
}
