//! One object, followed by name: what it is now, and every change of it.
//!
//! The rights that this takes are `list` and `watch` for this very name. It goes on for ever: an API server that does
//! not answer leaves what was seen last.
use std::{fmt, sync::Arc};

use kube::api::Api;
use serde::de::DeserializeOwned;
use tokio::{
    sync::{mpsc, watch},
    task::AbortHandle,
};

use super::watch::{Followed, Told};
use crate::tree::Node;

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
    tasks: [AbortHandle; 2],
}

impl<K> fmt::Debug for Follow<K> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Follow")
    }
}

impl<K> Drop for Follow<K> {
    fn drop(&mut self) {
        self.tasks.iter().for_each(AbortHandle::abort);
    }
}

/// An object as far as it can be read.
type Read<K> = Result<K, String>;

impl<K> Follow<K>
where
    K: kube::Resource + DeserializeOwned + Send + Sync + 'static,
{
    /// Follows the object of this name.
    #[must_use]
    pub fn start(api: Api<K>, name: &str) -> Self {
        let followed = Followed { path: api.resource_url().to_owned(), fields: format!("metadata.name={name}") };
        let (told, heard) = mpsc::channel::<Told<Read<K>>>(1);
        let (sender, seen) = watch::channel(Seen::Unknown);
        let read = |node: Node<'_>| serde_json::from_value(node.to_json()).map_err(|error| error.to_string());
        let following = tokio::spawn(followed.follow(api.into_client(), read, told));
        let telling = tokio::spawn(pass_on(name.to_owned(), heard, sender));
        Self { seen, tasks: [following.abort_handle(), telling.abort_handle()] }
    }
}

impl<K> Follow<K> {
    /// What it is now.
    #[must_use]
    pub fn now(&self) -> Seen<K> {
        match &*self.seen.borrow() {
            Seen::Unknown => Seen::Unknown,
            Seen::Missing => Seen::Missing,
            Seen::Found(object) => Seen::Found(Arc::clone(object)),
        }
    }

    /// Waits until it is something else than it was when [`Self::changed`] returned last.
    pub async fn changed(&mut self) {
        if self.seen.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// Says what it is now. What cannot be followed or read is said once, until it can be again.
async fn pass_on<K>(name: String, mut heard: mpsc::Receiver<Told<Read<K>>>, seen: watch::Sender<Seen<K>>) {
    let mut complained = false;
    while let Some(told) = heard.recv().await {
        let now = match told {
            Told::All(mut all) => all.pop().map_or(Ok(Some(Seen::Missing)), |read| read.map(found)),
            Told::One(read) => read.map(found),
            Told::Gone(_) => Ok(Some(Seen::Missing)),
            Told::Same => Ok(None),
            Told::Lost { why, .. } => Err(why),
        };
        match now {
            Ok(now) => {
                if std::mem::take(&mut complained) {
                    tracing::info!(name, "an object is followed again");
                }
                now.into_iter().for_each(|now| drop(seen.send_replace(now)));
            }
            Err(error) if !complained => {
                complained = true;
                tracing::warn!(name, error, "an object cannot be followed; what was seen last stays");
            }
            Err(_) => {}
        }
    }
}

fn found<K>(object: K) -> Option<Seen<K>> {
    Some(Seen::Found(Arc::new(object)))
}
