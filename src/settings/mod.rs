//! What an administrator set, and where each value comes from. Nothing here asks a cluster.
//!
//! [`Policies`] are all documents; [`Settings`] what they say together in one namespace; [`Effective`] what of it holds for one engine.
mod check;
mod classes;
pub mod document;
mod effective;
mod exemption;
mod live;
mod merge;
mod policies;
mod reader;
mod selector;
mod statement;
mod stored;
mod values;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use foldhash::fast::RandomState;

use classes::Classes;
use document::Plaintext;
use values::{EngineSettings, Placed, Values, Variants};

pub use effective::{Effective, Sourced, secret_name};
pub use exemption::{Allowed, DAY, Exemption};
pub use live::{Exemptions, InForce, Live};
pub use merge::{Conflict, Policy, Winner};
pub use policies::Policies;
pub use selector::Namespace;
pub use statement::{Field, Origin, RulesVersion, Said};
pub use stored::{Understood, understood};

use crate::{
    terms::{Action, Profile, Tier},
    tree::FileError,
};

/// The `apiVersion` of our own kinds.
pub const API_VERSION: &str = "seawall.dev/v1alpha1";

/// Who restores backups where the settings do not say: the account of Velero's server, as `velero install`, its Helm chart and OpenShift's
/// OADP make it.
pub const RESTORERS: &[&str] = &[
    "system:serviceaccount:velero:velero",
    "system:serviceaccount:velero:velero-server",
    "system:serviceaccount:openshift-adp:velero",
];

/// What the settings may name.
#[derive(Debug, Clone, Copy)]
pub struct KnownNames<'n> {
    /// Rules.
    pub rules: &'n [&'n str],
    /// Engines.
    pub engines: &'n [&'n str],
}

/// The settings that hold somewhere: in a namespace, for an object.
#[derive(Debug, Clone)]
pub struct Settings {
    head: Head,
    /// What holds for an object's other engines, where that is something else.
    also: Vec<Head>,
    /// Nothing does more than this.
    ceiling: Action,
    values: Arc<Values>,
    variants: Option<Arc<Variants>>,
    /// The same under each profile that refuses, where the one in force does not.
    stricter: Option<Arc<[Self; 2]>>,
    /// The exemptions of the namespace.
    exemptions: Arc<[Exemption]>,
    /// The policies that were merged, each with its generation where it has one.
    version: Arc<str>,
}

/// What is done about findings.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Head {
    profile: Profile,
    /// What single rules are set to; asked for each rule at each review.
    actions: HashMap<String, Action, RandomState>,
    /// Rules that are newer warn at most.
    newest: Option<RulesVersion>,
}

impl Head {
    fn of(won: &BTreeMap<Field, Winner>) -> Self {
        let mut head = Self { profile: Profile::Baseline, actions: HashMap::default(), newest: None };
        for (field, winner) in won {
            match (field, &winner.said) {
                (Field::Profile, Said::Profile(profile)) => head.profile = *profile,
                (Field::RulesVersion, Said::Version(version)) => head.newest = Some(*version),
                (Field::Rule(rule), Said::Action(action)) => {
                    head.actions.insert(rule.clone(), *action);
                }
                _ => {}
            }
        }
        head
    }

    fn action(&self, rule: &str, tier: Tier) -> Action {
        let own = if self.actions.is_empty() { None } else { self.actions.get(rule) };
        own.copied().unwrap_or_else(|| self.profile.action(tier))
    }
}

impl Settings {
    /// Nothing but a profile.
    #[must_use]
    pub fn of(profile: Profile) -> Self {
        Self::merged(&[], Some(profile))
    }

    /// Reads a text; what holds where no policy selects anything. `profile` is that of the command line.
    ///
    /// # Errors
    /// As [`Policies::read`].
    pub fn read(file: &str, text: &str, profile: Option<Profile>, known: KnownNames<'_>) -> Result<Self, FileError> {
        Policies::read(file, text, profile, known).map(|policies| Self::clone(policies.always()))
    }

    /// Reads a file, or a folder.
    ///
    /// # Errors
    /// As [`Policies::load`].
    pub fn load(path: &std::path::Path, profile: Option<Profile>, known: KnownNames<'_>) -> Result<Self, FileError> {
        Policies::load(path, profile, known).map(|policies| Self::clone(policies.always()))
    }

    /// What policies say together.
    fn merged(policies: &[&Policy], command_line: Option<Profile>) -> Self {
        let won = merge::winners(policies, command_line, None);
        let head = Head::of(&won);
        let mut values = Values { defaults: EngineSettings::of(&won), ..Values::of_lists(&won) };
        let mut heads = vec![head.clone()];
        let mut of_engine = HashMap::default();
        for engine in merge::engines(policies) {
            let won = merge::winners(policies, command_line, Some(engine));
            values.engines.insert(engine.to_owned(), EngineSettings::of(&won));
            let own = Head::of(&won);
            let at = heads.iter().position(|h| *h == own).unwrap_or_else(|| {
                heads.push(own);
                heads.len() - 1
            });
            of_engine.insert(engine.to_owned(), at);
        }
        let classes = Classes::of_no_engine(&values.defaults.classes, values.engines.values());
        values.of_no_engine = EngineSettings { classes, ..values.defaults.clone() };
        let (also, values) = (Vec::new(), Arc::new(values));
        let mut versions: Vec<&str> = policies.iter().map(|policy| policy.version.as_str()).collect();
        versions.sort_unstable();
        let version = Arc::from(versions.join(","));
        let plain = Self {
            head,
            also,
            ceiling: Action::Deny,
            values,
            variants: None,
            stricter: None,
            exemptions: Arc::default(),
            version,
        };
        let variants = (heads.len() > 1).then(|| Arc::new(Variants::of(&plain, &heads, of_engine)));
        let mut merged = Self { variants, ..plain };
        if heads.iter().any(|head| head.profile < Profile::Baseline) {
            let stricter = Arc::new([Profile::Baseline, Profile::Production].map(|p| merged.under(p)));
            merged = merged.with(&|settings| settings.stricter = Some(Arc::clone(&stricter)));
        }
        merged
    }

