//! The settings that documents are corrected by: those of their namespaces.

use std::sync::Arc;

use crate::cli::namespaces::Namespaces;
use crate::manifest::{self, Manifest};
use crate::settings::{Policies, Settings};
use crate::terms::Profile;

/// What holds in a namespace.
pub(super) struct Ground {
    pub(super) settings: Arc<Settings>,
    /// The same under a profile that mends.
    pub(super) mending: Settings,
    /// The same for what is written into manifests rather than into a cluster.
    pub(super) for_manifests: Settings,
}

/// What holds for each document of a run.
pub(super) struct Grounds {
    all: Vec<Ground>,
    /// Of each document, which of them, and its set.
    each: Vec<(usize, u32)>,
}

impl Grounds {
    pub(super) fn of(manifests: &[Manifest], policies: &Policies) -> Self {
        let sets = manifest::sets(manifests);
        let placed = || manifests.iter().zip(sets.iter().copied());
        let namespaces = Namespaces::of(placed(), policies);
        let mut grounds = Self { all: Vec::new(), each: Vec::new() };
        for (manifest, set) in placed() {
            let settings = namespaces.settings(manifest, set);
            let known = grounds.all.iter().position(|ground| Arc::ptr_eq(&ground.settings, &settings));
            let at = known.unwrap_or_else(|| {
                let mending = settings.at_least(Profile::Baseline);
                let for_manifests = mending.for_manifests();
                grounds.all.push(Ground { settings, mending, for_manifests });
                grounds.all.len() - 1
            });
            grounds.each.push((at, set));
        }
        grounds
    }

    /// Of each document what holds for it, and its set.
    pub(super) fn each(&self) -> impl Iterator<Item = (&Ground, u32)> {
        self.each.iter().filter_map(|(at, set)| Some((self.all.get(*at)?, *set)))
    }
}
