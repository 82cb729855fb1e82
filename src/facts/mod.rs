//! What is known about the cluster for one review.
//!
//! A rule about absence fires on [`Known::Missing`], never on [`Known::Unknown`]. Facts are asked of the API server when a review
//! needs them; `check` knows only what the documents of its run say. A new fact is a [`Question`] with its row of [`TABLE`], an
//! [`Answer`], and a function of `cluster::answers` that gets it.
mod answer;
mod around;
mod beside;
mod question;
mod storage;
mod table;

use std::collections::HashMap;

pub use answer::{
    Answer, ClaimFacts, ClaimUse, LimitFacts, NamespaceFacts, OwnerFacts, PodFacts, StorageFacts, Template,
};
pub use around::{Around, Pointed};
pub use beside::{ClaimUser, ConfigMapFacts, ConfigReading, ConfigUser, DatabaseFacts, WorkloadFacts};
pub use question::Question;
pub(crate) use storage::BETA_CLASS;
pub use storage::{ClassFacts, DataClaimFacts, VolumeFacts, class_of};
pub use table::{Row, TABLE};

/// An answer, or the lack of one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known<T> {
    /// It is so.
    Found(T),
    /// It is known not to exist.
    Missing,
    /// Nobody answered, or nobody was asked.
    Unknown,
}

impl<T> Known<T> {
    /// The answer, if there is one.
    #[must_use]
    pub fn found(self) -> Option<T> {
        match self {
            Self::Found(t) => Some(t),
            Self::Missing | Self::Unknown => None,
        }
    }

    /// True when nobody answered.
    #[must_use]
    pub const fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }

    /// The same with a reference.
    pub const fn as_ref(&self) -> Known<&T> {
        match self {
            Self::Found(t) => Known::Found(t),
            Self::Missing => Known::Missing,
            Self::Unknown => Known::Unknown,
        }
    }
}

/// Seconds since 1970.
pub type Seconds = i64;

/// What is known for one review.
#[derive(Debug, Default)]
pub struct Facts {
    answers: HashMap<Question, Known<Answer>>,
    /// What a question that was not asked counts as.
    empty_namespace: bool,
}

impl Facts {
    /// Facts of a run without a cluster: the object is created in an empty namespace, which says nothing about its databases, so its own
    /// history, Pods and claims are missing; all else is unknown.
    #[must_use]
    pub fn empty_namespace() -> Self {
        Self { answers: HashMap::new(), empty_namespace: true }
    }

    /// Adds an answer.
    pub fn put(&mut self, question: Question, answer: Known<Answer>) {
        self.answers.insert(question, answer);
    }

    /// Adds the answers to further questions.
    pub fn extend(&mut self, more: Self) {
        self.answers.extend(more.answers);
    }

    /// True when the question was put, answered or not.
    #[must_use]
    pub fn asked(&self, question: &Question) -> bool {
        self.answers.contains_key(question) || self.empty_namespace
    }

    /// True where somebody can look into a ConfigMap.
    #[must_use]
    pub fn knows_config_maps(&self) -> bool {
        let is_map = |(question, known): (&Question, &Known<Answer>)| {
            matches!(question, Question::ConfigMap { .. }) && matches!(known, Known::Found(_))
        };
        self.answers.iter().any(is_map)
    }

    /// True where an API server was asked for what stands around a workload; in a run those documents are judged themselves.
    #[must_use]
    pub fn has_looked_around(&self) -> bool {
        self.answers.keys().any(|question| matches!(question, Question::Around { .. }))
    }

    /// The answer to a question.
    #[must_use]
    pub fn get(&self, question: &Question) -> Known<&Answer> {
        match self.answers.get(question) {
            Some(known) => known.as_ref(),
            None if self.empty_namespace => match question {
                Question::Namespace(_) | Question::Pods { .. } | Question::Claims { .. } | Question::History { .. } => {
                    Known::Missing
                }
                // An empty namespace has no limits either: what is written is shown, and the cluster has the last word.
                Question::Limits(_) => Known::Missing,
                _ => Known::Unknown,
            },
            None => Known::Unknown,
        }
    }
}
