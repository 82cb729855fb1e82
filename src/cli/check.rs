//! `seawall check`: judge manifests before they reach a cluster.

use std::path::PathBuf;
use std::process::ExitCode;

use super::output::Format;
use super::values::Judging;

/// Judge manifests as the cluster would, before anything reaches it
///
/// Reads files, folders and, as `-`, standard input: YAML with any number of documents, JSON, and Lists. Each object is
/// judged as it would be stored, that is after it was mended. Exits with 1 if anything is denied, with 2 if anything
/// could not be read.
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
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`seawall check` is not part of this build yet")
}
