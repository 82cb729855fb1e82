//! The second call of one request. The API server calls again when another webhook changed the object after the first call; what that
//! one wrote then looks like its author's, and only the list says otherwise. A list is never believed: what it names is taken out, and
//! what comes back by itself was ours.
use json_patch::{AddOperation, PatchOperation, RemoveOperation, jsonptr::PointerBuf};

use super::{
    Deliberation, Mended,
    marks::{self, Listed},
};
use crate::{
    rule::Rule,
    terms::keys,
    tree::{Node, Tree},
};

/// Stands for a credential that was replaced by a reference.
const SOME_VALUE: &str = "replaced";

impl<'t> Deliberation<'t> {
    /// The submitted object without what its list names; `None` where it has no list that names anything.
    pub(super) fn before_mends(&self) -> Option<Tree<'t>> {
        let top = self.request.object;
        let places = self.submitted_list().into_iter().filter_map(|entry| {
            let rule = self.world.rules.iter().copied().find(|r| r.name == entry.rule)?;
            let node = self.request.tree.at_stable(top, &entry.place).filter(|n| n.is_set())?;
            self.may_write(rule, &entry.place).then(|| (node.at, taken_back(rule, node)))
        });
        // The last first: taking an element out of a list moves those after it up.
        let mut places: Vec<_> = places.collect();
        places.sort_by_key(|(at, _)| std::cmp::Reverse(*at));
        let operations: Vec<PatchOperation> = places.into_iter().flat_map(|(_, operations)| operations).collect();
        (!operations.is_empty()).then(|| self.request.tree.edited(top, &operations))
    }

    /// The submitted entries whose values the rules write again, where they were taken out.
    pub(super) fn confirmed(&self, again: &Mended, made: &Tree<'_>) -> Vec<Listed> {
        let mut listed = self.submitted_list();
        let written = marks::list_from(again, made.node_at(self.request.object));
        listed.retain(|entry| {
            let then = self.request.tree.at_stable(self.request.object, &entry.place);
            let now = made.at_stable(made.node_at(self.request.object), &entry.place);
            written.contains(entry) && then.zip(now).is_some_and(|(then, now)| then.same(now))
        });
        listed
    }

    fn submitted_list(&self) -> Vec<Listed> {
        let annotations = self.request.object.path("metadata.annotations");
        if annotations.get(keys::PATCHED).is_set() { marks::list_of(annotations) } else { Vec::new() }
    }
}

/// The operations that undo what a rule wrote at a place.
fn taken_back(rule: &Rule, node: Node<'_>) -> Vec<PatchOperation> {
    let pointer = |node: Node<'_>| PointerBuf::parse(node.pointer()).ok();
    let reference = node.get("valueFrom");
    if rule.name == "plaintext-credentials" && reference.is_set() {
        let value =
            pointer(node.get("value")).map(|path| PatchOperation::Add(AddOperation { path, value: SOME_VALUE.into() }));
        let reference = pointer(reference).map(|path| PatchOperation::Remove(RemoveOperation { path }));
        return value.into_iter().chain(reference).collect();
    }
    pointer(node).map(|path| PatchOperation::Remove(RemoveOperation { path })).into_iter().collect()
}
