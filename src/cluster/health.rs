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
    Exemptions,
    Switch,
}

impl Source {
    const ALL: [Self; 4] = [Self::Policies, Self::Namespaces, Self::Exemptions, Self::Switch];

    const fn name(self) -> &'static str {
        match self {
            Self::Policies => "policies",
            Self::Namespaces => "namespaces",
            Self::Exemptions => "exemptions",
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

impl Hearing {
    /// True where it was heard once, or nobody lets us.
    const fn has_answered(&self) -> bool {
        self.last.is_some() || self.is_refused
    }
}

/// How well it is known what is in force.
#[derive(Debug)]
pub struct Health {
    sources: Mutex<[Hearing; 4]>,
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

    /// That it is ready, or what is waited for.
    ///
    /// # Errors
    /// The sources that have not answered yet.
    pub fn check(&self) -> Result<(), String> {
        if self.is_ready() {
            return Ok(());
        }
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        let awaited = Source::ALL.iter().zip(sources.iter()).filter(|(_, hearing)| !hearing.has_answered());
        let names: Vec<_> = awaited.map(|(source, _)| source.name()).collect();
        Err(format!("not heard yet: {}", names.join(", ")))
    }

    pub(super) fn ready(&self) {
        self.is_ready.store(true, Ordering::Relaxed);
    }

    /// Ready once every source has answered, if only that it does not.
    pub(super) fn settle(&self) {
        let sources = self.sources.lock().unwrap_or_else(PoisonError::into_inner);
        if sources.iter().all(Hearing::has_answered) {
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

    pub(super) fn in_force(&self, policies: usize, refused: usize, exemptions: usize, is_off: bool) {
        self.metrics.policies(policies, refused, exemptions, is_off);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_ready_once_all_have_answered() {
        let health = Health::new(Arc::new(Metrics::new()), || 0);
        let settled = |source| {
            health.heard(source, &Told::<()>::All(Vec::new()));
            health.settle();
            health.check()
        };
        let awaits = |names: &str| Err(format!("not heard yet: {names}"));
        assert_eq!(health.check(), awaits("policies, namespaces, exemptions, switch"));
        assert_eq!(settled(Source::Policies), awaits("namespaces, exemptions, switch"));
        assert_eq!(settled(Source::Switch), awaits("namespaces, exemptions"));
        // A missing kind or right is an answer, a connection that failed is none.
        let lost = |is_refused| Told::<()>::Lost { why: String::new(), is_refused };
        health.heard(Source::Exemptions, &lost(true));
        health.heard(Source::Namespaces, &lost(false));
        health.settle();
        assert_eq!(health.check(), awaits("namespaces"));
        assert_eq!(settled(Source::Namespaces), Ok(()));
        // What is lost later does not send calls elsewhere: what was heard last stays in force.
        health.heard(Source::Namespaces, &lost(false));
        health.settle();
        assert_eq!(health.check(), Ok(()));
    }
}
