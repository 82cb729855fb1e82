//! `seawall completions`: a script that completes the command line in a shell.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use clap_complete::Shell;

use super::output::Out;

/// Print a completion script for a shell
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall completions bash > ~/.local/share/bash-completion/completions/seawall"
    "seawall completions zsh > ~/.zfunc/_seawall"
    "seawall completions fish > ~/.config/fish/completions/seawall.fish"
])]
pub(crate) struct Args {
    /// The shell
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

/// Prints the script for this command line.
pub(crate) fn run(args: Args, mut command: clap::Command) -> anyhow::Result<ExitCode> {
    // Into memory first: the generator panics when it cannot write.
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "seawall", &mut script);
    let mut out = Out::new();
    out.write_all(&script).and_then(|()| out.finish()).context("failed to write the script")?;
    Ok(ExitCode::SUCCESS)
}
