//! Who is connected, and who must go when somebody else wants in.

use std::{
    cmp::Reverse,
    collections::HashMap,
    hash::{BuildHasher as _, RandomState},
    net::IpAddr,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};

use super::{
    limits::{PerPeer, Share},
    pulse::{Doing, LINGER, Pulse},
};
use crate::metrics::{End, Metrics};

/// The open connections of one port.
#[derive(Debug)]
pub(super) struct Connections {
    slots: PerPeer,
    open: Mutex<HashMap<u64, Arc<Entry>>>,
    next: AtomicU64,
    left: Notify,
    /// The longest life of a connection.
    life: Duration,
    /// What makes lives differ: those that were opened together must not all be closed at once.
    jitter: RandomState,
    metrics: Arc<Metrics>,
}

/// One open connection.
#[derive(Debug)]
pub(super) struct Entry {
    pub(super) peer: IpAddr,
    pub(super) pulse: Pulse,
    /// Rung when its fate may have changed.
    pub(super) bell: Notify,
    evicted: AtomicBool,
    /// From when on the next answer is its last.
    retires: Instant,
    /// Empty once it was evicted: the slot is somebody else's before the connection is closed.
    slot: Mutex<Option<Share>>,
}

impl Entry {
    /// True if it has to make room; when it is at work, after the answer.
    pub(super) fn is_evicted(&self) -> bool {
        self.evicted.load(Ordering::Relaxed)
    }

    /// True if what is answered now is the last on it: it makes room, or has lived long enough.
    pub(super) fn is_ending(&self, now: Instant) -> bool {
        self.is_evicted() || self.retires <= now
    }

    /// Marks it, and takes its slot. `None` if somebody was faster.
    fn evict(&self) -> Option<Share> {
        let slot = self.slot.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        self.evicted.store(true, Ordering::Relaxed);
        self.bell.notify_one();
        Some(slot)
    }
}

impl Connections {
    pub(super) fn new(most: usize, life: Duration, metrics: Arc<Metrics>) -> Self {
        let slots = PerPeer::new(u64::try_from(most).unwrap_or(u64::MAX));
        let (open, next, left) = (Mutex::default(), AtomicU64::new(0), Notify::new());
        Self { slots, open, next, left, life, jitter: RandomState::new(), metrics }
    }

    /// How long connection `id` lives: between half of the longest life and the whole.
    fn life_of(&self, id: u64) -> Duration {
        // The lowest bits of a hash are as random as the others.
        let [low, high, ..] = self.jitter.hash_one(id).to_le_bytes();
        let part = f64::from(u16::from_le_bytes([low, high])) / f64::from(u16::MAX);
        self.life.mul_f64(0.5 + 0.5 * part)
    }

    fn open(&self) -> MutexGuard<'_, HashMap<u64, Arc<Entry>>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Lets a connection in; where its peer has its share, in the place of an idle one. `None` if all are at work.
    pub(super) fn enter(self: &Arc<Self>, peer: IpAddr) -> Option<Guest> {
        let slot = match self.slots.try_take(peer, 1) {
            Ok(slot) => Some(slot),
            Err(_) => self.make_room(peer),
        };
        let Some(slot) = slot else {
            self.metrics.connection_ended(End::Refused);
            return None;
        };
        let (id, now) = (self.next.fetch_add(1, Ordering::Relaxed), Instant::now());
        let entry = Arc::new(Entry {
            peer,
            pulse: Pulse::new(now),
            bell: Notify::new(),
            evicted: AtomicBool::new(false),
            retires: now + self.life_of(id),
            slot: Mutex::new(Some(slot)),
        });
        self.open().insert(id, Arc::clone(&entry));
        self.metrics.connections().inc();
        Some(Guest { entry, id, of: Arc::clone(self) })
    }

    /// The slot of the peer's longest idle connection; if it has none, of the longest idle one of whoever holds the
    /// most, and more than it does.
    fn make_room(&self, peer: IpAddr) -> Option<Share> {
        let held = self.slots.held_by(peer);
        let own = self.longest_idle(|entry| (entry.peer == peer).then_some(()));
        let richest = |entry: &Entry| Some(self.slots.held_by(entry.peer)).filter(|theirs| *theirs > held).map(Reverse);
        Some(own.or_else(|| self.longest_idle(richest))?.evict()?.pass_to(peer))
    }

    /// Closes the longest idle connection of all; false if there is none.
    pub(super) fn close_longest_idle(&self) -> bool {
        self.longest_idle(|_| Some(())).and_then(|entry| entry.evict()).is_some()
    }

    /// The longest idle connection of the lowest rank; those without a rank are not looked at.
    fn longest_idle<R: Ord>(&self, rank: impl Fn(&Entry) -> Option<R>) -> Option<Arc<Entry>> {
        let now = Instant::now();
        // Who just came may be about to say something: it is not shown out for who comes next.
        let idle = |entry: &Entry| {
            let (doing, since) = entry.pulse.get();
            let silent = match doing {
                Doing::Idle => true,
                Doing::Busy => false,
                Doing::Handshake | Doing::Fresh | Doing::Head => since + LINGER <= now,
            };
            (silent && !entry.is_evicted()).then_some(since)
        };
        let open = self.open();
        let candidates = open.values().filter_map(|entry| Some(((rank(entry)?, idle(entry)?), entry)));
        candidates.min_by(|(a, _), (b, _)| a.cmp(b)).map(|(_, entry)| Arc::clone(entry))
    }

