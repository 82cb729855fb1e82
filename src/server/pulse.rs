//! What a connection is doing, since when, and what follows from it.
//!
//! hyper's own header timeout also runs while a connection is idle, so it is either too short for a pool of kept-alive
//! connections or too long for a head that dribbles. Here the two are told apart by watching the bytes.

use std::{
    sync::atomic::{AtomicU64, Ordering},
    time::Duration,
};

use tokio::time::Instant;

use super::{config::Times, life::Phase};
use crate::metrics::End;

/// How long a connection has for what it must finish once the server drains: a first request that is on its way, the
/// rest of a head, the last bytes of an answer.
pub(super) const LINGER: Duration = Duration::from_secs(1);

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Doing {
    /// The TLS handshake.
    Handshake,
    /// Nothing yet.
    Fresh,
    /// A request's head is arriving.
    Head,
    /// A request is being answered; it has its own deadline.
    Busy,
    /// The last request was answered.
    Idle,
}

/// What a connection is doing and since when: one word that its task writes and that whoever looks for the longest
/// idle one reads. Milliseconds since `born` in the upper bits.
#[derive(Debug)]
pub(super) struct Pulse {
    born: Instant,
    word: AtomicU64,
}

impl Pulse {
    pub(super) fn new(now: Instant) -> Self {
        Self { born: now, word: AtomicU64::new(Doing::Handshake as u64) }
    }

    pub(super) fn set(&self, doing: Doing, now: Instant) {
        let ms = u64::try_from(now.saturating_duration_since(self.born).as_millis()).unwrap_or(u64::MAX);
        self.word.store((ms << 3) | doing as u64, Ordering::Relaxed);
    }

    pub(super) fn doing(&self) -> Doing {
        Self::decode(self.word.load(Ordering::Relaxed)).0
    }

    pub(super) fn get(&self) -> (Doing, Instant) {
        let (doing, ms) = Self::decode(self.word.load(Ordering::Relaxed));
        (doing, self.born + Duration::from_millis(ms))
    }

    fn decode(word: u64) -> (Doing, u64) {
        let doing = match word & 7 {
            0 => Doing::Handshake,
            1 => Doing::Fresh,
            2 => Doing::Head,
            3 => Doing::Busy,
            _ => Doing::Idle,
        };
        (doing, word >> 3)
    }

    /// Bytes of a request arrived: a head begins, unless one is being read or answered already.
    pub(super) fn bytes_arrived(&self) {
        if matches!(self.doing(), Doing::Fresh | Doing::Idle) {
            self.set(Doing::Head, Instant::now());
        }
    }
}

/// What is to happen with a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    /// Nothing before then (`None`: nothing at all), if it goes on doing what it does.
    Live(Option<Instant>),
    /// It is closed politely: what is left to write is written.
    Close(End),
    /// It is dropped.
    Drop(End),
}

/// How long a connection may do what it does, if that is limited here.
pub(super) fn limit(doing: Doing, since: Instant, times: &Times) -> Option<Instant> {
    match doing {
        Doing::Handshake => Some(since + times.handshake),
        Doing::Fresh => Some(since + times.first_request),
        Doing::Head => Some(since + times.head),
        Doing::Busy => None,
        Doing::Idle => Some(since + times.idle),
    }
}

