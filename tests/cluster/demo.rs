//! `make demo`: a real control plane, Seawall registered with it, every example applied,
//! and a transcript of what was refused, what was changed and why.
//!
//! The transcript goes to stdout, progress to stderr. Whatever was started is stopped at
//! the end, on Ctrl-C and on a failure, and no kubeconfig but its own is read.
#![allow(
    clippy::disallowed_methods,
    reason = "a program that is run by hand or in CI reads its environment, and watches processes"
)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    clippy::print_stderr,
    missing_docs,
    reason = "tests"
)]
#![allow(unreachable_pub, reason = "`pub` says what a module offers to the others; a program has no outside")]
#![allow(dead_code, reason = "the tests use the parts of the stage that the demo does not")]

mod changes;
#[path = "demo/documents.rs"]
mod documents;
#[path = "demo/followers.rs"]
mod followers;
mod plane;
#[path = "demo/story.rs"]
mod story;
#[path = "demo/transcript.rs"]
mod transcript;
#[path = "demo/walk.rs"]
mod walk;

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use tokio::signal::unix::{SignalKind, signal};

use plane::Plane;
use plane::seawall::{Options, Reach, Seawall, Tls};
use plane::webhooks::{NAMESPACE, SERVICE};
use transcript::Tally;
use walk::Walk;

/// Apply the examples to a real control plane that Seawall guards.
#[derive(Parser)]
struct Arguments {
    /// The seawall program
    #[arg(long, default_value = "target/release/seawall")]
    seawall: PathBuf,
    /// The manifests; settings.yaml, mistakes/ and policies/ in it are not applied
    #[arg(long, default_value = "examples")]
    examples: PathBuf,
    /// Where the development certificates are, or go
    #[arg(long, default_value = "certs/local")]
    certs: PathBuf,
    /// Seawall's profile
    #[arg(long, default_value = "production")]
    profile: String,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    // Dropping the demo's future drops the plane, which stops what it started.
    let result = tokio::select! {
        result = run(&arguments) => result,
        status = interrupted() => {
            progress("interrupted; everything is stopped");
            return ExitCode::from(status);
        }
    };
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            progress(&format!("{error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Returns when somebody wants the demo to end, with the exit status that this has.
async fn interrupted() -> u8 {
    let (Ok(mut interrupt), Ok(mut terminate)) = (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = interrupt.recv() => 130,
        _ = terminate.recv() => 143,
    }
}

async fn run(arguments: &Arguments) -> Result<()> {
    let files = documents::read(&arguments.examples)?;

    let begin = Instant::now();
    progress("starting etcd, kube-apiserver, kube-controller-manager and kube-scheduler");
    let plane = Arc::new(Plane::start().await.context("the control plane did not start")?);
    progress(&format!("the control plane is ready after {:.1} s", begin.elapsed().as_secs_f64()));

    let settings = arguments.examples.join("settings.yaml");
    let options = options(arguments, &arguments.profile, settings.exists().then_some(settings))?;
    let seawall = Seawall::start(&plane, options).await.context("seawall did not start")?;
    progress(&format!("seawall guards it with the profile {}", arguments.profile));

    let mut tally = Tally::default();
    transcript::opening(&arguments.profile);
    let (mut folder, mut rules) = (None, BTreeSet::new());
    for file in &files {
        if folder != file.folder {
            folder = file.folder;
            transcript::folder(file.title());
        }
        let page = story::tell(&plane, &seawall, file).await.with_context(|| file.name.clone())?;
        page.print(file);
        tally += page.tally;
        rules.extend(page.rules);
    }
    transcript::rules(&rules, &known_rules(arguments)?);
    transcript::summary(&tally, files.len());
    seawall.stop().await?;
    if arguments.examples.join("policies").is_dir() {
        walked(&plane, arguments).await.context("the path of policies")?;
    }

    progress("stopping everything");
    drop(plane);
    ensure!(tally.troubles == 0, "{} documents met trouble that no rule of Seawall explains", tally.troubles);
    Ok(())
}

/// The guided path through the policies, by a Seawall that follows them in the cluster.
async fn walked(plane: &Arc<Plane>, arguments: &Arguments) -> Result<()> {
    progress("seawall is gone; the path of examples/policies begins without it");
    let walk = Walk::begin(plane, arguments).await?;
    walk.install().await?;
    let seawall = Seawall::start(plane, options(arguments, "observe", None)?).await.context("seawall did not start")?;
    walk.go_on(&seawall).await?;
    seawall.stop().await
}

/// How Seawall is run here: asked about the whole cluster.
fn options(arguments: &Arguments, profile: &str, settings: Option<PathBuf>) -> Result<Options> {
    Ok(Options {
        binary: arguments.seawall.clone(),
        profile: profile.to_owned(),
        settings,
        tls: Some(certificates(arguments)?),
        reach: Reach::Cluster,
        more: Vec::new(),
        environment: Vec::new(),
        kubeconfig: None,
        door: false,
    })
}

/// Makes the development certificates with Seawall itself, each time anew: they live as
/// long as the demo does.
fn certificates(arguments: &Arguments) -> Result<Tls> {
    let output = Command::new(&arguments.seawall)
        .args(["certs", "--service", SERVICE, "--namespace", NAMESPACE, "--out"])
        .arg(&arguments.certs)
        .output()
        .with_context(|| format!("failed to run {}", arguments.seawall.display()))?;
    ensure!(output.status.success(), "seawall certs failed: {}", String::from_utf8_lossy(&output.stderr).trim_end());
    let file = |name: &str| arguments.certs.join(name);
    Ok(Tls { ca: file("ca.crt"), certificate: file("tls.crt"), key: file("tls.key") })
}

/// One sentence about each rule, by its name, as Seawall itself tells it.
fn known_rules(arguments: &Arguments) -> Result<BTreeMap<String, String>> {
    let output = Command::new(&arguments.seawall).args(["rules", "-o", "json"]).output()?;
    let listed: Vec<serde_json::Value> =
        serde_json::from_str(&String::from_utf8_lossy(&output.stdout)).context("seawall rules prints no JSON")?;
    let text = |value: &serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    Ok(listed.iter().map(|rule| (text(&rule["name"]), text(&rule["summary"]))).collect())
}

fn progress(text: &str) {
    eprintln!("demo: {text}");
}
