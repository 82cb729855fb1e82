//! How long a scan of many workloads takes, and how much memory. `make scale-scan` runs it with the program as it is installed.

use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use futures::StreamExt as _;
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, ListParams, PostParams};
use libtest_mimic::Trial;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::databases::{ENGINES, Shape, database, plaintext};
use crate::plane::{Namespace, Plane};
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

/// Creates many, some at once.
async fn create<'n, K>(
    count: usize,
    namespace: impl Fn(usize) -> &'n Namespace,
    object: impl Fn(usize) -> Value,
) -> Result<()>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + serde::Serialize
        + DeserializeOwned,
    K::DynamicType: Default,
{
    let made = (0..count).map(|number| {
        let (api, object) = (namespace(number).api::<K>(), serde_json::from_value::<K>(object(number)));
        async move { anyhow::Ok(api.create(&PostParams::default(), &object?).await.map(|_| ())?) }
    });
    let mut made = futures::stream::iter(made).buffer_unordered(16);
    while let Some(one) = made.next().await {
        one?;
    }
    Ok(())
}

fn web(name: &str) -> Value {
    let labels = json!({"app": name, "app.kubernetes.io/name": "web"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{
                "name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 8080}],
                "env": [{"name": "DATABASE_HOST", "value": "ledger"}],
                "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            }]}},
        },
    })
}

/// Runs it: seconds, the most memory in KiB, what it printed.
fn run(kubeconfig: &std::path::Path, arguments: &[&str]) -> Result<(f64, u64, String)> {
    let binary = std::env::var_os("SEAWALL_BINARY").map_or_else(|| env!("CARGO_BIN_EXE_seawall").into(), PathBuf::from);
    let file = tempfile::NamedTempFile::new()?;
    let begin = Instant::now();
    let mut child = Command::new(binary)
        .args(["scan", "--kubeconfig"])
        .arg(kubeconfig)
        .args(arguments)
        .env_clear()
        .stdin(Stdio::null())
        .stdout(file.reopen()?)
        .stderr(Stdio::inherit())
        .spawn()
        .context("failed to start seawall")?;
    let status = format!("/proc/{}/status", child.id());
    let mut most = 0;
    // The kernel keeps the highest mark, and forgets it with the process.
    while child.try_wait()?.is_none() {
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let mark = text.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = mark.unwrap_or(0).max(most);
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok((begin.elapsed().as_secs_f64(), most, std::fs::read_to_string(file.path())?))
}
