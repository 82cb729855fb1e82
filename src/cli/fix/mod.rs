//! `seawall fix`: write into manifests what a commit can use.

mod grounds;
mod job;
mod plan;
mod secret;
mod show;
mod store;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::builder::PossibleValuesParser;

use super::output::{self, Out, helped};
use super::report;
use super::values::{self, Judging};
use crate::rules;
use plan::Plan;
use show::Done;

/// Correct manifests, for a commit
///
/// Shows as a diff, and with --write writes, what is certain to be right: what the cluster would write into a new
/// database, references to a Secret in the place of passwords, and corrections that move no data. Comments, order and
/// style stay. Values that may be secrets are masked, so that the diff is one to read. For each Secret that manifests now
/// refer to and that is not among them, a manifest is made, without any value. What is left for you is listed.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall fix deploy/"
    "seawall fix --write --config settings.yaml deploy/mysql.yaml"
    "seawall fix --rule plaintext-credentials --rule missing-requests deploy/"
])]
pub(crate) struct Args {
    /// Files or folders of manifests, `-` for standard input
    #[arg(value_name = "PATH", required = true)]
    pub(crate) paths: Vec<PathBuf>,

    /// Change the files, and write the manifests of Secrets beside them
    #[arg(long)]
    pub(crate) write: bool,

    /// Correct only what this rule finds; may be given several times
    #[arg(
        long = "rule",
        value_name = "RULE",
        value_parser = PossibleValuesParser::new(rules::names()),
        hide_possible_values = true
    )]
    pub(crate) rules: Vec<String>,

    #[command(flatten)]
    pub(crate) judging: Judging,
}

/// Shows what would be corrected, or corrects it.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    if args.write && args.paths.iter().any(|path| path.as_os_str() == "-") {
        let error = anyhow::anyhow!("standard input cannot be written");
        return Err(helped(error, "leave --write out to see the diff, or name the file"));
    }
    let catalogue = args.judging.catalogue()?;
    let policies = args.judging.policies(&catalogue)?;
    let mut sources = plan::read(&args.paths);
    let minor = Some(u32::from(args.judging.kubernetes_version.minor));
    let judging =
        plan::Judging { catalogue: &catalogue, policies: &policies, only: &args.rules, minor, now: values::now() };
    let plan = Plan::of(&mut sources, &judging);
    let mut done = Done::default();
    if args.write {
        done = store::all(&sources, &plan);
    }
    let mut out = Out::new();
    if !args.write {
        show::diffs(&mut out, &sources, &plan)?;
    }
    show::words(&mut out, &sources, &plan, &done, args.write)?;
    out.finish()?;
    report::errors(&sources.errors)?;
    report::errors(&done.failed)?;
    Ok(output::status(sources.errors.is_empty() && done.failed.is_empty(), plan.is_denied()))
}
