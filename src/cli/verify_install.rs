//! `seawall verify-install`: whether the API server reaches Seawall, and what is in its way. `helm test` runs it.

use std::io::Write as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::anyhow;
use tokio::time::Instant;

use super::output::{Out, helped};
use super::values;
use crate::cluster::reach::{DoorError, Reached, knock};
use crate::cluster::{Cluster, FetchError};
use crate::pki::Service;

/// Between two dry runs: a configuration is in force some moments after it was made.
const PAUSE: Duration = Duration::from_millis(500);

/// See whether the API server calls Seawall
///
/// A claim is created as a dry run, which changes nothing, and both webhooks must answer. If one does not, this says what is in the
/// way: a configuration that is missing, a caBundle that verifies nothing, a Service without Pods, or a blocked port.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall verify-install"
    "seawall verify-install --probe-namespace shop --timeout 60"
])]
pub(crate) struct Args {
    /// Ask the API server of this kubeconfig [default: as kubectl does, else that of the cluster this runs in]
    #[arg(long, value_name = "FILE", env = "SEAWALL_KUBECONFIG", hide_env_values = true)]
    kubeconfig: Option<PathBuf>,

    /// The name of both webhook configurations
    #[arg(long, value_name = "NAME", default_value = "seawall")]
    webhooks: String,

    /// The namespace that Seawall runs in
    #[arg(long, value_name = "NAME", default_value = "seawall-system")]
    namespace: String,

    /// Its Service there
    #[arg(long, value_name = "NAME", default_value = "seawall")]
    service: String,

    /// The port of the Service
    #[arg(long, value_name = "PORT", default_value_t = 443)]
    port: u16,

    /// The port of the Pods, which has to be open for the API server
    #[arg(long, value_name = "PORT", default_value_t = 8443)]
    pod_port: u16,

    /// The namespace of the claim that is not created: one that Seawall is asked about
    #[arg(long, value_name = "NAME", default_value = "default")]
    probe_namespace: String,

    /// How long to try
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    timeout: u16,

    /// Where the Service answers, if not at its own name
    #[arg(long, value_name = "HOST:PORT", hide = true)]
    address: Option<String>,
}

/// Tries, and says what is in the way.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    values::wait_for(verify(&args))?
}

async fn verify(args: &Args) -> anyhow::Result<ExitCode> {
    let connected = Cluster::of_person(args.kubeconfig.as_deref(), None, &values::proxies());
    let cluster = connected.map_err(|error| helped(error, "give --kubeconfig FILE, or run it in the cluster"))?.cluster;
    let deadline = Instant::now() + Duration::from_secs(args.timeout.into());
    let last = loop {
        let reached = cluster.probe(&args.probe_namespace).await;
        if reached.as_ref().is_ok_and(|reached| reached.all()) {
            let mut out = Out::new();
            writeln!(out, "ok: the API server calls Seawall at /mutate and at /validate")?;
            out.finish()?;
            return Ok(ExitCode::SUCCESS);
        }
        if Instant::now() + PAUSE > deadline {
            break reached;
        }
        tokio::time::sleep(PAUSE).await;
    };
    Err(obstacle(args, &cluster, last).await)
}

/// What is in the way, from what can be seen beside the API server.
async fn obstacle(args: &Args, cluster: &Cluster, last: Result<Reached, FetchError>) -> anyhow::Error {
    let namespace = &args.probe_namespace;
    let (reached, refusal) = match last {
        // An entry that fails closed has a reason to tell, in words that `is_refusal` does not look into.
        Err(error) if error.is_refusal() && !error.is_forbidden() && !error.is_unauthenticated() => {
            (Reached::default(), Some(error))
        }
        Err(error) => {
            let help =
                format!("it needs the right to create persistentvolumeclaims in {namespace}, where it creates none");
            return helped(anyhow::Error::new(error).context("the dry run was not tried"), help);
        }
        Ok(reached) => (reached, None),
    };
    let error = |what: String| match &refusal {
        Some(refusal) => anyhow!("{what}: {refusal}"),
        None => anyhow!(what),
    };
    let missing = match reached {
        Reached { mutate: true, .. } => "/validate",
        Reached { validate: true, .. } => "/mutate",
        _ => "/mutate and /validate",
    };
    let Ok(service) = Service::new(&args.service, &args.namespace) else {
        return helped(
            anyhow!("no Service can be called {}/{}", args.namespace, args.service),
            "see --service and --namespace",
        );
    };
    let bundle = match cluster.bundle(&args.webhooks).await {
        Ok(Some(Some(bundle))) => bundle,
        Ok(Some(None)) => {
            let what = format!("the webhook configurations {} have no caBundle", args.webhooks);
            return helped(error(what), "see the log of Seawall, or of cert-manager's injector: it has to write one");
        }
        Ok(None) => {
            let what = format!("there are no two webhook configurations named {}", args.webhooks);
            return helped(error(what), "apply what `seawall webhooks` prints, or install the chart again");
        }
        Err(unread) => {
            let what =
                format!("the API server gets no answer at {missing}, and the webhook configurations cannot be read");
            return helped(anyhow::Error::new(unread).context(error(what)), "give the right to get them by name");
        }
    };
    if reached != Reached::default() {
        let what = format!("the API server gets an answer at one webhook, and none at {missing}");
        return helped(error(what), format!("compare the configurations {} with `seawall webhooks`", args.webhooks));
    }
    let (host, port) = (service.host(), args.port);
    let address = args.address.clone().unwrap_or_else(|| format!("{host}:{port}"));
    match knock(&address, &host, &bundle).await {
        Ok(()) => helped(
            error(format!(
                "port {} is blocked: Seawall answers at {host}:{port} to others, and not to the API server",
                args.pod_port
            )),
            format!(
                "let the control plane reach TCP port {} of nodes and Pods, or set the chart's value `port` to one that it reaches, \
                 such as 10250; and see that Seawall is asked about namespace {namespace}",
                args.pod_port
            ),
        ),
        Err(closed @ DoorError::Connect { .. }) => helped(
            anyhow::Error::new(closed).context("no Pod of Seawall answers at its Service"),
            format!("see whether one is ready: kubectl -n {} get pods,endpointslices", args.namespace),
        ),
        Err(other) => helped(
            anyhow::Error::new(other).context("the API server does not trust Seawall"),
            "see the log of Seawall, or of whoever writes the caBundle",
        ),
    }
}
