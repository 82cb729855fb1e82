//! Something scarce, shared by peer address: connections, bytes in memory, questions to the API server.
//!
//! One rule: **a peer may hold at most as much as is still free afterwards.** A peer that is alone gets half of it all;
//! `n` greedy ones get `1/(n+1)` each, and as much again stays free. So whoever comes next finds something whatever the
//! others do, nobody has to be told the number of API servers in advance, and what one address floods is its own
//! share. A fixed quota per address would either be too small for the one API server of a small cluster or leave
//! nothing once a handful of addresses used theirs up.
//!
//! Any Pod can reach the port, from an address that it cannot choose; the API server comes from another one (where a
//! proxy hides addresses, `--client-ca` is the remedy). The book has an entry only for who holds something.

use std::{
    collections::{HashMap, hash_map::Entry},
    net::IpAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::{
    sync::Notify,
    time::{Instant, timeout_at},
};

/// Why something was not given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Less than this is free.
    #[error("nothing is left")]
    Exhausted,
    /// It is there, but this peer would hold more than it leaves.
    #[error("this peer holds its share")]
    Share,
}

/// So many units of something, shared by peer address. Clones share.
#[derive(Debug, Clone)]
pub struct PerPeer(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    book: Mutex<Book>,
    freed: Notify,
}

#[derive(Debug)]
struct Book {
    free: u64,
    held: HashMap<IpAddr, u64>,
}

impl Book {
    fn give_up(&mut self, peer: IpAddr, amount: u64) {
        if let Entry::Occupied(mut entry) = self.held.entry(peer) {
            *entry.get_mut() = entry.get().saturating_sub(amount);
            if *entry.get() == 0 {
                entry.remove();
            }
        }
    }
}

impl PerPeer {
    /// `capacity` units, at least two: of one, no peer could have any and leave as much.
    #[must_use]
    pub fn new(capacity: u64) -> Self {
        let book = Mutex::new(Book { free: capacity.max(2), held: HashMap::new() });
        Self(Arc::new(Inner { book, freed: Notify::new() }))
    }

    /// Takes `amount` units for `peer`, or says why not.
    ///
    /// # Errors
    /// [`Refusal`]: too little is free, or the peer's share is used up.
    pub fn try_take(&self, peer: IpAddr, amount: u64) -> Result<Share, Refusal> {
        let mut share = Share { of: Arc::clone(&self.0), peer, amount: 0 };
        share.grow_to(amount)?;
        Ok(share)
    }

    /// Takes `amount` units for `peer`, waiting for them until `deadline`.
    ///
    /// # Errors
    /// What was in the way when the deadline passed.
    pub async fn take(&self, peer: IpAddr, amount: u64, deadline: Instant) -> Result<Share, Refusal> {
        loop {
            let freed = self.0.freed.notified();
            let refusal = match self.try_take(peer, amount) {
                Ok(share) => return Ok(share),
                Err(refusal) => refusal,
            };
            if timeout_at(deadline, freed).await.is_err() {
                return Err(refusal);
            }
        }
    }

    /// What nobody holds.
    #[must_use]
    pub fn free(&self) -> u64 {
        self.0.book().free
    }

    /// What `peer` holds.
    #[must_use]
    pub fn held_by(&self, peer: IpAddr) -> u64 {
        self.0.book().held.get(&peer).copied().unwrap_or(0)
    }

    /// How many peers hold something.
    #[must_use]
    pub fn peers(&self) -> usize {
        self.0.book().held.len()
    }
}

impl Inner {
    fn book(&self) -> MutexGuard<'_, Book> {
        // Nothing that can panic runs under the lock.
        self.book.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// What a peer holds; given back when it is dropped.
#[derive(Debug)]
pub struct Share {
    of: Arc<Inner>,
    peer: IpAddr,
    amount: u64,
}

impl Share {
    /// Makes it `amount` units; it never shrinks.
    ///
    /// # Errors
    /// [`Refusal`]; what it holds already stays.
    pub fn grow_to(&mut self, amount: u64) -> Result<(), Refusal> {
        let Some(more) = amount.checked_sub(self.amount).filter(|more| *more > 0) else { return Ok(()) };
        let mut book = self.of.book();
        let Some(left) = book.free.checked_sub(more) else { return Err(Refusal::Exhausted) };
        let entry = book.held.entry(self.peer);
        let held = match &entry {
            Entry::Occupied(entry) => *entry.get(),
            Entry::Vacant(_) => 0,
        };
        if held.saturating_add(more) > left {
            return Err(Refusal::Share);
        }
        *entry.or_insert(0) += more;
        book.free = left;
        self.amount = amount;
        Ok(())
    }

