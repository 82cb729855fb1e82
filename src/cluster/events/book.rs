//! What was said in Events, and how often it happened since: a bounded memory, and a pace that it keeps. No clock of its own.
use std::{collections::BTreeMap, time::Duration};

use tokio::time::Instant;

use super::Happening;

/// Happenings that are remembered. Of more, the one that was heard of the longest time ago begins anew when it happens again.
const MOST: usize = 256;
/// How long after its last time something that happens again is a new happening, as the API server's own controllers have it.
const MEMORY: Duration = Duration::from_secs(6 * 60);
/// Requests at once, and one more for each of these that passes.
const BURST: u32 = 32;
const PACE: Duration = Duration::from_secs(1);

/// What is to be done.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// It is known, and said later.
    Nothing,
    /// Too much was said lately.
    Drop,
    /// A first Event.
    Write(Happening),
    /// The same, once more.
    Again(Entry),
}

/// An Event that was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    pub(super) path: String,
    /// How often it has happened.
    pub(super) count: u32,
}

#[derive(Debug)]
struct Known {
    entry: Entry,
    /// How often was said that it has happened.
    said: u32,
    last: Instant,
}

#[derive(Debug)]
pub(super) struct Book {
    known: BTreeMap<Happening, Known>,
    tokens: u32,
    filled: Instant,
}

impl Book {
    pub(super) fn new(now: Instant) -> Self {
        Self { known: BTreeMap::new(), tokens: BURST, filled: now }
    }

    /// Something happened.
    pub(super) fn hear(&mut self, happening: Happening, now: Instant) -> Step {
        let is_fresh = |known: &&mut Known| now.saturating_duration_since(known.last) < MEMORY;
        if let Some(known) = self.known.get_mut(&happening).filter(is_fresh) {
            known.entry.count = known.entry.count.saturating_add(1);
            known.last = now;
            return Step::Nothing;
        }
        if self.may(now) { Step::Write(happening) } else { Step::Drop }
    }

    /// It was said for the first time, there.
    pub(super) fn written(&mut self, happening: Happening, path: String, now: Instant) {
        if self.known.len() >= MOST {
            let oldest = self.known.iter().min_by_key(|(_, known)| known.last).map(|(happening, _)| happening.clone());
            oldest.and_then(|oldest| self.known.remove(&oldest));
        }
        self.known.insert(happening, Known { entry: Entry { path, count: 1 }, said: 1, last: now });
    }

    /// What has happened again since it was said last, as far as the pace allows; what is over is forgotten.
    pub(super) fn turn(&mut self, now: Instant) -> Vec<Step> {
        self.known
            .retain(|_, known| known.said < known.entry.count || now.saturating_duration_since(known.last) < MEMORY);
        let mut again = Vec::new();
        let unsaid: Vec<Happening> =
            self.known.iter().filter(|(_, known)| known.said < known.entry.count).map(|(h, _)| h.clone()).collect();
        for happening in unsaid {
            if !self.may(now) {
                break;
            }
            if let Some(known) = self.known.get_mut(&happening) {
                known.said = known.entry.count;
                again.push(Step::Again(known.entry.clone()));
            }
        }
        again
    }

    /// Takes a token, if there is one.
    fn may(&mut self, now: Instant) -> bool {
        while self.tokens < BURST && now.saturating_duration_since(self.filled) >= PACE {
            self.tokens += 1;
            self.filled += PACE;
        }
        if self.tokens == BURST {
            self.filled = now;
        }
        let may = self.tokens > 0;
        self.tokens = self.tokens.saturating_sub(1);
        may
    }
}

#[cfg(test)]
mod tests {
    use super::super::{About, What};
    use super::*;
    use crate::terms::Operation;

    fn happening(name: &str) -> Happening {
        let about = About {
            api_version: "apps/v1".to_owned(),
            kind: "StatefulSet".to_owned(),
            namespace: "shop".to_owned(),
            name: name.to_owned(),
            uid: String::new(),
        };
        Happening { about, what: What::Denied, operation: Operation::Update, note: String::new() }
    }

    /// Hears of it, and writes it where that is to be done.
    fn heard(book: &mut Book, name: &str, now: Instant) -> bool {
        match book.hear(happening(name), now) {
            Step::Write(first) => {
                book.written(first, name.to_owned(), now);
                true
            }
            step => {
                assert_eq!(step, Step::Nothing);
                false
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_happens_again_is_counted_in_the_event_that_is_there() {
        let now = Instant::now();
        let mut book = Book::new(now);
        assert!(heard(&mut book, "a", now) && heard(&mut book, "b", now));
        assert!(!heard(&mut book, "a", now) && !heard(&mut book, "a", now));
        assert_eq!(book.turn(now), [Step::Again(Entry { path: "a".to_owned(), count: 3 })]);
        assert_eq!(book.turn(now), [], "it is said once");
        assert!(!heard(&mut book, "a", now + MEMORY / 2));
        assert!(!heard(&mut book, "a", now + MEMORY));
        assert_eq!(book.turn(now + MEMORY), [Step::Again(Entry { path: "a".to_owned(), count: 5 })]);
        assert!(heard(&mut book, "b", now + MEMORY), "it was long ago");
        assert!(heard(&mut book, "a", now + MEMORY * 2));
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_refused_a_thousand_things_does_not_write_a_thousand_events() {
        let now = Instant::now();
        let mut book = Book::new(now);
        let try_all = |book: &mut Book, from: u32, now| {
            let all = (from..from + 1_000).map(|n| book.hear(happening(&n.to_string()), now));
            all.filter(|step| matches!(step, Step::Write(_))).count()
        };
        assert_eq!(try_all(&mut book, 0, now), BURST as usize);
        assert_eq!(try_all(&mut book, 1_000, now + PACE * 3), 3);
        assert_eq!(try_all(&mut book, 2_000, now + PACE * 1_000), BURST as usize);
    }

    #[tokio::test(start_paused = true)]
    async fn memory_is_bounded() {
        let now = Instant::now();
        let mut book = Book::new(now);
        for n in 0..2 * u32::try_from(MOST).unwrap() {
            assert!(heard(&mut book, &n.to_string(), now + PACE * n));
        }
        assert_eq!(book.known.len(), MOST);
    }
}
