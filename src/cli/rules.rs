//! `seawall rules`: the list of the rules.

use std::process::ExitCode;

use super::output::Format;

/// List the rules
#[derive(Debug, clap::Args)]
#[command(after_help = examples!["seawall rules" "seawall rules -o json | jq -r .[].name"])]
pub(crate) struct Args {
    /// How to write the list
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,
}

/// Prints one line, or one object, for each rule.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`seawall rules` is not part of this build yet")
}