    /// The settings for an object that holds databases of these engines. Of several engines, whatever does more counts.
    #[must_use]
    pub fn of_object<'s, 'e>(&'s self, engines: impl Iterator<Item = &'e str>) -> &'s Self {
        self.variants.as_ref().map_or(self, |variants| variants.of_engines(engines).unwrap_or(self))
    }

    /// The policies that hold, by name, with the generation of those that a cluster stores: `everywhere@3,live@7`. Empty without any.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// True where engines differ in what is done about findings.
    fn varies(&self) -> bool {
        self.variants.is_some()
    }

    /// The profile in force.
    #[must_use]
    pub fn profile(&self) -> Profile {
        self.also.iter().map(|h| h.profile).fold(self.head.profile, Profile::max)
    }

    /// The same under another profile.
    #[must_use]
    pub fn under(&self, profile: Profile) -> Self {
        self.with(&|settings| {
            settings.head.profile = profile;
            settings.also.iter_mut().for_each(|head| head.profile = profile);
        })
    }

    /// The same, with nothing refused and nothing written.
    fn cautious(&self) -> Self {
        self.with(&|settings| {
            settings.ceiling = Action::Warn;
            settings.head.profile = settings.head.profile.min(Profile::Advise);
            settings.also.iter_mut().for_each(|head| head.profile = head.profile.min(Profile::Advise));
        })
    }

    /// The same under this profile, or the one in force where that does more.
    #[must_use]
    pub fn at_least(&self, profile: Profile) -> Self {
        self.with(&|settings| {
            settings.head.profile = settings.head.profile.max(profile);
            settings.also.iter_mut().for_each(|head| head.profile = head.profile.max(profile));
        })
    }

    /// The same under each profile that refuses, where the one in force does not: what it would refuse is told beforehand.
    #[must_use]
    pub fn stricter(&self) -> &[Self] {
        match &self.stricter {
            Some(stricter) if self.profile() < Profile::Baseline => stricter.as_slice(),
            _ => &[],
        }
    }

    fn with(&self, change: &dyn Fn(&mut Self)) -> Self {
        let mut changed = Self { stricter: None, ..self.clone() };
        change(&mut changed);
        changed.variants = self.variants.as_ref().map(|variants| Arc::new(variants.with(change)));
        changed
    }

    /// The same for what is written into manifests rather than into a cluster: passwords in plain text are replaced, by a Secret that
    /// is called after its workload where nothing else is said.
    #[must_use]
    pub fn for_manifests(&self) -> Self {
        let mut values = Values::clone(&self.values);
        for own in values.engines.values_mut().chain([&mut values.defaults, &mut values.of_no_engine]) {
            own.plaintext = Plaintext::Replace;
            own.secret_name.get_or_insert_with(|| Placed {
                value: "{workload}-credentials".to_owned(),
                origin: "by default".to_owned(),
            });
        }
        let values = Arc::new(values);
        self.with(&|settings| settings.values = Arc::clone(&values))
    }

    /// What a finding of `rule` does.
    #[must_use]
    pub fn action(&self, rule: &str, tier: Tier) -> Action {
        let own = self.head.action(rule, tier);
        self.also.iter().map(|head| head.action(rule, tier)).fold(own, Action::max).min(self.ceiling)
    }

    /// The most that a rule does which came with this version: a warning, and no mend, where it is newer than what is to be in force.
    #[must_use]
    pub fn most(&self, since: &str) -> Action {
        let is_older = |head: &Head| head.newest.is_none_or(|newest| RulesVersion::parse(since) <= Some(newest));
        if is_older(&self.head) || self.also.iter().any(is_older) { Action::Deny } else { Action::Warn }
    }

    /// True where nothing is judged or mended.
    #[must_use]
    pub fn skips(&self, namespace: &str) -> bool {
        self.values.skip_namespaces.iter().any(|n| n == namespace)
    }

    /// True for a user who restores backups.
    #[must_use]
    pub fn is_restorer(&self, user: &str) -> bool {
        match &self.values.restorers {
            Some(listed) => listed.iter().any(|u| u == user),
            None => RESTORERS.contains(&user),
        }
    }

    /// API groups that own databases, beside the known ones.
    #[must_use]
    pub fn operator_groups(&self) -> &[String] {
        &self.values.operator_groups
    }

    /// True for an operator's user name that the settings list.
    #[must_use]
    pub fn is_operator(&self, user: &str) -> bool {
        self.values.operator_accounts.iter().any(|u| u == user)
    }

    /// The values for one engine; an empty name is where nobody knows which.
    #[must_use]
    pub fn of_engine<'s>(&'s self, engine: &str) -> Effective<'s> {
        let otherwise = if engine.is_empty() { &self.values.of_no_engine } else { &self.values.defaults };
        let values = self.values.engines.get(engine).unwrap_or(otherwise);
        Effective { values, settings: self }
    }
}
