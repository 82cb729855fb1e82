//! Files that are made of something else: held by a test, rewritten by `make bless`.

#![allow(clippy::unwrap_used, clippy::panic, clippy::disallowed_methods, reason = "tests")]

use std::path::{Path, PathBuf};

/// A path of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// The text of a file of the repository.
pub(crate) fn text(path: &str) -> String {
    std::fs::read_to_string(repository(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Fails unless the file holds `expected`; with SEAWALL_BLESS it is made to.
pub(crate) fn hold(path: &str, expected: &str) {
    let file = repository(path);
    if std::env::var_os("SEAWALL_BLESS").is_some() {
        std::fs::write(&file, expected).unwrap();
        return;
    }
    let found = std::fs::read_to_string(&file).unwrap_or_default();
    if let Some((line, (is, should))) = difference(&found, expected) {
        panic!(
            "{path} is out of date: run `make bless`, and read the difference\nline {line} is  {is:?}\nshould be {should:?}"
        );
    }
}

/// The first line that differs, 1-based, as it is and as it should be.
fn difference<'t>(found: &'t str, expected: &'t str) -> Option<(usize, (&'t str, &'t str))> {
    if found == expected {
        return None;
    }
    let lines = found.lines().chain(std::iter::repeat("")).zip(expected.lines().chain(std::iter::repeat("")));
    let most = found.lines().count().max(expected.lines().count()) + 1;
    lines.take(most).enumerate().find(|(_, (a, b))| a != b).map(|(at, pair)| (at + 1, pair)).or(Some((most, ("", ""))))
}

#[test]
fn the_first_difference_is_told() {
    assert_eq!(difference("a\nb\n", "a\nb\n"), None);
    assert_eq!(difference("a\nb\n", "a\nc\n"), Some((2, ("b", "c"))));
    assert_eq!(difference("a\n", "a\nc\n"), Some((2, ("", "c"))));
    assert!(difference("a", "a\n").is_some());
}
