//! Where large bodies are judged: on threads of their own, a few at a time.
//!
//! A usual review is judged where it arrives, in less time than it takes to hand it over. A large one may keep a thread busy for as long
//! as a thousand usual ones; here nobody else's call, no handshake and no question about health waits behind it.
use std::{
    num::NonZero,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    thread::available_parallelism,
};

use tokio::runtime::Handle;

use super::{
    judge::{Answer, Call, Judge},
    limits::{PerPeer, Share},
    refusal::Refusal,
};

/// Bodies from this size on are large. Most Pods take 10 KiB; an UPDATE of a workload with a long start script takes 50.
pub(super) const LARGE: usize = 64 * 1024;

/// Whether anybody still waits for an answer. Clones share.
#[derive(Debug, Clone, Default)]
pub struct Abandoned(Option<Arc<AtomicBool>>);

impl Abandoned {
    /// For work that is to look at it: true once nobody waits any more. `None` for calls that are not worth looking.
    #[must_use]
    pub fn flag(&self) -> Option<&AtomicBool> {
        self.0.as_deref()
    }
}

/// Says when it is dropped that nobody waits any more.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The threads for large bodies, shared by peer address.
pub(super) struct Desk(PerPeer);

impl Desk {
    /// Two seats for each processor: an API server that is alone may have half of them, one for each. Those who answer the others get
    /// their turn from the scheduler.
    pub(super) fn new() -> Self {
        let processors = available_parallelism().map_or(1, NonZero::get);
        Self(PerPeer::new(u64::try_from(processors).unwrap_or(1).saturating_mul(2)))
    }

    /// Has a call judged. `memory` is given back when the work has ended, also where nobody waited for its end.
    pub(super) async fn judge<J: Judge>(
        &self,
        judge: &Arc<J>,
        mut call: Call,
        memory: Share,
    ) -> Result<Answer, Refusal> {
        let seat = self.0.take(call.peer, 1, call.deadline).await.map_err(|_| Refusal::LateAnswer)?;
        let waiting = Waiting(Arc::default());
        call.abandoned = Abandoned(Some(Arc::clone(&waiting.0)));
        let (judge, runtime) = (Arc::clone(judge), Handle::current());
        let work = tokio::task::spawn_blocking(move || {
            let answer = runtime.block_on(judge.answer(call));
            drop((seat, memory));
            answer
        });
        let answer = work.await;
        drop(waiting);
        answer.map_err(|_| Refusal::Panicked)
    }
}
