//! What was merged, as rules ask for it.
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use super::{
    Head, Settings,
    classes::Classes,
    document::Plaintext,
    merge::Winner,
    statement::{Field, Said},
};

/// Up to this many different heads every combination of them is made beforehand; an object whose engines have more of them at once gets
/// what does most of all.
const MOST_COMBINED: usize = 4;

/// A value and where it was set.
#[derive(Debug, Clone)]
pub(super) struct Placed<T> {
    pub(super) value: T,
    pub(super) origin: String,
}

/// The values for one engine.
#[derive(Debug, Clone, Default)]
pub(super) struct EngineSettings {
    pub(super) memory_limit: Option<Placed<String>>,
    pub(super) memory_request: Option<Placed<String>>,
    pub(super) cpu_request: Option<Placed<String>>,
    pub(super) grace_seconds: Option<Placed<i64>>,
    pub(super) drain_seconds: Option<Placed<i64>>,
    pub(super) secret_name: Option<Placed<String>>,
    pub(super) keys: HashMap<String, String, RandomState>,
    pub(super) plaintext: Plaintext,
    pub(super) classes: Classes,
}

impl EngineSettings {
    pub(super) fn of(won: &BTreeMap<Field, Winner>) -> Self {
        let mut all = Self { classes: Classes::of(won), ..Self::default() };
        for (field, Winner { said, origin, .. }) in won {
            let seconds = || if let Said::Seconds(s) = said { Some(placed(*s, origin)) } else { None };
            let text = || match said {
                Said::Quantity(text) | Said::Name(text) => Some(placed(text.clone(), origin)),
                _ => None,
            };
            match field {
                Field::MemoryLimit => all.memory_limit = text(),
                Field::MemoryRequest => all.memory_request = text(),
                Field::CpuRequest => all.cpu_request = text(),
                Field::GraceSeconds => all.grace_seconds = seconds(),
                Field::DrainSeconds => all.drain_seconds = seconds(),
                Field::SecretName => all.secret_name = text(),
                Field::SecretKey(variable) => all.keys.extend(text().map(|key| (variable.clone(), key.value))),
                Field::Plaintext => {
                    if let Said::Plaintext(plaintext) = said {
                        all.plaintext = *plaintext;
                    }
                }
                Field::Profile
                | Field::RulesVersion
                | Field::Rule(_)
                | Field::SkipNamespaces
                | Field::Restorers
                | Field::OperatorGroups
                | Field::OperatorAccounts
                | Field::ExemptibleRules
                | Field::ExemptionDays
                | Field::StorageClass
                | Field::ClassesBySize
                | Field::AllowedClasses => {}
            }
        }
        all
    }
}

pub(super) fn placed<T>(value: T, origin: &super::Origin) -> Placed<T> {
    Placed { value, origin: origin.text.clone() }
}

/// All values, and the lists that are about no engine.
#[derive(Debug, Clone, Default)]
pub(super) struct Values {
    pub(super) skip_namespaces: Vec<String>,
    pub(super) restorers: Option<Vec<String>>,
    pub(super) operator_groups: Vec<String>,
    pub(super) operator_accounts: Vec<String>,
    /// The rules that may be exempted; `None` for all.
    pub(super) exemptible: Option<Vec<String>>,
    /// For how many days at most.
    pub(super) exemption_days: Option<i64>,
    pub(super) defaults: EngineSettings,
    /// Where nobody knows which engine it is.
    pub(super) of_no_engine: EngineSettings,
    pub(super) engines: HashMap<String, EngineSettings, RandomState>,
}

impl Values {
    pub(super) fn of_lists(won: &BTreeMap<Field, Winner>) -> Self {
        let names = |field: &Field| match won.get(field).map(|winner| &winner.said) {
            Some(Said::Names(names)) => Some(names.clone()),
            _ => None,
        };
        Self {
            skip_namespaces: names(&Field::SkipNamespaces).unwrap_or_default(),
            restorers: names(&Field::Restorers),
            operator_groups: names(&Field::OperatorGroups).unwrap_or_default(),
            operator_accounts: names(&Field::OperatorAccounts).unwrap_or_default(),
            exemptible: names(&Field::ExemptibleRules),
            exemption_days: match won.get(&Field::ExemptionDays).map(|winner| &winner.said) {
                Some(Said::Days(days)) => Some(*days),
                _ => None,
            },
            ..Self::default()
        }
    }
}

/// The settings for objects, where engines differ in what is done about findings.
#[derive(Debug, Clone)]
pub(super) struct Variants {
    /// Which of `alone` an engine has; the first where nothing is said of it.
    of_engine: HashMap<String, usize, RandomState>,
    alone: Vec<Settings>,
    /// By the set of heads, as bits; empty where there are too many of them.
    combined: Vec<Settings>,
    all: Settings,
}

impl Variants {
    pub(super) fn of(plain: &Settings, heads: &[Head], of_engine: HashMap<String, usize, RandomState>) -> Self {
        let with = |mut chosen: Vec<Head>| {
            let head = if chosen.is_empty() { plain.head.clone() } else { chosen.remove(0) };
            Settings { head, also: chosen, variants: None, ..plain.clone() }
        };
        let among = |bits: usize| {
            let chosen = heads.iter().enumerate().filter(|(at, _)| bits >> at & 1 == 1);
            with(chosen.map(|(_, head)| head.clone()).collect())
        };
        let combined = if heads.len() > MOST_COMBINED { 0 } else { 1 << heads.len() };
        Self {
            of_engine,
            alone: heads.iter().map(|head| with(vec![head.clone()])).collect(),
            combined: (0..combined).map(among).collect(),
            all: with(heads.to_vec()),
        }
    }

    /// `None` without an engine.
    pub(super) fn of_engines<'e>(&self, engines: impl Iterator<Item = &'e str>) -> Option<&Settings> {
        let (mut first, mut several, mut bits) = (None, false, 0_usize);
        for engine in engines {
            let at = self.of_engine.get(engine).copied().unwrap_or(0);
            several |= first.is_some_and(|first| first != at);
            first = Some(at);
            bits |= if at < MOST_COMBINED { 1 << at } else { 0 };
        }
        if several { Some(self.combined.get(bits).unwrap_or(&self.all)) } else { self.alone.get(first?) }
    }

    pub(super) fn with(&self, change: &dyn Fn(&mut Settings)) -> Self {
        let mut changed = self.clone();
        for settings in changed.alone.iter_mut().chain(&mut changed.combined).chain([&mut changed.all]) {
            settings.stricter = None;
            change(settings);
        }
        changed
    }
}
