//! Several policies, and which of their settings hold in a namespace.
//!
//! What holds depends on which selectors mean a namespace. For each such set that occurs the policies are merged once, and kept: a
//! request finds its settings by the namespace's labels without a lock, and copies nothing.
use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::{
    Settings,
    merge::{self, Conflict, Policy, Winner},
    selector::Namespace,
    statement::Field,
    stored::Understood,
};
use crate::terms::Profile;

/// The most merged settings that are kept. Labels are given by who may label namespaces; should there be more combinations than anybody
/// means, the rest are merged anew each time.
const MOST_KEPT: usize = 1024;

/// Which policies mean a namespace: one bit for each.
type Meant = SmallVec<[u64; 2]>;

/// All policies of a process.
#[derive(Debug)]
pub struct Policies {
    policies: Vec<Policy>,
    command_line: Option<Profile>,
    /// What holds where no selector means the namespace.
    always: Arc<Settings>,
    /// What holds in a namespace whose labels nobody could read.
    cautious: Arc<Settings>,
    is_selective: bool,
    kept: ArcSwap<HashMap<Meant, Arc<Settings>, RandomState>>,
    /// Those that stand among the policies of a folder, with their labels.
    pub(super) namespaces: BTreeMap<String, Vec<(String, String)>>,
}

impl Clone for Policies {
    /// The same, with nothing merged yet.
    fn clone(&self) -> Self {
        Self {
            policies: self.policies.clone(),
            command_line: self.command_line,
            always: Arc::clone(&self.always),
            cautious: Arc::clone(&self.cautious),
            is_selective: self.is_selective,
            kept: ArcSwap::default(),
            namespaces: self.namespaces.clone(),
        }
    }
}

impl From<Settings> for Policies {
    /// The same settings everywhere.
    fn from(settings: Settings) -> Self {
        let settings = Arc::new(settings);
        Self {
            policies: Vec::new(),
            command_line: None,
            always: Arc::clone(&settings),
            cautious: settings,
            is_selective: false,
            kept: ArcSwap::default(),
            namespaces: BTreeMap::new(),
        }
    }
}

impl Policies {
    /// No policy, and the profile of the command line.
    #[must_use]
    pub fn none(profile: Option<Profile>) -> Self {
        Self::of(Vec::new(), profile)
    }

    /// These, and those of a cluster.
    #[must_use]
    pub fn and<'u>(&self, stored: impl Iterator<Item = &'u Understood>) -> Self {
        let mut all = self.policies.clone();
        all.extend(stored.filter_map(|understood| understood.policy.clone()));
        Self::of(all, self.command_line)
    }

    /// How many there are.
    #[must_use]
    pub fn count(&self) -> usize {
        self.policies.len()
    }

    /// True where a namespace's labels matter.
    #[must_use]
    pub const fn are_selective(&self) -> bool {
        self.is_selective
    }

    /// True where not everything is judged by the same settings.
    #[must_use]
    pub fn vary(&self) -> bool {
        self.is_selective || self.always.varies()
    }

    /// What holds in every namespace that no selector means.
    #[must_use]
    pub const fn always(&self) -> &Arc<Settings> {
        &self.always
    }

    /// What holds in a namespace whose labels could not be read: what holds always, but nothing is refused or written there, for a
    /// policy may say so.
    #[must_use]
    pub fn of_unknown(&self) -> Arc<Settings> {
        Arc::clone(&self.cautious)
    }

    /// The settings that hold in a namespace.
    #[must_use]
    pub fn of_namespace(&self, namespace: Namespace<'_>) -> Arc<Settings> {
        if !self.is_selective {
            return Arc::clone(&self.always);
        }
        let meant = self.meant(namespace);
        let kept = self.kept.load();
        if let Some(settings) = kept.get(&meant) {
            return Arc::clone(settings);
        }
        let settings = Arc::new(Settings::merged(&self.that_mean(namespace), self.command_line));
        if kept.len() < MOST_KEPT {
            self.kept.rcu(|kept| {
                let mut more = HashMap::clone(kept);
                more.insert(meant.clone(), Arc::clone(&settings));
                more
            });
        }
        settings
    }

    /// Every field that is set in a namespace, for one engine, or for what belongs to none: value, origin, and who disagreed.
    #[must_use]
    pub fn shown(&self, namespace: Namespace<'_>, engine: Option<&str>) -> BTreeMap<Field, Winner> {
        merge::winners(&self.that_mean(namespace), self.command_line, engine)
    }

    /// Policies of one priority that may meet and say different things.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        merge::conflicts(&self.policies)
    }

    /// The names of the policies that hold in a namespace, in order; with an engine those that say something about it.
    #[must_use]
    pub fn names_in(&self, namespace: Namespace<'_>, engine: Option<&str>) -> Vec<&str> {
        let mut holding = self.that_mean(namespace);
        holding.retain(|policy| engine.is_none() || policy.is_about(engine));
        let mut names: Vec<&str> = holding.into_iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The engines that policies of a namespace single out, in order.
    #[must_use]
    pub fn engines_in(&self, namespace: Namespace<'_>) -> Vec<&str> {
        merge::engines(&self.that_mean(namespace)).into_iter().collect()
    }

    /// The labels of a namespace that stands among the policies of a folder.
    #[must_use]
    pub fn labels_of(&self, namespace: &str) -> Option<&[(String, String)]> {
        self.namespaces.get(namespace).map(Vec::as_slice)
    }

    fn that_mean(&self, namespace: Namespace<'_>) -> Vec<&Policy> {
        self.policies.iter().filter(|p| p.selector.as_ref().is_none_or(|s| s.means(namespace))).collect()
    }

    fn meant(&self, namespace: Namespace<'_>) -> Meant {
        let mut meant = Meant::new();
        for policies in self.policies.chunks(64) {
            let bits =
                policies.iter().enumerate().filter(|(_, p)| p.selector.as_ref().is_some_and(|s| s.means(namespace)));
            meant.push(bits.fold(0, |all, (at, _)| all | 1 << at));
        }
        meant
    }
}

impl Policies {
    /// What policies say, together and with the command line.
    pub(super) fn of(policies: Vec<Policy>, command_line: Option<Profile>) -> Self {
        let unselective: Vec<&Policy> = policies.iter().filter(|p| p.selector.is_none()).collect();
        let is_selective = unselective.len() < policies.len();
        let always = Settings::merged(&unselective, command_line);
        let cautious = Arc::new(always.cautious());
        Self {
            always: Arc::new(always),
            cautious,
            is_selective,
            command_line,
            kept: ArcSwap::default(),
            namespaces: BTreeMap::new(),
            policies,
        }
    }
}
