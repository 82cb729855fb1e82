//! The cost of asking a real API server.

use std::path::Path;

use anyhow::{Context as _, Result};

use super::{
    Arguments,
    cases::CASES,
    measured,
    plane::Plane,
    report,
    server::{Server, repository},
    wrk::Load,
};

/// The programs that a control plane needs.
const PROGRAMS: [&str; 5] = ["etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubectl"];

/// Measures the two cases that look facts up; skipped by name where the control plane was never built.
pub async fn measure(arguments: &Arguments, programs: &Path, folder: &Path, null: &Server) -> Result<()> {
    if let Some(missing) = missing_program() {
        println!("look-ups: skipped, {missing} is not built; tests/cluster/controlplane/build.sh builds it");
        return Ok(());
    }
    let plane = Plane::start().await.context("the control plane did not start")?;
    plane.ensure_namespace("shop", [].into()).await?;
    let kubeconfig = plane.kubeconfig("bench", Some("system:masters"))?;
    let kubeconfig = kubeconfig.to_str().context("the folder has a name that is no text")?;
    let seawall = Server::start(programs, folder, "seawall", &["--kubeconfig", kubeconfig])?;
    println!("with look-ups, each answered by kube-apiserver on the same machine:");
    for case in CASES.iter().filter(|case| matches!(case.name().as_str(), "patched mutate" | "denied validate")) {
        let load = Load { case: *case, connections: 1, seconds: arguments.seconds };
        report::look_ups(&load, &measured(&load, arguments.pairs, null, &seawall)?);
    }
    Ok(())
}

/// The first program that is neither among those that somebody provides nor built.
fn missing_program() -> Option<&'static str> {
    let provided = std::env::var_os("KUBEBUILDER_ASSETS").map(std::path::PathBuf::from);
    let built = repository().join("tests/cluster/controlplane/bin");
    let is_there = |name: &str| provided.iter().chain([&built]).any(|folder| folder.join(name).exists());
    PROGRAMS.into_iter().find(|name| !is_there(name))
}
