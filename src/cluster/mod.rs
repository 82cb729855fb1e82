//! The only place that talks to the API server: questions in, facts out.
//!
//! Nothing is cached and nothing is listed that was not asked for, so memory does not grow with the cluster. Whatever fails (no answer
//! in time, no right to read, an answer that makes no sense) is [`Known::Unknown`]; what each unknown does is written in
//! [`crate::facts::TABLE`].
mod again;
mod answers;
mod breaker;
mod claim_ref;
mod connect;
pub mod events;
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
mod refusals;
pub mod registration;
mod served;
mod status;
mod stored;
pub mod upkeep;
mod uses;
mod watch;

use std::sync::Arc;

use tokio::time::{Instant, timeout_at};

use crate::{
    facts::{Answer, Facts, Known, Question, Seconds},
    metrics::Found,
};

pub use breaker::Purpose;
use breaker::{Breakers, Outcome};
pub use claim_ref::ClaimRef;
pub use connect::{ConnectError, Connected};
pub use fetch::FetchError;
pub(crate) use fetch::MOST_READ;
pub use follow::{Follow, Seen};
pub use health::Health;
pub use lease::{Absence, Candidate, Leadership, LeaseTimes};
pub use policies::{Followers, Sources};
pub use proxy::Proxies;
use refusals::Refusals;
pub use uses::Uses;

/// A connection to one API server.
#[derive(Clone)]
pub struct Cluster {
    client: kube::Client,
    /// For what nobody waits for: watches, which are silent for long, and what is asked again later anyway.
    background: kube::Client,
    /// For what reviews wait for.
    breakers: Arc<Breakers>,
    refusals: Arc<Refusals>,
    /// Where this runs, or what the kubeconfig's context says.
    namespace: String,
}

impl std::fmt::Debug for Cluster {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cluster")
    }
}

/// How often one question was put, and what came of it; for metrics.
pub trait Observer: Send + Sync {
    /// One look-up.
    fn looked_up(&self, question: &'static str, result: Found);
    /// Whether look-ups are not tried for a while, after one that was or was not.
    fn breaker(&self, is_open: bool);
}

impl Cluster {
    /// Asks everything at once; what is not answered by the deadline is unknown, and so is everything for a while where the API server
    /// has not answered for long.
    pub async fn answer(
        &self,
        questions: Vec<Question>,
        purpose: Purpose,
        now: Seconds,
        deadline: Instant,
        observer: &dyn Observer,
    ) -> Facts {
        let mut facts = Facts::default();
        let asked = questions.into_iter().map(|question| async move {
            let (known, result) = self.look_up(&question, purpose, now, deadline).await;
            (question, known, result)
        });
        for (question, known, result) in futures::future::join_all(asked).await {
            observer.looked_up(question.name(), result);
            facts.put(question, known);
        }
        observer.breaker(self.breakers.is_any_open());
        facts
    }

    async fn look_up(
        &self,
        question: &Question,
        purpose: Purpose,
        now: Seconds,
        deadline: Instant,
    ) -> (Known<Answer>, Found) {
        let (name, begun) = (question.name(), Instant::now());
        let breaker = self.breakers.of(purpose);
        if !breaker.ask(begun) {
            tracing::debug!(question = name, "a question was not asked");
            return (Known::Unknown, Found::Unknown);
        }
        let (known, result, outcome) = match timeout_at(deadline, answers::to(&self.client, question, now)).await {
            Ok(Ok(known)) => {
                self.refusals.answered(name);
                // What was found, and was more than is read, is unknown all the same.
                let result = if known.is_unknown() { Found::Unknown } else { Found::Found };
                (known, result, Outcome::Answered)
            }
            Ok(Err(error)) if error.is_forbidden() => {
                if self.refusals.is_new(name) {
                    tracing::warn!(question = name, error = %Chain(&error), "a question is not answered to us");
                }
                (Known::Unknown, Found::Refused, Outcome::Answered)
            }
            Ok(Err(error)) => {
                tracing::warn!(question = name, error = %Chain(&error), "a question was not answered");
                let outcome = if error.is_passing() { Outcome::Failed } else { Outcome::Answered };
                (Known::Unknown, Found::Unknown, outcome)
            }
            Err(_) => {
                tracing::warn!(question = name, "a question was not answered in time");
                (Known::Unknown, Found::Unknown, Outcome::TimedOut(begun.elapsed()))
            }
        };
        breaker.told(outcome, Instant::now());
        (known, result)
    }

    /// How look-ups fare, in a few words for `/readyz?verbose`.
    #[must_use]
    pub fn look_ups(&self) -> String {
        self.breakers.said(Instant::now())
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
