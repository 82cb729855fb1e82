//! `seawall protect`: labels what existed before Seawall, so that the guards against deletion know it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, anyhow};

use super::output::{self, Out, helped, report};
use super::scan::connect;
use super::values;
use crate::cluster::protect::{Unprotected, Wanted};
use crate::cluster::{Connected, FetchError};
use crate::engines::Catalogue;
use crate::terms::{UNGUARDED, keys};

/// Label the databases of a live cluster, so that the guards against deletion know them
///
/// Seawall labels what it mends at its creation; this labels what was there before: StatefulSets and claims that hold a database, by
/// what becomes of their volumes, and in guarded namespaces the volumes. It does so with your rights and not with Seawall's, and shows
/// what it would do unless --write is given. Before anything is written the API server is asked, by a dry run, whether it would take all
/// of it. Exits with 2 if it would not, or if something could not be read.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall protect shop"
    "seawall protect shop ledger --write"
    "seawall protect -A --write"
])]
pub(crate) struct Args {
    /// The namespaces
    #[arg(value_name = "NAMESPACE", required_unless_present = "all_namespaces")]
    namespaces: Vec<String>,

    /// All namespaces but those that Seawall is not asked about
    #[arg(short = 'A', long, conflicts_with = "namespaces")]
    all_namespaces: bool,

    /// Write the labels
    #[arg(long)]
    write: bool,

    /// The kubeconfig [default: as kubectl: $KUBECONFIG, else ~/.kube/config]
    #[arg(long, value_name = "FILE", env = "SEAWALL_KUBECONFIG", hide_env_values = true)]
    kubeconfig: Option<PathBuf>,

    /// The context of the kubeconfig [default: its current one]
    #[arg(long, value_name = "CONTEXT")]
    context: Option<String>,

    /// Add the engines described in this folder, or override known ones
    #[arg(long, value_name = "DIR", env = "SEAWALL_ENGINES", hide_env_values = true)]
    engines: Option<PathBuf>,
}

/// What was done, or would be.
#[derive(Debug, Default)]
struct Tally {
    labels: usize,
    there: usize,
    failed: usize,
}

/// Shows the labels that are missing, and writes them.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let catalogue = values::catalogue(args.engines.as_deref())?;
    values::wait_for(protect(&args, &catalogue))?
}

async fn protect(args: &Args, catalogue: &Catalogue) -> anyhow::Result<ExitCode> {
    let connected = connect::open(args.kubeconfig.as_deref(), args.context.as_deref())?;
    connect::version(&connected).await?;
    let mut found = Vec::new();
    for name in names(args, &connected).await? {
        let lacks = connected.cluster.unprotected(&name, catalogue).await.map_err(|e| unread(e, &name))?;
        // One that was named, or one that was deleted in the meantime.
        match lacks {
            Some(lacks) => found.push((name, lacks)),
            None if args.all_namespaces => {}
            None => return Err(connect::no_namespace(&name, &connected)),
        }
    }
    let mut tally = Tally::default();
    let mut errors = anstream::stderr().lock();
    for (namespace, wanted) in missing(&found) {
        if let Err(error) = connected.cluster.protect(wanted, true).await {
            tally.failed += 1;
            let what = format!("{} {} in namespace {namespace}: {error}", wanted.kind, wanted.name);
            let help =
                error.is_forbidden().then(|| format!("ask for the right to patch {}s", wanted.kind.to_lowercase()));
            report(&mut errors, &what, help.as_deref())?;
        }
    }
    let writes = args.write && tally.failed == 0;
    if writes {
        for (namespace, wanted) in missing(&found) {
            let done = connected.cluster.protect(wanted, false).await;
            done.with_context(|| format!("failed to label {} {} in namespace {namespace}", wanted.kind, wanted.name))?;
        }
    }
    tally.labels = missing(&found).count();
    tally.there = found.iter().flat_map(|(_, all)| &all.wanted).filter(|wanted| wanted.is_there()).count();
    show(&found, writes, &tally)?;
    Ok(output::status(tally.failed == 0, false))
}

/// The labels that are not there yet.
fn missing(found: &[(String, Unprotected)]) -> impl Iterator<Item = (&str, &Wanted)> {
    let all = found.iter().flat_map(|(name, lacks)| lacks.wanted.iter().map(move |wanted| (name.as_str(), wanted)));
    all.filter(|(_, wanted)| !wanted.is_there())
}

async fn names(args: &Args, connected: &Connected) -> anyhow::Result<Vec<String>> {
    if !args.all_namespaces {
        return Ok(args.namespaces.clone());
    }
    let all = connected.cluster.namespaces().await;
    let mut all = all.map_err(|error| {
        let error = anyhow::Error::new(error).context("failed to list namespaces");
        helped(error, "name the namespaces, or ask for the right to list them")
    })?;
    all.retain(|name| !UNGUARDED.contains(&name.as_str()));
    Ok(all)
}

fn unread(error: FetchError, namespace: &str) -> anyhow::Error {
    let is_forbidden = error.is_forbidden();
    let error = anyhow::Error::new(error).context(format!("failed to read namespace {namespace}"));
    if is_forbidden {
        return helped(
            error,
            "ask for a role that may read and label in this namespace, such as the ClusterRole `edit`",
        );
    }
    helped(error, "see whether the namespace's name is right and the API server is well, and try again")
}

fn show(found: &[(String, Unprotected)], written: bool, tally: &Tally) -> anyhow::Result<()> {
    let mut out = Out::new();
    for (namespace, lacks) in found {
        for wanted in lacks.wanted.iter().filter(|wanted| !wanted.is_there()) {
            let was = wanted.before.as_ref().map_or(String::new(), |before| format!(" (was {before})"));
            writeln!(
                out,
                "{namespace}  {} {}: {}={}{was}",
                wanted.kind,
                wanted.name,
                wanted.key,
                wanted.value.unwrap_or_default()
            )?;
        }
        if lacks.lacks_volumes {
            writeln!(
                out,
                "{namespace}  what becomes of volumes is unknown: it takes the right to get persistentvolumes"
            )?;
        }
        if !lacks.is_guarded && !lacks.wanted.is_empty() {
            writeln!(
                out,
                "{namespace}  is not guarded: kubectl label namespace {namespace} {}={}",
                keys::GUARD,
                keys::ENFORCED
            )?;
        }
    }
    let done = match (written, tally.labels, tally.failed) {
        (_, 0, _) => "no label is missing".to_owned(),
        (true, n, _) => format!("{} written", labels(n)),
        (false, n, 0) => format!("{} to be written by --write", labels(n)),
        (false, n, failed) => format!("{} missing, of which {failed} would be refused; none is written", labels(n)),
    };
    writeln!(out, "{done}; {} there already", tally.there)?;
    out.finish().map_err(|error| anyhow!(error))
}

fn labels(n: usize) -> String {
    if n == 1 { "1 label".to_owned() } else { format!("{n} labels") }
}
