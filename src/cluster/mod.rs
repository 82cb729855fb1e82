//! The only place that talks to the API server: questions in, facts out.
//!
//! Nothing is cached and nothing is listed that was not asked for, so memory does not grow with the cluster. Whatever fails (no answer
//! in time, no right to read, an answer that makes no sense) is [`Known::Unknown`]; what each unknown does is written in
//! [`crate::facts::TABLE`].
mod again;
mod answers;
mod connect;
mod fetch;
mod follow;
pub mod guards;
mod health;
mod heard;
pub mod inventory;
mod kubeconfig;
mod lease;
mod policies;
pub mod protect;
mod proxy;
pub mod reach;
pub mod registration;
mod served;
mod status;
mod stored;
mod uses;
mod watch;

use tokio::time::Instant;

use crate::facts::{Answer, Facts, Known, Question, Seconds};

pub use connect::{ConnectError, Connected};
pub use fetch::FetchError;
pub(crate) use fetch::MOST_READ;
pub use follow::{Follow, Seen};
pub use health::Health;
pub use lease::{Candidate, Leadership, LeaseTimes};
pub use policies::{Followers, Sources};
pub use proxy::Proxies;
pub use uses::Uses;

/// A connection to one API server.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    /// For what nobody waits for: watches, which are silent for long, and what is asked again later anyway.
    background: kube::Client,
    /// Where this runs, or what the kubeconfig's context says.
    namespace: String,
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

    /// The answer to one question, or why there is none; for whoever has the time to wait for it.
    ///
    /// # Errors
    /// When the API server does not answer, or refuses to.
    pub async fn ask(&self, question: &Question, now: Seconds) -> Result<Known<Answer>, FetchError> {
        again::patiently(async || answers::to(&self.client, question, now).await).await
    }

    /// A client for watches and for work of our own; it asks once, and has no answers to wait for.
    pub(crate) fn background(&self) -> kube::Client {
        self.background.clone()
    }
}

/// An error with its causes, on one line.
pub(crate) struct Chain<'e>(pub(crate) &'e dyn std::error::Error);

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
