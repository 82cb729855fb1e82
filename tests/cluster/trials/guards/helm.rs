//! `helm uninstall` of a release that has a database.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::Value;

use crate::guarded::{self, DELETER, labelled_claim, labelled_set, refused, silent};
use crate::plane::Plane;
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("guards::helm_uninstalls_no_data", async |plane| uninstall(&plane).await)]
}

/// Helm, built from its module unless it is there already.
fn helm() -> Result<String> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/chart/helm/build.sh");
    let built = Command::new(&script).stderr(std::process::Stdio::inherit()).output().context("no Helm")?;
    ensure!(built.status.success(), "{} failed: the reason is above", script.display());
    Ok(String::from_utf8(built.stdout)?.trim().to_owned())
}

/// A chart of these objects.
fn chart(name: &str, objects: &[Value]) -> Result<tempfile::TempDir> {
    let folder = tempfile::tempdir()?;
    std::fs::write(folder.path().join("Chart.yaml"), format!("apiVersion: v2\nname: {name}\nversion: 0.1.0\n"))?;
    std::fs::create_dir(folder.path().join("templates"))?;
    for (number, object) in objects.iter().enumerate() {
        std::fs::write(folder.path().join(format!("templates/{number}.yaml")), object.to_string())?;
    }
    Ok(folder)
}

async fn uninstall(plane: &Arc<Plane>) -> Result<()> {
    let helm = helm()?;
    let namespace = guarded::namespace(plane, "helm", true).await?;
    let user = plane.kubectl_as(DELETER, None)?;
    // What Helm keeps of a release.
    let own = ["create", "rolebinding", "helm", "--clusterrole=admin", &format!("--user={DELETER}")];
    namespace.kubectl(&own).await?.succeeded()?;
    let run = async |args: &[&str]| {
        let all = [args, &["--namespace", namespace.name()]].concat();
        user.program(Path::new(&helm), &all).await
    };
    let lost = chart("lost", &[labelled_claim("lost", "deleted"), labelled_set("gone", "Delete", "Retain")])?;
    let kept = chart("kept", &[labelled_claim("kept", "retained"), labelled_set("db", "Retain", "Retain")])?;
    for (name, folder) in [("lost", &lost), ("kept", &kept)] {
        run(&["install", name, &folder.path().display().to_string()]).await?.succeeded()?;
    }
    let refusal = run(&["uninstall", "lost", "--debug"]).await?.failed()?;
    ensure!(refusal.contains("its volume is deleted with it"), "{refusal}");
    ensure!(refusal.contains("its claims are deleted with it"), "{refusal}");
    for object in ["pvc/lost", "sts/gone"] {
        silent(namespace.kubectl(&["get", object]).await?)?;
    }
    let deleter = namespace.with_kubectl(user.clone());
    refused(deleter.kubectl(&["delete", "pvc/lost"]).await?, "claims", "holds a database")?;
    run(&["uninstall", "kept"]).await?.succeeded()?;
    ensure!(!namespace.kubectl(&["get", "sts/db"]).await?.ok, "it is still there");
    silent(namespace.kubectl(&["get", "pvc/data-db-0"]).await?)
}
