//! Several rules' proposals as one.
use std::collections::BTreeMap;

use super::{Edit, Mend};

/// Two rules want different things of one place: a fault of ours, which the laws find before anybody else does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// The place.
    pub place: String,
    /// The rules.
    pub rules: [&'static str; 2],
}

/// What all rules together write. The order in which proposals are added changes nothing.
#[derive(Debug, Default)]
pub struct Merged {
    pub(super) mends: BTreeMap<String, Mend>,
    conflicts: Vec<Conflict>,
    poisoned: Vec<String>,
}

impl Merged {
    /// Adds what one rule wrote.
    pub fn add(&mut self, mends: Vec<Mend>) {
        for mend in mends {
            let key = key(&mend);
            if self.poisoned.contains(&key) {
                continue;
            }
            let Some(there) = self.mends.get_mut(&key) else {
                self.mends.insert(key, mend);
                continue;
            };
            match combined(&there.edit, &mend.edit) {
                Some(edit) => {
                    // The words are those of the rule whose name comes first, whichever was added first.
                    if (mend.edit == edit && there.edit != edit) || (mend.edit == there.edit && mend.rule < there.rule)
                    {
                        *there = mend;
                    }
                    there.edit = edit;
                }
                None => {
                    let mut rules = [there.rule, mend.rule];
                    rules.sort_unstable();
                    self.conflicts.push(Conflict { place: mend.place.stable, rules });
                    self.mends.remove(&key);
                    self.poisoned.push(key);
                }
            }
        }
    }

    /// Drops edits that lie inside another's value, and reports them; to be called when all are added.
    pub fn settle(&mut self) {
        let keys: Vec<String> = self.mends.keys().cloned().collect();
        for key in &keys {
            let inside = keys.iter().find(|outer| {
                key.strip_prefix(outer.as_str()).is_some_and(|rest| rest.starts_with('/'))
                    && self.mends.get(*outer).is_some_and(|m| !matches!(m.edit, Edit::Append { .. }))
            });
            if let Some(outer) = inside {
                let rule = |k: &String| self.mends.get(k).map_or("", |m| m.rule);
                let mut rules = [rule(outer), rule(key)];
                rules.sort_unstable();
                self.conflicts.push(Conflict { place: key.clone(), rules });
                self.mends.remove(key);
            }
        }
    }

    /// What is written, by place.
    pub fn mends(&self) -> impl Iterator<Item = &Mend> {
        self.mends.values()
    }

    /// Where rules disagreed; nothing is written there.
    #[must_use]
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }

    /// True when nothing is written.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.mends.is_empty()
    }
}

/// One key per place; elements that are added to a list have one each, by what identifies them.
fn key(mend: &Mend) -> String {
    match &mend.edit {
        Edit::Append { list, .. } => {
            let name = mend.place.stable.rsplit_once('[').map_or("", |(_, n)| n);
            format!("{list}/-{name}")
        }
        _ => mend.place.pointer.clone(),
    }
}

fn combined(a: &Edit, b: &Edit) -> Option<Edit> {
    match (a, b) {
        (Edit::RaiseTo(a), Edit::RaiseTo(b)) => Some(Edit::RaiseTo(*a.max(b))),
        (a, b) if a == b => Some(a.clone()),
        _ => None,
    }
}
