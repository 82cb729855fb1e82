//! How well it is known what is in force: whether all of it was heard once, and when last.
use std::sync::{
    Arc, Mutex, PoisonError,
    atomic::{AtomicBool, Ordering},
};

use super::watch::Told;
use crate::{facts::Seconds, metrics::Metrics};

/// What is followed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Source {
    Policies,
    Namespaces,
    Switch,
}

impl Source {
    const ALL: [Self; 3] = [Self::Policies, Self::Namespaces, Self::Switch];

    const fn name(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::Namespaces => "namespaces",
            Self::Switch => "switch",
        }
    }
}

/// What is known of one source.
#[derive(Debug, Clone, Default)]
struct Hearing {
    /// When it was heard last.
    last: Option<Seconds>,
    /// Why it is not heard now.
    lost: Option<String>,
    /// True where the API server has no such kind, or does not let us read it.
    is_refused: bool,
}

/// How well it is known what is in force.
#[derive(Debug)]
pub struct Health {
    sources: Mutex<[Hearing; 3]>,
    is_ready: AtomicBool,
    metrics: Arc<Metrics>,
    clock: fn() -> Seconds,
}

impl Health {
    pub(super) fn new(metrics: Arc<Metrics>, clock: fn() -> Seconds) -> Self {
        Self { sources: Mutex::default(), is_ready: AtomicBool::new(false), metrics, clock }
    }

    /// True once calls need not wait any more.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.is_ready.load(Ordering::Relaxed)
    }

    pub(super) fn ready(&self) {
        self.is_ready.store(true, Ordering::Relaxed);
    }

    /// Ready once every source has answered, if only that it does not.
    pub(super) fn settle(&self) {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.iter().all(|s| s.last.is_some() || s.is_refused) {
            self.ready();
        }
    }

    pub(super) fn has_heard(&self, source: Source) -> bool {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        sources.get(source as usize).is_some_and(|s| s.last.is_some())
    }

    /// Takes down that something was heard, or is not heard any more.
    pub(super) fn heard<T>(&self, source: Source, told: &Told<T>) {
        let mut sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(hearing) = sources.get_mut(source as usize) else { return };
        match told {
            Told::Lost { why, is_refused } => {
                if hearing.lost.is_none() {
                    tracing::warn!(
                        source = source.name(),
                        why,
                        "not heard any more; what was heard last stays in force"
                    );
                }
                hearing.lost = Some(why.clone());
                hearing.is_refused = *is_refused;
            }
            _ => {
                if hearing.lost.take().is_some() {
                    tracing::info!(source = source.name(), "heard again");
                }
                hearing.is_refused = false;
                hearing.last = Some((self.clock)());
            }
        }
        // What nobody lets us read has no age.
        let last = sources.iter().filter(|s| !s.is_refused).map(|s| s.last.unwrap_or_default()).min();
        self.metrics.policies_heard(last.unwrap_or_default());
    }

    pub(super) fn in_force(&self, policies: usize, refused: usize, is_off: bool) {
        self.metrics.policies(policies, refused, is_off);
    }

    /// A line for each source, for `/readyz?verbose`: its name, and how old what is known of it is.
    #[must_use]
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let now = (self.clock)();
        let said = Source::ALL.iter().zip(sources.iter()).map(|(source, hearing)| {
            let age = match hearing.last {
                Some(last) => format!("heard {} s ago", (now - last).max(0)),
                None => "never heard".to_owned(),
            };
            let why = hearing.lost.as_ref().map_or_else(String::new, |why| format!("; not now: {why}"));
            (source.name(), age + &why)
        });
        said.collect()
    }
}
