//! How far a scan is: one line on a terminal's standard error, and nothing where nobody looks.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io::{self, IsTerminal as _, Write as _};

use crate::cluster::inventory::Watcher;

/// Signs of the bar.
const WIDTH: u64 = 24;
/// Back to the line's start, and the rest of it cleared.
const CLEAR: &str = "\r\x1b[K";

/// A bar that is drawn anew with every page.
pub(super) struct Progress {
    is_shown: bool,
    is_drawn: Cell<bool>,
    /// Read and to come, by kind.
    kinds: RefCell<HashMap<&'static str, (u64, u64)>>,
    namespace: RefCell<String>,
}

impl Progress {
    pub(super) fn new() -> Self {
        Self {
            is_shown: io::stderr().is_terminal(),
            is_drawn: Cell::new(false),
            kinds: RefCell::default(),
            namespace: RefCell::default(),
        }
    }

    /// The namespace that is being judged.
    pub(super) fn namespace(&self, name: &str) {
        name.clone_into(&mut self.namespace.borrow_mut());
        self.draw();
    }

    /// Takes the bar away.
    pub(super) fn done(&self) {
        if self.is_drawn.take() {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }

    fn draw(&self) {
        if !self.is_shown {
            return;
        }
        let kinds = self.kinds.borrow();
        let (read, to_come) = kinds.values().fold((0, 0), |(r, t), (read, to_come)| (r + read, t + to_come));
        self.is_drawn.set(true);
        // Nobody is left to tell if it cannot be written.
        let _ = write!(io::stderr(), "{CLEAR}{}", line(read, to_come, &self.namespace.borrow()));
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.done();
    }
}

impl Watcher for Progress {
    fn read(&self, kind: &'static str, objects: u64, to_come: u64) {
        self.kinds.borrow_mut().insert(kind, (objects, to_come));
        self.draw();
    }
}

fn line(read: u64, to_come: u64, namespace: &str) -> String {
    let all = (read + to_come).max(1);
    let full = (read.saturating_mul(WIDTH) / all).min(WIDTH);
    let (done, open) = ("#".repeat(full as usize), ".".repeat((WIDTH - full) as usize));
    // A namespace's name is a DNS label, or the API server is none.
    let name: String = namespace.chars().filter(|c| c.is_ascii_alphanumeric() || *c == '-').take(63).collect();
    format!("[{done}{open}] {read} of {all} objects  {name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_fills() {
        assert_eq!(line(0, 0, ""), "[........................] 0 of 1 objects  ");
        assert_eq!(line(250, 250, "shop"), "[############............] 250 of 500 objects  shop");
        assert_eq!(line(500, 0, "a\x1b[31m"), "[########################] 500 of 500 objects  a31m");
    }
}
