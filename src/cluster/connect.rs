//! Connections: of a program in a cluster, and of a person with a kubeconfig.
use std::{path::Path, path::PathBuf, time::Duration};

use kube::config::{InClusterError, KubeConfigOptions, Kubeconfig, KubeconfigError};

use super::{Cluster, FetchError, fetch};
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
    Default(#[source] KubeconfigError),
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
    /// There is no service account to use.
    #[error("failed to find the cluster from inside")]
    InCluster(#[source] InClusterError),
    /// The configuration cannot be used.
    #[error("failed to make a client for the API server")]
    Client(#[source] kube::Error),
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
}

impl Cluster {
    /// Connects as a kubeconfig says; nothing is asked yet.
    ///
    /// # Errors
    /// When the file cannot be read or used.
    pub async fn from_kubeconfig(path: &Path) -> Result<Self, ConnectError> {
        let kubeconfig = Kubeconfig::read_from(path).map_err(|e| at(path, e))?;
        let options = KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(|e| at(path, e))?;
        Self::from_config(config, SOON)
    }

    /// Connects from inside a cluster, by the Pod's service account.
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
    pub async fn of_person(file: Option<&Path>, context: Option<&str>) -> Result<Connected, ConnectError> {
        let failed = |error| match file {
            Some(path) => at(path, error),
            None => ConnectError::Default(error),
        };
        let kubeconfig = match (file.map_or_else(Kubeconfig::read, Kubeconfig::read_from), file) {
            (Ok(kubeconfig), _) => kubeconfig,
            (Err(error), None) if is_none(&error) => {
                let inside = kube::Config::incluster().map_err(|_| ConnectError::Nowhere)?;
                return Self::connected(inside);
            }
            (Err(error), _) => return Err(failed(error)),
        };
        let wanted = context.or(kubeconfig.current_context.as_deref());
        if let Some(wanted) = wanted.filter(|w| !kubeconfig.contexts.iter().any(|c| c.name == *w)) {
            let known = kubeconfig.contexts.iter().map(|c| c.name.clone()).collect();
            return Err(ConnectError::NoContext { context: wanted.to_owned(), known });
        }
        let options = KubeConfigOptions { context: context.map(str::to_owned), ..KubeConfigOptions::default() };
        Self::connected(kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(failed)?)
    }

    /// The API server's minor version; the first thing that a person's connection asks. `None` where it says none.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn says_version(&self) -> Result<Option<u16>, FetchError> {
        let text = fetch::text(&self.client, "/version").await?;
        let tree = Tree::from_json(&text)?;
        let minor = tree.root().get("minor").text();
        Ok(minor.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok())
    }

    fn connected(config: kube::Config) -> Result<Connected, ConnectError> {
        let (namespace, server) = (config.default_namespace.clone(), config.cluster_url.to_string());
        Ok(Connected { cluster: Self::from_config(config, LATER)?, namespace, server })
    }

    fn from_config(mut config: kube::Config, read: Duration) -> Result<Self, ConnectError> {
        // Every request of a review has a deadline of its own; these only bound what it leaves behind.
        config.connect_timeout = Some(Duration::from_secs(3));
        config.read_timeout = Some(read);
        Ok(Self { client: kube::Client::try_from(config).map_err(ConnectError::Client)? })
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

/// True where there is no kubeconfig at all, rather than one that is wrong.
fn is_none(error: &KubeconfigError) -> bool {
    match error {
        KubeconfigError::FindPath => true,
        KubeconfigError::ReadConfig(cause, _) => cause.kind() == std::io::ErrorKind::NotFound,
        _ => false,
    }
}
