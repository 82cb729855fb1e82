//! `seawall webhooks`: how an API server is told to ask Seawall.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::ValueEnum;
use serde_json::{Value, json};

use super::output::{Out, helped};
use crate::cluster::registration::{Registration, Reinvocation};
use crate::manifest::edit;
use crate::pki::Service;

/// The longest that an API server waits for a webhook, in seconds.
const MOST_SECONDS: i64 = 30;

/// Print the webhook configurations
///
/// The chart installs exactly these. Without --ca-file they have no caBundle: somebody else has to write it, as the server does
/// with --webhooks, or cert-manager's injector.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall webhooks"
    "seawall webhooks --ca-file certs/local/ca.crt | kubectl apply -f -"
])]
pub(crate) struct Args {
    /// The name of both configurations
    #[arg(long, value_name = "NAME", default_value = "seawall")]
    name: String,

    /// The namespace of the Service; Seawall is not asked about it
    #[arg(long, value_name = "NAME", default_value = "seawall-system")]
    namespace: String,

    /// The Service through which the API server reaches Seawall
    #[arg(long, value_name = "NAME", default_value = "seawall")]
    service: String,

    /// The port of that Service
    #[arg(long, value_name = "PORT", default_value_t = 443, value_parser = clap::value_parser!(u16).range(1..))]
    port: u16,

    /// The certificates that Seawall's own is verified by, as PEM
    #[arg(long, value_name = "FILE")]
    ca_file: Option<PathBuf>,

    /// How long the API server waits for an object to be mended
    #[arg(long, value_name = "SECONDS", default_value_t = 2, value_parser = clap::value_parser!(u8).range(1..=MOST_SECONDS))]
    mutate_timeout: u8,

    /// How long the API server waits for an object to be judged
    #[arg(long, value_name = "SECONDS", default_value_t = 3, value_parser = clap::value_parser!(u8).range(1..=MOST_SECONDS))]
    validate_timeout: u8,

    /// Whether an object that another webhook changed is mended once more
    #[arg(long, value_name = "POLICY", default_value = "IfNeeded")]
    reinvocation_policy: Policy,

    /// How to print them
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    output: Printed,
}

/// As the API spells it.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Policy {
    /// Once is enough
    #[value(name = "Never")]
    Never,
    /// What others add may want mending
    #[value(name = "IfNeeded")]
    IfNeeded,
}

/// How the configurations are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Printed {
    /// Two documents
    Yaml,
    /// A List
    Json,
}

/// Prints both configurations.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    Service::new(&args.service, &args.namespace)
        .map_err(|error| helped(error, "use up to 63 lower-case letters, digits and `-`, no `-` at either end"))?;
    let ca = args.ca_file.as_ref().map(|file| {
        let bundle = std::fs::read(file).with_context(|| format!("failed to read {}", file.display()));
        bundle.map_err(|error| helped(error, "name a PEM file with `--ca-file`, or leave it out"))
    });
    let registration = Registration {
        name: args.name,
        namespace: args.namespace,
        service: args.service,
        port: args.port,
        ca: ca.transpose()?,
        mutate_seconds: args.mutate_timeout,
        validate_seconds: args.validate_timeout,
        reinvocation: match args.reinvocation_policy {
            Policy::Never => Reinvocation::Never,
            Policy::IfNeeded => Reinvocation::IfNeeded,
        },
    };
    let mut out = Out::new();
    write!(out, "{}", printed(&registration, args.output)?).context("failed to write the configurations")?;
    out.finish().context("failed to write the configurations")?;
    Ok(ExitCode::SUCCESS)
}

/// As they go to standard output.
pub(super) fn printed(registration: &Registration, format: Printed) -> anyhow::Result<String> {
    let both = objects(registration)?;
    Ok(match format {
        Printed::Yaml => both.map(|object| format!("---\n{}", edit::document(&object))).concat(),
        Printed::Json => format!("{:#}\n", json!({"apiVersion": "v1", "kind": "List", "items": both})),
    })
}

/// The mutating configuration, then the validating one.
fn objects(registration: &Registration) -> serde_json::Result<[Value; 2]> {
    Ok([serde_json::to_value(registration.mutating())?, serde_json::to_value(registration.validating())?])
}
