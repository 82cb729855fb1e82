//! `seawall engines`: which databases are known, and what is known about one.

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use super::output::{FAINT, Out, STRONG, helped, printable};
use super::sheet::{Line, Sheet};
use super::values::catalogue;
use crate::tree::nearest;

/// List the database engines that are known, or show one
///
/// Of the packagings of an engine the first one is shown whole, the others where they differ from it.
#[derive(Debug, clap::Args)]
#[command(after_help = examples!["seawall engines" "seawall engines postgres" "seawall engines --engines mine mydb"])]
pub(crate) struct Args {
    /// The engine to show
    #[arg(value_name = "NAME")]
    pub(crate) name: Option<String>,

    /// Add the engines described in this folder, or override known ones
    #[arg(long, value_name = "DIR", env = "SEAWALL_ENGINES", hide_env_values = true)]
    pub(crate) engines: Option<PathBuf>,
}

/// Prints the list, or everything about one engine.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let catalogue = catalogue(args.engines.as_deref())?;
    let names = catalogue.names();
    let mut out = Out::new();
    match &args.name {
        Some(name) => {
            let sheet = Sheet::of(name, &catalogue).ok_or_else(|| {
                let unknown = anyhow::anyhow!("no engine is called {name:?}{}", nearest(name, &names));
                helped(unknown, "`seawall engines` lists them; docs/engine-files.md says how to add one")
            })?;
            one(&mut out, &sheet)?;
        }
        None => {
            let width = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
            for sheet in names.iter().filter_map(|name| Sheet::of(name, &catalogue)) {
                let packagings: Vec<&str> = sheet.packagings.iter().map(|(name, _)| *name).collect();
                writeln!(
                    out,
                    "{STRONG}{:width$}{STRONG:#}  {}  {FAINT}{}{FAINT:#}",
                    printable(sheet.name),
                    printable(sheet.title),
                    printable(&packagings.join(", "))
                )?;
            }
        }
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

fn one(out: &mut Out, sheet: &Sheet<'_>) -> io::Result<()> {
    writeln!(out, "{STRONG}{}{STRONG:#} ({})", printable(sheet.title), printable(sheet.name))?;
    lines(out, &sheet.lines)?;
    for (packaging, of_packaging) in &sheet.packagings {
        writeln!(out, "\n{STRONG}{}{STRONG:#}", printable(packaging))?;
        lines(out, of_packaging)?;
    }
    Ok(())
}

fn lines(out: &mut Out, lines: &[Line]) -> io::Result<()> {
    lines.iter().try_for_each(|line| writeln!(out, "  {}: {}", line.label, printable(&line.text)))
}
