//! Law 7: with Seawall, applying the same manifest again does exactly what it does without.
//!
//! The table that `apply_matrix` records without webhooks is the measure; the manifests lack
//! everything that Seawall can give, and the settings have a number for all of it.

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;

use crate::matrix::{self, KINDS, Kind};
use crate::plane::seawall::Seawall;
use crate::stage::{self, EVERYTHING, same, trial};

pub fn trials() -> Vec<Trial> {
    KINDS
        .into_iter()
        .map(|kind| {
            trial(&format!("law7::with_seawall::{}", kind.resource()), async move |plane| {
                let options = stage::seawall(&plane, "production", Some(EVERYTHING))?;
                let seawall = Seawall::start(&plane, options).await?;
                let namespace = seawall.namespace(kind.resource()).await?;
                let table = matrix::run(&namespace, kind).await?.without_warnings();
                same("what kubectl did", &wordless(&recorded(kind)?), &wordless(&table.to_string()))?;
                // Objects that Seawall had left alone would prove nothing.
                let mended = seawall.count("requests", "outcome=\"patched\"").await?;
                ensure!(mended > 0, "seawall wrote into none of these objects");
                seawall.stop().await
            })
        })
        .collect()
}

/// The table without webhooks, as its snapshot has it, without the warnings.
fn recorded(kind: Kind) -> Result<String> {
    let name = format!("tests/cluster/matrix/without-webhooks-{}.snap", kind.resource());
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name);
    let snapshot = std::fs::read_to_string(&path).with_context(|| format!("no {}", path.display()))?;
    let (_, table) = snapshot.split_once("\n---\n").context("no snapshot")?;
    let lines = table.lines().filter(|line| !line.starts_with("    | Warning"));
    Ok(lines.map(|line| format!("{line}\n")).collect())
}

/// The table with one word for two of kubectl's. It says `configured` where it sent a patch, and it sends one, without
/// any effect, whenever a list holds an element beside the manifest's own (`$setElementOrder`), whoever put it there.
/// Whether the object changed is told by the lines after it.
fn wordless(table: &str) -> String {
    table.replace(" unchanged", " configured")
}
