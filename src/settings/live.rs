//! What is in force now. It is made whole, and then put in the place of what was before: who reads it waits for nobody, and sees all of
//! one or all of the other.
use std::{collections::HashMap, sync::Arc};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;

use super::{Namespace, Policies, Settings};

/// The namespaces whose labels are known, each with what holds in it.
type Known = HashMap<Box<str>, Arc<Settings>, RandomState>;

/// What is in force at one moment.
#[derive(Debug)]
pub struct InForce {
    policies: Arc<Policies>,
    namespaces: Known,
    is_off: bool,
}

impl InForce {
    /// What policies say in these namespaces. Where `is_off`, nothing is judged or mended anywhere.
    #[must_use]
    pub fn of<'n>(policies: Arc<Policies>, namespaces: impl Iterator<Item = Namespace<'n>>, is_off: bool) -> Self {
        let known = |namespace: Namespace<'_>| (namespace.name.into(), policies.of_namespace(namespace));
        // Where no policy goes by labels, the same holds everywhere.
        let namespaces = if policies.are_selective() { namespaces.map(known).collect() } else { Known::default() };
        Self { policies, namespaces, is_off }
    }

    /// All policies.
    #[must_use]
    pub fn policies(&self) -> &Arc<Policies> {
        &self.policies
    }

    /// True while everything is let through.
    #[must_use]
    pub const fn is_off(&self) -> bool {
        self.is_off
    }

    /// What holds in a namespace; `None` where its labels matter and are not known.
    #[must_use]
    pub fn of_namespace(&self, name: &str) -> Option<&Arc<Settings>> {
        if self.policies.are_selective() { self.namespaces.get(name) } else { Some(self.policies.always()) }
    }
}

/// What is in force, now and later.
#[derive(Debug)]
pub struct Live(ArcSwap<InForce>);

impl<P: Into<Policies>> From<P> for Live {
    fn from(policies: P) -> Self {
        Self(ArcSwap::from_pointee(InForce::of(Arc::new(policies.into()), std::iter::empty(), false)))
    }
}

impl Live {
    /// What is in force now; it stays as it is for as long as it is held.
    #[must_use]
    pub fn now(&self) -> Arc<InForce> {
        self.0.load_full()
    }

    /// Puts something else in force.
    pub fn replace(&self, by: InForce) {
        self.0.store(Arc::new(by));
    }

    /// Takes down the labels of a namespace that was not known, and says what holds there.
    pub fn learn(&self, namespace: Namespace<'_>) -> Arc<Settings> {
        let now = self.now();
        let settings = now.policies.of_namespace(namespace);
        if now.policies.are_selective() {
            self.0.rcu(|now| {
                let mut namespaces = now.namespaces.clone();
                // Whoever watches namespaces knows better.
                namespaces.entry(namespace.name.into()).or_insert_with(|| now.policies.of_namespace(namespace));
                InForce { policies: Arc::clone(&now.policies), namespaces, is_off: now.is_off }
            });
        }
        settings
    }
}
