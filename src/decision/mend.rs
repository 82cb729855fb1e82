//! What is written into an object, and the gates before it.
use std::collections::BTreeSet;

use json_patch::PatchOperation;

use super::{
    Deliberation,
    birth::Birth,
    hands::Hands,
    marks,
    run::{Occasion, Written},
};
use crate::{
    facts::{Facts, Question},
    proposal::{Conflict, Gate, Mend, Merged},
    terms::Operation,
    tree::{Node, Tree},
    view::{Case, Claim},
};

/// Mutators read the same tree; their edits are applied until a round adds nothing, at most this often.
const MOST_ROUNDS: usize = 4;

/// What is written into one object.
#[derive(Debug, Default)]
pub struct Mended {
    /// RFC 6902, from the top of the object. Empty when nothing is written.
    pub operations: Vec<PatchOperation>,
    /// What was written, for people; without Seawall's own marks.
    pub mends: Vec<Mend>,
    /// What to tell the one who applies.
    pub notes: Vec<String>,
    /// Places on which two rules disagreed: a fault of ours.
    pub conflicts: Vec<Conflict>,
    /// Edits that were given up because a parent has another type.
    pub refused: Vec<String>,
    /// Why something that rules would write was not; empty where everything was.
    pub withheld: &'static str,
}

/// What would be written into something new, and would lock everybody out of data that is there: to be written by hand, with care.
fn not_written(mend: &Mend) -> String {
    format!("not done, because its data may be there already: {}", mend.message)
}

