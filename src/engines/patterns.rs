//! Many patterns at once.
use super::{Pattern, table::Table};

/// Patterns, and what each stands for. Most are plain names and are looked up; only the others are tried one by one.
#[derive(Debug)]
pub(super) struct Patterns<T> {
    plain: Table<String, Vec<T>>,
    others: Vec<(Pattern, T)>,
}

impl<T> Default for Patterns<T> {
    fn default() -> Self {
        Self { plain: Table::default(), others: Vec::new() }
    }
}

impl<T: Copy> Patterns<T> {
    /// Adds a pattern.
    pub(super) fn add(&mut self, pattern: &Pattern, stands_for: T) {
        if pattern.is_plain() {
            self.plain.entry(pattern.as_str().to_owned()).or_default().push(stands_for);
        } else {
            self.others.push((pattern.clone(), stands_for));
            // The most specific first; of equals the one that was added first.
            self.others.sort_by_key(|(p, _)| std::cmp::Reverse(p.weight()));
        }
    }

    /// What the patterns that match the whole of `name` stand for: the plain names before the others.
    pub(super) fn matching(&self, name: &str) -> impl Iterator<Item = T> {
        let plain = self.plain.get(name).map(Vec::as_slice).unwrap_or_default();
        let others = self.others.iter().filter(move |(pattern, _)| pattern.matches(name));
        plain.iter().copied().chain(others.map(|(_, stands_for)| *stands_for))
    }
}
