//! A door before one or several Seawalls that can be shut: it passes connections through, counts them, and
//! hangs up on those that are idle, so that the next call needs a new one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::launch::loopback;

/// The door. Dropping it closes every connection.
pub struct Doorway {
    /// Where it listens.
    pub port: u16,
    passed: Arc<AtomicUsize>,
    guests: Arc<Mutex<JoinSet<()>>>,
    hang_up: watch::Sender<()>,
    porter: JoinHandle<()>,
}

impl Doorway {
    /// Opens the door; `behind` need not listen yet.
    pub async fn open(behind: SocketAddr) -> Result<Self> {
        Self::before(vec![behind]).await
    }

    /// The same for several, who take turns; one that does not listen is passed over, as a Service does soon after.
    pub async fn before(behind: Vec<SocketAddr>) -> Result<Self> {
        let listener = TcpListener::bind(loopback(0)).await.context("no port for a door")?;
        let port = listener.local_addr()?.port();
        let (passed, guests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(JoinSet::new())));
        let hang_up = watch::Sender::new(());
        let porter = tokio::spawn({
            let (passed, guests, hang_up) = (Arc::clone(&passed), Arc::clone(&guests), hang_up.clone());
            async move {
                while let Ok((guest, _)) = listener.accept().await {
                    let turn = passed.fetch_add(1, Ordering::Relaxed) % behind.len();
                    let (later, first) = behind.split_at(turn);
                    let order = [first, later].concat();
                    let mut all = guests.lock().unwrap_or_else(PoisonError::into_inner);
                    let leave = hang_up.subscribe();
                    all.spawn(async move { drop(pass(guest, &order, leave).await) });
                }
            }
        });
        Ok(Self { port, passed, guests, hang_up, porter })
    }

    /// How many connections were made through it.
    pub fn passed(&self) -> usize {
        self.passed.load(Ordering::Relaxed)
    }

    /// Closes all connections, which must be idle, and waits until their callers have closed them, too: no call can
    /// be sent on one of them any more.
    pub async fn hang_up(&self) {
        let mut leaving = {
            let mut guests = self.guests.lock().unwrap_or_else(PoisonError::into_inner);
            self.hang_up.send_replace(());
            std::mem::take(&mut *guests)
        };
        while leaving.join_next().await.is_some() {}
    }
}

impl Drop for Doorway {
    fn drop(&mut self) {
        self.porter.abort();
    }
}

async fn pass(mut guest: TcpStream, behind: &[SocketAddr], mut leave: watch::Receiver<()>) -> Result<()> {
    let mut host = TcpStream::connect(behind).await?;
    tokio::select! {
        passed = tokio::io::copy_bidirectional(&mut guest, &mut host) => drop(passed?),
        _ = leave.changed() => {
            guest.shutdown().await?;
            // The caller sees the end of an idle connection, and ends it itself.
            guest.read_to_end(&mut Vec::new()).await?;
        }
    }
    Ok(())
}
