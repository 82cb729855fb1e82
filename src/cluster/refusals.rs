//! Which questions the API server refuses to answer us, so that the log says it once and not at every review.
use std::{
    collections::BTreeSet,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Names of questions that were refused when they were asked last.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<BTreeSet<&'static str>>);

impl Refusals {
    /// It was refused; true if it was not before.
    pub(super) fn is_new(&self, question: &'static str) -> bool {
        self.names().insert(question)
    }

    /// It was answered.
    pub(super) fn answered(&self, question: &'static str) {
        self.names().remove(question);
    }

    fn names(&self) -> MutexGuard<'_, BTreeSet<&'static str>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_new_once() {
        let refusals = Refusals::default();
        assert!(refusals.is_new("owner"));
        assert!(!refusals.is_new("owner"));
        assert!(refusals.is_new("claim"));
        refusals.answered("owner");
        assert!(refusals.is_new("owner") && !refusals.is_new("claim"));
    }
}
