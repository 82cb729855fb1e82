//! One list, page by page.
use std::collections::VecDeque;

use serde::Deserialize;
use serde_json::value::RawValue;

use super::{
    Scope, Watcher,
    live::{self, Item},
    sort::{Sort, key},
};
use crate::{
    cluster::{
        again,
        fetch::{self, FetchError},
    },
    tree::JsonError,
};

/// Objects of one page; documented in `docs/limits.md`. A page is held as it came for as long as it is being read.
pub const PAGE: usize = 250;
/// How often a list is begun anew whose token was too old, where the API server gives no other; and how often it is believed that the
/// other one it gives is good.
const MOST_STARTS: u32 = 3;

/// Where a list is.
pub(super) struct Cursor {
    pub(super) sort: &'static Sort,
    path: String,
    field: Option<String>,
    page: usize,
    /// The token of the next page, which is empty for the first; `None` after the last.
    more: Option<String>,
    kept: VecDeque<Item>,
    /// The key of the last object that was read: where the list begins anew, those up to it are passed over.
    last: Option<String>,
    starts: u32,
    /// Tokens in a row that were too old.
    stale: u32,
    read: u64,
    fault: Option<FetchError>,
    is_whole: bool,
}

/// A list, as far as it is looked at before its objects are.
#[derive(Deserialize)]
struct List<'p> {
    #[serde(default)]
    metadata: ListMetadata,
    #[serde(borrow, default)]
    items: Option<Vec<&'p RawValue>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ListMetadata {
    #[serde(default)]
    r#continue: Option<String>,
    #[serde(default)]
    remaining_item_count: Option<u64>,
}

impl Cursor {
    pub(super) fn new(sort: &'static Sort, scope: &Scope) -> Self {
        let namespace = match scope {
            Scope::All => None,
            Scope::Namespace(name) => Some(name.as_str()),
        };
        Self::at(sort, sort.path(namespace), None)
    }

    /// Namespaces: all, or the one in scope.
    pub(super) fn namespaces(scope: &Scope) -> Self {
        let field = match scope {
            Scope::All => None,
            Scope::Namespace(name) => Some(name.clone()),
        };
        Self::at(&Sort::NAMESPACES, Sort::NAMESPACES.path(None), field)
    }

    /// One ConfigMap, as a list.
    pub(super) fn config_map(namespace: &str, name: &str) -> Result<Self, FetchError> {
        let name = fetch::part(name)?.to_owned();
        Ok(Self::at(&Sort::CONFIG_MAPS, Sort::CONFIG_MAPS.path(Some(namespace)), Some(name)))
    }

    fn at(sort: &'static Sort, path: String, field: Option<String>) -> Self {
        let (more, kept) = (Some(String::new()), VecDeque::new());
        let (last, fault) = (None, None);
        Self { sort, path, field, page: PAGE, more, kept, last, starts: 0, stale: 0, read: 0, fault, is_whole: true }
    }

    /// The namespace of the next object; `None` after the last, and after a fault.
    pub(super) async fn head(&mut self, client: &kube::Client, watcher: &dyn Watcher) -> Option<String> {
        while self.kept.is_empty() && self.more.is_some() {
            if let Err(error) = self.turn(client, watcher).await {
                self.more = None;
                self.is_whole = false;
                self.fault = Some(error);
            }
        }
        self.kept.front().map(|item| item.namespace.clone())
    }

    /// The next objects, as long as they are of this namespace.
    pub(super) async fn take(&mut self, namespace: &str, client: &kube::Client, watcher: &dyn Watcher) -> Vec<Item> {
        let mut taken = Vec::new();
        while self.head(client, watcher).await.is_some_and(|head| head == namespace) {
            taken.extend(self.kept.pop_front());
        }
        taken
    }

    /// Why it is read no further; told once.
    pub(super) fn fault(&mut self) -> Option<FetchError> {
        self.fault.take()
    }

    /// True where not even a first page came.
    pub(super) const fn is_nothing(&self) -> bool {
        self.read == 0 && !self.is_whole
    }

    /// Reads the next page.
    async fn turn(&mut self, client: &kube::Client, watcher: &dyn Watcher) -> Result<(), FetchError> {
        let url = self.url();
        // The token is good for as long as it is: what broke off once need not be lost.
        match again::patiently(async || fetch::text(client, &url).await).await {
            Ok(text) => {
                let to_come = self.keep(&text)?;
                self.stale = 0;
                watcher.read(self.sort.kind, self.read, to_come);
                Ok(())
            }
            // An object is smaller than an answer may be: some number of them fits.
            Err(FetchError::TooLarge) if self.page > 1 => {
                self.page = (self.page / 4).max(1);
                Ok(())
            }
            Err(error) => match error.expired() {
                // What changed since is then seen as it is now: better than nothing, and than everything twice.
                Some(token) if !token.is_empty() && self.stale < MOST_STARTS => {
                    self.stale += 1;
                    self.more = Some(token);
                    Ok(())
                }
                Some(token) if token.is_empty() && self.starts < MOST_STARTS => {
                    self.starts += 1;
                    self.more = Some(String::new());
                    Ok(())
                }
                _ => Err(error),
            },
        }
    }

    fn url(&self) -> String {
        let filter = self.field.as_ref().map(|name| ("fieldSelector", format!("metadata.name={name}")));
        fetch::page_url(&self.path, self.page, filter.as_ref(), self.more.as_deref().unwrap_or_default())
    }

    /// Keeps what matters of a page; how many objects are to come after it.
    fn keep(&mut self, text: &str) -> Result<u64, FetchError> {
        let list: List<'_> = serde_json::from_str(text).map_err(JsonError::from)?;
        for raw in list.items.iter().flatten() {
            let (place, item) = live::read(self.sort, raw.get())?;
            let key = key(&place.0, &place.1);
            if self.starts > 0 && self.last.as_ref().is_some_and(|last| key <= *last) {
                continue;
            }
            self.read += 1;
            self.last = Some(key);
            self.kept.extend(item);
        }
        self.more = list.metadata.r#continue.filter(|token| !token.is_empty());
        Ok(list.metadata.remaining_item_count.unwrap_or(0))
    }
}