/// What is to happen with a connection that is `doing` something `since` then.
pub(super) fn fate(
    (doing, since): (Doing, Instant),
    now: Instant,
    times: &Times,
    phase: Phase,
    draining_since: Option<Instant>,
    evicted: bool,
) -> Fate {
    if phase == Phase::Over {
        return Fate::Drop(End::Stopped);
    }
    let Some(limit) = limit(doing, since, times) else { return Fate::Live(None) };
    if evicted {
        return if doing == Doing::Idle { Fate::Close(End::Evicted) } else { Fate::Drop(End::Evicted) };
    }
    if limit <= now {
        return match doing {
            Doing::Handshake => Fate::Drop(End::HandshakeTimeout),
            Doing::Fresh => Fate::Drop(End::NoRequest),
            Doing::Head => Fate::Drop(End::SlowHead),
            Doing::Busy | Doing::Idle => Fate::Close(End::Idle),
        };
    }
    if doing == Doing::Idle && phase == Phase::Leaving {
        let limit = limit.min(since + times.idle_leaving);
        return if limit <= now { Fate::Close(End::Stopped) } else { Fate::Live(Some(limit)) };
    }
    match draining_since {
        Some(_) if doing == Doing::Idle => Fate::Close(End::Stopped),
        Some(drain) if drain + LINGER <= now => Fate::Drop(End::Stopped),
        Some(drain) => Fate::Live(Some(limit.min(drain + LINGER))),
        None => Fate::Live(Some(limit)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_connection_s_fate_follows_from_what_it_does_and_since_when() {
        let times = Times::default();
        let since = Instant::now();
        let at = |seconds| since + Duration::from_secs(seconds);
        let serving = |doing, seconds| fate((doing, since), at(seconds), &times, Phase::Serving, None, false);
        assert_eq!(serving(Doing::Handshake, 9), Fate::Live(Some(at(10))));
        assert_eq!(serving(Doing::Handshake, 10), Fate::Drop(End::HandshakeTimeout));
        assert_eq!(serving(Doing::Fresh, 10), Fate::Drop(End::NoRequest));
        assert_eq!(serving(Doing::Head, 10), Fate::Drop(End::SlowHead));
        assert_eq!(serving(Doing::Busy, 1_000), Fate::Live(None));
        assert_eq!(serving(Doing::Idle, 149), Fate::Live(Some(at(150))));
        assert_eq!(serving(Doing::Idle, 150), Fate::Close(End::Idle));

        let leaving = |doing, s| fate((doing, since), at(s), &times, Phase::Leaving, None, false);
        assert_eq!(leaving(Doing::Idle, 4), Fate::Live(Some(at(5))));
        assert_eq!(leaving(Doing::Idle, 5), Fate::Close(End::Stopped));
        assert_eq!(leaving(Doing::Busy, 100), Fate::Live(None));
        assert_eq!(leaving(Doing::Fresh, 5), Fate::Live(Some(at(10))), "its first call is on its way");
        assert_eq!(leaving(Doing::Head, 5), Fate::Live(Some(at(10))));

        let draining = |doing, s| fate((doing, since), at(s), &times, Phase::Draining, Some(since), false);
        assert_eq!(draining(Doing::Idle, 0), Fate::Close(End::Stopped));
        assert_eq!(draining(Doing::Busy, 5), Fate::Live(None));
        assert_eq!(draining(Doing::Fresh, 0), Fate::Live(Some(at(1))));
        assert_eq!(draining(Doing::Head, 1), Fate::Drop(End::Stopped));

        let evicted = |doing| fate((doing, since), at(1), &times, Phase::Serving, None, true);
        assert_eq!(evicted(Doing::Idle), Fate::Close(End::Evicted));
        assert_eq!(evicted(Doing::Head), Fate::Drop(End::Evicted));
        assert_eq!(evicted(Doing::Busy), Fate::Live(None), "its answer is on its way; it says that this was the last");
        assert_eq!(
            fate((Doing::Busy, since), at(1), &times, Phase::Over, Some(since), false),
            Fate::Drop(End::Stopped)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn bytes_begin_a_head_only_between_requests() {
        let pulse = Pulse::new(Instant::now());
        for (doing, after) in [
            (Doing::Fresh, Doing::Head),
            (Doing::Idle, Doing::Head),
            (Doing::Busy, Doing::Busy),
            (Doing::Head, Doing::Head),
        ] {
            let since = Instant::now();
            pulse.set(doing, since);
            tokio::time::advance(Duration::from_secs(1)).await;
            pulse.bytes_arrived();
            let expected = if doing == after { since } else { Instant::now() };
            assert_eq!(pulse.get(), (after, expected));
        }
    }
}
