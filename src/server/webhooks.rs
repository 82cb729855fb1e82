//! What the two webhooks answer.
use std::collections::{BTreeMap, BTreeSet};

use super::{guard::Guard, judge::Call};
use crate::{
    decision::{self, Deliberation, Judged, Mended, Request},
    review::{self, Reply, Status},
    settings::Settings,
    terms::Action,
};

impl Guard {
    pub(super) async fn mutate(&self, deliberation: &Deliberation<'_>, call: &Call) -> (Reply, Vec<&'static str>) {
        let mut facts = self.ask(|| deliberation.questions_to_mend(), call).await;
        let more = deliberation.more_questions_to_mend(&facts);
        if !more.is_empty() {
            facts.extend(self.ask(|| more, call).await);
        }
        let Mended { operations, mends, notes, conflicts, refused, withheld } = deliberation.mend(&facts);
        for conflict in &conflicts {
            tracing::error!(
                place = conflict.place,
                rules = conflict.rules.join(","),
                "two rules disagree; nothing is written there"
            );
        }
        for edit in &refused {
            tracing::warn!(edit, "an edit was given up");
        }
        let rules = each_once(mends.iter().map(|m| m.rule));
        // What was given up half-way is not whole: nobody reads it, and nothing of it counts.
        if !call.abandoned.is_abandoned() {
            rules.iter().for_each(|rule| self.metrics().patch(rule));
        }
        let mut audit = BTreeMap::new();
        if !rules.is_empty() {
            audit.insert("mended", rules.join(","));
        }
        if !withheld.is_empty() {
            audit.insert("withheld", withheld.to_owned());
        }
        (Reply { denied: None, patch: operations, warnings: notes, audit }, rules)
    }

    pub(super) async fn validate(
        &self,
        deliberation: &Deliberation<'_>,
        request: Request<'_>,
        review: &review::Review<'_>,
        call: &Call,
    ) -> (Reply, Vec<&'static str>) {
        let mut judged = self.first_opinion(deliberation);
        if judged.denies() && self.asks() {
            let facts = self.ask(|| deliberation.questions_before_denial(&judged), call).await;
            judged = deliberation.judge(Some(&facts));
        }
        let counts = !call.abandoned.is_abandoned();
        if counts {
            self.foresee(request, review, deliberation.settings(), &judged, call).await;
        }
        self.told(judged, deliberation.settings(), review, counts)
    }

    /// Judgements as an answer; they are counted where somebody still waits for it.
    pub(super) fn told(
        &self,
        judged: Judged,
        settings: &Settings,
        review: &review::Review<'_>,
        counts: bool,
    ) -> (Reply, Vec<&'static str>) {
        let mut audit = BTreeMap::new();
        for action in [Action::Audit, Action::Warn, Action::Deny] {
            let mut rules: Vec<&str> = Vec::new();
            for judgement in judged.judgements.iter().filter(|j| j.action == action) {
                if counts {
                    self.metrics().finding(judgement.finding.rule, judgement.tier, action);
                }
                if !rules.contains(&judgement.finding.rule) {
                    rules.push(judgement.finding.rule);
                }
            }
            if !rules.is_empty() {
                audit.insert(action.as_str(), rules.join(","));
            }
        }
        if let Some(lowered) = judged.judgements.iter().find(|j| !j.lowered.is_empty()) {
            audit.insert("excused", lowered.lowered.to_owned());
        }
        let exempted = each_once(judged.judgements.iter().filter(|j| j.is_exempted()).map(|j| j.finding.rule));
        if !exempted.is_empty() {
            if counts && !review.dry_run {
                self.note_uses(settings, review, &exempted);
            }
            audit.insert("exempted", exempted.join(","));
        }
        let denied = decision::denial(review.kind, review.name, &judged.judgements).map(|message| Status { message });
        let rules = judged.judgements.iter().filter(|j| j.action == Action::Deny).map(|j| j.finding.rule);
        let rules = each_once(rules);
        let mut warnings = decision::warnings(&judged.judgements);
        warnings.extend(judged.notes);
        (Reply { denied, patch: Vec::new(), warnings, audit }, rules)
    }
}

/// The names of rules in the order of the alphabet.
fn each_once(rules: impl Iterator<Item = &'static str>) -> Vec<&'static str> {
    rules.collect::<BTreeSet<_>>().into_iter().collect()
}
