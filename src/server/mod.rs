//! The HTTPS server: it reads calls, has a [`Judge`] answer them, and lets nobody keep it from the others' calls.
//!
//! - `accept` takes connections from a socket, [`Front`] serves them whatever they are made of;
//! - `pulse` says how long a connection may do what it does, `connections` who makes room for whom;
//! - `review` answers a call within its deadline, `body` reads as much as memory is granted for, large ones are judged at a `desk`;
//! - [`limits`] shares what is scarce by peer address;
//! - `tls` and `identity` turn certificates, from files or from whoever looks after them, into what is served;
//! - `life` is where the server is between its start and its end.

mod accept;
mod body;
mod config;
mod connection;
mod connections;
mod deadline;
mod desk;
mod forced;
mod foresee;
mod front;
mod guard;
mod identity;
mod judge;
mod life;
pub mod limits;
mod log;
mod own;
mod probe;
mod pulse;
mod refusal;
mod removal;
mod review;
mod routes;
mod scale;
mod tell;
mod tls;
mod webhooks;

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{sleep, timeout},
};

pub(crate) use self::guard::{AROUND_TIME, LOOK_UPS};
use self::{
    accept::{Host, accept},
    life::{Life, Phase},
};
pub use self::{
    config::{Config, Files, Limits, Times, Tls},
    desk::{Abandoned, Seat},
    front::Front,
    guard::Guard,
    identity::Identity,
    judge::{Answer, Call, Judge, Record, Review, Verdict},
    log::log_panics,
    tls::Error as TlsError,
};
use crate::metrics::Metrics;

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The certificate files cannot be served.
    #[error("the server's certificate cannot be used")]
    Tls(#[from] TlsError),
    /// An address cannot be listened on.
    #[error("failed to listen on {flag} {address}")]
    Bind {
        /// The flag that names the address.
        flag: &'static str,
        /// The address.
        address: SocketAddr,
        /// Why.
        source: io::Error,
    },
}

impl Error {
    /// What to do about it.
    #[must_use]
    pub fn help(&self) -> &'static str {
        match self {
            Self::Tls(error) => error.help(),
            Self::Bind { .. } => "give an address of this machine and a port that is free and allowed to this user",
        }
    }
}

/// A server with its certificate checked and its sockets bound.
pub struct Server {
    config: Config,
    identity: Arc<Identity>,
    metrics: Arc<Metrics>,
    webhooks: TcpListener,
    plain: Option<TcpListener>,
}

/// Serves `judge` until `shutdown`, and then until the calls in flight have ended.
///
/// # Errors
/// It does not start: see [`Error`].
pub async fn serve<J: Judge>(
    config: Config,
    judge: J,
    metrics: Arc<Metrics>,
    shutdown: impl Future<Output = ()>,
) -> Result<(), Error> {
    Server::bind(config, metrics).await?.run(judge, shutdown).await;
    Ok(())
}

impl Server {
    /// Checks the certificate files, then binds the sockets.
    ///
    /// # Errors
    /// See [`Error`].
    pub async fn bind(config: Config, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let identity = config.tls.identity(&metrics)?;
        let webhooks = listen("--listen", config.listen).await?;
        let plain = match config.metrics_listen {
            Some(address) => Some(listen("--metrics-listen", address).await?),
            None => None,
        };
        Ok(Self { config, identity, metrics, webhooks, plain })
    }

    /// Where the webhooks are served, and where metrics are.
    #[must_use]
    pub fn addresses(&self) -> (Option<SocketAddr>, Option<SocketAddr>) {
        (self.webhooks.local_addr().ok(), self.plain.as_ref().and_then(|plain| plain.local_addr().ok()))
    }

    /// Serves until `shutdown`; then is not ready for as long as `times.leave`, then lets the calls in flight end for
    /// as long as `times.grace`.
    pub async fn run<J: Judge>(self, judge: J, shutdown: impl Future<Output = ()>) {
        let Self { config, identity, metrics, webhooks, plain } = self;
        let (listen, times) = (webhooks.local_addr().ok(), config.times);
        let front = Arc::new(Front::with_identity(&config, identity, judge, metrics));
        // Tasks of their own, for the sake of other cores; they end with these sets at the latest.
        let (mut accepting, mut tasks) = (JoinSet::new(), JoinSet::new());
        let door = Door { front: Arc::clone(&front), secure: true };
        accepting.spawn(async move { accept(webhooks, &door, Phase::Draining).await });
        if let Some(plain) = plain {
            let door = Door { front: Arc::clone(&front), secure: false };
            tasks.spawn(async move { accept(plain, &door, Phase::Over).await });
        }
        let host = Arc::clone(&front);
        tasks.spawn(async move { host.identity.follow(times.reload).await });
        tracing::info!(listen = listen.map(tracing::field::display), "serving");

        shutdown.await;
        tracing::info!("stopping");
        front.leave();
        sleep(times.leave).await;
        let drained = timeout(times.grace, async {
            front.close_doors();
            // Who was in the queue is let in before it is waited for that all have left.
            while accepting.join_next().await.is_some() {}
            front.drain().await;
        });
        let drained = drained.await.is_ok();
        let cut = front.end().await;
        if !drained && cut > 0 {
            tracing::warn!(connections = cut, "stopped before all calls had ended");
        }
        tasks.shutdown().await;
    }
}

async fn listen(flag: &'static str, address: SocketAddr) -> Result<TcpListener, Error> {
    TcpListener::bind(address).await.map_err(|source| Error::Bind { flag, address, source })
}

/// Where the connections of a port come in.
struct Door {
    front: Arc<Front>,
    secure: bool,
}

impl Host for Door {
    type Io = TcpStream;

    fn life(&self) -> &Life {
        &self.front.house.life
    }

    fn metrics(&self) -> &Metrics {
        self.front.metrics()
    }

    fn welcome(&self, io: TcpStream, from: SocketAddr) {
        // Answers are one small write each; where the delay cannot be turned off, they are only later.
        let _ = io.set_nodelay(true);
        if self.secure {
            tokio::spawn(self.front.secure(io, from.ip()));
        } else {
            tokio::spawn(self.front.plain(io, from.ip()));
        }
    }

    fn make_room(&self) {
        self.front.close_longest_idle();
    }
}
