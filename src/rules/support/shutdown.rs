//! What a Pod can be given so that its server stops well, and what stands in the way.
use crate::{
    engines::schema::{OnSignal, Stop},
    rule::Context,
    terms::Role,
    view::{DEFAULT_GRACE_SECONDS, Database, PreStopHook, SignalPath},
};

/// Node drains and the cluster autoscaler give up after so long (kubernetes/kubernetes#94435).
const MOST_GRACE_SECONDS: i64 = 600;
/// The first server that is sure to keep the `sleep` action of a hook.
const SLEEP_ACTION_MINOR: u32 = 34;

/// What keeps a server from stopping well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::rules) enum Obstacle {
    /// A shell is the first process, and the signal ends there.
    Shell,
    /// The server refuses new clients and waits for the ones it has.
    WaitsForClients,
    /// The server never hears the signal.
    Ignores,
    /// The server stops at once, uncleanly.
    Dies,
}

/// How a server that keeps data is stopped. Caches, arbiters, routers and sentinels have nothing to finish.
pub(in crate::rules) struct Shutdown<'d, 't> {
    database: &'d Database<'t>,
    on_signal: OnSignal,
    pub(in crate::rules) stop: &'t Stop,
}

impl<'d, 't> Shutdown<'d, 't> {
    /// `None` where nothing is known about the engine or the signal that its author chose, and where another role does not need it.
    pub(in crate::rules) fn of(database: &'d Database<'t>) -> Option<Self> {
        let stop = database.stop_facts()?;
        let on_signal = database.on_stop_signal()?;
        (database.role == Role::Server).then_some(Self { database, on_signal, stop })
    }

    /// Whether a longer grace is for this database: redis and its like have nothing to finish where there is no claim.
    pub(in crate::rules) fn needs_time(&self) -> bool {
        !self.stop.grace_with_claim_only || self.database.data.volume().is_some_and(|v| v.is_claim())
    }

    /// The verified hook, where the author gave none.
    pub(in crate::rules) fn hook(&self) -> Option<Vec<String>> {
        let needed = self.on_signal != OnSignal::Stops && self.database.container.pre_stop_hook().is_none();
        needed.then(|| self.database.verified_hook()).flatten()
    }

    fn author_stops_it(&self) -> bool {
        self.database.container.pre_stop_hook().is_some_and(PreStopHook::does_something)
    }

    /// What keeps the server from stopping well without a further hook.
    pub(in crate::rules) fn obstacle(&self) -> Option<Obstacle> {
        if self.author_stops_it() {
            return None;
        }
        match self.on_signal {
            OnSignal::Stops if self.database.signal_path() == SignalPath::Lost => Some(Obstacle::Shell),
            OnSignal::Stops => None,
            OnSignal::WaitsForClients => Some(Obstacle::WaitsForClients),
            OnSignal::Ignores => Some(Obstacle::Ignores),
            OnSignal::Dies => Some(Obstacle::Dies),
        }
    }

    /// True where nobody can say whether the stop signal reaches the server: a script that the spec does not show.
    pub(in crate::rules) fn is_obscure(&self) -> bool {
        self.on_signal == OnSignal::Stops && self.database.signal_path() == SignalPath::Unknown
    }

    /// True where the server is known to stop, by its signal or by a hook.
    fn stops(&self) -> bool {
        let by_signal = self.on_signal == OnSignal::Stops && self.database.signal_path() == SignalPath::Arrives;
        by_signal || self.author_stops_it() || self.hook().is_some()
    }

    /// The seconds that it needs in any case, where it is known to use them: it hears that it should stop, and stops.
    pub(in crate::rules) fn enough(&self) -> Option<i64> {
        let seconds = self.stop.grace_seconds.unwrap_or(0).max(self.stop.minimum_seconds).min(MOST_GRACE_SECONDS);
        (self.needs_time() && self.stops() && seconds > DEFAULT_GRACE_SECONDS).then_some(seconds)
    }

    /// The seconds that replace the default, where they help: a longer grace without a working stop is a longer outage.
    pub(in crate::rules) fn grace(&self, context: &Context<'_>) -> Option<i64> {
        let stated = context.settings.grace_seconds().map(|s| s.value);
        let seconds = stated.into_iter().chain(self.stop.grace_seconds).max()?.min(MOST_GRACE_SECONDS);
        let raises = self.database.pod.has_default_grace() && seconds > DEFAULT_GRACE_SECONDS;
        (raises && self.needs_time() && self.stops()).then_some(seconds)
    }

    /// The seconds of the settings between the end of traffic and the stop, where they fit into the grace.
    pub(in crate::rules) fn drain(&self, context: &Context<'_>) -> Option<i64> {
        let seconds = context.settings.drain_seconds()?.value;
        let kept = context.kubernetes_minor.is_some_and(|minor| minor >= SLEEP_ACTION_MINOR);
        let free = self.database.container.pre_stop_hook().is_none() && self.hook().is_none() && self.stops();
        let grace = self.grace(context).unwrap_or_else(|| self.database.pod.grace_seconds());
        (kept && free && seconds.saturating_add(self.stop.minimum_seconds) <= grace).then_some(seconds)
    }
}
