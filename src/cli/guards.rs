//! `seawall guards`: what keeps databases from being deleted while Seawall is away.

use std::io::Write as _;
use std::process::ExitCode;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::output::Out;
use super::webhooks::Printed;
use crate::cluster::guards::{self, Guard};
use crate::manifest::edit;

/// Print the policies that guard databases against deletion
///
/// ValidatingAdmissionPolicies and their bindings, as the chart installs them. They hold while Seawall is away. In namespaces labelled
/// seawall.dev/guard=enforced they refuse, elsewhere they warn; what existed before Seawall they know by the labels of `seawall protect`.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall guards | kubectl apply -f -"
    "seawall guards -o json | jq '.items[].metadata.name'"
])]
pub(crate) struct Args {
    /// Seawall's own user in the cluster, which keeps the labels true
    #[arg(long, value_name = "USER", default_value = guards::ACCOUNT)]
    account: String,

    /// How to print them
    #[arg(short, long, value_name = "FORMAT", default_value = "yaml")]
    output: Printed,
}

/// Prints the policies, each with its bindings.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    let mut out = Out::new();
    write!(out, "{}", printed(&args.account, args.output)?).context("failed to write the policies")?;
    out.finish().context("failed to write the policies")?;
    Ok(ExitCode::SUCCESS)
}

/// As they go to standard output.
pub(super) fn printed(account: &str, format: Printed) -> anyhow::Result<String> {
    let mut all = Vec::<Value>::new();
    for Guard { policy, bindings } in guards::guards(account) {
        all.push(serde_json::to_value(policy)?);
        for binding in bindings {
            all.push(serde_json::to_value(binding)?);
        }
    }
    Ok(match format {
        Printed::Yaml => all.iter().map(|object| format!("---\n{}", edit::document(object))).collect(),
        Printed::Json => format!("{:#}\n", json!({"apiVersion": "v1", "kind": "List", "items": all})),
    })
}
