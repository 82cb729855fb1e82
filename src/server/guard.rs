//! The judge that Seawall is: reads a review, asks what must be known, and answers with a patch or a verdict.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    judge::{Answer, Call, Judge, Record, Review, Verdict},
    limits::PerPeer,
    probe,
};
use crate::{
    cluster::{Cluster, Observer},
    decision::{self, Deliberation, Judged, Mended, Request, World},
    engines::Catalogue,
    facts::{Facts, Question, Seconds},
    metrics::{Found, Kind, Metrics, RULE, Webhook},
    review::{self, Reply, ReviewError, Status},
    rule::Rule,
    settings::Settings,
    terms::{Action, Profile},
};

/// How long before a call's deadline its look-ups end, so that the answer still arrives.
const ANSWER_TIME: Duration = Duration::from_millis(250);
/// Look-ups under way at once, for all callers together; [`PerPeer`] leaves each of them its share.
pub(crate) const LOOK_UPS: u64 = 128;

/// What the guard judges by; fixed for the life of the process.
#[derive(Debug)]
pub struct Guard {
    catalogue: Catalogue,
    settings: Settings,
    /// The same under each profile that refuses, where the one in force does not: what it would refuse is told beforehand.
    stricter: Vec<Settings>,
    rules: Vec<&'static Rule>,
    kubernetes_minor: Option<u32>,
    cluster: Option<Cluster>,
    look_ups: PerPeer,
    metrics: Arc<Metrics>,
    clock: fn() -> Seconds,
}

/// Counts look-ups.
struct Counting<'m>(&'m Metrics);

impl Observer for Counting<'_> {
    fn looked_up(&self, question: &'static str, answered: bool) {
        self.0.lookup(question, if answered { Found::Found } else { Found::Unknown });
    }
}

