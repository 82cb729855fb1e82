//! What is wrong with an object as it will be stored, and the second opinion before anything is refused.
use std::{cell::LazyCell, collections::BTreeSet};

use super::{Deliberation, Judgement, Requester, birth::is_history_of, hands::Hands};
use crate::{
    facts::{Answer, Facts, Known, Question},
    finding::{Finding, Past},
    terms::{Action, Operation, keys},
    tree::{Node, Tree},
    view::{Case, Subject, Workload},
};

/// All judgements of one object.
#[derive(Debug, Default)]
pub struct Judged {
    /// By place and rule.
    pub judgements: Vec<Judgement>,
    /// What to tell the one who applies, beside what was found.
    pub notes: Vec<String>,
}

/// Why what such a controller makes is not refused.
const MADE_BY_UNKNOWN: &str = "a controller that nobody knows made it";
/// How somebody whose operator Seawall does not know makes it known.
const UNKNOWN_CONTROLLER: &str = "its controller is of an API group that Seawall does not know: if that makes databases, list it under operatorGroups";

impl Judged {
    /// True when something would be refused.
    #[must_use]
    pub fn denies(&self) -> bool {
        self.judgements.iter().any(|j| j.action == Action::Deny)
    }
}

/// What lowers an action, and the words for it.
pub(super) type Excuse = (Action, &'static str);

/// Who changes a database hears of what was wrong with it before; who labels it, or applies the same manifest again, has heard it.
const fn so_before(spec_is_unchanged: bool) -> Excuse {
    if spec_is_unchanged {
        (Action::Audit, "it was so before, and its spec stays as it is")
    } else {
        (Action::Warn, "it was so before")
    }
}

/// What is refused only where somebody asked for it: in a namespace that is labelled so.
pub(super) fn unguarded(namespace: &str, facts: &Facts) -> Option<Excuse> {
    let labelled = |k: &str, v: &str| k == keys::GUARD && v == keys::ENFORCED;
    match facts.get(&Question::Namespace(namespace.to_owned())) {
        Known::Found(Answer::Namespace(found)) if found.labels.iter().any(|(k, v)| labelled(k, v)) => None,
        Known::Unknown => Some((Action::Warn, "nobody says whether its namespace is guarded")),
        _ => Some((Action::Warn, "its namespace is not guarded")),
    }
}

impl<'t> Deliberation<'t> {
    /// The facts that a denial needs: whatever could excuse it. Empty when nothing would be denied.
    #[must_use]
    pub fn questions_before_denial(&self, judged: &Judged) -> Vec<Question> {
        let Some(case) = self.case().filter(|_| judged.denies()) else { return Vec::new() };
        let mut questions = BTreeSet::new();
        questions.extend(self.owner_question());
        questions.extend(self.history_question(case));
        if self.request.operation == Operation::Create {
            questions.extend(self.claims_question(case));
        }
        if self.world.settings.profile().honours_data_label() && case.workload.data_label().is_none() {
            questions.insert(Question::Namespace(self.request.namespace.to_owned()));
        }
        if judged.judgements.iter().any(|j| j.action == Action::Deny && j.finding.needs_guard) {
            questions.insert(Question::Namespace(self.request.namespace.to_owned()));
        }
        questions.into_iter().collect()
    }

    /// Judges the object as it will be stored, and its template as its Pods will be. Without facts (`None`) this is the first
    /// opinion: whether anything would be denied, before anybody is asked what could excuse it.
    #[must_use]
    pub fn judge(&self, facts: Option<&Facts>) -> Judged {
        self.judged(facts.unwrap_or(&Facts::default()), facts.is_some())
    }

    /// The same by what is known; `is_second` where whatever could excuse a denial was asked for, so that what is not known may be one.
    pub(super) fn judged(&self, known: &Facts, is_second: bool) -> Judged {
        let facts = is_second.then_some(known);
        if let Some(found) = self.found_beside_workloads(&self.subject, known) {
            let old = self.found_beside_workloads(&self.before, known).unwrap_or_default();
            let (before, unchanged) = (Past::of(&old), LazyCell::new(|| self.leaves_the_spec()));
            let made = self.claim().is_none() && !self.is_authored();
            let mut judged = self.settled(found, &|finding| match made {
                true => Some((Action::Audit, "a controller made it")),
                false => {
                    let past = before.had(finding).then(|| so_before(*unchanged));
                    past.into_iter().chain(self.exempted(finding)).min_by_key(|(action, _)| *action)
                }
            });
            self.tell_of_exemptions(&mut judged);
            return judged;
        }
        let Some(case) = self.case() else { return Judged::default() };
        let renamed = self.case_before().and_then(|old| self.as_called_now(old, case, self.request.tree));
        let old_tree = renamed.as_ref().map_or(self.request.tree, |renamed| &renamed.tree);
        let old_top = old_tree.node_at(self.request.old);
        let as_called_now = renamed.is_some().then(|| self.world.case(Workload { object: old_top, ..case.workload }));
        let old_case = as_called_now.as_ref().or_else(|| self.case_before());
        let mut found = self.found_as_stored(case, self.request.object, self.request.tree, old_case, known);
        found.extend(self.found_around(case, known));
        if found.is_empty() {
            return Judged::default();
        }
        let hands = self.hands(known);
        let unknown = self.is_unknown_controllers();
        let (controllers, of_cron_job) = (self.is_controllers(), self.is_of_cron_job());
        let old = old_case.map(|before| self.found_as_stored(before, old_top, old_tree, None, known));
        let (before, unchanged) = (old.as_ref().map(Past::of), LazyCell::new(|| self.leaves_the_spec()));
        let ran = facts.map_or(Ran::Irrelevant, |f| self.templates_that_ran(case, f));
        let history = History::of(&ran);
        let over_data = facts.map(|f| self.stands_over_data(case, f));
        let mut judged = self.settled(found, &|finding| {
            let excuses = [
                (hands == Hands::Off).then_some((Action::Warn, "an operator is in charge")),
                unknown.then_some((Action::Warn, MADE_BY_UNKNOWN)),
                controllers.then_some((Action::Audit, "a controller made it")),
                of_cron_job.then_some((Action::Warn, "its CronJob is what was judged")),
                self.is_restorers().then_some((Action::Warn, "a restorer brings it")),
                before.as_ref().filter(|b| b.had(finding)).map(|_| so_before(*unchanged)),
                history.excuse(finding),
                over_data.and_then(|over| match over {
                    _ if self.request.operation != Operation::Create => None,
                    Known::Found(()) => Some((Action::Warn, "it continues existing data")),
                    Known::Unknown => Some((Action::Warn, "nobody says whether it continues existing data")),
                    Known::Missing => None,
                }),
                facts.and_then(|f| self.namespace_excuse(f)),
                self.exempted(finding),
                facts.filter(|_| finding.needs_guard).and_then(|f| unguarded(self.request.namespace, f)),
            ];
            excuses.into_iter().flatten().min_by_key(|(action, _)| *action)
        });
        if unknown && judged.judgements.iter().any(|j| j.lowered == MADE_BY_UNKNOWN) {
            judged.notes.push(UNKNOWN_CONTROLLER.to_owned());
        }
        self.tell_of_exemptions(&mut judged);
        judged
    }

    /// True when the requester restores backups.
    pub(super) fn is_restorers(&self) -> bool {
        matches!(self.request.requester, Requester::User(user) if self.world.settings.is_restorer(user))
    }

    /// A namespace whose label nobody could read may say that its databases are meant to go.
    fn namespace_excuse(&self, facts: &Facts) -> Option<Excuse> {
        let asked = self.world.settings.profile().honours_data_label()
            && self.workload().is_some_and(|w| w.data_label().is_none())
            && matches!(self.request.requester, Requester::User(_));
        let unknown = facts.get(&Question::Namespace(self.request.namespace.to_owned())).is_unknown();
        (asked && unknown).then_some((Action::Warn, "nobody says whether its namespace is for what is meant to go"))
    }

    /// Findings in a claim, a Service, a budget, an autoscaler or a ConfigMap; `None` for anything else.
    fn found_beside_workloads(&self, subject: &Subject<'_>, facts: &Facts) -> Option<Vec<Finding>> {
        match subject {
            Subject::Claim(claim) => Some(self.found_in_claim(claim, facts)),
            Subject::Companion(companion) => Some(self.found_in_companion(companion, facts)),
            Subject::Workload(_) | Subject::Other => None,
        }
    }

    /// Findings in a workload, with its template as its Pods will be given at their CREATE.
    fn found_as_stored(
        &self,
        case: &Case<'_>,
        top: Node<'_>,
        tree: &Tree<'_>,
        before: Option<&Case<'_>>,
        facts: &Facts,
    ) -> Vec<Finding> {
        let helped = self.world.settings.profile().mends()
            && !self.is_pod()
            && case.has_database()
            && matches!(self.hands(facts), Hands::Free | Hands::Controllers);
        if helped {
            let start = self.start_operations(case, top, tree, facts);
            if !start.operations.is_empty() {
                let edited = tree.edited(top, &start.operations);
                let workload = Workload { kind: case.workload.kind, object: edited.node_at(top) };
                return self.found(&self.world.case(workload), before, facts);
            }
        }
        self.found(case, before, facts)
    }

    fn settled(&self, found: Vec<Finding>, excuse: &dyn Fn(&Finding) -> Option<Excuse>) -> Judged {
        let mut judgements: Vec<Judgement> = found
            .into_iter()
            .filter_map(|finding| {
                let rule = self.world.rules.iter().find(|r| r.name == finding.rule)?;
                let settings = self.world.settings;
                let wanted = settings.action(rule.name, rule.tier).min(finding.ceiling).min(settings.most(rule.since));
                let excuse = if wanted > Action::Audit { excuse(&finding) } else { None };
                let (action, lowered) = match excuse {
                    Some((most, why)) if most < wanted => (most, why),
                    _ => (wanted, ""),
                };
                (action != Action::Off).then_some(Judgement { finding, action, tier: rule.tier, lowered })
            })
            .collect();
        judgements.sort_by(|a, b| {
            let key = |j: &'_ Judgement| {
                (std::cmp::Reverse(j.action), j.finding.line, j.finding.place.stable.clone(), j.finding.rule)
            };
            key(a).cmp(&key(b))
        });
        Judged { judgements, notes: Vec::new() }
    }

    /// What the templates that ran before say about a finding.
    fn templates_that_ran(&self, case: &Case<'_>, facts: &Facts) -> Ran {
        let Some(question) = self.history_question(case) else { return Ran::Irrelevant };
        match facts.get(&question) {
            Known::Found(Answer::History(templates)) => {
                let its = templates.iter().filter(|t| is_history_of(case, t));
                let found = its.filter_map(|template| {
                    let (tree, top) = self.with_template(template)?;
                    let then = self.world.case(Workload { object: tree.node_at(top), ..case.workload });
                    let Some(renamed) = self.as_called_now(&then, case, &tree) else {
                        return Some(self.found_as_stored(&then, tree.node_at(top), &tree, None, facts));
                    };
                    let object = renamed.tree.node_at(top);
                    let then = self.world.case(Workload { object, ..case.workload });
                    Some(self.found_as_stored(&then, object, &renamed.tree, None, facts))
                });
                // What stands beside the template is today's: the past excuses only what is inside.
                Ran::Had(found.flatten().filter(|f| f.place.stable.starts_with("spec.template.")).collect())
            }
            Known::Missing => Ran::Irrelevant,
            _ => Ran::Unknown,
        }
    }
}

/// What was wrong with the templates that ran before.
enum Ran {
    Irrelevant,
    Unknown,
    Had(Vec<Finding>),
}

enum History<'f> {
    Irrelevant,
    Unknown,
    Known(Past<'f>),
}

impl<'f> History<'f> {
    fn of(ran: &'f Ran) -> Self {
        match ran {
            Ran::Irrelevant => Self::Irrelevant,
            Ran::Unknown => Self::Unknown,
            Ran::Had(findings) => Self::Known(Past::of(findings)),
        }
    }

    fn excuse(&self, finding: &Finding) -> Option<Excuse> {
        match self {
            Self::Irrelevant => None,
            Self::Unknown => Some((Action::Warn, "nobody says whether it ran before")),
            Self::Known(past) => past.had(finding).then_some((Action::Warn, "a template that ran before has it too")),
        }
    }
}