impl Deliberation<'_> {
    /// The facts that [`Deliberation::mend`] needs. Empty for most requests.
    #[must_use]
    pub fn questions_to_mend(&self) -> Vec<Question> {
        if self.request.operation != Operation::Create {
            return Vec::new();
        }
        let mends = self.world.settings.profile().mends();
        if let Some(claim) = self.claim() {
            return if mends { self.claim_questions(claim) } else { Vec::new() };
        }
        let Some(case) = self.case().filter(|c| c.has_database()) else { return Vec::new() };
        let mut questions = BTreeSet::new();
        let trial = Facts::empty_namespace();
        if self.can_be_born() {
            // What another of its name left behind may hold mends that must be copied back, whatever the profile.
            questions.extend(self.history_question(case));
            let birth = if mends { self.written(case, Occasion::Birth, &trial) } else { Written::default() };
            if !birth.mends.is_empty() {
                questions.extend(self.birth_questions());
                if birth.mends.iter().any(|m| m.place.stable.contains(".resources.")) {
                    questions.insert(Question::Limits(self.request.namespace.to_owned()));
                }
            }
        }
        if mends && self.is_pod() && !self.written(case, Occasion::Start, &trial).mends.is_empty() {
            questions.extend(self.owner_question());
        }
        questions.into_iter().collect()
    }

    fn claim_questions(&self, claim: Claim<'_>) -> Vec<Question> {
        vec![
            Question::ClaimUse { namespace: self.request.namespace.to_owned(), name: claim.name().to_owned() },
            Question::StorageClasses,
            Question::LooseVolumes,
        ]
    }

    /// What is written. The gates are checked here, once: the profile mends, nobody else is in charge, the workload is new, the data is
    /// fresh where that matters.
    #[must_use]
    pub fn mend(&self, facts: &Facts) -> Mended {
        if self.request.operation == Operation::Update {
            return self.restored_from_old();
        }
        if let Some(claim) = self.claim() {
            return self.mended_claim(claim, facts);
        }
        let Some(case) = self.case().filter(|c| c.has_database()) else { return Mended::default() };
        let mends =
            self.world.settings.profile().mends() && !matches!(self.hands(facts), Hands::NotMended | Hands::Off);
        let birth = self.birth(facts);
        if let Birth::Adopts(template) = &birth {
            return self.adopted(template, mends);
        }
        if !mends {
            let mut mended = Mended::default();
            marks::strip_foreign(self, &mut mended);
            return mended;
        }
        self.rounds(case, &birth, facts)
    }

    fn rounds(&self, case: &Case<'_>, birth: &Birth, facts: &Facts) -> Mended {
        let mut mended = Mended::default();
        let mut edited: Option<Tree<'_>> = None;
        for _ in 0..MOST_ROUNDS {
            let tree = edited.as_ref().unwrap_or(self.request.tree);
            let top = tree.node_at(self.request.object);
            let again = edited
                .is_some()
                .then(|| self.world.case(crate::view::Workload { kind: case.workload.kind, object: top }));
            let merged = self.one_round(again.as_ref().unwrap_or(case), birth, facts, &mut mended);
            let operations = merged.operations(tree, top);
            if operations.is_empty() {
                break;
            }
            let next = tree.edited(top, &operations);
            mended.mends.extend(merged.mends().cloned());
            mended.operations.extend(operations);
            edited = Some(next);
        }
        let tree = edited.as_ref().unwrap_or(self.request.tree);
        marks::sign(self, tree, tree.node_at(self.request.object), &mut mended);
        mended
    }

    fn one_round(&self, case: &Case<'_>, birth: &Birth, facts: &Facts, mended: &mut Mended) -> Merged {
        let mut merged = Merged::default();
        let mut add = |written: Written, keep: &dyn Fn(&Mend) -> bool, mended: &mut Mended| {
            let (kept, held): (Vec<_>, Vec<_>) = written.mends.into_iter().partition(keep);
            if !held.is_empty() {
                mended.withheld = "its claims may hold data";
                mended.notes.extend(held.iter().map(not_written));
            }
            if !kept.is_empty() || held.is_empty() {
                mended.notes.extend(written.notes);
            }
            mended.refused.extend(written.refused);
            merged.add(kept);
        };
        if self.can_be_born() {
            let written = self.written(case, Occasion::Birth, facts);
            match birth {
                Birth::New { fresh_data } => add(written, &|m| m.gate == Gate::None || *fresh_data, mended),
                Birth::NotNew(why) if !written.mends.is_empty() => {
                    mended.withheld = why;
                    mended.notes.extend(written.mends.iter().filter(|m| m.gate == Gate::FreshData).map(not_written));
                }
                Birth::NotNew(_) | Birth::Adopts(_) => {}
            }
        }
        if self.is_pod() {
            add(self.written(case, Occasion::Start, facts), &|_| true, mended);
        }
        merged.settle();
        mended.conflicts.extend_from_slice(merged.conflicts());
        merged
    }

    fn mended_claim(&self, claim: Claim<'_>, facts: &Facts) -> Mended {
        let mut mended = Mended::default();
        if !self.world.settings.profile().mends() || self.hands(facts) != Hands::Free {
            return mended;
        }
        let Some(engine) = self.engine_of_claim(claim, facts) else { return mended };
        let written = self.written_into_claim(&claim, &engine, facts);
        mended.notes = written.notes;
        mended.refused = written.refused;
        let mut merged = Merged::default();
        merged.add(written.mends);
        merged.settle();
        let tree = self.request.tree;
        mended.operations = merged.operations(tree, self.request.object);
        mended.mends = merged.mends().cloned().collect();
        let edited = tree.edited(self.request.object, &mended.operations);
        marks::sign_claim(self, &edited, edited.node_at(self.request.object), facts, &mut mended);
        mended
    }

    /// What the Pods of a template will be given at their CREATE, as operations on the workload.
    pub(super) fn start_operations(&self, case: &Case<'_>, top: Node<'_>, tree: &Tree<'_>, facts: &Facts) -> Mended {
        let mut mended = Mended::default();
        let written = self.written(case, Occasion::Start, facts);
        mended.notes = written.notes;
        let mut merged = Merged::default();
        merged.add(written.mends);
        merged.settle();
        mended.conflicts.extend_from_slice(merged.conflicts());
        mended.operations = merged.operations(tree, top);
        mended.mends = merged.mends().cloned().collect();
        mended
    }

    /// What the Pods of this workload will be given at their CREATE, as operations on the Pod. Empty for a Pod itself.
    #[must_use]
    pub fn pod_patch(&self, facts: &Facts) -> Mended {
        let Some(case) = self.case().filter(|c| c.has_database() && !self.is_pod()) else { return Mended::default() };
        let free = matches!(self.hands(facts), Hands::Free | Hands::Controllers);
        if !free || !self.world.settings.profile().mends() {
            return Mended::default();
        }
        let mut mended = self.start_operations(case, self.request.object, self.request.tree, facts);
        let prefix = case.workload.template().pointer();
        mended.operations = mended.operations.into_iter().filter_map(|op| marks::rebased(op, &prefix)).collect();
        mended
    }
}
