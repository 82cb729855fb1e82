//! The judge that Seawall is: reads a review, asks what must be known, and answers with a patch or a verdict.

use std::{collections::BTreeMap, net::IpAddr, sync::Arc, time::Duration};

use tokio::time::Instant;

use super::{
    judge::{Answer, Call, Judge, Record, Review, Verdict},
    limits::PerPeer,
    probe,
};
use crate::{
    cluster::{Cluster, Followers, Health, Observer, Purpose, Uses, events::Events},
    decision::{self, Deliberation, Judged, Request, World},
    engines::Catalogue,
    facts::{Answer as FactAnswer, Facts, Known, Question, Seconds},
    metrics::{Found, Kind, Metrics, RULE, Webhook},
    review::{self, Reply, ReviewError},
    rule::Rule,
    settings::{InForce, Live, Namespace, Policies, Settings},
    terms::Profile,
};

/// How long before a call's deadline its look-ups end, so that the answer still arrives.
pub(super) const ANSWER_TIME: Duration = Duration::from_millis(250);
/// How long a review waits for what stands around a database, on which nothing rests but warnings.
pub(crate) const AROUND_TIME: Duration = Duration::from_millis(500);
/// Look-ups under way at once, for all callers together; [`PerPeer`] leaves each of them its share.
pub(crate) const LOOK_UPS: u64 = 128;

/// What the guard judges by.
#[derive(Debug)]
pub struct Guard {
    pub(super) catalogue: Arc<Catalogue>,
    live: Arc<Live>,
    /// How well it is known what is in force, where that is followed.
    health: Option<Arc<Health>>,
    /// Where the use of exemptions is taken down, where they are followed.
    pub(super) uses: Option<Arc<Uses>>,
    /// Where what happened is told, if it is.
    pub(super) events: Option<Events>,
    /// What to look at an object by before it is known which settings hold for it: everything is in force, and nothing refused.
    undecided: Settings,
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
    fn looked_up(&self, question: &'static str, result: Found) {
        self.0.lookup(question, result);
    }

    fn breaker(&self, is_open: bool) {
        self.0.lookup_breaker(is_open);
    }
}

