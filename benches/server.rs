//! The server of `make bench`, on loopback, with a certificate made in process: Seawall, or a webhook that does
//! nothing and shares everything with it but the judging.
//!
//! It says where it listens in one line on stdout, and stops when its stdin ends.
#![allow(clippy::print_stdout, reason = "that is how a program talks to the one that started it")]

#[path = "server/crowd.rs"]
mod crowd;

use std::{
    borrow::Cow,
    io::{self, Write as _},
    net::{Ipv4Addr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use anyhow::{Context as _, Result};
use clap::{Parser, ValueEnum};
use crowd::Crowd;
use seawall::{
    cluster::{Cluster, Proxies},
    engines::Catalogue,
    facts::Seconds,
    metrics::{Kind, Metrics},
    rules,
    server::{Answer, Call, Config, Files, Guard, Judge, Limits, Review, Server, Times, Verdict, log_panics},
    settings::{KnownNames, Settings},
};
use serde::Deserialize;
use tokio::io::AsyncReadExt as _;

/// The same as Seawall's own.
#[cfg(feature = "mimalloc")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The Kubernetes minor version that it judges for.
const MINOR: u32 = 36;

/// Serve reviews on loopback until stdin ends.
#[derive(Parser)]
struct Arguments {
    /// Who judges
    who: Who,
    /// Settings of kind DatabasePolicy
    #[arg(long)]
    config: PathBuf,
    /// Ask the API server of this kubeconfig; without it judge offline
    #[arg(long)]
    kubeconfig: Option<PathBuf>,
    /// So many further policies are in force
    #[arg(long, default_value_t = 0)]
    policies: usize,
    /// So many exemptions
    #[arg(long, default_value_t = 0)]
    exemptions: usize,
}

#[derive(Clone, Copy, ValueEnum)]
enum Who {
    /// Reads the uid and allows
    Null,
    /// Seawall
    Seawall,
}

/// Reads the uid, skips the rest, allows.
struct Null;

#[derive(Deserialize)]
struct Envelope<'a> {
    #[serde(borrow)]
    request: Request<'a>,
}

#[derive(Deserialize)]
struct Request<'a> {
    #[serde(borrow)]
    uid: Cow<'a, str>,
}

impl Judge for Null {
    async fn answer(&self, call: Call) -> Answer {
        #[expect(clippy::disallowed_methods, reason = "nothing of the object is read")]
        let Ok(envelope) = serde_json::from_slice::<Envelope<'_>>(&call.body) else {
            return Answer::Malformed("no review".into());
        };
        let body = format!(
            r#"{{"apiVersion":"admission.k8s.io/v1","kind":"AdmissionReview","response":{{"uid":"{}","allowed":true}}}}"#,
            envelope.request.uid
        );
        Answer::Review(Review {
            body: body.into(),
            kind: Kind::Other,
            operation: None,
            verdict: Verdict::Allowed,
            record: None,
        })
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

#[tokio::main]
async fn main() -> Result<()> {
    // An error means that it is installed already.
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let arguments = Arguments::parse();
    log_as_seawall_does()?;
    log_panics();
    let folder = tempfile::tempdir().context("no temporary folder")?;
    let loopback = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let config = Config {
        listen: loopback,
        metrics_listen: Some(loopback),
        tls: certificate(folder.path())?.into(),
        limits: Limits::default(),
        times: Times::default(),
    };
    let metrics = Arc::new(Metrics::new());
    let server = Server::bind(config, Arc::clone(&metrics)).await?;
    let (Some(webhooks), Some(plain)) = server.addresses() else { anyhow::bail!("no address") };
    println!("listening {webhooks} {plain}");
    io::stdout().flush()?;
    match arguments.who {
        Who::Null => server.run(Null, stdin_ended()).await,
        Who::Seawall => server.run(guard(&arguments, metrics).await?, stdin_ended()).await,
    }
    Ok(())
}

async fn guard(arguments: &Arguments, metrics: Arc<Metrics>) -> Result<Guard> {
    let catalogue = Catalogue::embedded()?;
    let known = KnownNames { rules: &rules::names(), engines: &catalogue.names() };
    let settings = Settings::load(&arguments.config, None, known)?;
    let cluster = match &arguments.kubeconfig {
        Some(path) => Some(Cluster::from_kubeconfig(path, &Proxies::default())?),
        None => None,
    };
    let crowd = Crowd { policies: arguments.policies, exemptions: arguments.exemptions };
    let live = match crowd {
        Crowd { policies: 0, exemptions: 0 } => None,
        crowd => Some(crowd::live(&arguments.config, crowd, known)?),
    };
    let guard = Guard::new(catalogue, settings, rules::ALL, Some(MINOR), cluster, metrics, now);
    Ok(match live {
        None => guard,
        Some(live) => guard.judging_by(live, rules::ALL),
    })
}

/// As `seawall serve` logs: JSON on stderr, from `info` on.
fn log_as_seawall_does() -> Result<()> {
    let filter = tracing_subscriber::EnvFilter::new("info");
    let log = tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).log_internal_errors(false);
    log.json().flatten_event(true).try_init().map_err(|error| anyhow::anyhow!(error))
}

fn certificate(folder: &Path) -> Result<Files> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()])?;
    let (cert, key) = (folder.join("tls.crt"), folder.join("tls.key"));
    std::fs::write(&cert, made.cert.pem())?;
    std::fs::write(&key, made.signing_key.serialize_pem())?;
    Ok(Files { cert, key, client_ca: None })
}

async fn stdin_ended() {
    // Whatever ends it: nobody is there any more.
    let _ = tokio::io::stdin().read_to_end(&mut Vec::new()).await;
}

#[expect(clippy::disallowed_methods, reason = "the clock of a program")]
fn now() -> Seconds {
    jiff::Timestamp::now().as_second()
}
