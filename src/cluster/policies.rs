//! Following what is in force: DatabasePolicies, the labels of namespaces, and the switch that turns everything off.
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::mpsc,
    time::{Instant, sleep_until},
};

use super::{
    Cluster, ConnectError, FetchError, again,
    health::{Health, Source},
    served,
    status::{self, Said},
    watch::{Followed, Told},
};
use crate::{
    engines::Catalogue,
    facts::Seconds,
    metrics::Metrics,
    settings::{
        InForce, KnownNames, Live, Namespace, Policies, Understood,
        document::{PolicyObject, definition::PolicyStatus},
        understood,
    },
    tree::{Node, Tree, from_node},
};

/// How long calls wait for what is in force to be known at the start. An API server that is away for longer does not keep Seawall from
/// judging by what the command line says.
const FIRST: Duration = Duration::from_secs(5);
/// Changes that wait to be taken up.
const WAITING: usize = 256;

/// What is followed, and what holds beside it.
#[derive(Debug)]
pub struct Sources {
    /// The policies of files, and the profile of the command line.
    pub base: Policies,
    /// The engines that policies may name.
    pub catalogue: Arc<Catalogue>,
    /// The rules that policies may name.
    pub rules: Vec<&'static str>,
    /// Namespace and name of the ConfigMap whose `mode: off` lets everything through.
    pub switch: (String, String),
}

/// A policy as the cluster stores it.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) name: String,
    /// Tells one from another that had the same name before.
    pub(super) uid: String,
    pub(super) generation: i64,
    pub(super) understood: Understood,
    /// What its status says.
    pub(super) status: PolicyStatus,
}

/// A namespace and its labels.
#[derive(Debug)]
struct Labelled {
    name: String,
    labels: Vec<(String, String)>,
}

/// What the switch's ConfigMap says.
#[derive(Debug)]
struct Mode(String);

#[derive(Debug)]
enum Heard {
    Policies(Box<Told<Stored>>),
    Namespaces(Told<Labelled>),
    Switch(Told<Mode>),
}

impl From<Told<Stored>> for Heard {
    fn from(told: Told<Stored>) -> Self {
        Self::Policies(Box::new(told))
    }
}

impl From<Told<Labelled>> for Heard {
    fn from(told: Told<Labelled>) -> Self {
        Self::Namespaces(told)
    }
}

impl From<Told<Mode>> for Heard {
    fn from(told: Told<Mode>) -> Self {
        Self::Switch(told)
    }
}

impl Cluster {
    /// The policies of the cluster beside `base`, and what is wrong with those that are not understood as a whole. Where the API server
    /// knows no policies, there are none.
    ///
    /// # Errors
    /// When they cannot be read.
    pub async fn policies(
        &self,
        base: &Policies,
        rules: &[&str],
        catalogue: &Catalogue,
    ) -> Result<(Policies, Vec<String>), FetchError> {
        let followed = Followed { path: PolicyObject::PATH.to_owned(), fields: String::new() };
        let read = |object: Node<'_>| stored(object, rules, catalogue);
        let all = match again::patiently(async || followed.list(&self.client, read).await).await {
            Ok((all, _)) => all,
            Err(error) if error.is_not_found() => Vec::new(),
            Err(error) => return Err(error),
        };
        let faults = all
            .iter()
            .flat_map(|s| s.understood.faults.iter().map(|fault| format!("DatabasePolicy {}: {fault}", s.name)));
        let faults = faults.collect();
        Ok((base.and(all.iter().map(|stored| &stored.understood)), faults))
    }

