//! The command line: one file per sub-command, each with its arguments and what it does.

use std::{process::ExitCode, sync::LazyLock};

use clap::{CommandFactory, Parser, Subcommand};

use crate::terms;

/// The examples under a sub-command's help, headed as clap heads the other sections.
macro_rules! examples {
    ($($line:literal)+) => { concat!("\x1b[1m\x1b[4mExamples:\x1b[0m\n", $("  ", $line, "\n"),+) };
}

mod certs;
mod check;
mod completions;
pub mod docs;
mod engines;
mod exemptions;
mod explain;
mod fix;
mod following;
mod guards;
mod inspect;
pub(crate) mod logging;
mod namespaces;
mod outcome;
pub(crate) mod output;
mod policy;
mod protect;
mod report;
mod rules;
mod scan;
mod serve;
mod sheet;
pub(crate) mod values;
mod verify_install;
mod webhooks;
mod words;

const EXIT_STATUS: &str = "\x1b[1m\x1b[4mExit status:\x1b[0m
  0  done, and nothing is denied
  1  something is denied
  2  something could not be done or read";

/// What `--version` says.
static BUILD: LazyLock<String> = LazyLock::new(terms::build);

/// Guards databases in Kubernetes: mends careless specs, refuses unsafe ones.
#[derive(Debug, Parser)]
#[command(name = "seawall", version = BUILD.as_str(), max_term_width = 100, after_help = EXIT_STATUS)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Serve(Box<serve::Args>),
    Check(check::Args),
    Fix(fix::Args),
    Scan(scan::Args),
    Policy(policy::Args),
    Exemptions(exemptions::Args),
    Inspect(inspect::Args),
    Explain(explain::Args),
    Rules(rules::Args),
    Engines(engines::Args),
    Certs(certs::Args),
    Webhooks(webhooks::Args),
    Guards(guards::Args),
    Protect(protect::Args),
    VerifyInstall(verify_install::Args),
    Completions(completions::Args),
}

/// Runs the program with the arguments of this process.
#[must_use]
pub fn run() -> ExitCode {
    let done = match Cli::try_parse() {
        Ok(Cli { command }) => match command {
            Command::Serve(args) => serve::run(*args),
            Command::Check(args) => check::run(args),
            Command::Fix(args) => fix::run(args),
            Command::Scan(args) => scan::run(args),
            Command::Policy(args) => policy::run(args),
            Command::Exemptions(args) => exemptions::run(args),
            Command::Inspect(args) => inspect::run(args),
            Command::Explain(args) => explain::run(args),
            Command::Rules(args) => rules::run(args),
            Command::Engines(args) => engines::run(args),
            Command::Certs(args) => certs::run(args),
            Command::Webhooks(args) => webhooks::run(args),
            Command::Guards(args) => guards::run(args),
            Command::Protect(args) => protect::run(args),
            Command::VerifyInstall(args) => verify_install::run(args),
            Command::Completions(args) => completions::run(args, Cli::command()),
        },
        Err(usage) => return output::usage(&usage),
    };
    done.unwrap_or_else(|error| output::failed(&error))
}

#[cfg(test)]
mod tests;
