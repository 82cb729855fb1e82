//! `seawall exemptions`: who is exempted from what, why, and for how long.

use std::io::{self, Write as _};
use std::path::PathBuf;
use std::process::ExitCode;

use serde::Serialize;

use super::output::{self, FAINT, Format, Out, STRONG, helped, printable};
use super::report::counted;
use super::values;
use crate::facts::Seconds;
use crate::manifest;
use crate::rules;
use crate::settings::{DAY, Exemption};

/// List who is exempted from which rules, why, and for how long
///
/// Reads DatabaseExemptions of a cluster, or of files and folders. Exits with 2 if anything could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall exemptions --kubeconfig admin.conf"
    "seawall exemptions -n shop --kubeconfig admin.conf"
    "seawall exemptions deploy/ -o json | jq '.exemptions[] | select(.daysLeft < 7)'"
])]
pub(crate) struct Args {
    /// Files or folders of manifests, `-` for standard input
    #[arg(value_name = "PATH", required_unless_present = "kubeconfig", conflicts_with = "kubeconfig")]
    pub(crate) paths: Vec<PathBuf>,

    /// Ask the API server of this kubeconfig
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// Of this namespace alone
    #[arg(short, long, value_name = "NAMESPACE")]
    pub(crate) namespace: Option<String>,

    /// How to write the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    pub(crate) output: Format,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row<'e> {
    namespace: &'e str,
    name: &'e str,
    rules: &'e [String],
    workload: String,
    expires: String,
    /// Whole days; below 0 where it has expired.
    days_left: i64,
    reason: &'e str,
    ticket: &'e str,
}

#[derive(Serialize)]
struct All<'e> {
    exemptions: Vec<Row<'e>>,
    errors: &'e [String],
}

/// Lists them, those that end first before the others.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let (mut exemptions, errors) = match &args.kubeconfig {
        Some(_) => of_cluster(&args)?,
        None => of_files(&args.paths),
    };
    exemptions.retain(|e| args.namespace.as_ref().is_none_or(|n| *n == e.namespace));
    exemptions.sort_by(|a, b| (a.expires, &a.namespace, &a.name).cmp(&(b.expires, &b.namespace, &b.name)));
    let now = values::now();
    let mut out = Out::new();
    match args.output {
        Format::Json => {
            let all = All { exemptions: exemptions.iter().map(|e| row(e, now)).collect(), errors: &errors };
            serde_json::to_writer_pretty(&mut out, &all).map_err(io::Error::from)?;
            writeln!(out)?;
        }
        Format::Text => text(&mut out, &exemptions, now)?,
    }
    out.finish()?;
    if args.output == Format::Text {
        let mut out = anstream::stderr().lock();
        errors.iter().try_for_each(|error| writeln!(out, "error: {}", printable(error)))?;
    }
    Ok(output::status(errors.is_empty(), false))
}

fn of_cluster(args: &Args) -> anyhow::Result<(Vec<Exemption>, Vec<String>)> {
    let file = args.kubeconfig.as_deref().unwrap_or_else(|| std::path::Path::new(""));
    let cluster = values::cluster(file, "give --kubeconfig FILE that kubectl works with")?;
    let read = values::wait_for(cluster.exemptions(&rules::names()))?;
    read.map_err(|e| helped(e, "ask for the right to list databaseexemptions.seawall.dev"))
}

fn of_files(paths: &[PathBuf]) -> (Vec<Exemption>, Vec<String>) {
    let manifests = manifest::read(paths);
    let mut errors: Vec<String> = manifests.errors.iter().map(|e| format!("{}: {}", e.file, e.message)).collect();
    let mut exemptions = Vec::new();
    for manifest in manifests.objects.iter().filter(|m| m.object().get("kind").text() == "DatabaseExemption") {
        match Exemption::read(manifest.object(), &rules::names()) {
            Ok(exemption) => exemptions.push(exemption),
            Err(error) => errors.push(format!("{}: {error}", manifest.file)),
        }
    }
    (exemptions, errors)
}

fn row(exemption: &Exemption, now: Seconds) -> Row<'_> {
    Row {
        namespace: &exemption.namespace,
        name: &exemption.name,
        rules: &exemption.rules,
        workload: exemption.target(),
        expires: jiff::Timestamp::from_second(exemption.expires).map(|time| time.to_string()).unwrap_or_default(),
        days_left: (exemption.expires - now).div_euclid(DAY),
        reason: &exemption.reason,
        ticket: &exemption.ticket,
    }
}

fn text(out: &mut Out, exemptions: &[Exemption], now: Seconds) -> io::Result<()> {
    for exemption in exemptions {
        let row = row(exemption, now);
        let left = match exemption.expires - now {
            left if left <= 0 => "has expired".to_owned(),
            left if left < DAY => "expires within a day".to_owned(),
            _ => format!("{} left", counted(usize::try_from(row.days_left).unwrap_or_default(), "day")),
        };
        let place = format!("{}/{}", row.namespace, row.name);
        writeln!(out, "{STRONG}{}{STRONG:#}  {left}, {}", printable(&place), row.expires)?;
        writeln!(out, "  {} of {}", printable(&row.rules.join(", ")), printable(&row.workload))?;
        let ticket = if row.ticket.is_empty() { String::new() } else { format!(" ({})", row.ticket) };
        writeln!(out, "  {FAINT}{}{}{FAINT:#}", printable(row.reason), printable(&ticket))?;
    }
    let expired = exemptions.iter().filter(|e| e.expires <= now).count();
    writeln!(out, "{}, {expired} of them expired", counted(exemptions.len(), "exemption"))
}
