//! What was there before, told from what is sent now: a spec that stays as it is, and a container that was only renamed.
use std::collections::HashSet;

use json_patch::{PatchOperation, ReplaceOperation, jsonptr::PointerBuf};

use super::Deliberation;
use crate::{
    terms::Operation,
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

    /// The object of `before`, with its one renamed container called as it is called `now`: what is found in it is then known by the
    /// places that it has today. `None` where nothing was renamed, or where it could be another container.
    pub(super) fn as_called_now(&self, before: &Case<'_>, now: &Case<'_>, tree: &Tree<'t>) -> Option<Renamed<'t>> {
        let (then, today) = renamed(before, now)?;
        let path = PointerBuf::parse(then.0.get("name").pointer()).ok()?;
        let operation = PatchOperation::Replace(ReplaceOperation { path, value: today.name().into() });
        let top = before.workload.object;
        let edited = tree.edited(top, &[operation]);
        // A name is evidence too. The past excuses what the container was, not what its new name makes of it.
        let again = self.world.case(Workload { object: edited.node_at(top), ..before.workload });
        let unchanged = before.detected.iter().zip(&again.detected).all(|(a, b)| a.verdict == b.verdict);
        unchanged.then(|| Renamed {
            tree: edited,
            names: (format!("ontainers[{}]", then.name()), format!("ontainers[{}]", today.name())),
        })
    }
}

/// An object of before, with one container called as it is now.
pub(super) struct Renamed<'t> {
    /// The document after the renaming.
    pub(super) tree: Tree<'t>,
    /// The container's place in its list, of whichever kind: then, and now.
    names: (String, String),
}

impl Renamed<'_> {
    /// Where a stable place of then is now.
    pub(super) fn place(&self, then: &str) -> String {
        then.replacen(&self.names.0, &self.names.1, 1)
    }
}

/// The one container that is gone, and the one that came in its place: of the same engine, or from the same repository.
fn renamed<'a, 'b>(before: &Case<'a>, now: &Case<'b>) -> Option<(Container<'a>, Container<'b>)> {
    let mut found = None;
    for list in ["containers", "initContainers"] {
        let (then, today) = (before.workload.pod().spec.get(list), now.workload.pod().spec.get(list));
        let mut gone = without(then, today);
        let mut come = without(today, then);
        match (gone.next(), come.next()) {
            (None, None) => {}
            (Some(one), Some(other)) if found.is_none() && gone.next().is_none() && come.next().is_none() => {
                found = Some((one, other));
            }
            _ => return None,
        }
    }
    found.filter(|(then, today)| {
        let (was, is) = (engine(before, *then), engine(now, *today));
        let (old, new) = (then.image(), today.image());
        (was.is_some() && was == is) || (!old.path.is_empty() && (old.host, old.path) == (new.host, new.path))
    })
}

/// The containers of one list whose names the other does not have.
fn without<'n>(list: Node<'n>, other: Node<'_>) -> impl Iterator<Item = Container<'n>> + use<'n> {
    let names: HashSet<String> = other.items().map(|c| c.get("name").text().to_owned()).collect();
    list.items().map(Container).filter(move |c| !names.contains(c.name()))
}

/// The engine of a container that belongs to one.
fn engine<'c>(case: &'c Case<'_>, container: Container<'_>) -> Option<&'c str> {
    case.databases.iter().find(|d| d.container.0.is(container.0)).map(|d| &*d.engine.name)
}
