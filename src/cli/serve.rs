//! `seawall serve`: the webhook.

mod background;
mod certificates;
mod leading;

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use anyhow::Context as _;
use clap::builder::BoolishValueParser;
use tokio::signal::unix::{SignalKind, signal};

use super::following::Following;
use super::logging::{self, LogFormat};
use super::output::helped;
use super::values::Judging;
use crate::cluster::Cluster;
use crate::metrics::Metrics;
use crate::rules;
use crate::server::{self, Config, Guard, Limits, Server, Times};
use crate::terms;

/// The longest `--drain-delay`, in seconds. Nobody is sent to a Pod for a fraction of that; a typing error must not outlast the grace period.
const MOST_DELAY: i64 = 300;

/// Answer a cluster's admission reviews over HTTPS
///
/// Every option can also be given by the environment variable beside it. Certificate files are read again when they
/// change; with --tls-secret there are none, and certificates are made, rotated and trusted without anybody's help. SEAWALL_LOG (or RUST_LOG) filters the log, for example `warn,seawall=debug`.
/// A rule in the settings that this version does not know is ignored with a warning; for `check` and `scan` it is an error.
#[derive(Debug, clap::Args)]
#[command(after_help = examples![
    "seawall serve --offline --tls-cert certs/local/tls.crt --tls-key certs/local/tls.key"
    "seawall serve --tls-cert tls.crt --tls-key tls.key --kubeconfig admin.conf --profile observe"
    "seawall serve --tls-secret seawall-tls --service seawall --webhooks seawall --namespace seawall-system"
])]
pub(crate) struct Args {
    #[command(flatten)]
    pub(crate) certificates: certificates::Certificates,

    /// Ask the API server of this kubeconfig [default: that of the cluster this runs in]
    #[arg(long, value_name = "FILE", env = "SEAWALL_KUBECONFIG", hide_env_values = true)]
    pub(crate) kubeconfig: Option<PathBuf>,

    /// Ask no API server, and judge as `seawall check` does
    #[arg(long, env = "SEAWALL_OFFLINE", hide_env_values = true, value_parser = BoolishValueParser::new())]
    pub(crate) offline: bool,

    /// Where to serve reviews
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "SEAWALL_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:8443",
        value_parser = address
    )]
    pub(crate) listen: SocketAddr,

    /// Where to serve metrics and health, without TLS
    #[arg(
        long,
        value_name = "ADDRESS:PORT",
        env = "SEAWALL_METRICS_LISTEN",
        hide_env_values = true,
        default_value = "127.0.0.1:9090",
        value_parser = address
    )]
    pub(crate) metrics_listen: SocketAddr,

    /// How long to answer on, not ready any more, when told to stop: until nobody is sent here
    #[arg(
        long,
        value_name = "SECONDS",
        env = "SEAWALL_DRAIN_DELAY",
        hide_env_values = true,
        default_value_t = 0,
        value_parser = clap::value_parser!(u16).range(..=MOST_DELAY)
    )]
    pub(crate) drain_delay: u16,

    /// How to write the log, which goes to standard error
    #[arg(long, value_name = "FORMAT", env = "SEAWALL_LOG_FORMAT", hide_env_values = true, default_value = "json")]
    pub(crate) log_format: LogFormat,

    #[command(flatten)]
    pub(crate) judging: Judging,

    #[command(flatten)]
    pub(crate) following: Following,

    #[command(flatten)]
    pub(crate) background: background::Background,
}

/// Which API server is asked about what a review does not say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Connection {
    /// None.
    Offline,
    /// The one of this kubeconfig.
    Kubeconfig(PathBuf),
    /// The one of the cluster that this runs in.
    InCluster,
}

impl Args {
    /// How long for everything.
    pub(crate) fn times(&self) -> Times {
        Times { leave: Duration::from_secs(self.drain_delay.into()), ..Times::default() }
    }

    /// Which API server is asked. Not left to clap, for which `SEAWALL_OFFLINE=false` is a conflict as well.
    pub(crate) fn connection(&self) -> anyhow::Result<Connection> {
        match (&self.kubeconfig, self.offline) {
            (Some(_), true) => Err(helped(
                anyhow::anyhow!("`--kubeconfig` and `--offline` exclude each other"),
                "drop one of them; SEAWALL_KUBECONFIG and SEAWALL_OFFLINE count, too",
            )),
            (Some(path), false) => Ok(Connection::Kubeconfig(path.clone())),
            (None, true) => Ok(Connection::Offline),
            (None, false) => Ok(Connection::InCluster),
        }
    }
}

