//! `seawall rules`: the list of the rules.

use std::io::{self, Write};
use std::process::ExitCode;

use serde::Serialize;

use super::output::{FAINT, Format, Out, STRONG};
use super::words;
use crate::rules::ALL;
use crate::terms::{Action, Profile, Tier};

/// List the rules
///
/// Each with its tier, whether it mends, and what it finds. `seawall explain RULE` says more.
#[derive(Debug, clap::Args)]
#[command(after_help = examples!["seawall rules" "seawall rules -o json | jq -r .[].name"])]
pub(crate) struct Args {
    /// How to write the list
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,
}

/// One rule, for programs.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    name: &'static str,
    tier: Tier,
    since: &'static str,
    summary: String,
    mends: bool,
    spares_ephemeral: bool,
    actions: Actions,
}

/// What a finding of the rule does, profile by profile.
#[derive(Serialize)]
struct Actions {
    observe: Action,
    advise: Action,
    baseline: Action,
    production: Action,
}

/// Prints one line, or one object, for each rule.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = Out::new();
    match args.output {
        Format::Text => text(&mut out)?,
        Format::Json => {
            serde_json::to_writer_pretty(&mut out, &list()).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn list() -> Vec<Listed> {
    ALL.iter()
        .map(|rule| Listed {
            name: rule.name,
            tier: rule.tier,
            since: rule.since,
            summary: rule.documentation().summary,
            mends: rule.mutate.is_some(),
            spares_ephemeral: rule.spares_ephemeral,
            actions: Actions {
                observe: Profile::Observe.action(rule.tier),
                advise: Profile::Advise.action(rule.tier),
                baseline: Profile::Baseline.action(rule.tier),
                production: Profile::Production.action(rule.tier),
            },
        })
        .collect()
}

/// By tier, the worst first.
fn text(out: &mut Out) -> io::Result<()> {
    let width = ALL.iter().map(|rule| rule.name.len()).max().unwrap_or(0);
    for tier in Tier::ALL {
        let rules = || ALL.iter().filter(|rule| rule.tier == *tier);
        if rules().next().is_none() {
            continue;
        }
        writeln!(out, "{STRONG}{tier}{STRONG:#}: {}", words::tier(*tier))?;
        for rule in rules() {
            let mends = if rule.mutate.is_some() { "  (mends)" } else { "" };
            let summary = rule.documentation().summary;
            writeln!(out, "  {:width$}  {summary}{FAINT}{mends}{FAINT:#}", rule.name)?;
        }
    }
    Ok(())
}
