//! The examples on a real API server: whatever the verb, the same objects are refused, and
//! they are the ones that `seawall check` names.

use std::collections::BTreeSet;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::plane::Plane;
use crate::plane::kubectl::Output;
use crate::plane::seawall::Seawall;
use crate::stage::{self, trial};

pub fn trials() -> Vec<Trial> {
    ["safe", "careless", "unsafe"]
        .into_iter()
        .map(|folder| {
            trial(&format!("examples::every_verb_gives_the_same_verdict::{folder}"), async move |plane| {
                every_verb(&plane, folder).await
            })
        })
        .collect()
}

/// Kind and name of an object.
type Named = (String, String);

async fn every_verb(plane: &Arc<Plane>, folder: &str) -> Result<()> {
    let root = env!("CARGO_MANIFEST_DIR");
    let settings = std::fs::read_to_string(format!("{root}/examples/settings.yaml")).context("no settings")?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(&settings))?).await?;
    let namespace = seawall.namespace(folder).await?;
    let folder = format!("{root}/examples/{folder}");
    let expected = checked(&folder)?;
    ensure!(expected.is_empty() != folder.ends_with("unsafe"), "`seawall check` refuses {expected:?}");

    // What is safe is silent where its namespace is well run, too.
    namespace.apply(&well_run()).await?;
    // First all that store nothing, then one after the other on what is stored.
    for verb in [
        "create --dry-run=server",
        "apply --dry-run=server",
        "apply --server-side --dry-run=server",
        "create",
        "apply",
        "apply --server-side --force-conflicts",
    ] {
        let args: Vec<&str> = verb.split(' ').chain(["-f", &folder]).collect();
        let output = namespace.kubectl(&args).await?;
        let refused = refused(&output)?;
        ensure!(refused == expected, "{verb} refuses {refused:?}, `seawall check` {expected:?}");
        if expected.is_empty() {
            ensure!(output.ok, "{verb} failed: {}", output.stderr);
        }
        if folder.ends_with("/safe") {
            let said =
                output.stderr.lines().find(|line| line.starts_with("Warning: ") && !line.contains("last-applied"));
            ensure!(said.is_none(), "{verb} is warned: {}", said.unwrap_or_default());
        }
    }
    // What was refused is not there to be replaced, and some kinds cannot be; nothing of it is Seawall's doing.
    let output = namespace.kubectl(&["replace", "-f", &folder]).await?;
    let refused = refused(&output)?;
    ensure!(refused.is_empty(), "replace refuses what is stored: {refused:?}");
    seawall.stop().await
}

/// What belongs to a namespace, not to a database: nobody comes in who was not let in.
fn well_run() -> String {
    let policy = json!({
        "apiVersion": "networking.k8s.io/v1", "kind": "NetworkPolicy", "metadata": {"name": "nobody"},
        "spec": {"podSelector": {}, "policyTypes": ["Ingress"]},
    });
    policy.to_string()
}

/// What kubectl says that Seawall refused: `... denied the request: KIND "NAME" has ...`.
fn refused(output: &Output) -> Result<BTreeSet<Named>> {
    let denials = output.stderr.split("denied the request: ").skip(1);
    denials
        .map(|denial| {
            let (kind, rest) = denial.split_once(" \"").context("a denial without a name")?;
            let (name, _) = rest.split_once('"').context("a denial without a name")?;
            Ok((kind.to_owned(), name.to_owned()))
        })
        .collect()
}

/// What `seawall check` would refuse.
fn checked(folder: &str) -> Result<BTreeSet<Named>> {
    let output = Command::new(env!("CARGO_BIN_EXE_seawall"))
        .args(["check", "-o", "json", "--config", &format!("{folder}/../settings.yaml"), folder])
        .env_clear()
        .output()
        .context("failed to run seawall")?;
    let whole: Value = serde_json::from_slice(&output.stdout).context("seawall check prints no JSON")?;
    let documents = whole["documents"].as_array().context("no documents")?;
    let is_refused = |document: &&Value| {
        document["findings"].as_array().is_some_and(|all| all.iter().any(|finding| finding["action"] == "deny"))
    };
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(documents.iter().filter(is_refused).map(|one| (text(&one["kind"]), text(&one["name"]))).collect())
}
