//! `seawall inspect`: what a container is taken for, and why.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::output::{self, FAINT, Out, STRONG, printable};
use super::report;
use super::values::catalogue;
use crate::engines::{Catalogue, LookAlike};
use crate::manifest::{self, Manifest};
use crate::view::{Case, DataPlace, Database, Detected, Subject, Verdict, VolumeKind};

/// Show what each container is taken for, and the evidence for and against
///
/// Each sign adds to the score of an engine, or takes from it; the engine with the highest score from 5 on is meant. The program that
/// runs weighs most. Objects that make no Pods are passed over.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall inspect mysql.yaml"
    "kubectl get statefulset,deployment -o yaml | seawall inspect -"
])]
pub(crate) struct Args {
    /// Files or folders of manifests, `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Add the engines described in this folder, or override known ones
    #[arg(long, value_name = "DIR", env = "SEAWALL_ENGINES", hide_env_values = true)]
    pub(crate) engines: Option<PathBuf>,
}

/// Prints the evidence for every container.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let catalogue = catalogue(args.engines.as_deref())?;
    let manifests = manifest::read(&args.paths);
    let mut out = Out::new();
    let mut any = false;
    for manifest in manifests.objects.iter().filter(|manifest| manifest.passed_over.is_none()) {
        let object = manifest.object();
        if let Subject::Workload(case) = Subject::of(object.get("kind").text(), object, &catalogue) {
            if any {
                writeln!(out)?;
            }
            any = true;
            inspect(&mut out, manifest, &case, &catalogue)?;
        }
    }
    if !any && manifests.errors.is_empty() {
        writeln!(out, "nothing here makes Pods")?;
    }
    out.finish()?;
    report::errors(&manifests.errors)?;
    Ok(if manifests.errors.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(output::FAILED) })
}

fn inspect(out: &mut Out, manifest: &Manifest, case: &Case<'_>, catalogue: &Catalogue) -> io::Result<()> {
    let line = manifest.object().line().map_or_else(String::new, |line| format!(":{line}"));
    let (kind, name) = (case.workload.kind.as_str(), case.workload.name());
    let file = printable(&manifest.file);
    writeln!(out, "{STRONG}{kind} {}{STRONG:#}  {FAINT}{file}{line}{FAINT:#}", printable(name))?;
    for detected in &case.detected {
        container(out, case, detected, catalogue)?;
    }
    for init in case.workload.pod().init() {
        writeln!(out, "  {STRONG}{}{STRONG:#}: an init container, which is no server", printable(init.name()))?;
    }
    Ok(())
}

fn container(out: &mut Out, case: &Case<'_>, detected: &Detected<'_>, catalogue: &Catalogue) -> io::Result<()> {
    let name = detected.container.name();
    writeln!(out, "  {STRONG}{}{STRONG:#}: {}", printable(name), printable(&taken_for(detected, catalogue)))?;
    if let Some(database) = case.databases.iter().find(|d| d.name() == name && d.role.is_server()) {
        writeln!(out, "      data: {}", printable(&data(database)))?;
    }
    for evidence in detected.evidence(case.workload, catalogue) {
        writeln!(out, "      {:+3} {}: {}", evidence.weight, evidence.engine, printable(&evidence.what))?;
    }
    Ok(())
}

/// What it is, in one line.
fn taken_for(detected: &Detected<'_>, catalogue: &Catalogue) -> String {
    match detected.verdict {
        Verdict::Unknown => "nothing that Seawall knows".to_owned(),
        Verdict::LookAlike(kind) => format!("no database: {}", look_alike(kind)),
        Verdict::Engine(at, role) => {
            let Some(engine) = catalogue.engines().get(at) else { return String::new() };
            let version = match &detected.version {
                Some(version) => format!("version {version}"),
                None => "version unknown".to_owned(),
            };
            let packaging = match detected.packagings.len() {
                0 | 1 => format!("packaging {}", engine.variant),
                n => format!("packaging one of {n}"),
            };
            if engine.is_database() {
                format!("{} {role}, {version}, {packaging}", engine.title)
            } else {
                format!("{}, {version}: keeps state and is no database, so it is not judged as one", engine.title)
            }
        }
    }
}

const fn look_alike(kind: LookAlike) -> &'static str {
    match kind {
        LookAlike::Exporter => "it reads figures off one",
        LookAlike::Router => "it passes queries on to one",
        LookAlike::Client => "it talks to one",
        LookAlike::Operator => "it makes them",
        LookAlike::Other => "it only has the name of one in its own",
    }
}

/// Where its files go, in one line.
fn data(database: &Database<'_>) -> String {
    match &database.data {
        DataPlace::On { directory, mount, volume } => {
            let behind = match volume.kind {
                VolumeKind::ClaimTemplate => "a claim for each Pod".to_owned(),
                VolumeKind::Claim(name) => format!("claim {name:?}"),
                VolumeKind::EmptyDir => "emptyDir, which goes with the Pod".to_owned(),
                VolumeKind::Ephemeral => "a claim that goes with the Pod".to_owned(),
                VolumeKind::HostPath => "a folder of the node".to_owned(),
                VolumeKind::Content => "read-only content".to_owned(),
                VolumeKind::Other(field) => field.to_owned(),
                VolumeKind::Unknown => "a volume that the spec does not show".to_owned(),
            };
            format!("{directory}, on {behind} mounted at {}", mount.get("mountPath").text())
        }
        DataPlace::Beside { directory, mount, why } => {
            format!("{directory}, in the container: the volume at {} {why}", mount.get("mountPath").text())
        }
        DataPlace::Nowhere { directory } => format!("{directory}, in the container: nothing is mounted there"),
        DataPlace::Unknown => "the spec does not say where".to_owned(),
    }
}
