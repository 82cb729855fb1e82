//! `seawall engines`: which databases are known, and what is known about one.

use std::process::ExitCode;

/// List the database engines that are known, or show one
#[derive(Debug, clap::Args)]
#[command(after_help = examples!["seawall engines" "seawall engines postgres"])]
pub(crate) struct Args {
    /// The engine to show
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,
}

/// Prints the list, or everything about one engine.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`seawall engines` is not part of this build yet")
}
