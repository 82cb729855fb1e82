//! Whether an API server that does not answer is asked again.
//!
//! Every look-up has a deadline, so a slow API server makes no review slower than that. Without this it would make every
//! review of a database that slow, and be asked by all of them on top of what ails it.
use std::{
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

/// Look-ups in a row without an answer until none is tried any more: more than one review asks, so that it takes more than
/// one to silence all.
const MOST_FAILURES: u32 = 10;
/// Between two attempts while none is tried.
const PAUSE: Duration = Duration::from_secs(5);
/// What a look-up is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Something is written or refused by it.
    Decide,
    /// A warning is added by it at most, and it has less time.
    Remark,
}

impl Purpose {
    /// Who was given less time than this does not tell by its silence how the API server is: it may be the review that was late.
    const fn fair(self) -> Duration {
        match self {
            Self::Decide => Duration::from_secs(1),
            // A little less than they have.
            Self::Remark => Duration::from_millis(400),
        }
    }
}

/// What became of a look-up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The API server answered, whatever it said.
    Answered,
    /// It could not be reached, or had no answer.
    Failed,
    /// It did not answer in this time.
    TimedOut(Duration),
}

/// Closed as long as the API server answers; open while look-ups are not tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    Closed {
        /// In a row.
        failures: u32,
    },
    Open {
        next_attempt: Instant,
    },
}

impl State {
    const ANSWERS: Self = Self::Closed { failures: 0 };

    /// Whether a look-up may be tried now, and how it stands then.
    fn asked(self, now: Instant) -> (bool, Self) {
        match self {
            Self::Closed { .. } => (true, self),
            // Whether this attempt fails or is given up, the next one waits for as long.
            Self::Open { next_attempt } if next_attempt <= now => (true, Self::Open { next_attempt: now + PAUSE }),
            Self::Open { .. } => (false, self),
        }
    }

    /// How it stands after a look-up.
    fn told(self, outcome: Outcome, fair: Duration, now: Instant) -> Self {
        match (self, outcome) {
            (_, Outcome::Answered) => Self::ANSWERS,
            (_, Outcome::TimedOut(after)) if after < fair => self,
            (Self::Closed { failures }, _) if failures + 1 < MOST_FAILURES => Self::Closed { failures: failures + 1 },
            (Self::Closed { .. }, _) => Self::Open { next_attempt: now + PAUSE },
            (Self::Open { .. }, _) => self,
        }
    }

    const fn is_open(self) -> bool {
        matches!(self, Self::Open { .. })
    }
}

/// The breakers of one connection to an API server. Remarks lose patience earlier, and must not silence what decides.
#[derive(Debug)]
pub(super) struct Breakers {
    decide: Breaker,
    remark: Breaker,
}

impl Breakers {
    pub(super) const fn new() -> Self {
        Self { decide: Breaker::new(Purpose::Decide), remark: Breaker::new(Purpose::Remark) }
    }

    pub(super) const fn of(&self, purpose: Purpose) -> &Breaker {
        match purpose {
            Purpose::Decide => &self.decide,
            Purpose::Remark => &self.remark,
        }
    }

    /// True where something is not asked.
    pub(super) fn is_any_open(&self) -> bool {
        self.decide.is_open() || self.remark.is_open()
    }

    /// In a few words, for `/readyz?verbose`.
    pub(super) fn said(&self, now: Instant) -> String {
        let decide = self.decide.said(now);
        if self.remark.is_open() { format!("{decide}; around databases {}", self.remark.said(now)) } else { decide }
    }
}

/// A breaker.
#[derive(Debug)]
pub(super) struct Breaker {
    state: Mutex<State>,
    purpose: Purpose,
}

impl Breaker {
    const fn new(purpose: Purpose) -> Self {
        Self { state: Mutex::new(State::ANSWERS), purpose }
    }

    /// Whether a look-up may be tried; what becomes of it is to be [told](Self::told).
    pub(super) fn ask(&self, now: Instant) -> bool {
        let mut state = self.state();
        let (may, next) = state.asked(now);
        *state = next;
        may
    }

    /// Takes down what became of a look-up.
    pub(super) fn told(&self, outcome: Outcome, now: Instant) {
        let mut state = self.state();
        let before = *state;
        *state = before.told(outcome, self.purpose.fair(), now);
        match (before.is_open(), state.is_open()) {
            (false, true) => tracing::warn!(
                failures = MOST_FAILURES,
                pause_seconds = PAUSE.as_secs(),
                purpose = ?self.purpose,
                "the API server does not answer; look-ups are not tried but now and then"
            ),
            (true, false) => {
                tracing::info!(purpose = ?self.purpose, "the API server answers again; look-ups are tried")
            }
            _ => {}
        }
    }

