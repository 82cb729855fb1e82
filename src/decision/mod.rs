//! From one request to one answer. Pure and synchronous: facts come in as arguments, and nothing is done here.
//!
//! [`Deliberation`] is one request under way. The mutating webhook asks [`Deliberation::mend`], the validating one
//! [`Deliberation::judge`]; each says beforehand which facts it needs, and most requests need none.
mod again;
mod around;
mod before;
mod birth;
mod correct;
mod exempted;
mod foretell;
mod hands;
mod judge;
mod marks;
mod mend;
mod neighbours;
mod removal;
mod restore;
mod run;
mod verdict;

use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::{
    engines::Catalogue,
    facts::{Facts, Question, Seconds},
    finding::Finding,
    proposal::Mend,
    review::Review,
    rule::{Context, Rule},
    settings::Settings,
    terms::{Action, Operation, Tier, keys},
    tree::{Node, Tree},
    view::{Case, Claim, Companion, Database, Kind, Subject, Workload},
};

pub use around::MOST_NAMED;
pub use correct::{Corrections, Withheld};
pub use json_patch::PatchOperation;
pub use judge::Judged;
pub use mend::Mended;
pub use neighbours::{LONGEST_TEXT, MOST_NEIGHBOURS, Neighbours};
pub use removal::Removal;
pub use verdict::{MOST_LISTED, denial, warnings};

/// What stays the same from one request to the next.
#[derive(Debug, Clone, Copy)]
pub struct World<'w> {
    /// Engines.
    pub catalogue: &'w Catalogue,
    /// Settings.
    pub settings: &'w Settings,
    /// Rules. Those that the settings switch off may be left out beforehand: see [`in_force`].
    pub rules: &'w [&'static Rule],
    /// The API server's minor version, where it is known.
    pub kubernetes_minor: Option<u32>,
}

/// The rules that the settings do not switch off, in order.
#[must_use]
pub fn in_force(rules: &[&'static Rule], settings: &Settings) -> Vec<&'static Rule> {
    rules.iter().copied().filter(|rule| settings.action(rule.name, rule.tier) != Action::Off).collect()
}

impl<'w> World<'w> {
    /// A workload and its databases, as the profile sees them.
    fn case<'t>(&self, workload: Workload<'t>) -> Case<'t>
    where
        'w: 't,
    {
        self.believed(Case::of(workload, self.catalogue))
    }

    fn subject<'t>(&self, kind: &str, object: Node<'t>) -> Subject<'t>
    where
        'w: 't,
    {
        self.believed_subject(Subject::of(kind, object, self.catalogue))
    }

    fn believed_subject<'t>(&self, subject: Subject<'t>) -> Subject<'t>
    where
        'w: 't,
    {
        match subject {
            Subject::Workload(case) => Subject::Workload(self.believed(case)),
            other => other,
        }
    }

    /// The same with the settings for what an object is, or, where it is no database any more, was.
    fn of_object(self, subject: &Subject<'_>, before: &Subject<'_>) -> Self {
        fn databases<'s, 't>(subject: &'s Subject<'t>) -> &'s [Database<'t>] {
            if let Subject::Workload(case) = subject { &case.databases } else { &[] }
        }
        let all = if databases(subject).is_empty() { databases(before) } else { databases(subject) };
        let has_server = all.iter().any(|d| d.role.is_server());
        let counting = all.iter().filter(|d| d.role.is_server() || !has_server);
        Self { settings: self.settings.of_object(counting.map(|d| &*d.engine.name)), ..self }
    }

    fn believed<'t>(&self, case: Case<'t>) -> Case<'t> {
        if self.settings.profile().honours_data_label() { case } else { case.without_labels() }
    }
}

