//! What the signs are worth, and what they add up to.
use super::Evidence;
use crate::engines::{Catalogue, Engine};

/// What signs are worth. Two weak signs of different kinds, or one strong one, reach the threshold.
pub(super) mod weight {
    pub(in crate::view::detect) const PROGRAM: i32 = 12;
    pub(in crate::view::detect) const OTHER_PROGRAM: i32 = -16;
    pub(in crate::view::detect) const REPOSITORY: i32 = 8;
    pub(in crate::view::detect) const BASENAME: i32 = 6;
    pub(in crate::view::detect) const WORD: i32 = 2;
    pub(in crate::view::detect) const CONTAINER_NAME: i32 = 1;
    pub(in crate::view::detect) const PORT_NAME: i32 = 1;
    pub(in crate::view::detect) const OWN_FOLDER: i32 = 4;
    pub(in crate::view::detect) const SHARED_FOLDER: i32 = 1;
    pub(in crate::view::detect) const OWN_PORT: i32 = 3;
    pub(in crate::view::detect) const SHARED_PORT: i32 = 2;
    pub(in crate::view::detect) const VARIABLE: i32 = 2;
    pub(in crate::view::detect) const FLAG: i32 = 3;
    pub(in crate::view::detect) const OTHER_PORTS: i32 = -3;
    pub(in crate::view::detect) const ADDRESS: i32 = -4;
    pub(in crate::view::detect) const LOOK_ALIKE: i32 = -12;
}

/// Scores of the engines that anything speaks for; a handful at most.
pub(super) struct Scores<'c> {
    pub(super) catalogue: &'c Catalogue,
    of: Vec<(usize, i32)>,
    pub(super) notes: Notes,
}

/// What is written down beside the scores: reviews need none, and there are many of them.
pub(super) enum Notes {
    None,
    Taken(Vec<Evidence>),
}

impl<'c> Scores<'c> {
    pub(super) fn of(catalogue: &'c Catalogue, notes: Notes) -> Self {
        Self { catalogue, of: Vec::new(), notes }
    }

    /// The first packaging of the engine at `at`: scores are per engine.
    pub(super) fn kind(&self, at: usize) -> usize {
        self.catalogue.index().kind(at)
    }

    pub(super) fn add(&mut self, at: usize, weight: i32, what: impl FnOnce() -> String) {
        let kind = self.kind(at);
        let Some(engine) = self.catalogue.engines().get(kind) else { return };
        match self.of.iter_mut().find(|(k, _)| *k == kind) {
            Some((_, score)) => *score += weight,
            None => self.of.push((kind, weight)),
        }
        if let Notes::Taken(evidence) = &mut self.notes {
            evidence.push(Evidence { engine: engine.name.to_string(), weight, what: what() });
        }
    }

    /// Adds to every engine that anything speaks for so far.
    pub(super) fn add_to_all(&mut self, weight: i32, what: impl Fn() -> String) {
        self.add_where(weight, |_| true, what);
    }

    /// Adds to those of them for which `counts`.
    pub(super) fn add_where(&mut self, weight: i32, counts: impl Fn(&Engine) -> bool, what: impl Fn() -> String) {
        let engines = self.catalogue.engines();
        let known: Vec<usize> = self.of.iter().map(|(kind, _)| *kind).collect();
        for kind in known.into_iter().filter(|kind| engines.get(*kind).is_some_and(&counts)) {
            self.add(kind, weight, &what);
        }
    }

    pub(super) fn best(&self) -> Option<(usize, i32)> {
        self.of.iter().copied().max_by_key(|(kind, score)| self.rank(*kind, *score))
    }

    /// The engine that most else speaks for.
    pub(super) fn likeliest(&self, engines: impl Iterator<Item = usize>) -> Option<usize> {
        let score = |kind: usize| self.of.iter().find(|(k, _)| *k == kind).map_or(0, |(_, score)| *score);
        engines.map(|at| self.kind(at)).max_by_key(|kind| self.rank(*kind, score(*kind)))
    }

    /// Of equals an engine comes before its relatives, then the one that the catalogue names first: the order of signs does not
    /// decide.
    fn rank(&self, kind: usize, score: i32) -> (i32, bool, std::cmp::Reverse<usize>) {
        let is_original = self.catalogue.engines().get(kind).is_some_and(|e| e.like.is_none());
        (score, is_original, std::cmp::Reverse(kind))
    }
}
