//! Following what is in force: DatabasePolicies, the labels of namespaces, and the switch that turns everything off.
use std::{collections::BTreeMap, sync::Arc, time::Duration};

use tokio::{
    sync::{Notify, mpsc},
    time::{Instant, MissedTickBehavior, interval, sleep_until},
};

use super::{
    Cluster,
    health::{Health, Source},
    heard::{Exempting, Heard, Labelled, Mode, Namespaces, Stored, exempting, guarded, is_guarded, labelled, stored},
    served,
    status::{self, Said},
    uses::{self, Uses},
    watch::{Followed, Told},
};
use crate::{
    engines::Catalogue,
    facts::Seconds,
    metrics::Metrics,
    settings::{
        Exemption, Exemptions, InForce, Live, Namespace, Policies,
        document::{
            PolicyObject,
            exemption::{ExemptionObject, ExemptionStatus},
        },
    },
    tree::Node,
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
    /// How often is said which exemptions were used.
    pub tell_every: Duration,
}

impl Cluster {
    /// Follows what is in force from now on, in tasks that end with what is returned.
    #[must_use]
    pub fn follow(&self, sources: Sources, metrics: Arc<Metrics>, clock: fn() -> Seconds) -> Followers {
        let client = self.background();
        let (tell, heard) = mpsc::channel(WAITING);
        let mut tasks = tokio::task::JoinSet::new();
        let Sources { base, catalogue, rules, switch: (namespace, name), tell_every } = sources;
        let names = rules.clone();
        let read = move |object: Node<'_>| exempting(object, &names);
        let followed = Followed { path: ExemptionObject::PATH.to_owned(), fields: String::new() };
        tasks.spawn(followed.follow::<Exempting, Heard>(client.clone(), read, tell.clone()));
        let read = move |object: Node<'_>| stored(object, &rules, &catalogue);
        let followed = Followed { path: PolicyObject::PATH.to_owned(), fields: String::new() };
        tasks.spawn(followed.follow::<Stored, Heard>(client.clone(), read, tell.clone()));
        let followed = Followed { path: "/api/v1/namespaces".to_owned(), fields: String::new() };
        tasks.spawn(followed.follow::<Labelled, Heard>(client.clone(), labelled, tell.clone()));
        let path = format!("/api/v1/namespaces/{namespace}/configmaps");
        let followed = Followed { path, fields: format!("metadata.name={name}") };
        let mode = |object: Node<'_>| Mode(object.path("data.mode").text().to_owned());
        tasks.spawn(followed.follow::<Mode, Heard>(client.clone(), mode, tell));
        let (health, uses) = (Arc::new(Health::new(metrics, clock)), Arc::new(Uses::default()));
        let guards = Arc::new(Notify::new());
        let (live, write) = (Arc::new(Live::from(Policies::none(None))), status::writer(client.clone(), &mut tasks));
        let mut follower = Follower {
            live: Arc::clone(&live),
            health: Arc::clone(&health),
            base,
            stored: BTreeMap::new(),
            merged: None,
            namespaces: BTreeMap::new(),
            exemptions: BTreeMap::new(),
            uses: Arc::clone(&uses),
            has_new_exemptions: false,
            is_off: false,
            written: BTreeMap::new(),
            write,
            guards: Arc::clone(&guards),
            clock,
        };
        follower.put_in_force();
        tasks.spawn(follower.run(client, heard, tell_every));
        Followers { live, health, uses, guards, _tasks: tasks }
    }
}

/// What is in force, followed for as long as this is held.
#[derive(Debug)]
pub struct Followers {
    live: Arc<Live>,
    health: Arc<Health>,
    uses: Arc<Uses>,
    guards: Arc<Notify>,
    _tasks: tokio::task::JoinSet<()>,
}

impl Followers {
    /// Told when a namespace becomes guarded, or is no longer.
    #[must_use]
    pub fn guards(&self) -> Arc<Notify> {
        Arc::clone(&self.guards)
    }

    /// What is in force.
    #[must_use]
    pub fn live(&self) -> Arc<Live> {
        Arc::clone(&self.live)
    }

    /// Where the use of exemptions is taken down.
    #[must_use]
    pub fn uses(&self) -> Arc<Uses> {
        Arc::clone(&self.uses)
    }

    /// How well it is known.
    #[must_use]
    pub fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }
}

