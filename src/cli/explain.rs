//! `seawall explain`: the documentation of one rule.

use std::process::ExitCode;

/// Explain a rule: why it exists, what it finds, what to write instead
#[derive(Debug, clap::Args)]
#[command(after_help = examples!["seawall explain plaintext-credentials"])]
pub(crate) struct Args {
    /// The rule's name, as findings and `seawall rules` say it
    #[arg(value_name = "RULE")]
    pub(crate) rule: String,
}

/// Prints the rule's documentation.
pub(crate) fn run(_args: Args) -> anyhow::Result<ExitCode> {
    anyhow::bail!("`seawall explain` is not part of this build yet")
}
