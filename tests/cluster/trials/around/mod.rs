//! What stands around a database is said when the database is applied, as kubectl prints it; without it, and without the right to look,
//! nothing is said.

mod cases;
mod costs;
mod storage;

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::databases::list;
use crate::plane::seawall::{Options, Seawall};
use crate::plane::watch::DEADLINE;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, trial};
use cases::{Case, Where};

pub fn trials() -> Vec<Trial> {
    let mut all = costs::trials();
    all.push(trial("around::what_stands_around_a_database_is_said_at_the_database", async |plane| said(&plane).await));
    all
}

/// What comes of a dry run in which as many questions as that had no answer. On a busy machine more of them come too late, and nothing is
/// said of what they were about: then it is tried again.
async fn answered(seawall: &Seawall, namespace: &Namespace, database: &Value, unknown: u64) -> Result<Vec<String>> {
    let begin = Instant::now();
    loop {
        let missed = async || seawall.count("fact_lookups", "result=\"unknown\"").await;
        let before = missed().await?;
        let (let_through, found) = warnings(namespace, database).await?;
        let more = missed().await? - before;
        if more == unknown {
            return Ok(if let_through { found } else { Vec::new() });
        }
        ensure!(begin.elapsed() < DEADLINE, "{more} questions are not answered, again and again");
    }
}

/// The warnings that kubectl prints for a dry run.
async fn warnings(namespace: &Namespace, database: &Value) -> Result<(bool, Vec<String>)> {
    let output = namespace.kubectl_with(&["create", "--dry-run=server", "-f", "-"], &database.to_string()).await?;
    let warnings = output.stderr.lines().filter_map(|line| line.strip_prefix("Warning: "));
    Ok((output.ok, warnings.map(str::to_owned).collect()))
}

/// A namespace, with or without what stands around the databases.
async fn prepared(seawall: &Seawall, plane: &Plane, name: &str, cases: &[Case], with: bool) -> Result<Namespace> {
    let namespace = plane.namespace(name).await?;
    let around: Vec<_> = cases.iter().flat_map(|case| case.around.clone()).collect();
    if with && !around.is_empty() {
        namespace.apply(&list(&around)).await?;
    }
    seawall.guard(&namespace).await?;
    Ok(namespace)
}

async fn said(plane: &Arc<Plane>) -> Result<()> {
    plane.kubectl_with(&["apply", "-f", "-"], &list(&storage::of_the_cluster())).await?.succeeded()?;
    let kind = ["wait", "--for=condition=Established", "crd/verticalpodautoscalers.autoscaling.k8s.io"];
    plane.kubectl(&kind).await?.succeeded()?;
    let cases = cases::all();
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", None)?).await?;
    let with = prepared(&seawall, plane, "around-with", &cases, true).await?;
    let without = prepared(&seawall, plane, "around-without", &cases, false).await?;
    let blind = Options {
        kubeconfig: Some(plane.kubeconfig("nobody-lets-me-look", None)?),
        ..stage::seawall(plane, "production", None)?
    };
    let blind = Seawall::start(plane, blind).await?;
    let unseen = prepared(&blind, plane, "around-unseen", &cases, true).await?;
    let bare = prepared(&blind, plane, "around-unseen-bare", &cases, false).await?;
    for case in &cases {
        let (there, elsewhere, dark) = match case.said {
            Where::With => (&with, &without, &unseen),
            Where::Without => (&without, &with, &bare),
        };
        let has = |warnings: &[String]| warnings.iter().any(|warning| warning == case.warning);
        let found = answered(&seawall, there, &case.database, 0).await?;
        ensure!(has(&found), "{}: expected {:?}, found {found:#?}", case.about, case.warning);
        let otherwise = case.otherwise.as_ref().unwrap_or(&case.database);
        let found = answered(&seawall, elsewhere, otherwise, 0).await?;
        ensure!(!has(&found), "{}: it is said although it is not so: {found:#?}", case.about);
        let (_, found) = warnings(dark, &case.database).await?;
        ensure!(!has(&found), "{}: it is said although nobody could look: {found:#?}", case.about);
    }
    let counted = seawall.scrape().await?;
    ensure!(counted.contains("question=\"snapshots\"") && counted.contains("question=\"backup-jobs\""), "{counted}");
    plane.kubectl_with(&["delete", "--wait=false", "-f", "-"], &list(&storage::of_the_cluster())).await?.succeeded()?;
    blind.stop().await?;
    seawall.stop().await
}
