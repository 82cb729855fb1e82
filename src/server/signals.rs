//! The order to stop.

use std::io;

use tokio::signal::unix::{SignalKind, signal};

/// Ends at the first SIGTERM (what the kubelet sends) or SIGINT (what Ctrl-C sends), from this call on.
///
/// # Errors
/// The signals cannot be listened to; then the process still ends by them, but at once.
pub fn stop_signal() -> io::Result<impl Future<Output = ()> + Send> {
    let (mut terminate, mut interrupt) = (signal(SignalKind::terminate())?, signal(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = terminate.recv() => {}
            _ = interrupt.recv() => {}
        }
    })
}