impl Guard {
    /// A guard that asks `cluster`; without one it judges as `seawall check` does.
    #[must_use]
    pub fn new(
        catalogue: Catalogue,
        settings: Settings,
        rules: &'static [&'static Rule],
        kubernetes_minor: Option<u32>,
        cluster: Option<Cluster>,
        metrics: Arc<Metrics>,
        clock: fn() -> Seconds,
    ) -> Self {
        let look_ups = PerPeer::new(LOOK_UPS);
        let rules = decision::in_force(rules, &settings);
        let stricter = match settings.profile() {
            Profile::Observe | Profile::Advise => {
                [Profile::Baseline, Profile::Production].map(|p| settings.under(p)).into()
            }
            Profile::Baseline | Profile::Production => Vec::new(),
        };
        Self { catalogue, settings, stricter, rules, kubernetes_minor, cluster, look_ups, metrics, clock }
    }

    pub(super) fn world(&self) -> World<'_> {
        self.world_of(&self.settings)
    }

    fn world_of<'w>(&'w self, settings: &'w Settings) -> World<'w> {
        World { catalogue: &self.catalogue, settings, rules: &self.rules, kubernetes_minor: self.kubernetes_minor }
    }

    /// The profiles that would refuse where the one in force does not.
    pub(super) fn stricter(&self) -> impl Iterator<Item = (Profile, World<'_>)> {
        self.stricter.iter().map(|settings| (settings.profile(), self.world_of(settings)))
    }

    pub(super) fn metrics(&self) -> &Metrics {
        &self.metrics
    }

    pub(super) fn now(&self) -> Seconds {
        (self.clock)()
    }

    /// True where there is a cluster to ask.
    pub(super) const fn asks(&self) -> bool {
        self.cluster.is_some()
    }

    /// What is wrong before anybody is asked what could excuse it; all there is to know, without a cluster.
    pub(super) fn first_opinion(&self, deliberation: &Deliberation<'_>) -> Judged {
        match self.cluster {
            Some(_) => deliberation.judge(None),
            None => deliberation.judge(Some(&Facts::empty_namespace())),
        }
    }

    /// Asks what must be known. Nothing is asked without a question; without a cluster, or without room for one more look-up of this
    /// peer, nothing is known.
    pub(super) async fn ask(
        &self,
        questions: impl FnOnce() -> Vec<Question>,
        peer: IpAddr,
        deadline: Instant,
    ) -> Facts {
        let Some(cluster) = &self.cluster else { return Facts::empty_namespace() };
        let questions = questions();
        if questions.is_empty() {
            return Facts::default();
        }
        let until = deadline - ANSWER_TIME;
        let count = u64::try_from(questions.len()).unwrap_or(LOOK_UPS);
        match self.look_ups.take(peer, count, until).await {
            Ok(_share) => cluster.answer(questions, (self.clock)(), until, &Counting(&self.metrics)).await,
            Err(_) => {
                questions.iter().for_each(|q| self.metrics.lookup(q.name(), Found::Unknown));
                Facts::default()
            }
        }
    }

    async fn reviewed(&self, call: &Call) -> Result<Review, ReviewError> {
        let tree = review::read(&call.body)?;
        let review = review::Review::of(&tree)?;
        if let Some(body) = self.as_update(&review, &tree, call).await {
            return Box::pin(self.reviewed(&Call { body, ..call.clone() })).await;
        }
        let request = Request::of_review(&review, &tree);
        let deliberation = Deliberation::of(request, self.world(), (self.clock)());
        let deliberation = deliberation.map(|d| d.interrupted_by(call.abandoned.flag()));
        let (mut reply, rules) = match (&deliberation, call.webhook) {
            (None, Webhook::Validate) => self.remove(request, &review, call).await,
            (None, Webhook::Mutate) => (Reply::default(), Vec::new()),
            (Some(d), Webhook::Mutate) => self.mutate(d, call).await,
            (Some(d), Webhook::Validate) => self.validate(d, request, &review, call).await,
        };
        if deliberation.is_some_and(|d| d.panics() > 0) {
            self.metrics.panicked(RULE);
        }
        let verdict = match &reply {
            Reply { denied: Some(_), .. } => Verdict::Denied,
            Reply { patch, .. } if !patch.is_empty() => Verdict::Patched,
            Reply { warnings, .. } if !warnings.is_empty() => Verdict::Warned,
            _ => Verdict::Allowed,
        };
        reply.warnings.splice(..0, probe::word(&review, call.webhook));
        let record = matches!(verdict, Verdict::Denied | Verdict::Patched).then(|| {
            let object = review.object_name();
            Box::new(Record { object, rules, user: review.user.to_owned(), uid: review.uid.to_owned() })
        });
        Ok(Review {
            body: reply.to_json(review.uid).into(),
            kind: Kind::of(review.kind),
            operation: Some(review.operation),
            verdict,
            record,
        })
    }

    async fn mutate(&self, deliberation: &Deliberation<'_>, call: &Call) -> (Reply, Vec<&'static str>) {
        let mut facts = self.ask(|| deliberation.questions_to_mend(), call.peer, call.deadline).await;
        let more = deliberation.more_questions_to_mend(&facts);
        if !more.is_empty() {
            facts.extend(self.ask(|| more, call.peer, call.deadline).await);
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
        let mut rules: Vec<&'static str> = mends.iter().map(|m| m.rule).collect();
        rules.sort_unstable();
        rules.dedup();
        // What was given up half-way is not whole: nobody reads it, and nothing of it counts.
        if !call.abandoned.is_abandoned() {
            rules.iter().for_each(|rule| self.metrics.patch(rule));
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

    async fn validate(
        &self,
        deliberation: &Deliberation<'_>,
        request: Request<'_>,
        review: &review::Review<'_>,
        call: &Call,
    ) -> (Reply, Vec<&'static str>) {
        let mut judged = self.first_opinion(deliberation);
        if judged.denies() && self.cluster.is_some() {
            let facts = self.ask(|| deliberation.questions_before_denial(&judged), call.peer, call.deadline).await;
            judged = deliberation.judge(Some(&facts));
        }
        let counts = !call.abandoned.is_abandoned();
        if counts {
            self.foresee(request, review, &judged, call).await;
        }
        self.told(judged, review, counts)
    }

    /// Judgements as an answer; they are counted where somebody still waits for it.
    pub(super) fn told(&self, judged: Judged, review: &review::Review<'_>, counts: bool) -> (Reply, Vec<&'static str>) {
        let mut audit = BTreeMap::new();
        for action in [Action::Audit, Action::Warn, Action::Deny] {
            let mut rules: Vec<&str> = Vec::new();
            for judgement in judged.judgements.iter().filter(|j| j.action == action) {
                if counts {
                    self.metrics.finding(judgement.finding.rule, judgement.tier, action);
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
        let denied = decision::denial(review.kind, review.name, &judged.judgements).map(|message| Status { message });
        let rules = judged.judgements.iter().filter(|j| j.action == Action::Deny).map(|j| j.finding.rule);
        let mut rules: Vec<&'static str> = rules.collect();
        rules.sort_unstable();
        rules.dedup();
        let mut warnings = decision::warnings(&judged.judgements);
        warnings.extend(judged.notes);
        (Reply { denied, patch: Vec::new(), warnings, audit }, rules)
    }
}

impl Judge for Guard {
    async fn answer(&self, call: Call) -> Answer {
        match self.reviewed(&call).await {
            Ok(review) => Answer::Review(review),
            Err(error) => {
                let text = explained(&error);
                if error.is_too_large() { Answer::TooLarge(text.into()) } else { Answer::Malformed(text.into()) }
            }
        }
    }

    fn ready(&self) -> Result<(), String> {
        Ok(())
    }
}

/// The error with its cause: where the JSON ends to make sense, never what stands there.
fn explained(error: &ReviewError) -> String {
    match error {
        ReviewError::Malformed(json) => format!("{error}: line {}, column {}", json.line(), json.column()),
        _ => error.to_string(),
    }
}