/// Who asks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Requester<'t> {
    /// Nobody: a document is judged before anybody applies it.
    Nobody,
    /// A user of the API server.
    User(&'t str),
}

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub struct Request<'t> {
    /// What is done.
    pub operation: Operation,
    /// API group: `apps`; empty for the core.
    pub group: &'t str,
    /// `StatefulSet`.
    pub kind: &'t str,
    /// `scale`; empty for the object itself.
    pub subresource: &'t str,
    /// Namespace; `default` where a document names none.
    pub namespace: &'t str,
    /// Who asks.
    pub requester: Requester<'t>,
    /// The tree that both objects are in.
    pub tree: &'t Tree<'t>,
    /// The object as it would be.
    pub object: Node<'t>,
    /// The object as it is.
    pub old: Node<'t>,
}

impl<'t> Request<'t> {
    /// The request of a review.
    #[must_use]
    pub fn of_review(review: &Review<'t>, tree: &'t Tree<'t>) -> Self {
        Self {
            operation: review.operation,
            group: review.group,
            kind: review.kind,
            subresource: review.subresource,
            namespace: review.namespace,
            requester: Requester::User(review.user),
            tree,
            object: review.object,
            old: review.old,
        }
    }

    /// A document, as a CREATE into an empty namespace.
    #[must_use]
    pub fn of_document(object: Node<'t>, tree: &'t Tree<'t>) -> Self {
        let group = object.get("apiVersion").text().split_once('/').map_or("", |(group, _)| group);
        Self {
            operation: Operation::Create,
            group,
            kind: object.get("kind").text(),
            subresource: "",
            namespace: object.path("metadata.namespace").str().filter(|n| !n.is_empty()).unwrap_or("default"),
            requester: Requester::Nobody,
            tree,
            object,
            old: object.get("").get(""),
        }
    }

    /// True for the kinds that rules know, in the group where Kubernetes has them.
    fn is_ours(&self) -> bool {
        match self.kind {
            // `extensions` is where old manifests have them; the API server no longer takes those, and says so itself.
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" => matches!(self.group, "apps" | "extensions"),
            "Job" | "CronJob" => self.group == "batch",
            "Pod" | "ReplicationController" | "PersistentVolumeClaim" => self.group.is_empty(),
            kind => Companion::KINDS.contains(&(kind, self.group)),
        }
    }
}

/// One request under way.
#[derive(Debug)]
pub struct Deliberation<'t> {
    request: Request<'t>,
    world: World<'t>,
    now: Seconds,
    subject: Subject<'t>,
    before: Subject<'t>,
    interrupt: Option<&'t AtomicBool>,
    panics: AtomicU64,
}

impl<'t> Deliberation<'t> {
    /// Looks at a request. `None` where there is nothing for Seawall to say: another kind, a subresource, a deletion, an object that
    /// is being deleted, a mirror Pod, a namespace that the settings skip, a workload without a container of any engine and without one
    /// before.
    #[must_use]
    pub fn of(request: Request<'t>, world: World<'t>, now: Seconds) -> Option<Self> {
        if !request.is_ours() || !request.subresource.is_empty() || world.settings.skips(request.namespace) {
            return None;
        }
        if !matches!(request.operation, Operation::Create | Operation::Update) {
            return None;
        }
        // On PUT the submitted object may lack what the server knows: the old one tells whether it is being deleted.
        if request.old.path("metadata.deletionTimestamp").is_set() {
            return None;
        }
        if request.object.path("metadata.annotations").get("kubernetes.io/config.mirror").is_set() {
            return None;
        }
        let seen = |object| Subject::of(request.kind, object, world.catalogue);
        let subject = seen(request.object);
        let before = if request.operation == Operation::Update { seen(request.old) } else { Subject::Other };
        let world = world.of_object(&subject, &before);
        let (subject, before) = (world.believed_subject(subject), world.believed_subject(before));
        Some(Self { request, world, now, subject, before, interrupt: None, panics: AtomicU64::new(0) })
    }

    /// Once `interrupt` is true no more rules are asked: what comes out is not whole, and of use to nobody.
    #[must_use]
    pub const fn interrupted_by(mut self, interrupt: Option<&'t AtomicBool>) -> Self {
        self.interrupt = interrupt;
        self
    }