    fn is_open(&self) -> bool {
        self.state().is_open()
    }

    fn said(&self, now: Instant) -> String {
        match *self.state() {
            State::Closed { failures: 0 } => "answered".to_owned(),
            State::Closed { failures } => format!("not answered {failures} times in a row"),
            State::Open { next_attempt } => {
                let seconds = next_attempt.saturating_duration_since(now).as_secs_f64().ceil();
                format!("not answered {MOST_FAILURES} times in a row; the next is tried in {seconds} s")
            }
        }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing that can panic runs under the lock.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::{Outcome::*, *};

    const FAIR: Duration = Purpose::Decide.fair();
    const SILENT: Outcome = TimedOut(Duration::from_secs(2));

    /// How it stands after these, one after the other.
    fn after(outcomes: impl IntoIterator<Item = Outcome>, now: Instant) -> State {
        outcomes.into_iter().fold(State::ANSWERS, |state, outcome| state.told(outcome, FAIR, now))
    }

    #[test]
    fn it_opens_after_failures_in_a_row_and_only_then() {
        let now = Instant::now();
        assert_eq!(after([SILENT; 9], now), State::Closed { failures: 9 });
        assert_eq!(after([Failed; 10], now), State::Open { next_attempt: now + PAUSE });
        let interrupted = [SILENT; 9].into_iter().chain([Answered]).chain([Failed; 9]);
        assert_eq!(after(interrupted, now), State::Closed { failures: 9 }, "one answer was among them");
        let hurried = TimedOut(FAIR - Duration::from_millis(1));
        assert_eq!(after([hurried; 1_000], now), State::ANSWERS);
    }

    #[test]
    fn one_attempt_at_a_time_closes_it() {
        let start = Instant::now();
        let at = |ms| start + Duration::from_millis(ms);
        let open = after([SILENT; 10], start);
        assert_eq!(open.asked(at(0)), (false, open));
        assert_eq!(open.asked(at(4_999)), (false, open));
        let (may, attempted) = open.asked(at(5_000));
        assert!(may);
        assert!(!attempted.asked(at(5_001)).0, "one is on its way");
        // It says nothing, or nobody waits for what it says.
        for next in [attempted, attempted.told(SILENT, FAIR, at(7_000)), attempted.told(Failed, FAIR, at(7_000))] {
            assert!(!next.asked(at(9_999)).0);
            assert!(next.asked(at(10_000)).0);
        }
        let closed = attempted.told(Answered, FAIR, at(7_000));
        assert_eq!(closed, State::ANSWERS);
        assert!((0..100).all(|_| closed.asked(at(7_000)).0));
        // What was asked before it opened counts as well.
        assert_eq!(open.told(Answered, FAIR, at(1)), State::ANSWERS);
    }

    #[test]
    fn it_says_how_it_stands() {
        let (breaker, now) = (Breaker::new(Purpose::Decide), Instant::now());
        assert_eq!(breaker.said(now), "answered");
        breaker.told(SILENT, now);
        assert_eq!((breaker.said(now).as_str(), breaker.is_open()), ("not answered 1 times in a row", false));
        (1..10).for_each(|_| breaker.told(SILENT, now));
        let said = "not answered 10 times in a row; the next is tried in 4 s";
        assert_eq!((breaker.said(now + Duration::from_millis(1_500)).as_str(), breaker.is_open()), (said, true));
        assert!(!breaker.ask(now));
        assert!(breaker.ask(now + PAUSE));
        assert!(!breaker.ask(now + PAUSE));
        breaker.told(Answered, now);
        assert!(breaker.ask(now) && !breaker.is_open());
    }

    #[test]
    fn remarks_silence_remarks_alone() {
        let (breakers, now) = (Breakers::new(), Instant::now());
        (0..10).for_each(|_| breakers.of(Purpose::Remark).told(TimedOut(Duration::from_millis(500)), now));
        assert!(!breakers.of(Purpose::Remark).ask(now) && breakers.of(Purpose::Decide).ask(now));
        assert!(breakers.is_any_open());
        let around = "around databases not answered 10 times in a row; the next is tried in 5 s";
        assert_eq!(breakers.said(now), format!("answered; {around}"));
    }
}
