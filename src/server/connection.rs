//! One connection: its bytes, its HTTP, its end.

use std::{
    future::poll_fn,
    io,
    pin::{Pin, pin},
    task::{Context, Poll},
};

use axum::body::Body;
use hyper::{Request, Response, body::Incoming, server::conn::http1, service::Service};
use hyper_util::rt::TokioIo;
use tokio::{
    io::{AsyncRead, AsyncWrite, ReadBuf},
    time::{Instant, sleep_until, timeout},
};

use super::{
    config::Times,
    connections::Entry,
    life::Life,
    pulse::{Fate, LINGER, fate, limit},
};
use crate::metrics::End;

/// What every connection of a server has in common.
#[derive(Debug)]
pub(super) struct House {
    pub(super) life: Life,
    pub(super) times: Times,
    http: http1::Builder,
}

impl House {
    pub(super) fn new(life: Life, times: Times, head_bytes: usize) -> Self {
        let mut http = http1::Builder::new();
        // No timer, so none of hyper's timeouts: `pulse` has ours. Its least buffer is 8 KiB.
        http.header_read_timeout(None).max_buf_size(head_bytes.max(8 * 1024));
        Self { life, times, http }
    }

    /// Serves HTTP on `io` until the connection ends.
    pub(super) async fn speak<IO, S>(&self, io: IO, entry: &Entry, service: S) -> End
    where
        IO: AsyncRead + AsyncWrite + Unpin,
        S: Service<Request<Incoming>, Response = Response<Body>>,
        S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
    {
        let io = TokioIo::new(Watched { io, entry });
        let mut http = pin!(self.http.serve_connection(io, service));
        match self.watch(entry, http.as_mut()).await {
            Ok(Ok(())) => End::Closed,
            Ok(Err(_)) => End::Broken,
            Err((end, polite)) => {
                if polite {
                    http.as_mut().graceful_shutdown();
                    // Whatever comes of it, the connection is dropped next.
                    let _ = timeout(LINGER, http).await;
                }
                end
            }
        }
    }

    /// Runs `work` for a connection as long as what the connection does may go on; otherwise says how it ends, and
    /// whether politely.
    ///
    /// One alarm per connection, which is only set forward when it rings and back when a head begins to dribble:
    /// a connection at work costs no timer at all.
    pub(super) async fn watch<F: Future>(
        &self,
        entry: &Entry,
        mut work: Pin<&mut F>,
    ) -> Result<F::Output, (End, bool)> {
        let mut alarm = pin!(sleep_until(Instant::now()));
        loop {
            let now = Instant::now();
            let until = match fate(
                entry.pulse.get(),
                now,
                &self.times,
                self.life.phase(),
                self.life.draining_since(),
                entry.is_evicted(),
            ) {
                Fate::Live(until) => until.unwrap_or(now + self.times.idle),
                Fate::Close(end) => return Err((end, true)),
                Fate::Drop(end) => return Err((end, false)),
            };
            alarm.as_mut().reset(until);
            let mut bell = pin!(entry.bell.notified());
            let done = poll_fn(|cx| {
                if let Poll::Ready(done) = work.as_mut().poll(cx) {
                    return Poll::Ready(Some(done));
                }
                if bell.as_mut().poll(cx).is_ready() {
                    return Poll::Ready(None);
                }
                let (doing, since) = entry.pulse.get();
                if let Some(limit) = limit(doing, since, &self.times).filter(|limit| *limit < alarm.deadline()) {
                    alarm.as_mut().reset(limit);
                }
                alarm.as_mut().poll(cx).map(|()| None)
            });
            if let Some(done) = done.await {
                return Ok(done);
            }
        }
    }
}

/// A connection whose pulse feels the bytes that arrive.
struct Watched<'a, IO> {
    io: IO,
    entry: &'a Entry,
}

impl<IO: AsyncRead + Unpin> AsyncRead for Watched<'_, IO> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buf.filled().len();
        let polled = Pin::new(&mut self.io).poll_read(cx, buf);
        if buf.filled().len() > before {
            self.entry.pulse.bytes_arrived();
        }
        polled
    }
}

impl<IO: AsyncWrite + Unpin> AsyncWrite for Watched<'_, IO> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buf: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write(cx, buf)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.io).poll_write_vectored(cx, bufs)
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }
}
