//! Accepting connections, whatever happens.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::{front::Front, life::Phase};

/// How long to wait after a failure that will not be over at once: no file descriptor, no memory.
const PAUSE: Duration = Duration::from_millis(100);

/// Out of file descriptors: this process (EMFILE), this machine (ENFILE).
const NO_DESCRIPTOR: [i32; 2] = [24, 23];

/// Where connections come from.
pub(super) trait Listen {
    /// A connection.
    type Io;
    /// The next one.
    async fn next(&mut self) -> io::Result<(Self::Io, SocketAddr)>;
    /// The next one, if it waits already.
    fn waiting(&mut self) -> Option<(Self::Io, SocketAddr)>;
}

impl Listen for TcpListener {
    type Io = TcpStream;

    async fn next(&mut self) -> io::Result<(TcpStream, SocketAddr)> {
        self.accept().await
    }

    fn waiting(&mut self) -> Option<(TcpStream, SocketAddr)> {
        let mut context = std::task::Context::from_waker(std::task::Waker::noop());
        match self.poll_accept(&mut context) {
            std::task::Poll::Ready(Ok(connection)) => Some(connection),
            _ => None,
        }
    }
}

/// Accepts until `until` is reached, then those who were let into the queue already: they would be reset otherwise.
pub(super) async fn accept<L: Listen>(
    mut listener: L,
    front: &Front,
    until: Phase,
    mut welcome: impl FnMut(L::Io, SocketAddr),
) {
    let mut over = std::pin::pin!(front.house.life.reached(until));
    loop {
        let accepted = tokio::select! {
            biased;
            () = over.as_mut() => break,
            accepted = listener.next() => accepted,
        };
        match accepted {
            Ok((io, from)) => welcome(io, from),
            // The connection's own trouble: it was gone before it was accepted.
            Err(error) if is_momentary(&error) => front.metrics().accept_failed(),
            Err(error) => {
                front.metrics().accept_failed();
                if error.raw_os_error().is_some_and(|code| NO_DESCRIPTOR.contains(&code)) {
                    front.close_longest_idle();
                }
                tracing::warn!(%error, "failed to accept a connection");
                sleep(PAUSE).await;
            }
        }
    }
    while let Some((io, from)) = listener.waiting() {
        welcome(io, from);
    }
}

fn is_momentary(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}
