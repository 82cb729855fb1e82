//! Where the server is in its life. It only goes forward.

use std::sync::{
    OnceLock,
    atomic::{AtomicU8, Ordering},
};

use tokio::{sync::watch, time::Instant};

/// Where the server is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    /// It serves.
    Serving,
    /// It was told to stop: not ready, but whoever still comes is answered, and told to come back elsewhere. Whose
    /// connection was idle for a while finds it closed.
    Leaving,
    /// It accepts nobody; idle connections are closed, calls in flight end.
    Draining,
    /// What still runs is dropped.
    Over,
}

/// The phase, to be read cheaply (once per call) or waited for (by the few who wait).
#[derive(Debug)]
pub(crate) struct Life {
    now: AtomicU8,
    changes: watch::Sender<Phase>,
    draining_since: OnceLock<Instant>,
}

impl Life {
    pub(crate) fn new() -> Self {
        Self {
            now: AtomicU8::new(Phase::Serving as u8),
            changes: watch::Sender::new(Phase::Serving),
            draining_since: OnceLock::new(),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.now.load(Ordering::Acquire) {
            0 => Phase::Serving,
            1 => Phase::Leaving,
            2 => Phase::Draining,
            _ => Phase::Over,
        }
    }

    /// Goes on to `phase`; never back.
    pub(crate) fn advance(&self, phase: Phase) {
        if phase >= Phase::Draining {
            self.draining_since.get_or_init(Instant::now);
        }
        self.now.fetch_max(phase as u8, Ordering::AcqRel);
        self.changes.send_if_modified(|now| {
            let forward = *now < phase;
            *now = phase.max(*now);
            forward
        });
    }

    /// When it began to drain, if it did.
    pub(crate) fn draining_since(&self) -> Option<Instant> {
        self.draining_since.get().copied()
    }

    /// Waits until `phase` is reached.
    pub(crate) async fn reached(&self, phase: Phase) {
        // The sender lives as long as `self`.
        let _ = self.changes.subscribe().wait_for(|now| *now >= phase).await;
    }
}