    fn is_interrupted(&self) -> bool {
        self.interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed))
    }

    /// The settings that hold for it.
    #[must_use]
    pub const fn settings(&self) -> &'t Settings {
        self.world.settings
    }

    /// The workload and its databases; `None` for a claim.
    #[must_use]
    pub const fn case(&self) -> Option<&Case<'t>> {
        match &self.subject {
            Subject::Workload(case) => Some(case),
            _ => None,
        }
    }

    fn claim(&self) -> Option<Claim<'t>> {
        match self.subject {
            Subject::Claim(claim) => Some(claim),
            _ => None,
        }
    }

    fn case_before(&self) -> Option<&Case<'t>> {
        match &self.before {
            Subject::Workload(case) => Some(case),
            _ => None,
        }
    }

    /// What is asked about the documents beside this one, where there are any; for a review see [`Deliberation::questions_around`].
    #[must_use]
    pub fn questions_beside(&self) -> Vec<Question> {
        let namespace = self.request.namespace;
        match &self.subject {
            Subject::Workload(case) => case.questions_beside(namespace),
            Subject::Companion(companion) => companion.question(namespace).into_iter().collect(),
            Subject::Claim(claim) if claim.is_of_a_database() => vec![Question::StorageClasses],
            Subject::Claim(_) | Subject::Other => Vec::new(),
        }
    }

    /// True when an engine is involved, now or before.
    #[must_use]
    pub fn concerns_a_database(&self) -> bool {
        let any = |case: Option<&Case<'_>>| case.is_some_and(|c| !c.databases.is_empty());
        any(self.case()) || any(self.case_before())
    }

    fn context<'c>(&'c self, engine: &str, facts: &'c Facts) -> Context<'c> {
        let label = self.data_label(facts);
        Context {
            catalogue: self.world.catalogue,
            settings: self.world.settings.of_engine(engine),
            operation: self.request.operation,
            facts,
            now: self.now,
            namespace: self.request.namespace,
            data_label: label,
            kubernetes_minor: self.world.kubernetes_minor,
        }
    }

    /// What the author or the namespace says about the data, where the profile believes it.
    fn data_label(&self, facts: &Facts) -> Option<crate::view::DataLabel> {
        if !self.world.settings.profile().honours_data_label() {
            return None;
        }
        let own = self.case().and_then(|c| c.workload.data_label());
        own.or_else(|| {
            let question = Question::Namespace(self.request.namespace.to_owned());
            let Some(crate::facts::Answer::Namespace(namespace)) = facts.get(&question).found() else { return None };
            let (_, value) = namespace.labels.iter().find(|(k, _)| k == keys::DATA)?;
            crate::view::DataLabel::of(value)
        })
    }

    /// A Pod without a controller, or a workload: what its author wrote, not what a controller made.
    fn is_authored(&self) -> bool {
        crate::view::Owner::of(self.request.object).is_none()
    }

    fn workload(&self) -> Option<Workload<'t>> {
        self.case().map(|c| c.workload)
    }

    fn is_pod(&self) -> bool {
        self.workload().is_some_and(|w| w.kind == Kind::Pod)
    }
}

/// A finding and what it does here.
#[derive(Debug, Clone)]
pub struct Judgement {
    /// What was found.
    pub finding: Finding,
    /// What it does, after profile, ceilings and second opinion.
    pub action: Action,
    /// How bad what its rule finds is.
    pub tier: Tier,
    /// Why it does less than the profile says, for the audit log; empty where it does not.
    pub lowered: &'static str,
}

impl Judgement {
    /// True where an exemption is why it does less.
    #[must_use]
    pub fn is_exempted(&self) -> bool {
        self.lowered == exempted::EXEMPTED.0 || self.lowered == exempted::EXEMPTED.1
    }
}

/// What was written, and by which rule.
pub type Mends = Vec<Mend>;
