//! Accepting connections, whatever happens.

use std::{io, net::SocketAddr, time::Duration};

use tokio::{
    net::{TcpListener, TcpStream},
    time::sleep,
};

use super::life::{Life, Phase};
use crate::metrics::Metrics;

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

/// What accepting needs of its server.
pub(super) trait Host {
    type Io;
    fn life(&self) -> &Life;
    fn metrics(&self) -> &Metrics;
    /// Lets a connection in.
    fn welcome(&self, io: Self::Io, from: SocketAddr);
    /// Closes a connection, for want of file descriptors.
    fn make_room(&self);
}

/// Accepts until `until` is reached, then those who were let into the queue already: they would be reset otherwise.
pub(super) async fn accept<L: Listen>(mut listener: L, host: &impl Host<Io = L::Io>, until: Phase) {
    let mut over = std::pin::pin!(host.life().reached(until));
    loop {
        let accepted = tokio::select! {
            biased;
            () = over.as_mut() => break,
            accepted = listener.next() => accepted,
        };
        let error = match accepted {
            Ok((io, from)) => {
                host.welcome(io, from);
                continue;
            }
            Err(error) => error,
        };
        host.metrics().accept_failed();
        if is_momentary(&error) {
            // The connection's own trouble: it was gone before it was accepted.
            continue;
        }
        tracing::warn!(%error, "failed to accept a connection");
        if error.raw_os_error().is_some_and(|code| NO_DESCRIPTOR.contains(&code)) {
            host.make_room();
        }
        tokio::select! {
            biased;
            () = over.as_mut() => break,
            () = sleep(PAUSE) => {}
        }
    }
    while let Some((io, from)) = listener.waiting() {
        host.welcome(io, from);
    }
}

fn is_momentary(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset, Interrupted};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset | Interrupted)
}

#[cfg(test)]
mod tests {
    use std::{
        collections::VecDeque,
        sync::atomic::{AtomicUsize, Ordering},
    };

    use tokio::time::Instant;

    use super::*;

    /// Fails and succeeds as it is told, then has nothing more but what waits.
    struct Told(VecDeque<io::Result<u8>>, Vec<u8>);

    impl Listen for Told {
        type Io = u8;

        async fn next(&mut self) -> io::Result<(u8, SocketAddr)> {
            match self.0.pop_front() {
                Some(told) => told.map(|io| (io, ([127, 0, 0, 1], 1).into())),
                None => std::future::pending().await,
            }
        }

        fn waiting(&mut self) -> Option<(u8, SocketAddr)> {
            self.1.pop().map(|io| (io, ([127, 0, 0, 1], 1).into()))
        }
    }

    struct Counting(Life, Metrics, AtomicUsize, AtomicUsize);

    impl Host for Counting {
        type Io = u8;

        fn life(&self) -> &Life {
            &self.0
        }

        fn metrics(&self) -> &Metrics {
            &self.1
        }

        fn welcome(&self, io: u8, _: SocketAddr) {
            self.2.fetch_add(io.into(), Ordering::Relaxed);
        }

        fn make_room(&self) {
            self.3.fetch_add(1, Ordering::Relaxed);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn accepting_goes_on_whatever_happens() {
        let os = io::Error::from_raw_os_error;
        let (aborted, refused) = (io::ErrorKind::ConnectionAborted.into(), os(1));
        let told = [Ok(1), Err(aborted), Ok(2), Err(os(24)), Err(os(23)), Ok(4), Err(refused), Ok(8)];
        let host = Counting(Life::new(), Metrics::new(), AtomicUsize::new(0), AtomicUsize::new(0));
        let start = Instant::now();
        let stop = async {
            sleep(PAUSE * 5).await;
            assert_eq!(host.2.load(Ordering::Relaxed), 15, "all four were let in");
            host.0.advance(Phase::Draining);
        };
        tokio::join!(accept(Told(told.into(), vec![16, 32]), &host, Phase::Draining), stop);
        assert_eq!(start.elapsed(), PAUSE * 5);
        assert_eq!(host.2.load(Ordering::Relaxed), 63, "and those in the queue");
        assert_eq!(host.3.load(Ordering::Relaxed), 2, "once for each want of a descriptor");
        assert!(host.1.encode().contains("seawall_accept_errors_total 4"));
    }
}
