//! What stands around a database at an API server: Services, budgets, autoscalers, other workloads, classes and claims. `check` sees the
//! documents of its run; a review asks for those of the namespace that concern the one workload at hand, and judges them in the same way.
//!
//! Nothing of it refuses anything: what is applied together arrives one by one, and what stands there today need not tomorrow.
use serde_json::{Map, json};

use super::{Deliberation, Judged, Neighbours, Request};
use crate::{
    facts::{Answer, Around, Facts, Known, Question},
    finding::{Finding, Past},
    terms::{Action, Operation},
    tree::Tree,
    view::{Case, Companion},
};

/// Those that point at a workload, and are judged by what they do to it.
/// With their kinds, which the items of a list do not say.
const COMPANIONS: [(Around, &str); 4] = [
    (Around::Services, "Service"),
    (Around::DisruptionBudgets, "PodDisruptionBudget"),
    (Around::Autoscalers, "HorizontalPodAutoscaler"),
    (Around::VerticalAutoscalers, "VerticalPodAutoscaler"),
];

/// Why what would be refused by what stands around it is not.
const AROUND: &str = "what stands around it says so";

/// The most claims, ConfigMaps and classes of one workload that are asked for; documented in `docs/limits.md`. What a workload names is
/// anybody's, and each costs a request.
pub const MOST_NAMED: usize = 20;

/// More characters of a name are cut, so that the rest of a message is read.
const LONGEST_NAME: usize = 40;