struct Follower {
    live: Arc<Live>,
    health: Arc<Health>,
    base: Policies,
    stored: BTreeMap<String, Stored>,
    /// What they say together; `None` once one of them has changed.
    merged: Option<Arc<Policies>>,
    namespaces: Namespaces,
    /// By namespace and name.
    exemptions: BTreeMap<String, (Exemption, ExemptionStatus)>,
    uses: Arc<Uses>,
    /// True where there is one of which nothing has been said.
    has_new_exemptions: bool,
    is_off: bool,
    /// What was said of each policy last.
    written: BTreeMap<String, Said>,
    write: mpsc::Sender<status::Write>,
    guards: Arc<Notify>,
    clock: fn() -> Seconds,
}

impl Follower {
    async fn run(mut self, client: kube::Client, mut heard: mpsc::Receiver<Heard>, tell_every: Duration) {
        let patience = Instant::now() + FIRST;
        let mut is_compared = false;
        let mut ticks = interval(tell_every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let first = tokio::select! {
                first = heard.recv() => first,
                _ = ticks.tick() => {
                    self.tell_of_uses();
                    continue;
                }
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
            if std::mem::take(&mut self.has_new_exemptions) {
                self.tell_of_uses();
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
                if !matches!(*told, Told::Same | Told::Lost { .. }) {
                    self.merged = None;
                }
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
                    Told::All(all) => {
                        let now: Namespaces = all.into_iter().map(|n| (n.name, n.labels)).collect();
                        if !guarded(&now).eq(guarded(&self.namespaces)) {
                            self.guards.notify_one();
                        }
                        self.namespaces = now;
                    }
                    Told::One(Labelled { name, labels }) => {
                        // A new one holds nothing yet.
                        let before = self.namespaces.get(&name);
                        if before.is_some_and(|before| is_guarded(before) != is_guarded(&labels)) {
                            self.guards.notify_one();
                        }
                        return self.namespaces.insert(name, labels.clone()).as_ref() != Some(&labels);
                    }
                    Told::Gone(name) => return self.namespaces.remove(&name).is_some(),
                    Told::Same | Told::Lost { .. } => return false,
                }
                true
            }
            Heard::Exemptions(told) => {
                self.health.heard(Source::Exemptions, &told);
                match *told {
                    Told::All(all) => {
                        self.exemptions.clear();
                        for one in all {
                            self.exempt(one);
                        }
                        true
                    }
                    Told::One(one) => self.exempt(one),
                    Told::Gone(key) => self.exemptions.remove(&key).is_some(),
                    Told::Same | Told::Lost { .. } => false,
                }
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

    /// True where that changes anything.
    fn exempt(&mut self, Exempting { key, read, status }: Exempting) -> bool {
        match read {
            Ok(exemption) => {
                let before = self.exemptions.insert(key, (exemption.clone(), status));
                let is_new = before.is_none_or(|(before, _)| before != exemption);
                self.has_new_exemptions |= is_new;
                is_new
            }
            Err(why) => {
                tracing::warn!(exemption = key, why, "an exemption makes no sense; it exempts nobody");
                self.exemptions.remove(&key).is_some()
            }
        }
    }

    fn exempted(&self) -> Exemptions {
        let mut all: BTreeMap<&str, Vec<Exemption>> = BTreeMap::new();
        for (exemption, _) in self.exemptions.values() {
            all.entry(&exemption.namespace).or_default().push(exemption.clone());
        }
        all.into_iter().map(|(namespace, own)| (namespace.to_owned(), own.into())).collect()
    }

    /// Says of each exemption when it was used, and how long it lasts, where that is news.
    fn tell_of_uses(&self) {
        let (used, now, in_force) = (self.uses.take(), (self.clock)(), self.live.now());
        for (key, (exemption, status)) in &self.exemptions {
            let settings = in_force.of_namespace(&exemption.namespace);
            let allowed = settings.map(|settings| settings.exemptions_allowed()).unwrap_or_default();
            let write = uses::to_write(exemption, status, used.get(key).copied(), allowed, now);
            // Where too many wait, it is said when it is used again.
            drop(write.map(|write| self.write.try_send(write)));
        }
    }

    fn put_in_force(&mut self) {
        let all = || Arc::new(self.base.and(self.stored.values().map(|stored| &stored.understood)));
        // A namespace that comes or goes changes no policy.
        let policies = self.merged.take().unwrap_or_else(all);
        self.merged = Some(Arc::clone(&policies));
        let namespaces = self.namespaces.iter().map(|(name, labels)| Namespace { name, labels });
        self.live.replace(InForce::of(policies, namespaces, self.exempted(), self.is_off));
        let refused = self.stored.values().filter(|stored| !stored.understood.is_whole()).count();
        self.health.in_force(self.live.now().policies().count(), refused, self.exemptions.len(), self.is_off);
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
