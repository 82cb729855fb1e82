//! Putting back what Seawall had written and a later submission dropped: on UPDATE from the old object, on a CREATE that adopts from the
//! newest template.
use json_patch::{AddOperation, PatchOperation, jsonptr::PointerBuf};

use super::{
    Deliberation, Mended,
    before::Renamed,
    marks::{self, Listed},
};
use crate::{
    facts::Template,
    proposal::{Merged, Proposal},
    rule::Rule,
    settings::document::Plaintext,
    terms::{Operation, keys},
    text::quantity::Quantity,
    tree::{Node, Tree, merge_key},
    view::{Case, Kind, Workload},
};

impl<'t> Deliberation<'t> {
    /// The UPDATE's part: read from the old object, in every profile.
    pub(super) fn restored_from_old(&self) -> Mended {
        let mut mended = Mended::default();
        let listed = marks::list_of(self.request.old.path("metadata.annotations"));
        let label = self.request.old.path("metadata.labels").get(keys::HOLDS_DATA);
        if listed.is_empty() && !label.is_set() && !self.brings_foreign_marks() {
            return mended;
        }
        let tree = self.request.tree;
        // What a renamed container was given, it keeps.
        let renamed = self.case_before().zip(self.case()).and_then(|(old, now)| self.as_called_now(old, now, tree));
        let listed = match &renamed {
            Some(renamed) => self.put_back_renamed(listed, renamed, self.request.old, &mut mended),
            None => self.put_back(&listed, tree, self.request.old, self.case_before(), &mut mended),
        };
        let edited = tree.edited(self.request.object, &mended.operations);
        let top = edited.node_at(self.request.object);
        let mut proposal = Proposal::of("marks");
        let listed = marks::that_are_there(listed, top);
        marks::write_list(&mut proposal, top, listed, self.case_before().map(|c| c.workload.template()), self);
        marks::keep_label(&mut proposal, top, self);
        marks::append(proposal, &edited, top, &mut mended);
        mended
    }

    fn brings_foreign_marks(&self) -> bool {
        let object = self.request.object;
        self.concerns_a_database()
            && self.is_authored()
            && (object.path("metadata.annotations").get(keys::PATCHED).is_set()
                || object.path("metadata.labels").get(keys::HOLDS_DATA).is_set())
    }

    /// The adopting CREATE's part: read from the newest template that ran. The label of a StatefulSet is on no template; where mends
    /// are written, it is given anew.
    pub(super) fn adopted(&self, newest: &Template, mends: bool) -> Mended {
        let mut mended = Mended::default();
        let Some((tree, top)) = self.with_template(newest) else { return mended };
        let old = tree.node_at(top);
        let listed = marks::list_of(old.path("spec.template.metadata.annotations"));
        let then = self.workload().map(|now| self.world.case(Workload { object: old, ..now }));
        let renamed = then.as_ref().zip(self.case()).and_then(|(then, now)| self.as_called_now(then, now, &tree));
        let listed = match &renamed {
            Some(renamed) => self.put_back_renamed(listed, renamed, old, &mut mended),
            None => self.put_back(&listed, &tree, old, then.as_ref(), &mut mended),
        };
        let edited = self.request.tree.edited(self.request.object, &mended.operations);
        let top = edited.node_at(self.request.object);
        let mut proposal = Proposal::of("marks");
        let listed = marks::that_are_there(listed, top);
        marks::write_list(&mut proposal, top, listed, Some(old.path("spec.template")), self);
        if mends {
            marks::label_set(&mut proposal, top, self);
        }
        marks::append(proposal, &edited, top, &mut mended);
        mended
    }

    /// The workload with a template that ran before in place of its own: the old object on UPDATE, the submitted one on CREATE.
    pub(super) fn with_template(&self, template: &Template) -> Option<(Tree<'t>, Node<'t>)> {
        let value: serde_json::Value = serde_json::from_str(&template.template).ok()?;
        let top = if self.request.operation == Operation::Update { self.request.old } else { self.request.object };
        let path = PointerBuf::parse("/spec/template").ok()?;
        let operation = PatchOperation::Add(AddOperation { path, value });
        Some((self.request.tree.edited(top, &[operation]), top))
    }

    /// The same where containers have other names now: each keeps what it was given.
    fn put_back_renamed(
        &self,
        listed: Vec<Listed>,
        renamed: &Renamed<'t>,
        old: Node<'_>,
        mended: &mut Mended,
    ) -> Vec<Listed> {
        let today = |entry: Listed| Listed { place: renamed.place(&entry.place), ..entry };
        let listed: Vec<Listed> = listed.into_iter().map(today).collect();
        let old = renamed.tree.node_at(old);
        let then = self.workload().map(|now| self.world.case(Workload { object: old, ..now }));
        self.put_back(&listed, &renamed.tree, old, then.as_ref(), mended)
    }

