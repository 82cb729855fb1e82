//! `seawall policy`: what holds where, and who said so.

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use clap::Subcommand;
use serde::Serialize;

use super::output::{FAINT, Format, Out, STRONG, helped, printable};
use super::values;
use crate::engines::Catalogue;
use crate::facts::{Answer, Known, Question};
use crate::rules;
use crate::settings::document::ClassBySize;
use crate::settings::{Field, Namespace, Origin, Policies, Said, Winner};
use crate::terms::Profile;
use crate::tree::nearest;

/// Show which settings hold where, and which policy says so
#[derive(Debug, clap::Args)]
#[command(after_help = examples!["seawall policy show shop --config policies/"])]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    Show(Show),
}

/// Show every value that is set for a namespace, and where it is set
///
/// The policies are those of --config, and those of the cluster with --kubeconfig. A namespace's labels are those of the cluster, else those of --labels, else those of its Namespace in the folder of
/// --config. Where policies of one priority say different things, both are shown.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall policy show shop --config policies/"
    "seawall policy show shop --engine mysql --kubeconfig admin.conf"
    "seawall policy show shop --config policies/ --labels stage=live,team=shop"
    "seawall policy show shop --config policies/ -o json | jq .values"
])]
struct Show {
    /// The namespace; it need not exist
    #[arg(value_name = "NAMESPACE")]
    namespace: String,

    /// For a database of this engine [default: for all, and what is otherwise for single engines]
    #[arg(long, value_name = "ENGINE")]
    engine: Option<String>,

    /// A YAML file of DatabasePolicies, or a folder of such files
    #[arg(long, value_name = "FILE|DIR", env = "SEAWALL_CONFIG", hide_env_values = true)]
    config: Option<PathBuf>,

    /// The profile where no policy singles anything out, as for `serve` and `check`
    #[arg(long, value_name = "PROFILE", env = "SEAWALL_PROFILE", value_parser = values::profile(), hide_env_values = true)]
    profile: Option<Profile>,

    /// The namespace's labels
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = label, conflicts_with = "kubeconfig")]
    labels: Vec<(String, String)>,

    /// Ask the API server of this kubeconfig for its policies, and for the namespace's labels
    #[arg(long, value_name = "FILE")]
    kubeconfig: Option<PathBuf>,

    /// Add the engines described in this folder, or override known ones
    #[arg(long, value_name = "DIR", env = "SEAWALL_ENGINES", hide_env_values = true)]
    engines: Option<PathBuf>,

    /// How to write the result
    #[arg(short, long, value_name = "FORMAT", default_value = "text")]
    output: Format,
}

fn label(text: &str) -> Result<(String, String), &'static str> {
    let (key, value) = text.split_once('=').ok_or("expected a label, such as stage=live")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// One value.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Value<'w> {
    field: String,
    value: Plain<'w>,
    #[serde(flatten)]
    place: Place<'w>,
    tied: Vec<Other<'w>>,
}

/// What another policy of the same priority says.
#[derive(Serialize)]
struct Other<'w> {
    value: Plain<'w>,
    #[serde(flatten)]
    place: Place<'w>,
}

/// A value as JSON has it.
#[derive(Serialize)]
#[serde(untagged)]
enum Plain<'w> {
    Text(String),
    Number(i64),
    List(&'w [String]),
    Classes(&'w [ClassBySize]),
}

/// Where something is said.
#[derive(Serialize)]
struct Place<'w> {
    policy: Option<&'w str>,
    file: Option<&'w str>,
    line: Option<u32>,
    origin: &'w str,
}

impl<'w> Plain<'w> {
    fn of(said: &'w Said) -> Self {
        match said {
            Said::Seconds(number) | Said::Days(number) => Self::Number(*number),
            Said::Names(names) => Self::List(names),
            Said::Classes(classes) => Self::Classes(classes),
            other => Self::Text(other.to_string()),
        }
    }
}

impl<'w> Place<'w> {
    fn of(origin: &'w Origin) -> Self {
        let text = |text: &'w String| Some(text.as_str()).filter(|t| !t.is_empty());
        Self { policy: text(&origin.policy), file: text(&origin.file), line: origin.line, origin: &origin.text }
    }
}

#[derive(Serialize)]
struct All<'w> {
    namespace: &'w str,
    engine: Option<&'w str>,
    policies: Vec<&'w str>,
    values: Vec<Value<'w>>,
    /// What is otherwise for single engines, where none was asked for.
    engines: BTreeMap<&'w str, Vec<Value<'w>>>,
}

/// Labels.
type Labels = Vec<(String, String)>;

/// What is set, field by field.
type Shown = BTreeMap<Field, Winner>;

