//! Whether a workload is new. Only what is new may be given what could stop it from starting.
use super::Deliberation;
use crate::{
    facts::{Answer, ClaimFacts, Facts, Known, Question, Seconds, Template},
    terms::Operation,
    view::{Case, Kind},
};

/// A claim older than this holds what somebody may need.
const OLD_CLAIM: Seconds = 3600;
/// A claim bound for less than this, and never mounted, holds nothing yet.
const FRESH_CLAIM: Seconds = 120;
/// Clocks differ by this much; what is younger by more was made in the future, and says that our clock is wrong.
const MOST_SKEW: Seconds = 60;

/// How new a workload is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Birth {
    /// Nothing of it exists.
    New {
        /// True when its claims, if any, have never been written to.
        fresh_data: bool,
    },
    /// It takes over what another of its name left behind, whose newest template this is.
    Adopts(Template),
    /// It continues something, or nobody could say; why, for the log.
    NotNew(&'static str),
}

impl Deliberation<'_> {
    /// True where a workload can be new at all: a StatefulSet or Deployment, or a Pod without a controller, at its CREATE.
    pub(super) fn can_be_born(&self) -> bool {
        self.request.operation == Operation::Create
            && self.is_authored()
            && self.workload().is_some_and(|w| matches!(w.kind, Kind::StatefulSet | Kind::Deployment | Kind::Pod))
    }

    /// The questions whose answers make a workload new or not.
    pub(super) fn birth_questions(&self) -> Vec<Question> {
        let Some(case) = self.case() else { return Vec::new() };
        let mut questions = vec![Question::Namespace(self.request.namespace.to_owned())];
        questions.extend(self.claims_question(case));
        questions.extend(self.pods_question(case));
        questions.extend(self.history_question(case));
        questions
    }

    pub(super) fn claims_question(&self, case: &Case<'_>) -> Option<Question> {
        let names = case.workload.claim_names();
        (!names.is_empty()).then(|| Question::Claims { namespace: self.request.namespace.to_owned(), names })
    }

    fn pods_question(&self, case: &Case<'_>) -> Option<Question> {
        let selector = case.workload.selector();
        let makes_pods = case.workload.kind != Kind::Pod && !selector.is_empty();
        makes_pods.then(|| Question::Pods { namespace: self.request.namespace.to_owned(), selector })
    }

    /// True for a workload whose Pods and templates nobody can be asked for: it selects by expressions alone.
    fn makes_pods_unseen(&self, case: &Case<'_>) -> bool {
        case.workload.kind != Kind::Pod && case.workload.selector().is_empty()
    }

    pub(super) fn history_question(&self, case: &Case<'_>) -> Option<Question> {
        let selector = case.workload.selector();
        let kept = matches!(case.workload.kind, Kind::Deployment | Kind::StatefulSet | Kind::DaemonSet);
        (kept && !selector.is_empty()).then(|| Question::History {
            namespace: self.request.namespace.to_owned(),
            kind: case.workload.kind.as_str().to_owned(),
            selector,
        })
    }

    /// Decides from the answers.
    pub(super) fn birth(&self, facts: &Facts) -> Birth {
        let Some(case) = self.case().filter(|_| self.can_be_born()) else {
            return Birth::NotNew("is no CREATE of a workload");
        };
        if self.makes_pods_unseen(case) {
            return Birth::NotNew("has a selector that nobody can ask by");
        }
        if let Some(question) = self.history_question(case) {
            match facts.get(&question) {
                Known::Found(Answer::History(templates)) => {
                    let its = templates.iter().filter(|t| is_history_of(case, t));
                    if let Some(newest) = its.max_by_key(|t| t.revision) {
                        return Birth::Adopts(newest.clone());
                    }
                }
                Known::Missing => {}
                _ => return Birth::NotNew("nobody says whether it ran before"),
            }
        }
        if let Some(question) = self.pods_question(case) {
            match facts.get(&question) {
                Known::Found(Answer::Pods(pods)) if pods.is_empty() => {}
                Known::Missing => {}
                Known::Found(_) => return Birth::NotNew("has Pods already"),
                Known::Unknown => return Birth::NotNew("nobody says whether it has Pods"),
            }
        }
        let mut fresh_data = true;
        if let Some(question) = self.claims_question(case) {
            match facts.get(&question) {
                Known::Found(Answer::Claims(claims)) => {
                    if claims.iter().any(|c| self.holds_old_data(c)) {
                        return Birth::NotNew("has claims that hold data");
                    }
                    fresh_data = claims.iter().all(|c| self.is_fresh(c));
                }
                Known::Missing => {}
                _ => return Birth::NotNew("nobody says whether its claims exist"),
            }
        }
        Birth::New { fresh_data }
    }

    fn holds_old_data(&self, claim: &ClaimFacts) -> bool {
        self.is_old(claim)
            || claim.came_with_data
            || (claim.bound && claim.volume_created.is_none_or(|volume| volume < claim.created))
    }

    /// Older than an hour, or of an age that a wrong clock makes up.
    fn is_old(&self, claim: &ClaimFacts) -> bool {
        !(-MOST_SKEW..=OLD_CLAIM).contains(&self.now.saturating_sub(claim.created))
    }

    fn is_fresh(&self, claim: &ClaimFacts) -> bool {
        let age = self.now.saturating_sub(claim.created);
        !claim.bound || ((-MOST_SKEW..FRESH_CLAIM).contains(&age) && claim.mounted_by.is_empty())
    }

    /// Whether a CREATE stands over data: a claim that is bound and older than an hour. `Unknown` where nobody says.
    pub(super) fn stands_over_data(&self, case: &Case<'_>, facts: &Facts) -> Known<()> {
        let Some(question) = self.claims_question(case) else { return Known::Missing };
        match facts.get(&question) {
            Known::Found(Answer::Claims(claims)) => {
                let old = claims.iter().any(|c| c.bound && self.is_old(c));
                if old { Known::Found(()) } else { Known::Missing }
            }
            Known::Missing => Known::Missing,
            _ => Known::Unknown,
        }
    }
}

/// True for a template that the workload ran, or would adopt. What another controller of the same labels holds is no history of this one.
pub(super) fn is_history_of(case: &Case<'_>, template: &Template) -> bool {
    template.controller.as_deref().is_none_or(|controller| controller == case.workload.name())
}