    /// Follows what is in force from now on, in tasks that end with what is returned.
    ///
    /// # Errors
    /// When no client can be made.
    pub fn follow(
        &self,
        sources: Sources,
        metrics: Arc<Metrics>,
        clock: fn() -> Seconds,
    ) -> Result<Followers, ConnectError> {
        let client = self.background();
        let (tell, heard) = mpsc::channel(WAITING);
        let mut tasks = tokio::task::JoinSet::new();
        let Sources { base, catalogue, rules, switch } = sources;
        let (namespace, name) = switch;
        let read = move |object: Node<'_>| stored(object, &rules, &catalogue);
        let followed = Followed { path: PolicyObject::PATH.to_owned(), fields: String::new() };
        tasks.spawn(followed.follow::<Stored, Heard>(client.clone(), read, tell.clone()));
        let followed = Followed { path: "/api/v1/namespaces".to_owned(), fields: String::new() };
        tasks.spawn(followed.follow::<Labelled, Heard>(client.clone(), labelled, tell.clone()));
        let path = format!("/api/v1/namespaces/{namespace}/configmaps");
        let followed = Followed { path, fields: format!("metadata.name={name}") };
        let mode = |object: Node<'_>| Mode(object.path("data.mode").text().to_owned());
        tasks.spawn(followed.follow::<Mode, Heard>(client.clone(), mode, tell));
        let health = Arc::new(Health::new(metrics, clock));
        let (live, write) = (Arc::new(Live::from(Policies::none(None))), status::writer(client.clone(), &mut tasks));
        let follower = Follower {
            live: Arc::clone(&live),
            health: Arc::clone(&health),
            base,
            stored: BTreeMap::new(),
            namespaces: BTreeMap::new(),
            is_off: false,
            written: BTreeMap::new(),
            write,
            clock,
        };
        follower.put_in_force();
        tasks.spawn(follower.run(client, heard));
        Ok(Followers { live, health, _tasks: tasks })
    }
}

/// What is in force, followed for as long as this is held.
#[derive(Debug)]
pub struct Followers {
    live: Arc<Live>,
    health: Arc<Health>,
    _tasks: tokio::task::JoinSet<()>,
}

impl Followers {
    /// What is in force.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live)
    }

    /// How well it is known.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }
}

fn stored(object: Node<'_>, rules: &[&str], catalogue: &Catalogue) -> Stored {
    let metadata = object.get("metadata");
    let (name, generation) = (metadata.get("name").text(), metadata.get("generation").i64().unwrap_or_default());
    let known = KnownNames { rules, engines: &catalogue.names() };
    let status = object.get("status");
    let status = match status.unread().map(Tree::from_json) {
        Some(Ok(tree)) => from_node(tree.root()),
        _ => from_node(status),
    };
    Stored {
        name: name.to_owned(),
        uid: metadata.get("uid").text().to_owned(),
        generation,
        understood: understood(name, generation, object.get("spec"), known, catalogue),
        // Whatever else it may be, it is not what we would write.
        status: status.unwrap_or_default(),
    }
}

fn labelled(object: Node<'_>) -> Labelled {
    let metadata = object.get("metadata");
    let labels = metadata.get("labels").fields();
    // This one is the name itself.
    let labels = labels.filter(|(key, _)| *key != "kubernetes.io/metadata.name");
    let labels = labels.filter_map(|(key, value)| Some((key.to_owned(), value.str()?.to_owned()))).collect();
    Labelled { name: metadata.get("name").text().to_owned(), labels }
}

struct Follower {
    live: Arc<Live>,
    health: Arc<Health>,
    base: Policies,
    stored: BTreeMap<String, Stored>,
    namespaces: BTreeMap<String, Vec<(String, String)>>,
    is_off: bool,
    /// What was said of each policy last.
    written: BTreeMap<String, Said>,
    write: mpsc::Sender<status::Write>,
    clock: fn() -> Seconds,
}