impl Guard {
    /// A guard that asks `cluster`; without one it judges as `seawall check` does.
    #[must_use]
    pub fn new(
        catalogue: impl Into<Arc<Catalogue>>,
        policies: impl Into<Policies>,
        rules: &'static [&'static Rule],
        kubernetes_minor: Option<u32>,
        cluster: Option<Cluster>,
        metrics: Arc<Metrics>,
        clock: fn() -> Seconds,
    ) -> Self {
        let policies = policies.into();
        // Which rules are switched off depends on the namespace, or on the engine.
        let rules = if policies.vary() { rules.to_vec() } else { decision::in_force(rules, policies.always()) };
        let (catalogue, live) = (catalogue.into(), Arc::new(Live::from(policies)));
        let (health, uses, events) = (None, None, None);
        let (undecided, look_ups) = (Settings::of(Profile::Observe), PerPeer::new(LOOK_UPS));
        Self {
            catalogue,
            live,
            health,
            uses,
            events,
            undecided,
            rules,
            kubernetes_minor,
            cluster,
            look_ups,
            metrics,
            clock,
        }
    }

    /// The same, judging by what is followed. `rules` are all that may ever be in force.
    #[must_use]
    pub fn following(self, followers: &Followers, rules: &'static [&'static Rule]) -> Self {
        let (health, uses) = (Some(followers.health()), Some(followers.uses()));
        Self { health, uses, ..self.judging_by(followers.live(), rules) }
    }

    /// The same, judging by what is in force there. `rules` are all that may ever be in force.
    #[must_use]
    pub fn judging_by(self, live: Arc<Live>, rules: &'static [&'static Rule]) -> Self {
        Self { live, rules: rules.to_vec(), ..self }
    }

    /// The same, telling what it does by Events, if there are to be any.
    #[must_use]
    pub fn telling(self, events: Option<Events>) -> Self {
        Self { events, ..self }
    }

    pub(super) fn world<'w>(&'w self, settings: &'w Settings) -> World<'w> {
        World { catalogue: &self.catalogue, settings, rules: &self.rules, kubernetes_minor: self.kubernetes_minor }
    }

    /// The settings that hold for a request. A namespace's labels are only asked for where policies go by them, nobody knows them yet, and
    /// the object has something that they could be about.
    async fn settings(&self, in_force: &InForce, request: Request<'_>, call: &Call) -> Arc<Settings> {
        let name = request.namespace;
        if let Some(known) = in_force.of_namespace(name) {
            return Arc::clone(known);
        }
        let policies = in_force.policies();
        if self.cluster.is_none() {
            return policies.of_namespace(Namespace { name, labels: &[] });
        }
        let look = Deliberation::of(request, self.world(&self.undecided), (self.clock)());
        let matters = look.is_some_and(|look| {
            look.concerns_a_database()
                || !look.questions_to_mend().is_empty()
                || !look.judge(None).judgements.is_empty()
        });
        if !matters {
            return Arc::clone(policies.always());
        }
        let question = Question::Namespace(name.to_owned());
        let facts = self.ask(|| vec![question.clone()], call).await;
        match facts.get(&question) {
            Known::Found(FactAnswer::Namespace(facts)) if self.health.is_some() => {
                self.live.learn(Namespace { name, labels: &facts.labels })
            }
            Known::Found(FactAnswer::Namespace(facts)) => {
                policies.of_namespace(Namespace { name, labels: &facts.labels })
            }
            _ => policies.of_unknown(),
        }
    }

    /// The profiles that would refuse where the one in force does not.
    pub(super) fn stricter<'w>(&'w self, settings: &'w Settings) -> impl Iterator<Item = (Profile, World<'w>)> {
        settings.stricter().iter().map(|settings| (settings.profile(), self.world(settings)))
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

    /// Asks what must be known, and gives the seat to others for as long as that takes.
    pub(super) async fn ask(&self, questions: impl FnOnce() -> Vec<Question>, call: &Call) -> Facts {
        if self.cluster.is_none() {
            return Facts::empty_namespace();
        }
        let questions = questions();
        if questions.is_empty() {
            return Facts::default();
        }
        call.seat.lent_during(self.look_up(questions, Purpose::Decide, call.peer, call.deadline)).await
    }

    /// Asks by a deadline. Nothing is asked without a question; without a cluster, or without room for one more look-up of this peer,
    /// nothing is known.
    pub(super) async fn look_up(
        &self,
        questions: Vec<Question>,
        purpose: Purpose,
        peer: IpAddr,
        deadline: Instant,
    ) -> Facts {
        let Some(cluster) = self.cluster.as_ref().filter(|_| !questions.is_empty()) else { return Facts::default() };
        let until = deadline - ANSWER_TIME;
        let count = u64::try_from(questions.len()).unwrap_or(LOOK_UPS);
        match self.look_ups.take(peer, count, until).await {
            Ok(_share) => cluster.answer(questions, purpose, (self.clock)(), until, &Counting(&self.metrics)).await,
            Err(_) => {
                questions.iter().for_each(|q| self.metrics.lookup(q.name(), Found::Unknown));
                Facts::default()
            }
        }
    }

    async fn reviewed(&self, call: &Call) -> Result<Review, ReviewError> {
        let tree = review::read(&call.body)?;
        let review = review::Review::of(&tree)?;
        let request = Request::of_review(&review, &tree);
        let in_force = self.live.now();
        if in_force.is_off() {
            return Ok(let_through(&review, call.webhook));
        }
        if let Some(body) = self.as_update(&review, &tree, call).await {
            return Box::pin(self.reviewed(&Call { body, ..call.clone() })).await;
        }
        if let Some(reply) = self.own_kind(&review, &in_force) {
            return Ok(answered(&review, reply, Vec::new(), call.webhook));
        }
        let settings = self.settings(&in_force, request, call).await;
        let deliberation = Deliberation::of(request, self.world(&settings), (self.clock)());
        let deliberation = deliberation.map(|d| d.interrupted_by(call.abandoned.flag()));
        let (mut reply, rules) = match (&deliberation, call.webhook) {
            (None, Webhook::Validate) => match self.forced(request, &review, &settings, call) {
                Some(reply) => (reply, Vec::new()),
                None => self.remove(request, &review, &settings, call).await,
            },
            (None, Webhook::Mutate) => (Reply::default(), Vec::new()),
            (Some(d), Webhook::Mutate) => self.mutate(d, call).await,
            (Some(d), Webhook::Validate) => self.validate(d, request, &review, call).await,
        };
        if deliberation.is_some_and(|d| d.panics() > 0) {
            self.metrics.panicked(RULE);
        }
        if !call.abandoned.is_abandoned() {
            self.record_events(&review, &reply, &rules);
        }
        if !settings.version().is_empty() {
            reply.audit.insert("policies", settings.version().to_owned());
        }
        Ok(answered(&review, reply, rules, call.webhook))
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
        self.health.as_ref().map_or(Ok(()), |health| health.check())
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = self.health.as_ref().map(|health| health.lines()).unwrap_or_default();
        lines.extend(self.cluster.as_ref().map(|cluster| ("look-ups", cluster.look_ups())));
        lines
    }
}

/// The answer while everything is let through.
fn let_through(review: &review::Review<'_>, webhook: Webhook) -> Review {
    let audit = BTreeMap::from([("mode", "off".to_owned())]);
    answered(review, Reply { audit, ..Reply::default() }, Vec::new(), webhook)
}

fn answered(review: &review::Review<'_>, mut reply: Reply, rules: Vec<&'static str>, webhook: Webhook) -> Review {
    let verdict = match &reply {
        Reply { denied: Some(_), .. } => Verdict::Denied,
        Reply { patch, .. } if !patch.is_empty() => Verdict::Patched,
        Reply { warnings, .. } if !warnings.is_empty() => Verdict::Warned,
        _ => Verdict::Allowed,
    };
    if !reply.audit.is_empty() || verdict != Verdict::Allowed {
        reply.audit.insert("decision", verdict.outcome().as_str().to_owned());
    }
    reply.warnings.splice(..0, probe::word(review, webhook));
    let record = matches!(verdict, Verdict::Denied | Verdict::Patched).then(|| {
        let object = review.object_name();
        Box::new(Record { object, rules, user: review.user.to_owned(), uid: review.uid.to_owned() })
    });
    Review {
        body: reply.to_json(review.uid).into(),
        kind: Kind::of(review.kind),
        operation: Some(review.operation),
        verdict,
        record,
    }
}

/// The error with its cause: where the JSON ends to make sense, never what stands there.
fn explained(error: &ReviewError) -> String {
    match error {
        ReviewError::Malformed(json) => format!("{error}: line {}, column {}", json.line(), json.column()),
        _ => error.to_string(),
    }
}
