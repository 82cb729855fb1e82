//! The certificate that is served now, and its replacement: when the files change, or when another one is given.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};

use arc_swap::ArcSwapOption;
use rustls::ServerConfig;
use tokio::time::{MissedTickBehavior, interval};

use super::{
    config::Files,
    tls::{self, Error, Material, Usable},
};
use crate::metrics::{Metrics, Reload};

/// The TLS configuration that the next handshake uses.
///
/// All of it is swapped at once, the client CA too; connections that are open keep what they were opened with, so no
/// call fails. The kubelet swaps the files behind a symlink, which file watches lose sight of; a poll does not.
#[derive(Debug)]
pub struct Identity {
    source: Source,
    current: ArcSwapOption<ServerConfig>,
    served: AtomicU64,
    expires: AtomicI64,
    metrics: Arc<Metrics>,
}

/// Where the certificate comes from.
#[derive(Debug)]
enum Source {
    Files(Files),
    /// From whoever calls [`Identity::serve`]; what they gave last.
    Given {
        client_ca: Option<PathBuf>,
        given: Mutex<Option<Given>>,
    },
}

/// A certificate and its key, PEM. Has no `Debug`, since it holds a key.
#[derive(Clone)]
struct Given {
    cert: String,
    key: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given")
    }
}

impl Source {
    /// What is to be served, read at this time; `None` while nothing was given.
    fn read(&self) -> Result<Option<Material>, Error> {
        match self {
            Self::Files(files) => Material::read(files).map(Some),
            Self::Given { client_ca, given } => {
                let Some(given) = given.lock().unwrap_or_else(PoisonError::into_inner).clone() else {
                    return Ok(None);
                };
                Material::given(given.cert, given.key, client_ca.as_deref()).map(Some)
            }
        }
    }

    /// Which files the words of an error are about.
    fn files(&self) -> Files {
        match self {
            Self::Files(files) => files.clone(),
            Self::Given { client_ca, .. } => {
                Files { cert: "(of the Secret)".into(), key: "(of the Secret)".into(), client_ca: client_ca.clone() }
            }
        }
    }
}

impl Identity {
    /// Reads the files and checks them.
    ///
    /// # Errors
    /// The files cannot be served.
    pub fn of_files(files: Files, metrics: Arc<Metrics>) -> Result<Self, Error> {
        let identity = Self::new(Source::Files(files), metrics);
        let (usable, digest) = identity.load()?.unzip();
        identity.take(usable, digest.unwrap_or_default());
        Ok(identity)
    }

    /// Serves nothing until something is given to [`Self::serve`]. The client CA (PEM) is a file in either case.
    ///
    /// # Errors
    /// The client CA cannot be used.
    pub fn given(client_ca: Option<&Path>, metrics: Arc<Metrics>) -> Result<Self, Error> {
        if let Some(path) = client_ca {
            tls::check_client_ca(path)?;
        }
        let client_ca = client_ca.map(Path::to_path_buf);
        Ok(Self::new(Source::Given { client_ca, given: Mutex::new(None) }, metrics))
    }

    fn new(source: Source, metrics: Arc<Metrics>) -> Self {
        let (served, expires) = (AtomicU64::new(0), AtomicI64::new(0));
        Self { source, current: ArcSwapOption::empty(), served, expires, metrics }
    }

    /// Serves this certificate and key (PEM) from the next handshake on.
    ///
    /// # Errors
    /// They cannot be served; what was served before still is.
    pub fn serve(&self, cert: &str, key: &str) -> Result<(), Error> {
        if let Source::Given { client_ca, given } = &self.source {
            let new = Given { cert: cert.to_owned(), key: key.to_owned() };
            let material = Material::given(new.cert.clone(), new.key.clone(), client_ca.as_deref())?;
            let usable = material.usable(&self.source.files())?;
            *given.lock().unwrap_or_else(PoisonError::into_inner) = Some(new);
            self.take(Some(usable), material.digest());
        }
        Ok(())
    }

    /// What the next handshake uses, if there is anything.
    pub(super) fn current(&self) -> Option<Arc<ServerConfig>> {
        self.current.load_full()
    }

    /// Whether there is a certificate that callers can accept. Whether they trust it is their configuration.
    pub(super) fn ready(&self) -> Result<(), String> {
        if self.current.load().is_none() {
            return Err("there is no certificate yet".to_owned());
        }
        if self.expires.load(Ordering::Relaxed) < tls::seconds_now() {
            return Err("the certificate has expired".to_owned());
        }
        Ok(())
    }

    /// Looks at the files every so often, for ever.
    pub(super) async fn follow(self: &Arc<Self>, every: Duration) {
        let mut ticks = interval(every.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        ticks.tick().await;
        let mut complained = None;
        loop {
            ticks.tick().await;
            let identity = Arc::clone(self);
            let Ok(looked) = tokio::task::spawn_blocking(move || identity.look()).await else { continue };
            match looked {
                Look::Same => complained = None,
                Look::New(usable, digest) => {
                    self.take(Some(usable), digest);
                    self.metrics.certificate_reload(Reload::Ok);
                    tracing::info!(cert = %self.source.files().cert.display(), "serving a new certificate");
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

    fn take(&self, usable: Option<Usable>, digest: u64) {
        let Some(usable) = usable else { return };
        self.current.store(Some(usable.config));
        self.served.store(digest, Ordering::Relaxed);
        self.expires.store(usable.expires, Ordering::Relaxed);
        self.metrics.certificate_expires(usable.expires);
    }

    fn look(&self) -> Look {
        let served = self.served.load(Ordering::Relaxed);
        match self.source.read().map(|material| material.map(|material| material.digest())) {
            Ok(None) => Look::Same,
            Ok(Some(digest)) if digest == served => Look::Same,
            _ => match self.load() {
                Ok(Some((usable, digest))) => Look::New(usable, digest),
                Ok(None) => Look::Same,
                Err(error) => Look::Bad(error),
            },
        }
    }

    /// Reads what is to be served, once more if it does not fit: files may have been exchanged between two of them.
    fn load(&self) -> Result<Option<(Usable, u64)>, Error> {
        let once = || {
            let Some(material) = self.source.read()? else { return Ok(None) };
            Ok(Some((material.usable(&self.source.files())?, material.digest())))
        };
        once().or_else(|_: Error| once())
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
