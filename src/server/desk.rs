//! Where large bodies are judged: on threads of their own, a few at a time.
//!
//! A usual review is judged where it arrives, in less time than it takes to hand it over. A large one may keep a thread busy for as long
//! as a thousand usual ones; here nobody else's call, no handshake and no question about health waits behind it.
use std::{
    net::IpAddr,
    num::NonZero,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    thread::available_parallelism,
};

use tokio::{runtime::Handle, time::Instant};

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

    /// True once nobody waits any more.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.flag().is_some_and(|flag| flag.load(Ordering::Relaxed))
    }
}

/// Says when it is dropped that nobody waits any more.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// A seat at the desk, which others may have while its holder waits for an answer of the API server: a slow one must not keep large
/// calls waiting that ask nothing. Empty for a call that is not judged there. Clones share.
#[derive(Debug, Clone, Default)]
pub struct Seat(Option<Arc<Seated>>);

#[derive(Debug)]
struct Seated {
    desk: PerPeer,
    peer: IpAddr,
    deadline: Instant,
    /// `None` while it is lent.
    share: Mutex<Option<Share>>,
}

impl Seat {
    /// Waits for something that needs no seat, and then for a seat again. Without one by the deadline, nobody waits for the answer any
    /// more, and what goes on regardless is [abandoned](Abandoned).
    pub async fn lent_during<T>(&self, waiting: impl Future<Output = T>) -> T {
        let Some(seated) = &self.0 else { return waiting.await };
        seated.hold(None);
        let done = waiting.await;
        seated.hold(seated.desk.take(seated.peer, 1, seated.deadline).await.ok());
        done
    }
}

impl Seated {
    fn hold(&self, share: Option<Share>) {
        *self.share.lock().unwrap_or_else(PoisonError::into_inner) = share;
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
        let share = self.0.take(call.peer, 1, call.deadline).await.map_err(|_| Refusal::LateAnswer)?;
        let (desk, peer, deadline) = (self.0.clone(), call.peer, call.deadline);
        let seat = Seat(Some(Arc::new(Seated { desk, peer, deadline, share: Mutex::new(Some(share)) })));
        call.seat = seat.clone();
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
