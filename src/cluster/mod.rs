//! The only place that talks to the API server: questions in, facts out.
//!
//! Nothing is cached and nothing is listed that was not asked for, so memory does not grow with the cluster. Whatever fails (no answer
//! in time, no right to read, an answer that makes no sense) is [`Known::Unknown`]; what each unknown does is written in
//! [`crate::facts::TABLE`].
mod answers;
mod fetch;

use std::{path::PathBuf, time::Duration};

use tokio::time::Instant;

use crate::facts::{Facts, Known, Question, Seconds};

pub use fetch::FetchError;

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
    /// There is no service account to use.
    #[error("failed to find the cluster from inside")]
    InCluster(#[source] kube::config::InClusterError),
    /// The configuration cannot be used.
    #[error("failed to make a client for the API server")]
    Client(#[source] kube::Error),
}

/// A connection to one API server.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cluster")
    }
}

/// How often one question was put, and whether it was answered; for metrics.
pub trait Observer: Send + Sync {
    /// One look-up.
    fn looked_up(&self, question: &'static str, answered: bool);
}

impl Cluster {
    /// Connects as a kubeconfig says; nothing is asked yet.
    ///
    /// # Errors
    /// When the file cannot be read or used.
    pub async fn from_kubeconfig(path: &std::path::Path) -> Result<Self, ConnectError> {
        use kube::config::KubeconfigError;
        let failed = |error| {
            // Which file it is stands before it already.
            let source = match error {
                KubeconfigError::ReadConfig(cause, _) => cause.into(),
                other => other.into(),
            };
            ConnectError::Kubeconfig { path: path.to_owned(), source }
        };
        let kubeconfig = kube::config::Kubeconfig::read_from(path).map_err(failed)?;
        let options = kube::config::KubeConfigOptions::default();
        let config = kube::Config::from_custom_kubeconfig(kubeconfig, &options).await.map_err(failed)?;
        Self::from_config(config)
    }

    /// Connects from inside a cluster, by the Pod's service account.
    ///
    /// # Errors
    /// When there is none.
    pub fn in_cluster() -> Result<Self, ConnectError> {
        Self::from_config(kube::Config::incluster().map_err(ConnectError::InCluster)?)
    }

    fn from_config(mut config: kube::Config) -> Result<Self, ConnectError> {
        // Every request has a deadline of its own; these only bound what it leaves behind.
        config.connect_timeout = Some(Duration::from_secs(3));
        config.read_timeout = Some(Duration::from_secs(10));
        Ok(Self { client: kube::Client::try_from(config).map_err(ConnectError::Client)? })
    }

    /// Asks everything at once; what is not answered by the deadline is unknown.
    pub async fn answer(
        &self,
        questions: Vec<Question>,
        now: Seconds,
        deadline: Instant,
        observer: &dyn Observer,
    ) -> Facts {
        let mut facts = Facts::default();
        let asked = questions.into_iter().map(|question| async move {
            let answer = tokio::time::timeout_at(deadline, answers::to(&self.client, &question, now)).await;
            (question, answer)
        });
        for (question, answer) in futures::future::join_all(asked).await {
            let known = match answer {
                Ok(Ok(known)) => known,
                Ok(Err(error)) => {
                    tracing::warn!(question = question.name(), error = %Chain(&error), "a question was not answered");
                    Known::Unknown
                }
                Err(_) => {
                    tracing::warn!(question = question.name(), "a question was not answered in time");
                    Known::Unknown
                }
            };
            observer.looked_up(question.name(), !known.is_unknown());
            facts.put(question, known);
        }
        facts
    }

    /// The API server's minor version.
    ///
    /// # Errors
    /// When it does not answer.
    pub async fn minor_version(&self) -> Result<Option<u32>, kube::Error> {
        let version = self.client.apiserver_version().await?;
        Ok(version.minor.trim_end_matches(|c: char| !c.is_ascii_digit()).parse().ok())
    }
}

/// An error with its causes, on one line.
struct Chain<'e>(&'e dyn std::error::Error);

impl std::fmt::Display for Chain<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(f, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
