//! Everything but sockets: connections come in as streams of bytes, of whatever kind, and are served to their end.

use std::{net::IpAddr, pin::pin, sync::Arc};

use axum::{Router, body::Body};
use hyper::{Request, Response, body::Incoming, service::service_fn};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_rustls::TlsAcceptor;
use tower::Service;

use super::{
    config::Config,
    connection::House,
    connections::{Connections, Entry, Guest},
    desk::Desk,
    identity::Identity,
    judge::Judge,
    life::{Life, Phase},
    limits::PerPeer,
    log,
    pulse::Doing,
    refusal::close,
    review::{App, Caller},
    routes, tls,
};
use crate::metrics::{End, Metrics};

/// A server without its sockets.
pub struct Front {
    pub(super) house: Arc<House>,
    pub(super) identity: Arc<Identity>,
    metrics: Arc<Metrics>,
    webhooks: Port,
    plain: Port,
}

/// One of the two ports: its routes, and who is connected to it.
struct Port {
    router: Router,
    connections: Arc<Connections>,
}

impl Front {
    /// Reads the certificate files, and is then ready for connections.
    ///
    /// # Errors
    /// The files cannot be served.
    pub fn new<J: Judge>(config: &Config, judge: J, metrics: Arc<Metrics>) -> Result<Self, tls::Error> {
        let identity = config.tls.identity(&metrics)?;
        Ok(Self::with_identity(config, identity, judge, metrics))
    }

    pub(super) fn with_identity<J: Judge>(
        config: &Config,
        identity: Arc<Identity>,
        judge: J,
        metrics: Arc<Metrics>,
    ) -> Self {
        let limits = config.limits;
        let house = Arc::new(House::new(Life::new(), config.times, limits.head_bytes));
        let app = Arc::new(App {
            judge: Arc::new(judge),
            desk: Desk::new(),
            metrics: Arc::clone(&metrics),
            house: Arc::clone(&house),
            identity: Arc::clone(&identity),
            limits,
            permits: PerPeer::new(u64::try_from(limits.weight_bytes).unwrap_or(u64::MAX)),
            refusals: log::Refusals::new(),
        });
        let life = config.times.life;
        let port =
            |router, most| Port { router, connections: Arc::new(Connections::new(most, life, Arc::clone(&metrics))) };
        let webhooks = port(routes::webhooks(Arc::clone(&app)), limits.connections);
        let plain = port(routes::metrics(app), limits.plain_connections);
        Self { house, identity, metrics, webhooks, plain }
    }

    /// Serves a connection to the TLS port until it ends. It is counted before the future is polled.
    pub fn secure<IO>(self: &Arc<Self>, io: IO, peer: IpAddr) -> impl Future<Output = End> + use<IO>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let (front, guest) = (Arc::clone(self), self.webhooks.connections.enter(peer.to_canonical()));
        async move {
            let Some(Guest { entry, .. }) = &guest else { return End::Refused };
            let Some(current) = front.identity.current() else {
                // Nobody is sent here before there is one: it is not ready.
                front.metrics.connection_ended(End::HandshakeFailed);
                return End::HandshakeFailed;
            };
            let handshake = pin!(TlsAcceptor::from(current).accept(io));
            let end = match front.house.watch(entry, handshake).await {
                Ok(Ok(io)) => front.converse(&front.webhooks, io, entry).await,
                Ok(Err(error)) => {
                    tracing::debug!(%peer, %error, "TLS handshake failed");
                    End::HandshakeFailed
                }
                Err((end, _)) => end,
            };
            front.metrics.connection_ended(end);
            end
        }
    }

    /// Serves a connection to the plain port until it ends. It is counted before the future is polled.
    pub fn plain<IO>(self: &Arc<Self>, io: IO, peer: IpAddr) -> impl Future<Output = End> + use<IO>
    where
        IO: AsyncRead + AsyncWrite + Unpin,
    {
        let (front, guest) = (Arc::clone(self), self.plain.connections.enter(peer.to_canonical()));
        async move {
            let Some(Guest { entry, .. }) = &guest else { return End::Refused };
            let end = front.converse(&front.plain, io, entry).await;
            front.metrics.connection_ended(end);
            end
        }
    }

    async fn converse<IO: AsyncRead + AsyncWrite + Unpin>(&self, port: &Port, io: IO, entry: &Entry) -> End {
        entry.pulse.set(Doing::Fresh, Instant::now());
        let service = service_fn(|request| self.answer(port.router.clone(), entry, request));
        self.house.speak(io, entry, service).await
    }

    async fn answer(
        &self,
        mut router: Router,
        entry: &Entry,
        mut request: Request<Incoming>,
    ) -> Result<Response<Body>, std::convert::Infallible> {
        let started = Instant::now();
        entry.pulse.set(Doing::Busy, started);
        request.extensions_mut().insert(Caller { peer: entry.peer, started });
        let mut response = router.call(request).await?;
        let now = Instant::now();
        if entry.is_ending(now) || self.house.life.phase() > Phase::Serving {
            close(&mut response);
        }
        entry.pulse.set(Doing::Idle, now);
        Ok(response)
    }

    /// From now on not ready; calls are answered, each as its connection's last, and connections without a call for a
    /// while are closed.
    pub fn leave(&self) {
        self.advance(Phase::Leaving);
    }

    /// From now on idle connections are closed, and calls that come nevertheless are sent elsewhere.
    pub fn close_doors(&self) {
        self.advance(Phase::Draining);
    }

    /// Closes the doors, and waits until the calls in flight have ended.
    pub async fn drain(&self) {
        self.close_doors();
        self.webhooks.connections.emptied().await;
    }

    /// Drops what still runs; how many connections of the TLS port that were.
    pub async fn end(&self) -> usize {
        let cut = self.webhooks.connections.count();
        self.advance(Phase::Over);
        self.webhooks.connections.emptied().await;
        self.plain.connections.emptied().await;
        cut
    }

    fn advance(&self, phase: Phase) {
        self.house.life.advance(phase);
        self.webhooks.connections.ring_all();
        self.plain.connections.ring_all();
    }

    /// Closes the longest idle connection, for who is out of file descriptors.
    pub(super) fn close_longest_idle(&self) {
        if !self.webhooks.connections.close_longest_idle() {
            self.plain.connections.close_longest_idle();
        }
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }
}
