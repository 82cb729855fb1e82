//! What is written into a manifest that its author is about to read, rather than into a cluster.
use super::{Deliberation, birth::Birth, hands::Hands, run::Occasion};
use crate::{
    facts::Facts,
    finding::Finding,
    proposal::{Gate, Mend, Merged, Proposal},
    terms::Action,
    tree::Node,
};

/// What can be written, and what is not.
#[derive(Debug, Default)]
pub struct Corrections {
    /// What can be written, by place; no two contradict each other.
    pub mends: Vec<Mend>,
    /// What would be right for a new database alone.
    pub withheld: Vec<Withheld>,
}

/// Something that nobody can be sure of who sees the manifest only.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withheld {
    /// The rule.
    pub rule: &'static str,
    /// What would be written.
    pub message: String,
    /// When it would be right, to complete "only ...".
    pub only: &'static str,
}

/// When a credential is right that switches authentication on, or is read at every start.
const WITHOUT_DATA: &str = "for a database without data: over data that is there it would lock everybody out";

/// Which credentials are meant: with those that a manifest may have, and those that it has and should not.
const PLAINTEXT: &str = "plaintext-credentials";

impl Deliberation<'_> {
    /// What the rules write into an object or its Pods, and what puts an end to what they find; without Seawall's own marks, which
    /// are a cluster's. `manifest` is the same object under settings that replace passwords in plain text
    /// ([`crate::settings::Settings::for_manifests`]): nothing else is taken from it.
    ///
    /// What would lock everybody out of data that is there is withheld: a manifest does not say whether there is any. A reference
    /// in the place of a value is none of that, as long as the Secret holds that value.
    #[must_use]
    pub fn corrections(&self, manifest: &Self, facts: &Facts) -> Corrections {
        let mut corrections = Corrections::default();
        if self.claim().is_some() {
            corrections.mends = self.mend(facts).mends;
            return corrections;
        }
        let Some(case) = self.case().filter(|_| self.hands(facts) == Hands::Free) else { return corrections };
        let mut merged = Merged::default();
        if case.has_database() {
            if matches!(self.birth(facts), Birth::New { .. }) {
                let (safe, unsure): (Vec<_>, Vec<_>) = self
                    .written(case, Occasion::Birth, facts)
                    .mends
                    .into_iter()
                    .filter(|mend| mend.rule != PLAINTEXT)
                    .partition(|mend| mend.gate == Gate::None);
                merged.add(safe);
                let withheld = |mend: Mend| Withheld { rule: mend.rule, message: mend.message, only: WITHOUT_DATA };
                corrections.withheld = unsure.into_iter().map(withheld).collect();
                if let Some(case) = manifest.case() {
                    let replaced = manifest.written(case, Occasion::Birth, facts).mends.into_iter();
                    merged.add(replaced.filter(|mend| mend.rule == PLAINTEXT).collect());
                }
            }
            merged.add(self.written(case, Occasion::Start, facts).mends);
        }
        for judgement in self.judge(Some(facts)).judgements.iter().filter(|j| j.action != Action::Off) {
            let finding = &judgement.finding;
            match &finding.correction {
                Some(correction) if !correction.only.is_empty() => corrections.withheld.push(Withheld {
                    rule: finding.rule,
                    message: correction.message.clone(),
                    only: correction.only,
                }),
                _ => merged.add(instead(finding, self.request.object)),
            }
        }
        merged.settle();
        corrections.mends = merged.mends().cloned().collect();
        corrections
    }
}

/// What puts an end to a finding.
fn instead(finding: &Finding, top: Node<'_>) -> Vec<Mend> {
    let Some(correction) = &finding.correction else { return Vec::new() };
    let Some(at) = top.tree().at_stable(top, &correction.place.stable) else { return Vec::new() };
    if at.pointer() != correction.place.pointer {
        return Vec::new();
    }
    let mut proposal = Proposal::of(finding.rule);
    let mend = match correction.value.as_i64() {
        Some(number) => proposal.raise(at, number),
        None => proposal.set(at, correction.value.clone()),
    };
    mend.because(correction.message.clone());
    proposal.into_parts().0
}