/// An address with its port.
fn address(text: &str) -> Result<SocketAddr, &'static str> {
    text.parse().map_err(|_| "expected an IP address with a port, such as 0.0.0.0:8443 or [::]:8443")
}

/// Serves until it is told to stop.
pub(crate) fn run(args: Args) -> anyhow::Result<ExitCode> {
    logging::start(args.log_format)?;
    server::log_panics();
    let connection = args.connection()?;
    let runtime =
        tokio::runtime::Builder::new_multi_thread().enable_all().build().context("failed to start the runtime")?;
    runtime.block_on(serve(args, connection))
}

async fn serve(args: Args, connection: Connection) -> anyhow::Result<ExitCode> {
    let catalogue = args.judging.catalogue()?;
    let (policies, unknown) = args.judging.shared_policies(&catalogue)?;
    for rule in unknown {
        tracing::warn!(rule, "the settings name a rule that this version does not know; it is ignored");
    }
    let profile = policies.always().profile();
    for conflict in policies.conflicts() {
        let ((_, one), (_, other)) = (&conflict.one, &conflict.other);
        let (field, engine) = (&conflict.field, conflict.engine.as_deref().unwrap_or_default());
        tracing::warn!(%field, engine, one = one.text, other = other.text, "policies of one priority disagree; the stricter holds");
    }
    let times = args.times();
    let cluster = match &connection {
        Connection::Offline => None,
        Connection::Kubeconfig(path) => {
            let help = "give --kubeconfig FILE that can be read, or --offline to judge without an API server";
            Some(super::values::cluster(path, help)?)
        }
        Connection::InCluster => {
            let help = "outside of a cluster, give --kubeconfig FILE, or --offline to judge without an API server";
            Some(Cluster::in_cluster().map_err(|e| helped(e, help))?)
        }
    };
    let mut metrics = Arc::new(Metrics::new());
    let (replica, namespace) = (args.certificates.replica(), args.certificates.namespace());
    let (tls, keeper) = args.certificates.prepared(cluster.as_ref(), &mut metrics)?;
    let minor = match &cluster {
        None => Some(u32::from(args.judging.kubernetes_version.minor)),
        Some(cluster) => version_of(cluster).await,
    };
    let catalogue = Arc::new(catalogue);
    let followers = match &cluster {
        None => None,
        Some(cluster) => {
            let (catalogue, metrics) = (Arc::clone(&catalogue), Arc::clone(&metrics));
            Some(args.following.clone().begin(cluster, policies.clone(), catalogue, metrics))
        }
    };
    let (events, leader) = args.background.begin(&background::Shared {
        cluster: cluster.as_ref(),
        followers: followers.as_ref(),
        catalogue: &catalogue,
        metrics: &metrics,
        kubernetes_minor: minor,
        replica: &replica,
        namespace: &namespace,
    })?;
    let guard = Guard::new(catalogue, policies, rules::ALL, minor, cluster, Arc::clone(&metrics), super::values::now);
    let guard = guard.telling(events);
    let guard = match &followers {
        None => guard,
        Some(followers) => guard.following(followers, rules::ALL),
    };
    let config = Config {
        listen: args.listen,
        metrics_listen: Some(args.metrics_listen),
        tls,
        limits: Limits::default(),
        times,
    };
    let server = Server::bind(config, metrics).await.map_err(|e| {
        let help = e.help();
        helped(e, help)
    })?;
    tracing::info!(version = terms::build(), %profile, ?connection, "starting");
    let serving = leading::beside(leader, server.run(guard, told_to_stop()?));
    certificates::looked_after(keeper, serving).await;
    Ok(ExitCode::SUCCESS)
}

/// The API server's minor version. Without an answer it is unknown, and what needs a certain version is not written.
async fn version_of(cluster: &Cluster) -> Option<u32> {
    match tokio::time::timeout(Duration::from_secs(3), cluster.minor_version()).await {
        Ok(Ok(minor)) => minor.map(u32::from),
        Ok(Err(error)) => {
            let error = anyhow::Error::new(error);
            tracing::warn!(error = format!("{error:#}"), "the API server does not say its version");
            None
        }
        Err(_) => {
            tracing::warn!("the API server does not say its version in time");
            None
        }
    }
}

/// SIGTERM, as the kubelet sends it, or Ctrl-C.
fn told_to_stop() -> anyhow::Result<impl Future<Output = ()>> {
    let mut terminate = signal(SignalKind::terminate()).context("failed to listen for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("failed to listen for SIGINT")?;
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
