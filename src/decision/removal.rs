//! Deletions: what would be lost. The policies of the API server refuse what they can see by labels, also without us; here is looked at
//! what the object itself does not say, and at the time of a confirmation.
use std::panic::{AssertUnwindSafe, catch_unwind};

use super::{
    Judged, Judgement, Request, Requester, World, exempted,
    judge::{Excuse, unguarded},
};
use crate::{
    facts::{Answer, Facts, Known, Question, Seconds},
    finding::{Finding, Findings},
    rule::{Context, Validate},
    terms::{Action, Operation},
    view::{Case, Claim, Confirmation, Deleted, Deletion, Kind, Owner, Workload},
};

/// One deletion under way.
#[derive(Debug)]
pub struct Removal<'t> {
    request: Request<'t>,
    world: World<'t>,
    deletion: Deletion<'t>,
    now: Seconds,
}

impl<'t> Removal<'t> {
    /// Looks at a request. `None` for what takes no data along, what is on its way out already, and a namespace that the settings skip.
    #[must_use]
    pub fn of(request: Request<'t>, orphans: bool, world: World<'t>, now: Seconds) -> Option<Self> {
        let is_deletion = request.operation == Operation::Delete && request.subresource.is_empty();
        if !is_deletion || world.settings.skips(request.namespace) {
            return None;
        }
        if request.old.path("metadata.deletionTimestamp").is_set() {
            return None;
        }
        let deletion = Deletion::of(request.group, request.kind, request.old, orphans)?;
        let is_meant = world.settings.profile().honours_data_label() && deletion.is_meant_to_go();
        (!is_meant).then_some(Self { request, world, deletion, now })
    }

    /// What must be known: what becomes of the volumes, whether the namespace is guarded, and whether it is a database's at all.
    #[must_use]
    pub fn questions(&self) -> Vec<Question> {
        let namespace = || self.request.namespace.to_owned();
        let name = self.deletion.name().to_owned();
        let mut questions = vec![self.storage()];
        match self.deletion.kind {
            Deleted::Namespace => {}
            Deleted::Claim if self.is_of_unlabelled_claim() => {
                questions.push(Question::ClaimUse { namespace: namespace(), name });
                questions.push(Question::Namespace(namespace()));
            }
            Deleted::Claim | Deleted::Set => questions.push(Question::Namespace(namespace())),
        }
        questions
    }

    /// What would be lost.
    #[must_use]
    pub fn judge(&self, facts: &Facts) -> Judged {
        let found = if self.is_over(facts) || !self.holds_a_database(facts) { Vec::new() } else { self.found(facts) };
        let judgements = found.into_iter().filter_map(|(finding, tier)| {
            let wanted = self.world.settings.action(finding.rule, tier).min(finding.ceiling);
            let (action, lowered) = match self.excuse(&finding, facts) {
                Some((most, why)) if most < wanted => (most, why),
                _ => (wanted, ""),
            };
            (action != Action::Off).then_some(Judgement { finding, action, tier, lowered })
        });
        Judged { judgements: judgements.collect(), notes: Vec::new() }
    }

    fn found(&self, facts: &Facts) -> Vec<(Finding, crate::terms::Tier)> {
        let context = Context {
            catalogue: self.world.catalogue,
            settings: self.world.settings.of_engine(""),
            operation: self.request.operation,
            facts,
            now: self.now,
            namespace: self.request.namespace,
            data_label: None,
            kubernetes_minor: self.world.kubernetes_minor,
        };
        let mut found = Vec::new();
        for rule in self.world.rules {
            let Some(Validate::Deletion(call)) = rule.validate else { continue };
            let mut findings = Findings::of(rule.name);
            // A rule that panics says nothing, and holds nobody up.
            if catch_unwind(AssertUnwindSafe(|| call(&self.deletion, &context, &mut findings))).is_ok() {
                found.extend(findings.about_container(None).into_iter().map(|finding| (finding, rule.tier)));
            }
        }
        found
    }

    fn excuse(&self, finding: &Finding, facts: &Facts) -> Option<Excuse> {
        let is_labelled = self.deletion.kind == Deleted::Namespace || self.deletion.holds_data().is_some();
        let by_account =
            matches!(self.request.requester, Requester::User(user) if user.starts_with("system:serviceaccount:"));
        let is_operated = by_account && Owner::of(self.request.old).is_some_and(|owner| !owner.is_builtin());
        let excuses = [
            (self.deletion.confirmation(self.now) == Confirmation::Given).then_some((Action::Audit, "it is confirmed")),
            // What has no label was never said to be guarded, and nobody's right to confirm it was asked.
            (!is_labelled).then_some((Action::Warn, "it has no label that says what it holds")),
            is_operated.then_some((Action::Warn, "an operator is in charge")),
            exempted::excuse(self.world.settings, finding.rule, self.request.old, self.now),
            match self.deletion.kind {
                Deleted::Namespace if self.deletion.is_guarded_namespace() => None,
                Deleted::Namespace => Some((Action::Warn, "the namespace is not guarded")),
                Deleted::Claim | Deleted::Set if finding.needs_guard => unguarded(self.request.namespace, facts),
                Deleted::Claim | Deleted::Set => None,
            },
        ];
        excuses.into_iter().flatten().min_by_key(|(action, _)| *action)
    }

    /// Once a namespace is on its way out, what is in it goes.
    fn is_over(&self, facts: &Facts) -> bool {
        let question = Question::Namespace(self.request.namespace.to_owned());
        matches!(facts.get(&question), Known::Found(Answer::Namespace(namespace)) if namespace.terminating)
    }

    fn holds_a_database(&self, facts: &Facts) -> bool {
        if self.deletion.holds_data().is_some() || self.deletion.kind == Deleted::Namespace {
            return true;
        }
        if self.deletion.kind == Deleted::Set {
            let workload = Workload { kind: Kind::StatefulSet, object: self.request.old };
            return Case::of(workload, self.world.catalogue).servers().any(crate::view::Database::keeps_data);
        }
        let claim = Claim(self.request.old);
        let question =
            Question::ClaimUse { namespace: self.request.namespace.to_owned(), name: claim.name().to_owned() };
        claim.is_of_a_database()
            || matches!(facts.get(&question), Known::Found(Answer::ClaimUse(found))
                if claim.database(&found.workloads, self.world.catalogue).is_some())
    }

    fn is_of_unlabelled_claim(&self) -> bool {
        !Claim(self.request.old).is_of_a_database()
    }

    fn storage(&self) -> Question {
        self.deletion.storage(self.request.namespace)
    }
}
