//! How many objects each profile would deny, warn about, record or mend; in all, and by rule.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::entry::ByProfile;
use crate::cli::outcome::Outcome;
use crate::terms::{Action, Profile};

/// How often something happens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub(super) struct Counts {
    pub(super) deny: u64,
    pub(super) warn: u64,
    pub(super) audit: u64,
    pub(super) mend: u64,
}

impl Counts {
    fn action(&mut self, action: Action) {
        match action {
            Action::Deny => self.deny += 1,
            Action::Warn => self.warn += 1,
            Action::Audit => self.audit += 1,
            Action::Off => {}
        }
    }

    /// Counts and what they count, without those of nothing.
    pub(super) fn words(self) -> impl Iterator<Item = (u64, &'static str)> {
        let all = [(self.deny, "deny"), (self.warn, "warn"), (self.audit, "audit"), (self.mend, "mend")];
        all.into_iter().filter(|(count, _)| *count > 0)
    }

    /// `2 deny, 1 mend`; `-` where there is nothing.
    pub(super) fn said(self) -> String {
        let words: Vec<String> = self.words().map(|(count, word)| format!("{count} {word}")).collect();
        if words.is_empty() { "-".to_owned() } else { words.join(", ") }
    }

    /// The findings and mends of one object.
    pub(super) fn of(outcome: &Outcome) -> Self {
        let mut counts = Self { mend: outcome.mends.len() as u64, ..Self::default() };
        outcome.findings.iter().for_each(|finding| counts.action(finding.action));
        counts
    }
}

impl ByProfile {
    pub(super) const fn of(&self, profile: Profile) -> Counts {
        match profile {
            Profile::Observe => self.observe,
            Profile::Advise => self.advise,
            Profile::Baseline => self.baseline,
            Profile::Production => self.production,
        }
    }

    pub(super) const fn of_mut(&mut self, profile: Profile) -> &mut Counts {
        match profile {
            Profile::Observe => &mut self.observe,
            Profile::Advise => &mut self.advise,
            Profile::Baseline => &mut self.baseline,
            Profile::Production => &mut self.production,
        }
    }
}

/// What was counted. All counts are of objects: each is one under the worst that happens to it, and one under `mend` if anything is
/// written into it.
#[derive(Debug, Default, Serialize)]
pub(super) struct Tally {
    /// Objects that were judged.
    pub(super) objects: u64,
    /// Containers that hold a data set.
    pub(super) databases: u64,
    /// The same where Seawall is not asked; nothing of these is counted elsewhere.
    pub(super) unguarded: u64,
    /// Namespaces in which there is anything.
    pub(super) namespaces: u64,
    /// In all.
    pub(super) profiles: ByProfile,
    /// By rule.
    pub(super) rules: BTreeMap<&'static str, ByProfile>,
}

impl Tally {
    /// Adds what one profile makes of an object.
    pub(super) fn add(&mut self, profile: Profile, outcome: &Outcome) {
        let mut worst: BTreeMap<&str, Action> = BTreeMap::new();
        for finding in &outcome.findings {
            let action = worst.entry(finding.rule).or_insert(finding.action);
            *action = finding.action.max(*action);
            self.rules.entry(finding.rule).or_default();
        }
        for (rule, action) in &worst {
            if let Some(of_rule) = self.rules.get_mut(rule) {
                of_rule.of_mut(profile).action(*action);
            }
        }
        if let Some(action) = worst.values().max() {
            self.profiles.of_mut(profile).action(*action);
        }
        let mending: BTreeSet<&'static str> = outcome.mends.iter().map(|mend| mend.rule).collect();
        self.profiles.of_mut(profile).mend += u64::from(!mending.is_empty());
        for rule in mending {
            self.rules.entry(rule).or_default().of_mut(profile).mend += 1;
        }
    }

    /// What a profile would do, in all.
    pub(super) const fn of(&self, profile: Profile) -> Counts {
        self.profiles.of(profile)
    }

    /// What changes from one profile to another: rules of which not the same happens, with both.
    pub(super) fn changes(&self, from: Profile, to: Profile) -> impl Iterator<Item = (&'static str, Counts, Counts)> {
        let both = self.rules.iter().map(move |(rule, counts)| (*rule, counts.of(from), counts.of(to)));
        both.filter(|(_, from, to)| from != to)
    }
}