/// Shows what holds.
pub(crate) fn run(Args { command: Command::Show(args) }: Args) -> anyhow::Result<ExitCode> {
    let catalogue = values::catalogue(args.engines.as_deref())?;
    if let Some(engine) = args.engine.as_deref().filter(|engine| !catalogue.names().contains(engine)) {
        let unknown = anyhow::anyhow!("no engine is called {engine:?}{}", nearest(engine, &catalogue.names()));
        return Err(helped(unknown, "`seawall engines` lists them"));
    }
    let policies = values::policies(args.config.as_deref(), args.profile, &catalogue)?;
    let (policies, labels) = asked(&args, policies, &catalogue)?;
    let namespace = Namespace { name: &args.namespace, labels: &labels };
    let shown = policies.shown(namespace, args.engine.as_deref());
    let singled_out = if args.engine.is_none() { policies.engines_in(namespace) } else { Vec::new() };
    let otherwise = singled_out.into_iter().map(|engine| {
        let mut own = policies.shown(namespace, Some(engine));
        own.retain(|field, winner| shown.get(field) != Some(winner));
        (engine, own)
    });
    let otherwise: BTreeMap<&str, Shown> = otherwise.filter(|(_, own)| !own.is_empty()).collect();
    let names = policies.names_in(namespace, args.engine.as_deref());
    let mut out = Out::new();
    match args.output {
        Format::Text => {
            let engine = args.engine.as_ref().map_or_else(String::new, |engine| format!(" for {engine}"));
            text(&mut out, &format!("{}{engine}", args.namespace), &names, &shown)?;
            for (engine, own) in &otherwise {
                writeln!(out)?;
                let names = policies.names_in(namespace, Some(engine));
                text(&mut out, &format!("{}, otherwise for {engine}", args.namespace), &names, own)?;
            }
        }
        Format::Json => {
            let engines = otherwise.iter().map(|(engine, own)| (*engine, listed(own))).collect();
            let (namespace, engine) = (args.namespace.as_str(), args.engine.as_deref());
            let all = All { namespace, engine, policies: names, values: listed(&shown), engines };
            serde_json::to_writer_pretty(&mut out, &all).map_err(io::Error::from)?;
            writeln!(out)?;
        }
    }
    out.finish()?;
    Ok(ExitCode::SUCCESS)
}

/// The policies, and the labels of the namespace; the cluster's where there is one to ask.
fn asked(args: &Show, policies: Policies, catalogue: &Catalogue) -> anyhow::Result<(Policies, Labels)> {
    let Some(kubeconfig) = &args.kubeconfig else {
        let known = policies.labels_of(&args.namespace).filter(|_| args.labels.is_empty());
        let labels = known.map_or_else(|| args.labels.clone(), <[_]>::to_vec);
        return Ok((policies, labels));
    };
    let question = Question::Namespace(args.namespace.clone());
    let (policies, asked) = values::wait_for(async {
        let cluster = values::cluster(kubeconfig, "give --kubeconfig FILE that `kubectl get namespaces` works with")?;
        let answer = cluster.ask(&question, values::now()).await.map_err(|e| {
            helped(e, "give the labels yourself, with --labels KEY=VALUE, or ask for the right to get namespaces")
        })?;
        let stored = cluster.policies(&policies, &rules::names(), catalogue).await;
        let (policies, faults) =
            stored.map_err(|e| helped(e, "ask for the right to list databasepolicies.seawall.dev"))?;
        warn(&faults)?;
        anyhow::Ok((policies, answer))
    })??;
    match asked {
        Known::Found(Answer::Namespace(facts)) => Ok((policies, facts.labels)),
        _ => {
            let missing = anyhow::anyhow!("the cluster has no namespace {:?}", args.namespace);
            Err(helped(missing, "without --kubeconfig a namespace need not exist; --labels gives it labels"))
        }
    }
}

/// What of the cluster's policies is not in force.
fn warn(faults: &[String]) -> io::Result<()> {
    let mut out = anstream::stderr().lock();
    faults.iter().try_for_each(|fault| writeln!(out, "warning: {}", printable(fault)))
}

fn listed(shown: &Shown) -> Vec<Value<'_>> {
    let values = shown.iter().map(|(field, winner)| Value {
        field: field.to_string(),
        value: Plain::of(&winner.said),
        place: Place::of(&winner.origin),
        tied: winner.tied.iter().map(|(s, o)| Other { value: Plain::of(s), place: Place::of(o) }).collect(),
    });
    values.collect()
}

/// A line for each value, aligned; what others say of it follows.
fn text(out: &mut Out, what: &str, names: &[&str], shown: &Shown) -> io::Result<()> {
    let by = if names.is_empty() { "no policy".to_owned() } else { names.join(", ") };
    writeln!(out, "{STRONG}{}{STRONG:#}  {FAINT}{}{FAINT:#}", printable(what), printable(&by))?;
    let widest = |lengths: &mut dyn Iterator<Item = usize>| lengths.max().unwrap_or_default();
    let field = widest(&mut shown.keys().map(|field| field.to_string().len()));
    let value = widest(&mut shown.values().map(|w| printable(&w.said.to_string()).len())).min(MOST_WIDE);
    for (name, winner) in shown {
        let said = printable(&winner.said.to_string());
        writeln!(out, "  {name:field$}  {said:value$}  {FAINT}{}{FAINT:#}", printable(&winner.origin.text))?;
        for (said, origin) in &winner.tied {
            let (said, origin) = (printable(&said.to_string()), printable(&origin.text));
            writeln!(out, "  {:field$}  conflicts with {said}, of the same priority, at {origin}", "")?;
        }
    }
    Ok(())
}

/// A longer value does not move the origins of the others.
const MOST_WIDE: usize = 40;