    /// Copies each listed place that the new object lacks; returns the list as it is then true.
    fn put_back(
        &self,
        listed: &[Listed],
        old_tree: &Tree<'_>,
        old: Node<'_>,
        before: Option<&Case<'_>>,
        mended: &mut Mended,
    ) -> Vec<Listed> {
        let mut kept = Vec::new();
        let mut merged = Merged::default();
        for entry in listed {
            let Some(was) = old_tree.at_stable(old, &entry.place).filter(|n| n.is_set()) else { continue };
            let rule = self.world.rules.iter().copied().find(|r| r.name == entry.rule);
            let Some(rule) = rule.filter(|rule| self.may_write(rule, &entry.place)) else {
                // Another version of Seawall wrote it, and may be asked again: what still is as it was stays listed.
                let here = self.request.tree.at_stable(self.request.object, &entry.place);
                kept.extend(here.filter(|here| here.same(was)).map(|_| entry.clone()));
                continue;
            };
            let mut proposal = Proposal::of(rule.name);
            let Some(state) = self.put_one(rule, &entry.place, was, before, &mut proposal) else { continue };
            if state {
                kept.push(entry.clone());
            }
            merged.add(proposal.into_parts().0);
        }
        merged.settle();
        mended.operations = merged.operations(self.request.tree, self.request.object);
        mended.mends = merged.mends().cloned().collect();
        kept
    }

    /// Writes one place; true when the new object then holds what was there, `None` when its surroundings are gone.
    fn put_one(
        &self,
        rule: &'static Rule,
        place: &str,
        was: Node<'_>,
        before: Option<&Case<'_>>,
        proposal: &mut Proposal,
    ) -> Option<bool> {
        let (tree, top) = (self.request.tree, self.request.object);
        let said = format!("puts back {place}, which an earlier version was given");
        if let Some((list_place, name)) = place.strip_suffix(']').and_then(|p| p.rsplit_once('[')) {
            let list = tree.at_stable(top, list_place)?;
            let key = merge_key(list.key()?).first()?;
            if let Some(there) = list.items().find(|n| n.fields().any(|(k, v)| k == *key && v.str() == Some(name))) {
                return Some(there.same(was) || self.rewrites_plaintext(rule, there, was, proposal));
            }
            if self.still_wanted(rule, place, before) {
                proposal.upsert(list, key, was.to_json()).because(said);
                return Some(true);
            }
            return Some(false);
        }
        let here = tree.at_stable(top, place)?;
        if here.is_set() && !(self.is_pod() && is_defaulted(place, here)) {
            return Some(here.same(was));
        }
        if !self.still_wanted(rule, place, before) || contradicts(here, was) {
            return Some(false);
        }
        proposal.set(here, was.to_json()).because(said);
        Some(true)
    }

    /// Where a plain value was replaced by a reference, every later apply of the same manifest sends the value again.
    fn rewrites_plaintext(&self, rule: &Rule, there: Node<'_>, was: Node<'_>, proposal: &mut Proposal) -> bool {
        let replaces = self.case().is_some_and(|c| {
            c.servers().any(|d| self.world.settings.of_engine(&d.engine.name).plaintext() == Plaintext::Replace)
        });
        let (value, reference) = (there.get("value"), was.get("valueFrom"));
        if rule.name != "plaintext-credentials" || !replaces || !value.is_set() || !reference.is_set() {
            return false;
        }
        proposal.unset(value);
        proposal.set(there.get("valueFrom"), reference.to_json());
        true
    }

    /// True when the place is one that the rule writes.
    pub(super) fn may_write(&self, rule: &Rule, place: &str) -> bool {
        let prefix = match self.workload().map(|w| w.kind) {
            Some(Kind::StatefulSet | Kind::Deployment) => "spec.template.spec.",
            Some(Kind::Pod) | None => "spec.",
            Some(_) => return false,
        };
        place.strip_prefix(prefix).is_some_and(|inner| rule.writes.iter().any(|pattern| fits(pattern, inner)))
    }

    /// False when the new object no longer lacks what the rule gave: the submitter supplied it in another way, or it is of another engine.
    fn still_wanted(&self, rule: &'static Rule, place: &str, before: Option<&Case<'_>>) -> bool {
        // A Pod's spec cannot change: what it was given is what it has.
        self.is_pod() || self.wants_again(rule, place, before)
    }
}

/// The API server's own default comes back when a server-side apply drops a field that an earlier client had defaulted.
fn is_defaulted(place: &str, here: Node<'_>) -> bool {
    place == "spec.terminationGracePeriodSeconds" && here.i64() == Some(30)
}

/// A request above its limit, or a limit below its request, is refused by the API server.
fn contradicts(here: Node<'_>, was: Node<'_>) -> bool {
    let (Some(name), Some(amounts)) = (here.key(), here.parent()) else { return false };
    let Some(resources) = amounts.parent() else { return false };
    let other = match amounts.key() {
        Some("limits") => resources.get("requests").get(name),
        Some("requests") => resources.get("limits").get(name),
        _ => return false,
    };
    let (Some(mine), Some(theirs)) = (was.str().and_then(Quantity::parse), other.str().and_then(Quantity::parse))
    else {
        return false;
    };
    if amounts.key() == Some("limits") { mine < theirs } else { mine > theirs }
}

/// `containers[*].env[*]` fits `containers[mysql].env[MYSQL_ROOT_PASSWORD]`.
fn fits(pattern: &str, place: &str) -> bool {
    match pattern.split_once("[*]") {
        None => pattern == place,
        Some((before, after)) => place
            .strip_prefix(before)
            .and_then(|rest| rest.strip_prefix('['))
            .and_then(|rest| rest.split_once(']'))
            .is_some_and(|(_, rest)| fits(after, rest)),
    }
}
