//! What a cluster holds, namespace by namespace: every list is read page by page, and all lists side by side.
//!
//! API servers hand a list out in the order of its keys, which begin with the namespace. So the lists of all kinds are merged as one
//! merges sorted files: what is held at a time is one page of each, and the objects of one namespace. The objects of a namespace
//! come together, because what makes a database unsafe often stands beside it.
mod cursor;
mod live;
mod sort;

use futures::StreamExt as _;

use super::{Cluster, FetchError, again, fetch};
use crate::facts::NamespaceFacts;
use cursor::Cursor;

pub use cursor::PAGE;
pub use live::Item;
pub use sort::{Part, Sort};

/// Lists that are read at once: enough to be quick, and few enough for an API server that has others to serve.
const AT_ONCE: usize = 4;
/// Bytes of ConfigMaps after which no more of a namespace are read; documented in `docs/limits.md`.
pub const MOST_TEXT: usize = 8 << 20;

/// Where to look.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    All,
    /// In one namespace.
    Namespace(String),
}

/// A list that could not be read, or not to its end.
#[derive(Debug)]
pub struct Lack {
    /// Which.
    pub sort: &'static Sort,
    /// Why.
    pub error: FetchError,
}

/// Is told how far the reading is.
pub trait Watcher {
    /// Of one kind so many objects were read, and so many are still to come, as far as the API server says.
    fn read(&self, kind: &'static str, objects: u64, to_come: u64);
}

/// The objects of one namespace: workloads first, what is judged beside them last.
#[derive(Debug)]
pub struct Portion {
    /// The namespace.
    pub namespace: String,
    /// Its objects, without those that a controller of Kubernetes makes of others, and without those that are being deleted.
    pub items: Vec<Item>,
}

/// What a cluster holds, as far as it was read.
pub struct Inventory<'w> {
    cluster: Cluster,
    scope: Scope,
    cursors: Vec<Cursor>,
    lacks: Vec<Lack>,
    watcher: &'w dyn Watcher,
}

impl std::fmt::Debug for Inventory<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Inventory of {:?}", self.scope)
    }
}

impl Cluster {
    /// Begins to read what there is in `scope`. Only lists are asked for.
    ///
    /// # Errors
    /// When the namespace's name is none.
    pub async fn inventory<'w>(&self, scope: Scope, watcher: &'w dyn Watcher) -> Result<Inventory<'w>, FetchError> {
        if let Scope::Namespace(name) = &scope {
            fetch::part(name)?;
        }
        let served = self.groups().await;
        // What is no part of Kubernetes is looked for only where it is installed: without the right to read it, nobody could tell.
        let sorts = Sort::ALL.iter().filter(|sort| sort.is_builtin || served.iter().any(|group| group == sort.group));
        let cursors = sorts.map(|sort| Cursor::new(sort, &scope)).collect();
        Ok(Inventory { cluster: self.clone(), scope, cursors, lacks: Vec::new(), watcher })
    }

    /// The API groups that are served, as far as the API server says.
    async fn groups(&self) -> Vec<String> {
        let asked = again::patiently(async || fetch::text(&self.client, "/apis").await).await;
        let Ok(text) = asked else { return Vec::new() };
        let Ok(tree) = crate::tree::Tree::from_json(&text) else { return Vec::new() };
        tree.root().get("groups").items().filter_map(|g| g.get("name").str().map(str::to_owned)).collect()
    }
}

impl Inventory<'_> {
    /// The next namespace that holds anything; `None` after the last.
    pub async fn next(&mut self) -> Option<Portion> {
        let heads = self.each(async |cursor, client, watcher| cursor.head(client, watcher).await).await;
        let namespace = heads.into_iter().flatten().min_by_key(|namespace| sort::key(namespace, ""))?;
        let taken = self.each(async |cursor, client, watcher| cursor.take(&namespace, client, watcher).await).await;
        let items = taken.into_iter().flatten().collect();
        Some(Portion { namespace, items })
    }

    /// Does something with every list, some of them at once; one that fails is read no further.
    async fn each<T>(&mut self, work: impl AsyncFn(&mut Cursor, &kube::Client, &dyn Watcher) -> T) -> Vec<T> {
        let (client, watcher, work) = (&self.cluster.client, self.watcher, &work);
        let all = self.cursors.iter_mut().map(|cursor| work(cursor, client, watcher));
        let done = futures::stream::iter(all).buffered(AT_ONCE).collect().await;
        for cursor in &mut self.cursors {
            // What is served by nobody is nowhere.
            let fault = cursor.fault().filter(|error| !error.is_not_found());
            self.lacks.extend(fault.map(|error| Lack { sort: cursor.sort, error }));
        }
        done
    }

    /// What the namespaces in scope say about themselves, by their names.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn namespaces(&self) -> Result<Vec<(String, NamespaceFacts)>, FetchError> {
        let mut cursor = Cursor::namespaces(&self.scope);
        let items = cursor.take("", &self.cluster.client, self.watcher).await;
        let found = items.into_iter().map(|item| (item.name.clone(), item.namespace_facts())).collect();
        cursor.fault().map_or(Ok(found), Err)
    }

    /// These ConfigMaps of a namespace, as far as they exist and there is room for them. Each is asked for by its name, in a list of
    /// one: a cluster's ConfigMaps can be more than all of its workloads.
    pub async fn config_maps(&mut self, namespace: &str, names: &[String]) -> Vec<Item> {
        let mut found: Vec<Item> = Vec::new();
        let mut bytes = 0;
        for name in names {
            // Whoever may not read one may read none.
            if bytes > MOST_TEXT || self.lacks.iter().any(|lack| lack.sort.plural == Sort::CONFIG_MAPS.plural) {
                break;
            }
            // A name that is none belongs to nothing.
            let Ok(mut cursor) = Cursor::config_map(namespace, name) else { continue };
            let items = cursor.take(namespace, &self.cluster.client, self.watcher).await;
            bytes += items.iter().map(|item| item.text.len()).sum::<usize>();
            found.extend(items);
            self.lacks.extend(cursor.fault().map(|error| Lack { sort: &Sort::CONFIG_MAPS, error }));
        }
        found
    }

    /// The lists that could not be read, or not to their end.
    #[must_use]
    pub fn into_lacks(self) -> Vec<Lack> {
        self.lacks
    }

    /// True where no list at all could be read.
    #[must_use]
    pub fn is_nothing(&self) -> bool {
        !self.lacks.is_empty() && self.cursors.iter().all(Cursor::is_nothing)
    }

    /// True where every list of workloads was read so far: what selects them then selects no others.
    #[must_use]
    pub fn has_all_workloads(&self) -> bool {
        !self.lacks.iter().any(|lack| lack.sort.part == Part::Workload)
    }
}
