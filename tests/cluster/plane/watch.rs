//! Waiting for the cluster: on a watch, with a deadline, never by sleeping.

use std::collections::BTreeMap;
use std::fmt::Debug;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::StreamExt as _;
use kube::api::{Api, ListParams, WatchEvent, WatchParams};
use serde::de::DeserializeOwned;

/// How long a condition may take. Controllers answer in milliseconds, but a loaded
/// machine of two cores shares them with a compiler.
pub const DEADLINE: Duration = Duration::from_secs(60);

/// The objects of a watch, by namespace and name.
pub type Seen<K> = BTreeMap<(String, String), K>;

/// Waits until `check` finds what it wants among the objects that match `selection`.
/// `check` runs on the first list and after each event; `what` completes "waiting for ...".
pub async fn wait_until<K, T>(
    api: &Api<K>,
    selection: &ListParams,
    what: &str,
    mut check: impl FnMut(&Seen<K>) -> Option<T>,
) -> Result<T>
where
    K: kube::Resource + Clone + DeserializeOwned + Debug,
{
    let mut last = String::from("nothing was seen");
    match tokio::time::timeout(DEADLINE, follow(api, selection, &mut check, &mut last)).await {
        Ok(found) => found.with_context(|| format!("failed while waiting for {what}")),
        Err(_) => bail!("gave up after {DEADLINE:?} waiting for {what}; last: {last}"),
    }
}

/// The same for one object by name; `check` sees None while there is none.
pub async fn wait_for<K, T>(
    api: &Api<K>,
    name: &str,
    what: &str,
    mut check: impl FnMut(Option<&K>) -> Option<T>,
) -> Result<T>
where
    K: kube::Resource + Clone + DeserializeOwned + Debug,
{
    let selection = ListParams::default().fields(&format!("metadata.name={name}"));
    wait_until(api, &selection, what, |seen| check(seen.values().next())).await
}

async fn follow<K, T>(
    api: &Api<K>,
    selection: &ListParams,
    check: &mut impl FnMut(&Seen<K>) -> Option<T>,
    last: &mut String,
) -> Result<T>
where
    K: kube::Resource + Clone + DeserializeOwned + Debug,
{
    let params = WatchParams {
        label_selector: selection.label_selector.clone(),
        field_selector: selection.field_selector.clone(),
        ..WatchParams::default()
    };
    // Each round is a list and the watch from there; an expired or closed watch starts over.
    loop {
        let list = api.list(selection).await.context("the list failed")?;
        let mut version = list.metadata.resource_version.unwrap_or_default();
        let mut seen: Seen<K> = list.items.into_iter().map(|object| (key(&object), object)).collect();
        if let Some(found) = check(&seen) {
            return Ok(found);
        }
        *last = summary(&seen);
        let mut events = api.watch(&params, &version).await.context("the watch failed")?.boxed();
        while let Some(event) = events.next().await {
            match event {
                Ok(WatchEvent::Added(object) | WatchEvent::Modified(object)) => {
                    version = object.meta().resource_version.clone().unwrap_or(version);
                    seen.insert(key(&object), object);
                }
                Ok(WatchEvent::Deleted(object)) => {
                    seen.remove(&key(&object));
                }
                Ok(WatchEvent::Bookmark(_)) => continue,
                Ok(WatchEvent::Error(_)) | Err(_) => break,
            }
            if let Some(found) = check(&seen) {
                return Ok(found);
            }
            *last = summary(&seen);
        }
    }
}

fn key<K: kube::Resource>(object: &K) -> (String, String) {
    let meta = object.meta();
    (meta.namespace.clone().unwrap_or_default(), meta.name.clone().unwrap_or_default())
}

/// Enough of the last state to see what is missing, without filling the screen.
fn summary<K: Debug>(seen: &Seen<K>) -> String {
    let full = format!("{seen:?}");
    full.chars().take(2000).collect()
}
