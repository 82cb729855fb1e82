//! What was there before, told from what is sent now: a spec that stays as it is, and a container that was only renamed.
use std::{collections::HashSet, sync::Arc};

use json_patch::{PatchOperation, ReplaceOperation, jsonptr::PointerBuf};

use super::Deliberation;
use crate::{
    terms::{Operation, Role},
    tree::{Node, Tree},
    view::{Case, Container, Workload},
};

/// What says nothing about how an object is to be: a name for itself, and what others write into it.
const BESIDE_THE_SPEC: &[&str] = &["apiVersion", "kind", "metadata", "status"];

impl<'t> Deliberation<'t> {
    /// True for an UPDATE that changes nothing but the object's own metadata: a label, an annotation, a finalizer, the same manifest once
    /// more. The metadata of a template belongs to its spec: whoever changes it replaces the Pods. So does the one label that says what
    /// the data is worth.
    pub(super) fn leaves_the_spec(&self) -> bool {
        let label = |case: Option<&Case<'_>>| case.and_then(|c| c.workload.data_label());
        self.request.operation == Operation::Update
            && label(self.case_before()) == label(self.case())
            && self.request.old.same_but_for(self.request.object, BESIDE_THE_SPEC)
    }

    /// The object of `before`, with its renamed containers called as they are called `now`: what is found in it is then known by the
    /// places that it has today. `None` where nothing was renamed, or where it could be another container.
    pub(super) fn as_called_now(&self, before: &Case<'_>, now: &Case<'_>, tree: &Tree<'t>) -> Option<Renamed<'t>> {
        let mut pairs = renamed(before, now);
        let top = before.workload.object;
        // A name is evidence too. The past excuses what a container was, not what its new name makes of it.
        for _ in 0..2 {
            if pairs.is_empty() {
                return None;
            }
            let edited = tree.edited(top, &pairs.iter().filter_map(Pair::operation).collect::<Vec<_>>());
            let again = self.world.case(Workload { object: edited.node_at(top), ..before.workload });
            let taken_for_else = |pair: &Pair<'_, '_>| {
                let mut both = before.detected.iter().zip(&again.detected);
                both.any(|(a, b)| a.container.0.is(pair.then.0) && a.verdict != b.verdict)
            };
            let all = pairs.len();
            pairs.retain(|pair| !taken_for_else(pair));
            if pairs.len() == all {
                let names = pairs.iter().map(Pair::places).collect();
                return Some(Renamed { tree: edited, names });
            }
        }
        None
    }
}

/// An object of before, with containers called as they are now.
pub(super) struct Renamed<'t> {
    /// The document after the renaming.
    pub(super) tree: Tree<'t>,
    /// The stable place of each renamed container: then, and now.
    names: Vec<(String, String)>,
}

impl Renamed<'_> {
    /// Where a stable place of then is now.
    pub(super) fn place(&self, then: &str) -> String {
        let moved = self.names.iter().find_map(|(old, new)| Some(format!("{new}{}", then.strip_prefix(old.as_str())?)));
        moved.unwrap_or_else(|| then.to_owned())
    }
}

/// The most containers of one list that are looked at for new names: each that went is held against each that came.
const MOST_RENAMED: usize = 64;

/// A container that is gone, and the one that came in its place.
struct Pair<'a, 'b> {
    then: Container<'a>,
    today: Container<'b>,
}

impl Pair<'_, '_> {
    fn operation(&self) -> Option<PatchOperation> {
        let path = PointerBuf::parse(self.then.0.get("name").pointer()).ok()?;
        Some(PatchOperation::Replace(ReplaceOperation { path, value: self.today.name().into() }))
    }

    fn places(&self) -> (String, String) {
        let then = self.then.0.place().stable;
        let list = then.rfind('[').and_then(|at| then.get(..at)).unwrap_or("");
        let today = format!("{list}[{}]", self.today.name());
        (then, today)
    }
}

/// The containers that only got another name. Of those that are gone from a list and those that came, one of each that are alike, where
/// no other is like either: of one engine, or from one repository; among several, of one role in it, too. What else comes or goes (an
/// exporter, a sidecar) is no concern of theirs.
fn renamed<'a, 'b>(before: &Case<'a>, now: &Case<'b>) -> Vec<Pair<'a, 'b>> {
    let mut pairs = Vec::new();
    for list in ["containers", "initContainers"] {
        let (then, today) = (before.workload.pod().spec.get(list), now.workload.pod().spec.get(list));
        let mut gone: Vec<_> = without(then, today).take(MOST_RENAMED + 1).map(|c| Known::of(before, c)).collect();
        let mut come: Vec<_> = without(today, then).take(MOST_RENAMED + 1).map(|c| Known::of(now, c)).collect();
        if gone.len() > MOST_RENAMED || come.len() > MOST_RENAMED {
            continue;
        }
        let ways: [fn(&Known<'_>, &Known<'_>) -> bool; 2] = [are_alike, do_the_same];
        for alike in ways {
            let only = |one: &Known<'_>, others: &[Known<'_>]| {
                let mut like = others.iter().enumerate().filter(|(_, other)| alike(one, other));
                like.next().map(|(at, _)| at).filter(|_| like.next().is_none())
            };
            let found: Vec<_> = (0..).zip(&gone).filter_map(|(at, one)| Some((at, only(one, &come)?))).collect();
            let mutual = |(at, other): &(usize, usize)| come.get(*other).is_some_and(|c| only(c, &gone) == Some(*at));
            let found: Vec<_> = found.into_iter().filter(mutual).collect();
            pairs.extend(found.iter().filter_map(|(at, other)| {
                Some(Pair { then: gone.get(*at)?.container, today: come.get(*other)?.container })
            }));
            let mut at = 0..;
            gone.retain(|_| at.next().is_none_or(|at| found.iter().all(|(one, _)| *one != at)));
            let mut at = 0..;
            come.retain(|_| at.next().is_none_or(|at| found.iter().all(|(_, other)| *other != at)));
        }
    }
    pairs
}

/// A container, and the engine that it belongs to.
struct Known<'t> {
    container: Container<'t>,
    engine: Option<(Arc<str>, Role)>,
}

impl<'t> Known<'t> {
    fn of(case: &Case<'t>, container: Container<'t>) -> Self {
        let database = case.databases.iter().find(|d| d.container.0.is(container.0));
        Self { container, engine: database.map(|d| (d.engine.name.clone(), d.role)) }
    }
}

/// Of one engine, or from one repository.
fn are_alike(one: &Known<'_>, other: &Known<'_>) -> bool {
    let engine = |known: &Known<'_>| known.engine.as_ref().map(|(engine, _)| Arc::clone(engine));
    let (was, is) = (one.container.image(), other.container.image());
    (one.engine.is_some() && engine(one) == engine(other))
        || (!was.path.is_empty() && (was.host, was.path) == (is.host, is.path))
}

/// Alike, and of one role.
fn do_the_same(one: &Known<'_>, other: &Known<'_>) -> bool {
    are_alike(one, other) && one.engine == other.engine
}

/// The containers of one list whose names the other does not have.
fn without<'n>(list: Node<'n>, other: Node<'_>) -> impl Iterator<Item = Container<'n>> + use<'n> {
    let names: HashSet<String> = other.items().map(|c| c.get("name").text().to_owned()).collect();
    list.items().map(Container).filter(move |c| !names.contains(c.name()))
}
