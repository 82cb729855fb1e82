//! `seawall check`: judge manifests before they reach a cluster.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use super::namespaces::Namespaces;
use super::outcome;
use super::output::{self, Format, Out};
use super::report::{self, Report};
use super::values::{self, Judging};
use crate::decision::World;
use crate::manifest;
use crate::rules;
use crate::settings::Settings;

/// Judge manifests as the cluster would, before anything reaches it
///
/// Reads files, folders and, as `-`, standard input: YAML with any number of documents, JSON, and Lists. Each object is
/// judged as it would be stored, that is after it was mended; a DatabaseExemption among them counts. In a folder, what is no Kubernetes object is passed over
/// and counted. Exits with 1 if anything is denied, with 2 if anything could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall check deploy/"
    "kustomize build overlays/live | seawall check --profile production -"
    "seawall check -o json mysql.yaml | jq .documents[].findings"
])]
pub(crate) struct Args {
    /// Files or folders of manifests, `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// How to write the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,

    #[command(flatten)]
    pub(crate) judging: Judging,
}

/// Judges everything it can read, and says what it could not read.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let catalogue = args.judging.catalogue()?;
    let policies = args.judging.policies(&catalogue)?;
    let manifests = manifest::read(&args.paths);
    let now = values::now();
    // Documents that belong together are seen together.
    let sets = manifest::sets(&manifests.objects);
    let placed = || manifests.objects.iter().zip(sets.iter().copied());
    let namespaces = Namespaces::of(placed(), &policies);
    let settings: Vec<Arc<Settings>> = placed().map(|(manifest, set)| namespaces.settings(manifest, set)).collect();
    let world = |settings| World {
        catalogue: &catalogue,
        settings,
        rules: rules::ALL,
        kubernetes_minor: Some(u32::from(args.judging.kubernetes_version.minor)),
    };
    let judged = || placed().zip(&settings).map(|((manifest, set), settings)| (manifest, set, world(settings)));
    let neighbours = outcome::neighbours(judged());
    let reports: Vec<Report> = judged().map(|(m, set, world)| Report::of(m, set, &neighbours, world, now)).collect();
    let errors = [manifests.errors.as_slice(), &namespaces.errors].concat();
    let mut out = Out::new();
    match args.output {
        Format::Json => report::json(&mut out, &reports, &errors)?,
        Format::Text => report::text(&mut out, &reports, policies.always().profile())?,
    }
    out.finish()?;
    if args.output == Format::Text {
        report::errors(&errors)?;
    }
    Ok(output::status(errors.is_empty(), reports.iter().any(Report::is_denied)))
}
