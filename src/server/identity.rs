//! The certificate that is served now, and its replacement when the files change.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwap;
use rustls::ServerConfig;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    config::Files,
    tls::{Error, Material, Usable},
};
use crate::metrics::{Metrics, Reload};

/// The TLS configuration that the next handshake uses.
///
/// All of it is swapped at once, the client CA too; connections that are open keep what they were opened with, so no
/// call fails. The kubelet swaps the files behind a symlink, which file watches lose sight of; a poll does not.
pub(super) struct Identity {
    files: Files,
    current: ArcSwap<ServerConfig>,
    served: AtomicU64,
    metrics: Arc<Metrics>,
}

impl Identity {
    /// Reads the files and checks them.
    pub(super) fn load(files: Files, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let (usable, digest) = load(&files)?;
        metrics.certificate_expires(usable.expires);
        Ok(Self { files, current: ArcSwap::new(usable.config), served: AtomicU64::new(digest), metrics })
    }

    /// What the next handshake uses.
    pub(super) fn current(&self) -> Arc<ServerConfig> {
        self.current.load_full()
    }

    /// Looks at the files every so often, for ever.
    pub(super) async fn follow(&self, every: Duration) {
        let mut ticks = interval(every.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut complained = None;
        loop {
            ticks.tick().await;
            let files = self.files.clone();
            let served = self.served.load(Ordering::Relaxed);
            let Ok(looked) = tokio::task::spawn_blocking(move || look(&files, served)).await else { continue };
            match looked {
                Look::Same => complained = None,
                Look::New(usable, digest) => {
                    self.current.store(usable.config);
                    self.served.store(digest, Ordering::Relaxed);
                    self.metrics.certificate_expires(usable.expires);
                    self.metrics.certificate_reload(Reload::Ok);
                    tracing::info!(cert = %self.files.cert.display(), "serving a new certificate");
                    complained = None;
                }
                Look::Bad(error) => {
                    self.metrics.certificate_reload(Reload::Failed);
                    let (complaint, help) = (describe(&error), error.help());
                    if complained.as_ref() != Some(&complaint) {
                        tracing::error!(
                            error = complaint,
                            help,
                            "kept the old certificate, the new files are unusable"
                        );
                    }
                    complained = Some(complaint);
                }
            }
        }
    }
}

/// An error and its causes on one line.
fn describe(error: &Error) -> String {
    let mut text = error.to_string();
    let mut cause = std::error::Error::source(error);
    while let Some(error) = cause {
        text.push_str(": ");
        text.push_str(&error.to_string());
        cause = error.source();
    }
    text
}

enum Look {
    Same,
    New(Usable, u64),
    Bad(Error),
}

fn look(files: &Files, served: u64) -> Look {
    match Material::read(files).map(|material| material.digest()) {
        Ok(digest) if digest == served => Look::Same,
        _ => match load(files) {
            Ok((usable, digest)) => Look::New(usable, digest),
            Err(error) => Look::Bad(error),
        },
    }
}

/// Reads the files, once more if they do not fit: they may have been exchanged between two of them.
fn load(files: &Files) -> Result<(Usable, u64), Error> {
    let once = || {
        let material = Material::read(files)?;
        Ok((material.usable(files)?, material.digest()))
    };
    once().or_else(|_: Error| once())
}
