//! Connections: of a program in a cluster, and of a person with a kubeconfig.
use std::{path::Path, path::PathBuf, sync::Arc, time::Duration};

use kube::config::{InClusterError, Kubeconfig, KubeconfigError};

use super::{
    Cluster, FetchError, again,
    breaker::Breakers,
    fetch,
    kubeconfig::{self, Fault},
    proxy::{Proxies, Proxy},
    watch,
};
use crate::tree::Tree;

/// How long nothing may come of an answer that a review waits for.
const SOON: Duration = Duration::from_secs(10);
/// The same for a page of a long list, which nobody waits for but the one who asked.
const LATER: Duration = Duration::from_secs(60);

/// Why there is no connection to an API server.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The kubeconfig cannot be read.
    #[error("failed to read kubeconfig {path}")]
    Kubeconfig {
        /// Which.
        path: PathBuf,
        /// Why.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The kubeconfig that is used where none is named cannot be used.
    #[error("failed to read the kubeconfig")]
    Default(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// Nothing says which API server is meant.
    #[error("there is no kubeconfig")]
    Nowhere,
    /// The kubeconfig has no such context.
    #[error("the kubeconfig has no context {context:?}")]
    NoContext {
        /// The one that was asked for.
        context: String,
        /// Those that it has.
        known: Vec<String>,
    },
    /// The proxy on the way cannot be used.
    #[error("failed to use the proxy of {said_by}: {why}")]
    Proxy {
        /// `HTTPS_PROXY`, or the kubeconfig's `proxy-url`.
        said_by: &'static str,
        /// Why; never its address, which may hold a password.
        why: String,
    },
    /// There is no service account to use.
    #[error("failed to find the cluster from inside")]
    InCluster(#[source] InClusterError),
    /// The configuration cannot be used.
    #[error("failed to make a client for the API server")]
    Client(#[source] kube::Error),
}

impl ConnectError {
    /// What the person can do about it, where it is the same for every command.
    #[must_use]
    pub fn help(&self) -> Option<String> {
        match self {
            Self::Proxy { said_by: own @ "proxy-url", .. } => {
                Some(format!("write the kubeconfig's {own} like http://proxy:3128 or socks5://proxy:1080"))
            }
            Self::Proxy { said_by, .. } => {
                Some(format!("write {said_by} like http://proxy:3128, or name the API server in NO_PROXY"))
            }
            _ => None,
        }
    }
}

/// A person's connection.
#[derive(Debug)]
pub struct Connected {
    /// The connection.
    pub cluster: Cluster,
    /// The namespace of the context.
    pub namespace: String,
    /// The API server's address.
    pub server: String,
    /// The proxy on the way to it, and who says so: `proxy:3128 (HTTPS_PROXY)`.
    pub proxy: Option<String>,
}

impl Cluster {
    /// Connects as a kubeconfig says; nothing is asked yet.
    ///
    /// # Errors
    /// When the file cannot be read or used.
    pub fn from_kubeconfig(path: &Path, proxies: &Proxies) -> Result<Self, ConnectError> {
        let kubeconfig = Kubeconfig::read_from(path).map_err(|e| at(path, e))?;
        let (config, proxy) =
            kubeconfig::configured(kubeconfig, None, proxies).map_err(|fault| of(Some(path), fault))?;
        if let Some(proxy) = proxy {
            tracing::info!(proxy = proxy.said(), "the API server is asked through a proxy");
        }
        Self::from_config(config, SOON)
    }

    /// Connects from inside a cluster, by the Pod's service account. No proxy is on this way: what the environment says about
    /// proxies is about the world outside.
    ///
    /// # Errors
    /// When there is none.
    pub fn in_cluster() -> Result<Self, ConnectError> {
        Self::from_config(kube::Config::incluster().map_err(ConnectError::InCluster)?, SOON)
    }

    /// Connects as kubectl would: by the named kubeconfig, else by `$KUBECONFIG` or `~/.kube/config`, else from inside a cluster.
    ///
    /// # Errors
    /// When there is none of them, when it has no such context, or cannot be used.
    pub fn of_person(file: Option<&Path>, context: Option<&str>, proxies: &Proxies) -> Result<Connected, ConnectError> {
        let kubeconfig = match (file.map_or_else(Kubeconfig::read, Kubeconfig::read_from), file) {
            (Ok(kubeconfig), _) => kubeconfig,
            (Err(error), None) if is_none(&error) => {
                let inside = kube::Config::incluster().map_err(|_| ConnectError::Nowhere)?;
                return Self::connected(inside, None);
            }
            (Err(error), _) => {
                return Err(match file {
                    Some(path) => at(path, error),
                    None => ConnectError::Default(error.into()),
                });
            }
        };
        let wanted = context.or(kubeconfig.current_context.as_deref());
        if let Some(wanted) = wanted.filter(|w| !kubeconfig.contexts.iter().any(|c| c.name == *w)) {
            let known = kubeconfig.contexts.iter().map(|c| c.name.clone()).collect();
            return Err(ConnectError::NoContext { context: wanted.to_owned(), known });
        }
        let (config, proxy) = kubeconfig::configured(kubeconfig, context, proxies).map_err(|fault| of(file, fault))?;
        Self::connected(config, proxy)
    }

    /// The API server's minor version; the first thing that is asked of it. `None` where it says none.
    ///
    /// # Errors
    /// When it does not answer, or refuses to.
    pub async fn minor_version(&self) -> Result<Option<u16>, FetchError> {
        let text = again::if_refused(async || fetch::text(&self.client, "/version").await).await?;
        let tree = Tree::from_json(&text)?;
        let minor = tree.root().get("minor").text();
        Ok(minor.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok())
    }

    fn connected(mut config: kube::Config, proxy: Option<Proxy>) -> Result<Connected, ConnectError> {
        // Its way of asking again lasts for minutes; ours is in `again`.
        config.default_retry = false;
        let (namespace, server) = (config.default_namespace.clone(), config.cluster_url.to_string());
        let proxy = proxy.map(|proxy| proxy.said());
        Ok(Connected { cluster: Self::from_config(config, LATER)?, namespace, server, proxy })
    }

    fn from_config(mut config: kube::Config, read: Duration) -> Result<Self, ConnectError> {
        // Every request of a review has a deadline of its own; these only bound what it leaves behind.
        config.connect_timeout = Some(Duration::from_secs(3));
        config.read_timeout = Some(read);
        let namespace = config.default_namespace.clone();
        let mut background = config.clone();
        background.read_timeout = Some(watch::QUIET);
        // What is asked in the background is asked again by whoever asks.
        background.default_retry = false;
        let client = |config| kube::Client::try_from(config).map_err(ConnectError::Client);
        let breakers = Arc::new(Breakers::new());
        Ok(Self {
            client: client(config)?,
            background: client(background)?,
            breakers,
            refusals: Arc::default(),
            namespace,
        })
    }

    /// The namespace that this runs in, or that of the kubeconfig's context.
    #[must_use]
    pub fn own_namespace(&self) -> &str {
        &self.namespace
    }
}

/// Which file it is stands before the cause, which need not say it again.
fn at(path: &Path, error: KubeconfigError) -> ConnectError {
    let source = match error {
        KubeconfigError::ReadConfig(cause, _) => cause.into(),
        other => other.into(),
    };
    ConnectError::Kubeconfig { path: path.to_owned(), source }
}

/// What stands in a kubeconfig cannot be used.
fn of(file: Option<&Path>, fault: Fault) -> ConnectError {
    match (fault, file) {
        (Fault::Proxy(error), _) => error,
        (Fault::Kubeconfig(source), Some(path)) => ConnectError::Kubeconfig { path: path.to_owned(), source },
        (Fault::Kubeconfig(source), None) => ConnectError::Default(source),
    }
}

/// True where there is no kubeconfig at all, rather than one that is wrong.
fn is_none(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(cause, _) => cause.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}
