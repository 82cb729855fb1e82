//! Seawall's own marks: the list of what it wrote, and the label on what holds data.
use json_patch::{AddOperation, PatchOperation, RemoveOperation, ReplaceOperation, jsonptr::PointerBuf};
use serde::{Deserialize, Serialize};

use super::{Deliberation, Mended};
use crate::{
    facts::{Answer, ClassFacts, Facts, Known, Question},
    proposal::{Merged, Proposal},
    terms::{Fate, Operation, keys},
    tree::{Node, Place, Tree},
    view::{Claim, DataLabel, Kind, Workload},
};

/// One entry of the annotation `seawall.dev/patched`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Listed {
    /// Stable place, from the top of the object.
    pub(super) place: String,
    /// The rule that wrote there.
    pub(super) rule: String,
}

/// The list that an object carries; empty where it has none that can be read.
pub(super) fn list_of(annotations: Node<'_>) -> Vec<Listed> {
    annotations
        .fields()
        .find(|(key, _)| *key == keys::PATCHED)
        .and_then(|(_, v)| serde_json::from_str(v.str()?).ok())
        .unwrap_or_default()
}

/// The list of what was written into the object at `top`. A place that leads somewhere else is left out: two containers of one name, or
/// one without any; the API server refuses both.
pub(super) fn list_from(mended: &Mended, top: Node<'_>) -> Vec<Listed> {
    let leads_there = |place: &Place| {
        let found = top.tree().at_stable(top, &place.stable).filter(|n| n.is_set());
        found.is_some_and(|node| match place.pointer.strip_suffix("/-") {
            Some(list) => node.parent().is_some_and(|parent| parent.pointer() == list),
            None => node.pointer() == place.pointer,
        })
    };
    let own = mended.mends.iter().filter(|m| leads_there(&m.place));
    own.map(|m| Listed { place: m.place.stable.clone(), rule: m.rule.to_owned() }).collect()
}

/// Those entries whose place can be found in the object at `top`. What has none cannot be put back: it lies in a container without a name,
/// which is refused anyway.
pub(super) fn that_are_there(mut listed: Vec<Listed>, top: Node<'_>) -> Vec<Listed> {
    listed.retain(|entry| top.tree().at_stable(top, &entry.place).is_some_and(Node::is_set));
    listed
}

/// Puts list and label onto a workload that was mended, and takes off what somebody else put there.
pub(super) fn sign(
    deliberation: &Deliberation<'_>,
    tree: &Tree<'_>,
    top: Node<'_>,
    listed: Vec<Listed>,
    mended: &mut Mended,
) {
    let mut proposal = Proposal::of("marks");
    write_list(&mut proposal, top, listed, None, deliberation);
    label_set(&mut proposal, top, deliberation);
    append(proposal, tree, top, mended);
}

/// Labels a StatefulSet whose claims hold data, and takes the label off everything else.
pub(super) fn label_set(proposal: &mut Proposal, top: Node<'_>, deliberation: &Deliberation<'_>) {
    if deliberation.is_set_with_data() {
        proposal.set(top.path("metadata.labels").get(keys::HOLDS_DATA), "true".into());
    } else {
        strip_label(proposal, top, deliberation);
    }
}

/// Keeps the label of the old object. Who may change it in a guarded namespace is a matter of the guards' policies, which see what is put
/// back here: so it is not put back where somebody took it off on purpose, or said something else of a claim, or of a set what is true.
pub(super) fn keep_label(proposal: &mut Proposal, top: Node<'_>, deliberation: &Deliberation<'_>) {
    let old = deliberation.request.old;
    let was = old.path("metadata.labels").get(keys::HOLDS_DATA);
    let own = top.path("metadata.labels").get(keys::HOLDS_DATA);
    let is_confirmed = old.path("metadata.annotations").get(keys::CONFIRM_DELETE).is_set();
    match (was.str(), own.str()) {
        (Some(_), None) if is_confirmed => {}
        (Some(_), Some(word)) if deliberation.claim().is_some() && word.parse::<Fate>().is_ok() => {}
        (Some(value), _) => {
            proposal.set(own, value.into());
        }
        (None, Some("true")) if deliberation.is_set_with_data() => {}
        (None, _) if own.is_set() && !was.is_set() => {
            proposal.unset(own);
        }
        (None, _) => {}
    }
}

/// Takes off a label that is not ours. A controller's Pod keeps it: its controller may know its Pods by their labels.
fn strip_label(proposal: &mut Proposal, top: Node<'_>, deliberation: &Deliberation<'_>) {
    let label = top.path("metadata.labels").get(keys::HOLDS_DATA);
    if label.is_set() && deliberation.is_authored() {
        proposal.unset(label);
    }
}

