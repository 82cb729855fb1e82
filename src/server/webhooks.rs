//! What the two webhooks answer.
use std::collections::{BTreeMap, BTreeSet};

use tokio::time::Instant;

use super::{
    guard::{ANSWER_TIME, AROUND_TIME, Guard},
    judge::Call,
};
use crate::{
    cluster::Purpose,
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
        if self.asks() {
            judged = self.second_opinion(deliberation, judged, call).await;
        }
        let counts = !call.abandoned.is_abandoned();
        if counts {
            self.foresee(request, review, deliberation.settings(), &judged, call).await;
        }
        self.reply_of(judged, deliberation.settings(), review, counts)
    }

    /// What becomes of a first opinion by what could excuse a denial, and by what stands around a database. Both are asked at once, each
    /// with its own share of the look-ups: that nobody answers for the one is no reason to know nothing of the other.
    async fn second_opinion(&self, deliberation: &Deliberation<'_>, first: Judged, call: &Call) -> Judged {
        let denies = first.denies();
        // A denial waits for its excuses anyway, and some of them stand around it.
        let until = if denies { call.deadline } else { call.deadline.min(Instant::now() + AROUND_TIME + ANSWER_TIME) };
        let before_denial = if denies { deliberation.questions_before_denial(&first) } else { Vec::new() };
        let around = deliberation.questions_around();
        if !denies && around.is_empty() {
            return first;
        }
        let both = async {
            let excuses = self.look_up(before_denial, Purpose::Decide, call.peer, call.deadline);
            tokio::join!(excuses, self.look_up(around, Purpose::Remark, call.peer, until))
        };
        let (excuses, around) = call.seat.lent_during(both).await;
        deliberation.judge_around(&first, denies.then_some(excuses), around)
    }

    /// Judgements as an answer; they are counted where somebody still waits for it.
    pub(super) fn reply_of(
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

/// Names in the order of the alphabet.
pub(super) fn each_once<'a>(names: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    names.collect::<BTreeSet<_>>().into_iter().collect()
}