impl Deliberation<'_> {
    /// What is asked about the objects around a database. Empty for what has none, for what a controller or a restorer brings, and where the
    /// spec stays as it is.
    #[must_use]
    pub fn questions_around(&self) -> Vec<Question> {
        let is_somebodys = || self.is_authored() && !self.is_restorers() && !self.leaves_the_spec();
        if let Some(claim) = self.claim() {
            let is_asked = claim.is_of_a_database() && is_somebodys();
            return if is_asked { vec![Question::StorageClasses] } else { Vec::new() };
        }
        let case = self.case().filter(|case| case.has_database() && case.workload.stands_alone());
        let Some(case) = case.filter(|_| is_somebodys()) else { return Vec::new() };
        let namespace = self.request.namespace;
        let mut questions = case.questions_beside(namespace);
        // Who else mounts a claim is read off the other workloads.
        questions.retain(|question| !matches!(question, Question::ClaimUsers { .. }));
        questions.truncate(MOST_NAMED);
        let kinds = Around::ALL.iter().filter(|what| !is_backup(**what) || self.may_be_old(case));
        questions.extend(kinds.map(|what| case.workload.around(*what, namespace)));
        questions
    }

    /// True where claims may be older than the workload, or than this request.
    fn may_be_old(&self, case: &Case<'_>) -> bool {
        self.request.operation == Operation::Update
            || case.servers().any(|d| d.data.volume().is_some_and(|volume| volume.claim_name().is_some()))
    }

    /// Adds to the answers what only all of them together say: who else mounts a claim.
    #[must_use]
    pub fn understood(&self, mut facts: Facts) -> Facts {
        let Some(case) = self.case() else { return facts };
        let Some(neighbours) = self.neighbours(case, &facts) else { return facts };
        for question in case.questions_beside(self.request.namespace) {
            if matches!(question, Question::ClaimUsers { .. }) {
                let answer = neighbours.answer(0, &question);
                facts.put(question, answer.map_or(Known::Unknown, Known::Found));
            }
        }
        facts
    }

    /// The workload at hand and those around it; `None` where nobody says which these are.
    fn neighbours(&self, case: &Case<'_>, facts: &Facts) -> Option<Neighbours> {
        let mut neighbours = Neighbours::default();
        let others = match facts.get(&case.workload.around(Around::Workloads, self.request.namespace)) {
            Known::Found(Answer::Objects(objects)) => objects.as_slice(),
            Known::Missing => &[],
            Known::Found(_) | Known::Unknown => return None,
        };
        neighbours.add(0, self.request, self.world);
        for json in others {
            let Ok(tree) = Tree::from_json(json) else { return None };
            let of_document = Request::of_document(tree.root(), &tree);
            neighbours.add(0, Request { namespace: self.request.namespace, ..of_document }, self.world);
        }
        Some(neighbours)
    }

    /// What is wrong with the objects that point at a workload, and with the ConfigMaps that it reads: said at the workload, which is at hand.
    pub(super) fn found_around(&self, case: &Case<'_>, facts: &Facts) -> Vec<Finding> {
        if !facts.has_looked_around() {
            return Vec::new();
        }
        let namespace = self.request.namespace;
        let objects = |what: Around| match facts.get(&case.workload.around(what, namespace)) {
            Known::Found(Answer::Objects(objects)) => objects.as_slice(),
            _ => &[],
        };
        let mut found = Vec::new();
        let has_any = COMPANIONS.iter().any(|(what, _)| !objects(*what).is_empty());
        if let Some(neighbours) = has_any.then(|| self.neighbours(case, facts)).flatten() {
            for (what, kind) in COMPANIONS {
                found.extend(objects(what).iter().flat_map(|json| self.found_in(json, kind, &neighbours)));
            }
        }
        let mut reader = Neighbours::default();
        reader.add(0, self.request, self.world);
        for question in case.questions_beside(namespace) {
            if let (Question::ConfigMap { name, .. }, Known::Found(Answer::ConfigMap(map))) =
                (&question, facts.get(&question))
            {
                let data: Map<_, _> = map.data.iter().map(|(k, v)| (k.clone(), v.as_str().into())).collect();
                let json = json!({"metadata": {"name": name}, "data": data}).to_string();
                found.extend(self.found_in(&json, "ConfigMap", &reader));
            }
        }
        found
    }

    /// What is wrong with one object, by what it does to those that it concerns.
    fn found_in(&self, json: &str, kind: &str, neighbours: &Neighbours) -> Vec<Finding> {
        let Ok(tree) = Tree::from_json(json) else { return Vec::new() };
        let Some(companion) = Companion::of(kind, tree.root()) else { return Vec::new() };
        let Some(question) = companion.question(self.request.namespace) else { return Vec::new() };
        let mut facts = Facts::default();
        facts.put(question.clone(), neighbours.answer(0, &question).map_or(Known::Unknown, Known::Found));
        let name: String = tree.root().path("metadata.name").text().chars().take(LONGEST_NAME).collect();
        let mut found = self.found_in_companion(&companion, &facts);
        for finding in &mut found {
            finding.about = format!("{kind}/{name} {} {}", finding.place.stable, finding.about).into();
            finding.place = self.request.object.get("metadata").get("name").place();
            finding.line = None;
            finding.message = format!("{kind} {name:?}: {}", finding.message);
            finding.at_most(Action::Warn);
        }
        found
    }

    /// Judges again with what is known of the objects around, which refuses nothing that was not refused before.
    #[must_use]
    pub fn judge_around(&self, first: &Judged, excuses: Option<Facts>, around: Facts) -> Judged {
        let is_second = excuses.is_some();
        let mut known = self.understood(around);
        known.extend(excuses.unwrap_or_default());
        let mut judged = self.judged(&known, is_second);
        let refused = first.judgements.iter().filter(|j| j.action == Action::Deny).map(|j| &j.finding);
        let refused = Past::of(refused);
        for judgement in judged.judgements.iter_mut().filter(|j| j.action == Action::Deny) {
            if !refused.had(&judgement.finding) {
                (judgement.action, judgement.lowered) = (Action::Warn, AROUND);
            }
        }
        judged
    }
}

const fn is_backup(what: Around) -> bool {
    matches!(what, Around::Snapshots | Around::BackupJobs)
}