    /// Hands it over to another peer, whatever that one holds: for who puts one in the other's place.
    #[must_use]
    pub fn pass_to(mut self, peer: IpAddr) -> Self {
        let inner = Arc::clone(&self.of);
        let mut book = inner.book();
        book.give_up(self.peer, self.amount);
        if self.amount > 0 {
            *book.held.entry(peer).or_insert(0) += self.amount;
        }
        drop(book);
        self.peer = peer;
        self
    }

    /// How many units it is.
    #[must_use]
    pub fn amount(&self) -> u64 {
        self.amount
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        if self.amount == 0 {
            return;
        }
        let mut book = self.of.book();
        book.free += self.amount;
        book.give_up(self.peer, self.amount);
        drop(book);
        self.of.freed.notify_waiters();
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "tests")]
mod tests {
    use std::{net::Ipv4Addr, time::Duration};

    use super::*;

    fn peer(n: u8) -> IpAddr {
        Ipv4Addr::new(127, 0, 0, n).into()
    }

    /// Takes one by one until refused.
    fn flood(of: &PerPeer, who: IpAddr) -> Vec<Share> {
        std::iter::from_fn(|| of.try_take(who, 1).ok()).collect()
    }

    #[test]
    fn greedy_peers_leave_a_newcomer_as_much_as_each_of_them_has() {
        let of = PerPeer::new(100);
        let first = flood(&of, peer(1));
        assert_eq!((first.len(), of.free()), (50, 50));
        let second = flood(&of, peer(2));
        assert_eq!((second.len(), of.free()), (25, 25));
        let third = flood(&of, peer(3));
        assert_eq!((third.len(), of.free()), (12, 13));
        assert_eq!(of.try_take(peer(1), 1).unwrap_err(), Refusal::Share);
        assert_eq!(of.try_take(peer(4), 14).unwrap_err(), Refusal::Exhausted);
        drop((first, second, third));
        assert_eq!((of.free(), of.peers()), (100, 0), "nothing is kept about who holds nothing");
    }

    #[test]
    fn a_share_that_cannot_grow_keeps_what_it_has() {
        let of = PerPeer::new(100);
        let mut share = of.try_take(peer(1), 10).unwrap();
        share.grow_to(50).unwrap();
        assert_eq!(share.grow_to(51), Err(Refusal::Share));
        assert_eq!(share.grow_to(200), Err(Refusal::Exhausted));
        share.grow_to(20).unwrap();
        assert_eq!((share.amount(), of.free()), (50, 50));
        drop(share);
        assert_eq!(of.free(), 100);
    }

    #[test]
    fn what_is_handed_over_is_the_other_s() {
        let of = PerPeer::new(10);
        let passed = of.try_take(peer(1), 3).unwrap().pass_to(peer(2));
        assert_eq!((of.held_by(peer(1)), of.held_by(peer(2)), of.free()), (0, 3, 7));
        drop(passed);
        assert_eq!((of.peers(), of.free()), (0, 10));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_ends_when_something_is_given_back_or_at_the_deadline() {
        let of = PerPeer::new(4);
        let held = flood(&of, peer(1));
        let start = Instant::now();
        let deadline = start + Duration::from_secs(3);
        assert_eq!(of.take(peer(1), 1, deadline).await.unwrap_err(), Refusal::Share);
        assert_eq!(start.elapsed().as_secs(), 3);
        assert!(of.take(peer(2), 1, deadline).await.is_ok(), "another peer does not wait");
        let later = Instant::now() + Duration::from_secs(3);
        let (taken, ()) = tokio::join!(of.take(peer(1), 1, later), async {
            tokio::time::sleep(Duration::from_secs(1)).await;
            drop(held);
        });
        assert!(taken.is_ok());
        assert_eq!(start.elapsed().as_secs(), 4);
    }
}
