//! What a profile that refuses would do, said while one is in force that does not: who looks at `observe` first wants to know whom it would
//! stop.
use std::collections::BTreeSet;

use super::{guard::Guard, judge::Call};
use crate::{
    decision::{Deliberation, Judged, Request},
    facts::Question,
    metrics::RULE,
    review::Review,
    settings::Settings,
    terms::{Action, keys},
};

impl Guard {
    /// Logs one line where a stricter profile would refuse the object, and counts by which rule. It is judged as that profile does it, with
    /// its second opinion: what was so before, or what a controller made, is silent here as well.
    pub(super) async fn foresee(
        &self,
        request: Request<'_>,
        review: &Review<'_>,
        settings: &Settings,
        judged: &Judged,
        call: &Call,
    ) {
        if !self.may_be_refused(request, settings, judged) {
            return;
        }
        let strict = self.stricter(settings).filter_map(|(profile, world)| {
            let deliberation = Deliberation::of(request, world, self.now())?.interrupted_by(call.abandoned.flag());
            let judged = self.first_opinion(&deliberation);
            judged.denies().then_some((profile, deliberation, judged))
        });
        let mut strict: Vec<_> = strict.collect();
        if strict.is_empty() {
            return;
        }
        if self.asks() {
            let questions = strict.iter().flat_map(|(_, d, judged)| d.questions_before_denial(judged));
            let questions: BTreeSet<Question> = questions.collect();
            let facts = self.ask(|| questions.into_iter().collect(), call).await;
            strict.iter_mut().for_each(|(_, d, judged)| *judged = d.judge(Some(&facts)));
        }
        if strict.iter().any(|(_, d, _)| d.panics() > 0) {
            self.metrics().panicked(RULE);
        }
        if call.abandoned.is_abandoned() {
            return;
        }
        let (mut profiles, mut rules) = (Vec::new(), BTreeSet::new());
        for (profile, _, judged) in &strict {
            let denied: Vec<_> = judged.judgements.iter().filter(|j| j.action == Action::Deny).collect();
            if !denied.is_empty() {
                profiles.push(profile.as_str());
            }
            for judgement in denied {
                self.metrics().would_deny(judgement.finding.rule, *profile);
                rules.insert(judgement.finding.rule);
            }
        }
        if profiles.is_empty() {
            return;
        }
        let object = review.object_name();
        let rules = rules.into_iter().collect::<Vec<_>>().join(",");
        let (object, rules, profiles) = (object.as_str(), rules.as_str(), profiles.join(","));
        let (operation, user, uid) = (review.operation.as_str(), review.user, review.uid);
        let (webhook, would, profiles) = ("validate", "deny", profiles.as_str());
        tracing::info!(webhook, operation, object, rules, would, profiles, user, uid, "would be denied");
    }

    /// Most objects have nothing that any profile would refuse. A label may hide from this one what the strictest does not overlook.
    fn may_be_refused(&self, request: Request<'_>, settings: &Settings, judged: &Judged) -> bool {
        let stricter = settings.stricter();
        let denies = |tier, rule: &str| stricter.iter().any(|s| s.action(rule, tier) == Action::Deny);
        let labelled = ["metadata.labels", "spec.template.metadata.labels"]
            .into_iter()
            .any(|at| request.object.path(at).get(keys::DATA).is_set());
        judged.judgements.iter().any(|j| j.finding.ceiling == Action::Deny && denies(j.tier, j.finding.rule))
            || (labelled && !stricter.is_empty())
    }
}