/// Writes the list, whose places are all there, onto the object and its template, or takes a foreign one off. A template that is as the one that `ran` keeps the list
/// that it ran with, word for word: another list would restart its Pods.
pub(super) fn write_list(
    proposal: &mut Proposal,
    top: Node<'_>,
    mut listed: Vec<Listed>,
    ran: Option<Node<'_>>,
    deliberation: &Deliberation<'_>,
) {
    listed.sort_by(|a, b| (&a.place, &a.rule).cmp(&(&b.place, &b.rule)));
    listed.dedup();
    let own = top.path("metadata.annotations").get(keys::PATCHED);
    let makes_pods = deliberation.workload().map(|w| w.kind).filter(|k| *k != Kind::Pod);
    let template = makes_pods.map(|kind| Workload { kind, object: top }.template());
    let in_template = template.map(list_in);
    let text = serde_json::to_string(&listed).unwrap_or_default();
    if !listed.is_empty() {
        proposal.set(own, text.clone().into());
    } else if own.is_set() && (makes_pods.is_some() || deliberation.is_authored()) {
        // A controller's Pod carries the list of its template, which is true.
        proposal.unset(own);
    }
    let Some((template, there)) = template.zip(in_template) else { return };
    match ran.filter(|ran| same_but_for_list(template, *ran)).map(list_in) {
        Some(then) if then.is_set() => {
            proposal.set(there, then.to_json());
        }
        Some(_) => {
            proposal.unset(there);
        }
        None if listed.is_empty() && there.is_set() && !deliberation.ran_with(there) => {
            proposal.unset(there);
        }
        // Where the object's own list cannot be written (its metadata is no map), nobody could say whose the template's is.
        None if !listed.is_empty()
            && proposal.refused().is_empty()
            && matches!(makes_pods, Some(Kind::StatefulSet | Kind::Deployment)) =>
        {
            proposal.set(there, text.into());
        }
        None => {}
    }
}

fn list_in(template: Node<'_>) -> Node<'_> {
    template.path("metadata.annotations").get(keys::PATCHED)
}

/// True where two templates differ in nothing but the list.
fn same_but_for_list(a: Node<'_>, b: Node<'_>) -> bool {
    a.same_but_for(b, &["metadata"])
        && a.get("metadata").same_but_for(b.get("metadata"), &["annotations"])
        && a.path("metadata.annotations").same_but_for(b.path("metadata.annotations"), &[keys::PATCHED])
}

/// Takes off what the submitter brought where nothing is written.
pub(super) fn strip_foreign(deliberation: &Deliberation<'_>, mended: &mut Mended) {
    let mut proposal = Proposal::of("marks");
    let top = deliberation.request.object;
    if deliberation.request.operation == Operation::Create && deliberation.is_authored() {
        write_list(&mut proposal, top, Vec::new(), None, deliberation);
        strip_label(&mut proposal, top, deliberation);
    }
    append(proposal, deliberation.request.tree, top, mended);
}

/// Labels a database's claim by what happens to its volume.
pub(super) fn sign_claim(
    deliberation: &Deliberation<'_>,
    tree: &Tree<'_>,
    top: Node<'_>,
    facts: &Facts,
    listed: Vec<Listed>,
    mended: &mut Mended,
) {
    let mut proposal = Proposal::of("marks");
    write_list(&mut proposal, top, listed, None, deliberation);
    let class = Claim(top).class_name();
    let all = match facts.get(&Question::StorageClasses) {
        Known::Found(Answer::StorageClasses(all)) => all.as_slice(),
        _ => &[],
    };
    let fate = ClassFacts::fate(class, all);
    proposal.set(top.path("metadata.labels").get(keys::HOLDS_DATA), fate.as_str().into());
    append(proposal, tree, top, mended);
}

/// Renders a proposal and appends it to what is written, without listing it among the mends.
pub(super) fn append(proposal: Proposal, tree: &Tree<'_>, top: Node<'_>, mended: &mut Mended) {
    let (mends, _) = proposal.into_parts();
    let mut merged = Merged::default();
    merged.add(mends);
    merged.settle();
    mended.operations.extend(merged.operations(tree, top));
}

/// The same operation below `prefix`; `None` for one outside.
pub(super) fn rebased(operation: PatchOperation, prefix: &str) -> Option<PatchOperation> {
    let inner = |path: &PointerBuf| PointerBuf::parse(path.to_string().strip_prefix(prefix)?.to_owned()).ok();
    Some(match operation {
        PatchOperation::Add(AddOperation { path, value }) => {
            PatchOperation::Add(AddOperation { path: inner(&path)?, value })
        }
        PatchOperation::Replace(ReplaceOperation { path, value }) => {
            PatchOperation::Replace(ReplaceOperation { path: inner(&path)?, value })
        }
        PatchOperation::Remove(RemoveOperation { path }) => {
            PatchOperation::Remove(RemoveOperation { path: inner(&path)? })
        }
        _ => return None,
    })
}

impl Deliberation<'_> {
    /// True for a StatefulSet whose claims hold data.
    fn is_set_with_data(&self) -> bool {
        let keeps_data = self.case().is_some_and(|c| c.servers().any(crate::view::Database::keeps_data));
        keeps_data && self.workload().is_some_and(|w| w.kind == Kind::StatefulSet)
    }

    /// True for a list in a template that ran with it: to take it out would restart its Pods.
    fn ran_with(&self, list: Node<'_>) -> bool {
        self.case_before().is_some_and(|before| {
            let then = before.workload.template().path("metadata.annotations").get(keys::PATCHED);
            then.is_set() && then.same(list)
        })
    }

    /// The engine whose data a claim is for: it says so itself, or a workload that exists mounts it as data.
    pub(super) fn engine_of_claim(&self, claim: Claim<'_>, facts: &Facts) -> Option<String> {
        let question =
            Question::ClaimUse { namespace: self.request.namespace.to_owned(), name: claim.name().to_owned() };
        let mounted = match facts.get(&question) {
            // An operator chooses for the claims of its workloads, too.
            Known::Found(Answer::ClaimUse(found)) if found.workloads.iter().any(|w| self.is_somebody_elses(w)) => {
                return None;
            }
            Known::Found(Answer::ClaimUse(found)) => claim.database(&found.workloads, self.world.catalogue),
            _ => None,
        };
        mounted.or_else(|| (claim.data_label() == Some(DataLabel::Durable)).then(String::new))
    }
}
