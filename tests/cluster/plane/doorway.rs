//! A door before one or several Seawalls that can be shut: it passes connections through, counts them, and
//! hangs up on those that are idle, so that the next call needs a new one.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Context as _, Result};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

use super::launch::loopback;
use super::seawall::http_get;

/// How long a replica may take to say that it is ready, and between two questions.
const PROBE: Duration = Duration::from_secs(1);
const BETWEEN_PROBES: Duration = Duration::from_millis(200);

/// The door. Dropping it closes every connection.
pub struct Doorway {
    /// Where it listens.
    pub port: u16,
    passed: Arc<AtomicUsize>,
    guests: Arc<Mutex<JoinSet<()>>>,
    hang_up: watch::Sender<()>,
    porter: JoinHandle<()>,
    /// Who keeps asking whether those behind it are ready.
    asking: Option<JoinHandle<()>>,
}

impl Doorway {
    /// Opens the door; `behind` need not listen yet.
    pub async fn open(behind: SocketAddr) -> Result<Self> {
        Self::before(vec![behind]).await
    }

    /// The same for several, who take turns; one that does not listen is passed over, as a Service does soon after.
    pub async fn before(behind: Vec<SocketAddr>) -> Result<Self> {
        Self::standing(Arc::new(Mutex::new(behind)), None).await
    }

    /// The same as a Service does it: those that are ready take turns. Of each the address, and where it is asked.
    pub async fn before_ready(behind: Vec<(SocketAddr, SocketAddr)>) -> Result<Self> {
        let open = Arc::new(Mutex::new(behind.iter().map(|(listen, _)| *listen).collect()));
        let asking = tokio::spawn(ask(behind, Arc::clone(&open)));
        Self::standing(open, Some(asking)).await
    }

    async fn standing(open: Arc<Mutex<Vec<SocketAddr>>>, asking: Option<JoinHandle<()>>) -> Result<Self> {
        let listener = TcpListener::bind(loopback(0)).await.context("no port for a door")?;
        let port = listener.local_addr()?.port();
        let (passed, guests) = (Arc::new(AtomicUsize::new(0)), Arc::new(Mutex::new(JoinSet::new())));
        let hang_up = watch::Sender::new(());
        let porter = tokio::spawn({
            let (passed, guests, hang_up) = (Arc::clone(&passed), Arc::clone(&guests), hang_up.clone());
            async move {
                while let Ok((guest, _)) = listener.accept().await {
                    let behind = open.lock().unwrap_or_else(PoisonError::into_inner).clone();
                    // Where nobody is ready, nobody is asked.
                    let turn = passed.fetch_add(1, Ordering::Relaxed) % behind.len().max(1);
                    let (later, first) = behind.split_at(turn);
                    let order = [first, later].concat();
                    let mut all = guests.lock().unwrap_or_else(PoisonError::into_inner);
                    let leave = hang_up.subscribe();
                    all.spawn(async move { drop(pass(guest, &order, leave).await) });
                }
            }
        });
        Ok(Self { port, passed, guests, hang_up, porter, asking })
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
        self.asking.iter().for_each(JoinHandle::abort);
    }
}

/// Keeps the list of those that are ready, as a kubelet and whoever fills in EndpointSlices do together, only quicker.
async fn ask(behind: Vec<(SocketAddr, SocketAddr)>, open: Arc<Mutex<Vec<SocketAddr>>>) {
    let is_ready = async |metrics: SocketAddr| {
        let asked = tokio::time::timeout(PROBE, http_get(metrics, "/readyz")).await;
        matches!(asked, Ok(Ok((200, _))))
    };
    loop {
        let asked = behind.iter().map(async |(listen, metrics)| is_ready(*metrics).await.then_some(*listen));
        let ready = futures::future::join_all(asked).await.into_iter().flatten().collect();
        *open.lock().unwrap_or_else(PoisonError::into_inner) = ready;
        tokio::time::sleep(BETWEEN_PROBES).await;
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
