//! One object, followed by name: what it is now, and every change of it.
//!
//! The rights that this takes are `get` and `watch` for this very name. It goes on for ever: an API server that does
//! not answer leaves what was seen last.
use std::{fmt, sync::Arc, time::Duration};

use futures::StreamExt as _;
use kube::api::{Api, WatchEvent, WatchParams};
use serde::de::DeserializeOwned;
use tokio::{sync::watch, task::AbortHandle};

use super::Chain;

/// How long one watch lasts, in seconds: less than [`watch::QUIET`](super::watch::QUIET), after which a connection counts as dead.
const WATCH_SECONDS: u32 = 50;
/// Between two attempts where the API server does not answer: at first, and at most.
const PAUSES: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(10));

/// There is no going on from this version: the object is read anew.
const TOO_OLD: u16 = 410;

/// What an object is.
#[derive(Debug, Clone)]
pub enum Seen<K> {
    /// Nobody has said yet.
    Unknown,
    /// There is none.
    Missing,
    /// This.
    Found(Arc<K>),
}

/// An object that is followed until this is dropped.
pub struct Follow<K> {
    seen: watch::Receiver<Seen<K>>,
    task: AbortHandle,
}

impl<K> fmt::Debug for Follow<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Follow")
    }
}

impl<K> Drop for Follow<K> {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl<K> Follow<K>
where
    K: kube::Resource + Clone + DeserializeOwned + fmt::Debug + Send + Sync + 'static,
{
    /// Follows the object of this name.
    #[must_use]
    pub fn start(api: Api<K>, name: &str) -> Self {
        let (sender, seen) = watch::channel(Seen::Unknown);
        let task = tokio::spawn(follow(api, name.to_owned(), sender)).abort_handle();
        Self { seen, task }
    }

    /// What it is now.
    #[must_use]
    pub fn now(&self) -> Seen<K> {
        self.seen.borrow().clone()
    }

    /// Waits until it is something else than it was when [`Self::changed`] returned last.
    pub async fn changed(&mut self) {
        if self.seen.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

async fn follow<K>(api: Api<K>, name: String, seen: watch::Sender<Seen<K>>)
where
    K: kube::Resource + Clone + DeserializeOwned + fmt::Debug,
{
    let (mut pause, mut complained) = (PAUSES.0, false);
    loop {
        match once(&api, &name, &seen, &mut pause, &mut complained).await {
            Ok(()) => {}
            Err(error) => {
                if !complained {
                    tracing::warn!(name, error = %Chain(&error), "an object cannot be followed; what was seen last stays");
                }
                complained = true;
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(PAUSES.1);
            }
        }
    }
}

/// Reads it, and then every change, until the watch has to begin anew.
async fn once<K>(
    api: &Api<K>,
    name: &str,
    seen: &watch::Sender<Seen<K>>,
    pause: &mut Duration,
    complained: &mut bool,
) -> Result<(), kube::Error>
where
    K: kube::Resource + Clone + DeserializeOwned + fmt::Debug,
{
    let found = api.get_opt(name).await?;
    let mut version = found.as_ref().map(version_of).unwrap_or_default();
    seen.send_replace(found.map_or(Seen::Missing, |object| Seen::Found(Arc::new(object))));
    let params = WatchParams::default().fields(&format!("metadata.name={name}")).timeout(WATCH_SECONDS);
    loop {
        let mut events = match api.watch(&params, &version).await {
            Err(kube::Error::Api(status)) if status.code == TOO_OLD => return Ok(()),
            begun => begun?.boxed(),
        };
        if std::mem::take(complained) {
            tracing::info!(name, "an object is followed again");
        }
        *pause = PAUSES.0;
        while let Some(event) = events.next().await {
            match event? {
                WatchEvent::Added(object) | WatchEvent::Modified(object) => {
                    version = version_of(&object);
                    seen.send_replace(Seen::Found(Arc::new(object)));
                }
                WatchEvent::Deleted(object) => {
                    version = version_of(&object);
                    seen.send_replace(Seen::Missing);
                }
                WatchEvent::Bookmark(bookmark) => version = bookmark.metadata.resource_version,
                WatchEvent::Error(status) if status.code == TOO_OLD => return Ok(()),
                WatchEvent::Error(status) => return Err(kube::Error::Api(status)),
            }
        }
        if version.is_empty() {
            // Nothing was there, and nothing came: there is no version to go on from.
            return Ok(());
        }
    }
}

fn version_of<K: kube::Resource>(object: &K) -> String {
    object.meta().resource_version.clone().unwrap_or_default()
}
