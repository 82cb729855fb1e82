//! Which statement counts, of all that policies make about one field.
use std::collections::{BTreeMap, BTreeSet};

use super::{
    document::LabelSelector,
    statement::{Field, Origin, Said, Statement},
};
use crate::terms::Profile;

/// A policy, ready to be compared with others.
#[derive(Debug, Clone)]
pub struct Policy {
    pub(super) name: String,
    /// Its name, with its generation where a cluster stores it.
    pub(super) version: String,
    pub(super) priority: i32,
    pub(super) selector: Option<LabelSelector>,
    pub(super) only_engines: Option<Vec<String>>,
    pub(super) statements: Vec<Statement>,
}

impl Policy {
    /// True for a policy that says what holds at large: nothing makes it special, so that `--profile` comes before its profile.
    fn is_at_large(&self) -> bool {
        self.selector.is_none() && self.only_engines.is_none() && self.priority <= 0
    }

    pub(super) fn is_about(&self, engine: Option<&str>) -> bool {
        let Some(only) = &self.only_engines else { return true };
        engine.is_some_and(|engine| only.iter().any(|o| o == engine))
    }

    /// False where nothing can be meant by both.
    fn may_meet(&self, other: &Self) -> bool {
        let engines = match (&self.only_engines, &other.only_engines) {
            (Some(a), Some(b)) => a.iter().any(|engine| b.contains(engine)),
            _ => true,
        };
        let namespaces = match (&self.selector, &other.selector) {
            (Some(a), Some(b)) => a.may_meet(b),
            _ => true,
        };
        engines && namespaces
    }
}

/// What counts for one field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Winner {
    /// The value.
    pub said: Said,
    /// Who said so.
    pub origin: Origin,
    /// Who had the same right to say something else.
    pub tied: Vec<(Said, Origin)>,
}

/// What counts for each field, for one engine, or, without one, for what belongs to none. The order of the policies changes nothing.
///
/// `command_line` is the profile of the command line, which comes before that of policies at large.
pub(super) fn winners(
    policies: &[&Policy],
    command_line: Option<Profile>,
    engine: Option<&str>,
) -> BTreeMap<Field, Winner> {
    let mut by_field: BTreeMap<&Field, Vec<(Rank, &Statement)>> = BTreeMap::new();
    for policy in policies.iter().filter(|p| p.is_about(engine)) {
        for statement in &policy.statements {
            let is_overruled = statement.field == Field::Profile && command_line.is_some() && policy.is_at_large();
            let is_of_another = statement.engine.is_some() && statement.engine.as_deref() != engine;
            if !is_overruled && !is_of_another {
                let rank = (policy.priority, statement.engine.is_some());
                by_field.entry(&statement.field).or_default().push((rank, statement));
            }
        }
    }
    let mut won: BTreeMap<Field, Winner> = by_field
        .into_iter()
        .filter_map(|(field, statements)| {
            let top = statements.iter().map(|(rank, _)| *rank).max()?;
            let best = statements.into_iter().filter(|(rank, _)| *rank == top).map(|(_, statement)| statement);
            Some((field.clone(), decided(field, best.collect())?))
        })
        .collect();
    won.entry(Field::Profile).or_insert_with(|| {
        let (profile, origin) = match command_line {
            Some(profile) => (profile, "--profile"),
            None => (Profile::Baseline, "by default"),
        };
        Winner { said: Said::Profile(profile), origin: Origin::outside(origin), tied: Vec::new() }
    });
    won
}

/// The engines that policies single out, each once.
pub(super) fn engines<'p>(policies: &[&'p Policy]) -> BTreeSet<&'p str> {
    let only = policies.iter().filter_map(|p| p.only_engines.as_ref()).flatten().map(String::as_str);
    let stated = policies.iter().flat_map(|p| &p.statements).filter_map(|s| s.engine.as_deref());
    only.chain(stated).collect()
}

/// The priority of a policy; within it, what is said for an engine alone comes before what is said for all.
type Rank = (i32, bool);

/// What counts of statements that have the same right to.
fn decided(field: &Field, mut tied: Vec<&Statement>) -> Option<Winner> {
    tied.sort_by(|a, b| b.said.strictness(&a.said).then_with(|| a.origin.cmp(&b.origin)));
    let first = *tied.first()?;
    let others = tied.iter().filter(|s| s.said != first.said);
    let others: Vec<(Said, Origin)> = others.map(|s| (s.said.clone(), s.origin.clone())).collect();
    let mut winner = Winner { said: first.said.clone(), origin: first.origin.clone(), tied: others };
    if !winner.tied.is_empty() && matches!(first.said, Said::Names(_)) {
        winner.said = Said::Names(listed(field, &tied));
        let texts: Vec<&str> = tied.iter().map(|s| s.origin.text.as_str()).collect();
        winner.origin = Origin::outside(&texts.join(", "));
        winner.tied = tied.iter().map(|s| (s.said.clone(), s.origin.clone())).collect();
    }
    Some(winner)
}

/// The names of several lists. Only a namespace that all of them skip is skipped, only a rule that all of them allow may be exempted, only
/// a class that all of them allow is allowed; whoever one of them takes for a restorer or an operator is one, for hands are kept off a
/// database rather once too often.
fn listed(field: &Field, tied: &[&Statement]) -> Vec<String> {
    let lists = || tied.iter().filter_map(|s| if let Said::Names(names) = &s.said { Some(names) } else { None });
    let mut names: Vec<String> = lists().flatten().cloned().collect();
    names.sort();
    names.dedup();
    if matches!(field, Field::SkipNamespaces | Field::ExemptibleRules | Field::AllowedClasses) {
        names.retain(|name| lists().all(|list| list.contains(name)));
    }
    names
}

/// Two policies that say different things with the same right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Conflict {
    /// About what.
    pub field: Field,
    /// For which engine alone.
    pub engine: Option<String>,
    /// One, and where it is said.
    pub one: (Said, Origin),
    /// The other one.
    pub other: (Said, Origin),
}

/// All pairs of policies that may meet in a namespace and disagree there.
pub(super) fn conflicts(policies: &[Policy]) -> Vec<Conflict> {
    let mut found = Vec::new();
    for (at, one) in policies.iter().enumerate() {
        let rest = policies.iter().skip(at + 1);
        for other in rest.filter(|other| other.priority == one.priority && other.may_meet(one)) {
            for a in &one.statements {
                let same = |b: &&Statement| b.field == a.field && b.engine == a.engine && b.said != a.said;
                found.extend(other.statements.iter().find(same).map(|b| Conflict {
                    field: a.field.clone(),
                    engine: a.engine.clone(),
                    one: (a.said.clone(), a.origin.clone()),
                    other: (b.said.clone(), b.origin.clone()),
                }));
            }
        }
    }
    found.sort_by(|a, b| (&a.field, &a.engine, &a.one.1).cmp(&(&b.field, &b.engine, &b.one.1)));
    found
}
