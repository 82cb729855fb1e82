//! Patterns by which names are looked up, many at once.
use smallvec::SmallVec;

use super::{Pattern, table::Table};

/// Patterns, and what each stands for. Plain names are looked up; of the others only those are tried that begin as the name does.
#[derive(Debug)]
pub(super) struct Patterns<T> {
    plain: Table<String, Vec<T>>,
    /// Those that begin with a letter of their own, by it.
    by_first: Table<u8, Vec<usize>>,
    /// Those that may begin with any.
    open: Vec<usize>,
    /// All but the plain ones; of equal weight in the order in which they were added.
    others: Vec<(Pattern, T)>,
}

impl<T> Default for Patterns<T> {
    fn default() -> Self {
        Self { plain: Table::default(), by_first: Table::default(), open: Vec::new(), others: Vec::new() }
    }
}

impl<T: Copy> Patterns<T> {
    /// Adds a pattern.
    pub(super) fn add(&mut self, pattern: &Pattern, stands_for: T) {
        if pattern.is_plain() {
            self.plain.entry(pattern.as_str().to_owned()).or_default().push(stands_for);
            return;
        }
        match pattern.first() {
            Some(byte) => self.by_first.entry(byte).or_default().push(self.others.len()),
            None => self.open.push(self.others.len()),
        }
        self.others.push((pattern.clone(), stands_for));
    }

    /// What the patterns that match the whole of `name` stand for: the plain names first, then the most specific.
    pub(super) fn matching(&self, name: &str) -> impl Iterator<Item = T> {
        let plain = self.plain.get(name).map(Vec::as_slice).unwrap_or_default();
        let first =
            name.bytes().next().and_then(|byte| self.by_first.get(&byte)).map(Vec::as_slice).unwrap_or_default();
        let positions = first.iter().chain(&self.open).copied();
        let matches = |at: &usize| self.others.get(*at).is_some_and(|(pattern, _)| pattern.matches(name));
        let mut found: SmallVec<[usize; 4]> = positions.filter(matches).collect();
        found.sort_by_key(|at| (std::cmp::Reverse(self.others.get(*at).map(|(pattern, _)| pattern.weight())), *at));
        let others = found.into_iter().filter_map(|at| self.others.get(at).map(|(_, stands_for)| *stands_for));
        plain.iter().copied().chain(others)
    }
}