impl Follower {
    async fn run(mut self, client: kube::Client, mut heard: mpsc::Receiver<Heard>) {
        let patience = Instant::now() + FIRST;
        let mut is_compared = false;
        loop {
            let first = tokio::select! {
                first = heard.recv() => first,
                () = sleep_until(patience), if !self.health.is_ready() => {
                    tracing::warn!("the API server does not say in time what is in force; the command line and files count until it does");
                    self.health.ready();
                    continue;
                }
            };
            let Some(first) = first else { return };
            let mut changed = self.take(first);
            // What comes together is put in force together.
            while let Ok(more) = heard.try_recv() {
                changed |= self.take(more);
            }
            if changed {
                self.put_in_force();
                self.say();
            }
            self.health.settle();
            if !is_compared && self.health.has_heard(Source::Policies) {
                is_compared = true;
                tokio::spawn(served::compare(client.clone()));
            }
        }
    }

    /// True where something changed.
    fn take(&mut self, heard: Heard) -> bool {
        match heard {
            Heard::Policies(told) => {
                self.health.heard(Source::Policies, &told);
                match *told {
                    Told::All(all) => self.stored = all.into_iter().map(|s| (s.name.clone(), s)).collect(),
                    Told::One(one) => {
                        let before = self.stored.insert(one.name.clone(), one);
                        // A status that was written changes nothing.
                        let now = before.as_ref().and_then(|before| self.stored.get(&before.name));
                        return before
                            .as_ref()
                            .zip(now)
                            .is_none_or(|(a, b)| (&a.uid, a.generation) != (&b.uid, b.generation));
                    }
                    Told::Gone(name) => {
                        self.written.remove(&name);
                        return self.stored.remove(&name).is_some();
                    }
                    Told::Same | Told::Lost { .. } => return false,
                }
                true
            }
            Heard::Namespaces(told) => {
                self.health.heard(Source::Namespaces, &told);
                match told {
                    Told::All(all) => self.namespaces = all.into_iter().map(|n| (n.name, n.labels)).collect(),
                    Told::One(Labelled { name, labels }) => {
                        return self.namespaces.insert(name, labels.clone()).as_ref() != Some(&labels);
                    }
                    Told::Gone(name) => return self.namespaces.remove(&name).is_some(),
                    Told::Same | Told::Lost { .. } => return false,
                }
                true
            }
            Heard::Switch(told) => {
                self.health.heard(Source::Switch, &told);
                let is_off = match told {
                    Told::All(all) => all.first().is_some_and(is_off),
                    Told::One(mode) => is_off(&mode),
                    Told::Gone(_) => false,
                    Told::Same | Told::Lost { .. } => return false,
                };
                if is_off != self.is_off {
                    tracing::warn!(mode = if is_off { "off" } else { "on" }, "the switch was turned");
                }
                std::mem::replace(&mut self.is_off, is_off) != is_off
            }
        }
    }

    fn put_in_force(&self) {
        let policies = Arc::new(self.base.and(self.stored.values().map(|stored| &stored.understood)));
        let namespaces = self.namespaces.iter().map(|(name, labels)| Namespace { name, labels });
        self.live.replace(InForce::of(policies, namespaces, self.is_off));
        let refused = self.stored.values().filter(|stored| !stored.understood.is_whole()).count();
        self.health.in_force(self.live.now().policies().count(), refused, self.is_off);
    }

    /// Says of each policy what became of it, where that is news.
    fn say(&mut self) {
        let conflicts = self.live.now().policies().conflicts();
        for stored in self.stored.values() {
            let said = Said::of(stored, &conflicts);
            if self.written.get(&stored.name) == Some(&said) {
                continue;
            }
            said.log(&stored.name);
            if let Some(write) = said.to_write(stored, (self.clock)()) {
                // Where too many wait, the next change says it.
                if self.write.try_send(write).is_err() {
                    continue;
                }
            }
            self.written.insert(stored.name.clone(), said);
        }
    }
}

/// Off for `off` alone; a word that nobody knows changes nothing.
fn is_off(Mode(mode): &Mode) -> bool {
    if !matches!(mode.as_str(), "off" | "on" | "") {
        tracing::warn!("the switch's mode is neither on nor off; it counts as on");
    }
    mode == "off"
}
