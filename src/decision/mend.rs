//! What is written into an object, and the gates before it.
use std::collections::BTreeSet;

use json_patch::PatchOperation;

use super::{
    Deliberation,
    birth::Birth,
    exempted,
    hands::Hands,
    marks,
    run::{Occasion, Written},
};
use crate::{
    facts::{Facts, Question},
    proposal::{Conflict, Gate, Mend, Merged},
    terms::Operation,
    tree::{Node, Tree},
    view::{Case, Claim, Workload},
};

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
        if self.request.operation != Operation::Create || self.is_restorers() {
            return Vec::new();
        }
        let mends = self.world.settings.profile().mends();
        if let Some(claim) = self.claim() {
            return if mends { self.claim_questions(claim) } else { Vec::new() };
        }
        let Some(case) = self.case().filter(|c| c.has_database()) else { return Vec::new() };
        // On a second call, what the first one wrote does not count: else nobody would be asked whether the workload is new.
        match self.before_mends() {
            Some(bare) => self.questions_about(&self.case_in(&bare, case)),
            None => self.questions_about(case),
        }
    }

    fn questions_about(&self, case: &Case<'_>) -> Vec<Question> {
        let mends = self.world.settings.profile().mends();
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

    /// Whose claim it is. Most claims are no database's, and are asked about no further.
    fn claim_questions(&self, claim: Claim<'_>) -> Vec<Question> {
        if self.hands(&Facts::default()) != Hands::Free {
            return Vec::new();
        }
        vec![Question::ClaimUse { namespace: self.request.namespace.to_owned(), name: claim.name().to_owned() }]
    }

    /// The facts that only the answers to [`Deliberation::questions_to_mend`] show to be needed. Empty for most requests.
    #[must_use]
    pub fn more_questions_to_mend(&self, facts: &Facts) -> Vec<Question> {
        let created = self.request.operation == Operation::Create && self.world.settings.profile().mends();
        let Some(claim) = self.claim().filter(|_| created) else { return Vec::new() };
        if self.hands(facts) != Hands::Free || self.engine_of_claim(claim, facts).is_none() {
            return Vec::new();
        }
        let mut questions = vec![Question::StorageClasses];
        // Every volume of the cluster is looked at for this one.
        if claim.may_be_given_a_class() {
            questions.push(Question::LooseVolumes);
        }
        questions
    }

    /// What is written. The gates are checked here, once: the profile mends, nobody else is in charge, the workload is new, the data is
    /// fresh where that matters.
    #[must_use]
    pub fn mend(&self, facts: &Facts) -> Mended {
        let mut mended = self.mended(facts);
        exempted::record(self, &mut mended);
        mended
    }

    fn mended(&self, facts: &Facts) -> Mended {
        if self.request.operation == Operation::Update {
            // A controller that takes something out would do so for ever, if it came back each time.
            if self.has_foreign_controller() {
                return Mended::default();
            }
            let mut mended = self.restored_from_old();
            mended.notes.extend(self.foretold());
            return mended;
        }
        // A restore gives back what was there, Seawall's own marks included.
        if self.is_restorers() {
            return Mended::default();
        }
        if let Some(claim) = self.claim() {
            return self.mended_claim(claim, facts);
        }
        let Some(case) = self.case().filter(|c| c.has_database()) else { return Mended::default() };
        let hands = self.hands(facts);
        let mends = self.world.settings.profile().mends() && !matches!(hands, Hands::NotMended | Hands::Off);
        let birth = self.birth(facts);
        if let Birth::Adopts(template) = &birth
            && hands != Hands::Off
        {
            return self.adopted(template, mends);
        }
        if !mends {
            let mut mended = Mended::default();
            if hands != Hands::Off {
                marks::strip_foreign(self, &mut mended);
            }
            return mended;
        }
        self.written_and_listed(case, &birth, facts)
    }

    /// What the rules write, and the list of it, with what an earlier call of this request wrote.
    fn written_and_listed(&self, case: &Case<'_>, birth: &Birth, facts: &Facts) -> Mended {
        let (mut mended, edited) = self.written_into(self.request.tree, case, birth, facts);
        let tree = edited.as_ref().unwrap_or(self.request.tree);
        let mut listed = marks::list_from(&mended, tree.node_at(self.request.object));
        if let Some(bare) = self.before_mends() {
            let (again, made) = self.written_into(&bare, &self.case_in(&bare, case), birth, facts);
            listed.extend(self.confirmed(&again, made.as_ref().unwrap_or(&bare)));
        }
        marks::sign(self, tree, tree.node_at(self.request.object), listed, &mut mended);
        mended
    }

    /// The same workload in an edited tree.
    fn case_in<'d>(&'d self, tree: &'d Tree<'_>, case: &Case<'_>) -> Case<'d> {
        self.world.case(Workload { kind: case.workload.kind, object: tree.node_at(self.request.object) })
    }

    /// What the rules write into the workload in `tree`, and the document after it; `None` where nothing is written.
    ///
    /// All rules see the same tree, and a rule that depends on what another one writes asks that one, so that one round is enough: a
    /// law holds every fixture to it.
    fn written_into<'d>(
        &self,
        tree: &Tree<'d>,
        case: &Case<'_>,
        birth: &Birth,
        facts: &Facts,
    ) -> (Mended, Option<Tree<'d>>) {
        let mut mended = Mended::default();
        let merged = self.merged(case, birth, facts, &mut mended);
        let top = tree.node_at(self.request.object);
        mended.operations = merged.operations(tree, top);
        if mended.operations.is_empty() {
            return (mended, None);
        }
        mended.mends = merged.mends().cloned().collect();
        let edited = tree.edited(top, &mended.operations);
        (mended, Some(edited))
    }

    fn merged(&self, case: &Case<'_>, birth: &Birth, facts: &Facts, mended: &mut Mended) -> Merged {
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
        let tree = self.request.tree;
        let edited = self.written_once(tree, &engine, facts, &mut mended);
        let mut listed = marks::list_from(&mended, edited.node_at(self.request.object));
        if let Some(bare) = self.before_mends() {
            let mut again = Mended::default();
            let made = self.written_once(&bare, &engine, facts, &mut again);
            listed.extend(self.confirmed(&again, &made));
        }
        marks::sign_claim(self, &edited, edited.node_at(self.request.object), facts, listed, &mut mended);
        mended
    }

    /// What the rules write into the claim that stands in `tree`, and the document after it.
    fn written_once<'d>(&self, tree: &Tree<'d>, engine: &str, facts: &Facts, mended: &mut Mended) -> Tree<'d> {
        let top = tree.node_at(self.request.object);
        let written = self.written_into_claim(&Claim(top), engine, facts);
        mended.notes = written.notes;
        mended.refused = written.refused;
        let mut merged = Merged::default();
        merged.add(written.mends);
        merged.settle();
        mended.conflicts = merged.conflicts().to_vec();
        mended.operations = merged.operations(tree, top);
        mended.mends = merged.mends().cloned().collect();
        tree.edited(top, &mended.operations)
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
