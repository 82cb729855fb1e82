//! `seawall inspect`: what a container is taken for, and why.

use std::path::PathBuf;
use std::process::ExitCode;

/// Show what each container is taken for, and the evidence for and against
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall inspect mysql.yaml"
    "kubectl get statefulset,deployment -o yaml | seawall inspect -"
])]
pub(crate) struct Args {
    /// Files or folders of manifests, `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,
}

/// Prints the evidence for every container.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`seawall inspect` is not part of this build yet")
}