    /// How many are open.
    pub(super) fn count(&self) -> usize {
        self.open().len()
    }

    /// Has every connection look at its fate.
    pub(super) fn ring_all(&self) {
        for entry in self.open().values() {
            entry.bell.notify_one();
        }
    }

    /// Waits until none is open.
    pub(super) async fn emptied(&self) {
        loop {
            let left = self.left.notified();
            if self.count() == 0 {
                return;
            }
            left.await;
        }
    }
}

/// A connection that was let in; it leaves when this is dropped.
#[derive(Debug)]
pub(super) struct Guest {
    pub(super) entry: Arc<Entry>,
    id: u64,
    of: Arc<Connections>,
}

impl Drop for Guest {
    fn drop(&mut self) {
        self.of.open().remove(&self.id);
        self.of.metrics.connections().dec();
        self.of.left.notify_waiters();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    const LIFE: Duration = Duration::from_secs(80);

    fn peer(n: u16) -> IpAddr {
        let [high, low] = n.to_be_bytes();
        Ipv4Addr::new(10, 0, high, low).into()
    }

    fn connections(most: usize) -> Arc<Connections> {
        Arc::new(Connections::new(most, LIFE, Arc::new(Metrics::new())))
    }

    #[tokio::test(start_paused = true)]
    async fn lives_differ_within_their_bounds() {
        let all = connections(1024);
        let now = Instant::now();
        let lives: Vec<Duration> = (0..400).map(|_| all.enter(peer(1)).unwrap().entry.retires - now).collect();
        let among =
            |from: u32, to: u32| lives.iter().filter(|l| **l >= LIFE / 8 * from && **l <= LIFE / 8 * to).count();
        assert_eq!(among(4, 8), 400);
        // Each quarter of the time between gets a hundred of them, give or take.
        for from in 4..8 {
            assert!((50..200).contains(&among(from, from + 1)), "{from}: {}", among(from, from + 1));
        }
    }

    /// Lets them in; they have been idle since.
    fn enter_idle(all: &Arc<Connections>, who: u16) -> Option<Guest> {
        let guest = all.enter(peer(who))?;
        guest.entry.pulse.set(Doing::Idle, Instant::now());
        Some(guest)
    }

    fn evicted(guests: &[Guest]) -> Vec<usize> {
        (0..guests.len()).filter(|i| guests[*i].entry.is_evicted()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn at_its_share_a_peer_replaces_its_own_longest_idle_connection() {
        let all = connections(8);
        let other = all.enter(peer(2)).unwrap();
        let mut mine = Vec::new();
        for _ in 0..3 {
            tokio::time::advance(Duration::from_secs(1)).await;
            mine.push(enter_idle(&all, 1).unwrap());
        }
        mine[0].entry.pulse.set(Doing::Busy, Instant::now());
        mine.push(all.enter(peer(1)).unwrap());
        assert_eq!(evicted(&mine), [1], "the first is at work, the second is the longest idle");
        assert!(!other.entry.is_evicted());
        for guest in &mine {
            guest.entry.pulse.set(Doing::Busy, Instant::now());
        }
        assert!(all.enter(peer(1)).is_none(), "all of its own are at work, and nobody holds more");
        drop((mine, other));
        assert_eq!((all.count(), all.slots.free()), (0, 8));
    }

    #[tokio::test(start_paused = true)]
    async fn who_came_a_moment_ago_is_not_shown_out() {
        let all = connections(8);
        let mine: Vec<_> = (0..4).map(|_| all.enter(peer(1)).unwrap()).collect();
        assert!(all.enter(peer(1)).is_none());
        tokio::time::advance(LINGER).await;
        assert!(all.enter(peer(1)).is_some());
        assert_eq!(evicted(&mine).len(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn however_many_addresses_fill_the_house_a_newcomer_gets_in() {
        let all = connections(16);
        let mut crowd: Vec<_> = (0..200).filter_map(|n| enter_idle(&all, n)).collect();
        assert_eq!(crowd.len(), 200, "each in the place of another");
        assert_eq!(evicted(&crowd).len(), 185, "one slot is never taken");
        for guest in &mut crowd {
            guest.entry.pulse.set(Doing::Busy, Instant::now());
        }
        assert!(all.enter(peer(999)).is_none());
    }

    #[tokio::test(start_paused = true)]
    async fn who_holds_more_makes_room_for_who_holds_less() {
        let all = connections(12);
        let greedy: Vec<_> = (0..5).map(|_| enter_idle(&all, 1).unwrap()).collect();
        let crowd: Vec<_> = (2..8).filter_map(|n| enter_idle(&all, n)).collect();
        assert_eq!(crowd.len(), 6);
        let victims = evicted(&greedy).len();
        let newcomer = all.enter(peer(9)).unwrap();
        assert_eq!(evicted(&greedy).len(), victims + 1);
        assert!(evicted(&crowd).is_empty());
        drop(newcomer);
    }
}
