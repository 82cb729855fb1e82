//! What is to be done next about certificates: a pure function of what is known, that answers with one step.
//!
//! The order makes that at no time anybody is shown a certificate that an API server does not trust: a new authority
//! goes into every bundle, then time passes until all API servers have seen that, then every replica serves a leaf of
//! it, then each of them has said so, and only then the old authority leaves the bundles. Each step is one write, whose
//! effect the next decision reads, so whoever decides may be gone after any of them.

use jiff::{SignedDuration, Timestamp};

use super::super::{CA_LIFE, Fingerprint, Held, LEAF_LIFE, Renew, must_renew};
use super::contents::{Asked, Cert, Contents, Maker};

/// A part of a life at which a certificate is renewed: a third before its end, which for 90 days is a month.
const MARGIN: i32 = 3;

/// For how long, and how long to wait.
#[derive(Debug, Clone)]
pub struct Times {
    /// How long an authority lives.
    pub authority: SignedDuration,
    /// How long a leaf lives.
    pub leaf: SignedDuration,
    /// Until all API servers surely know a bundle that was written: each has its own watch.
    pub wait: SignedDuration,
    /// A replica that has said nothing for so long is gone. Until then it is believed to serve what it said last.
    pub stale: SignedDuration,
}

impl Default for Times {
    fn default() -> Self {
        Self {
            authority: CA_LIFE,
            leaf: LEAF_LIFE,
            wait: SignedDuration::from_mins(5),
            // A Node that is gone is noticed after 40 s, and its Pods after 5 minutes; nothing is urgent about the rest.
            stale: SignedDuration::from_mins(15),
        }
    }
}

/// What was found under the Secret's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Stored<C> {
    /// No Secret, or one of ours that holds nothing yet.
    Missing,
    /// One of ours that cannot be understood, and why.
    Broken(String),
    /// One that is not ours, and why: it is never written to.
    Foreign(String),
    /// One of ours.
    Held(Contents<C>),
}

/// A caBundle in a webhook configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Bundle {
    /// The authorities in it.
    pub(super) trusts: Vec<Fingerprint>,
    /// Whether that is all: nothing in it could not be read.
    pub(super) whole: bool,
}

/// What a replica said of itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Replica<C> {
    /// The leaf that it serves.
    pub(super) leaf: Fingerprint,
    /// Until when that is valid.
    pub(super) not_after: Timestamp,
    /// The authority that signed it.
    pub(super) issuer: C,
    /// When it said so last.
    pub(super) seen: Timestamp,
}

/// Everything that a decision depends on.
#[derive(Debug)]
pub(crate) struct Situation<'a, C> {
    /// What the Secret holds.
    pub(super) stored: &'a Stored<C>,
    /// What it held when it could be understood last, as far as the one who decides has seen it.
    pub(super) known: Option<&'a Contents<C>>,
    /// The caBundle of each entry that is ours.
    pub(super) bundles: &'a [Bundle],
    /// All replicas that serve, the one who decides included.
    pub(super) replicas: &'a [Replica<C>],
    /// The names that a leaf must be valid for.
    pub(super) names: &'a [String],
    /// How long everything takes.
    pub(super) times: &'a Times,
    /// The time.
    pub(super) now: Timestamp,
}

/// What is to be done next.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Step<C> {
    /// Nothing before then, unless something changes; `None`: nothing at all.
    Rest(Option<Timestamp>),
    /// An authority and a leaf, at once: nobody serves anything that is valid.
    Begin(Renew),
    /// Write a Secret as it was, with a next authority beside the one that signs.
    Prepare(Contents<C>, Renew),
    /// Write a Secret as it was: the next authority is in it already.
    Restore(Contents<C>),
    /// Write exactly these authorities into every bundle that has others.
    Trust(Vec<C>),
    /// Note down that all bundles have the next authority.
    Announce,
    /// Note down that not all have it any more.
    Retract,
    /// Have the next authority sign.
    Switch,
    /// Make another leaf of the same authority.
    Renew(Renew),
    /// Forget the authorities that signed before.
    Drop,
}

impl<C> Step<C> {
    /// Why it is taken, where there is a choice.
    pub(super) fn reason(&self) -> Option<String> {
        match self {
            Self::Begin(reason) | Self::Prepare(_, reason) | Self::Renew(reason) => Some(reason.to_string()),
            _ => None,
        }
    }

    /// Its name, for logs and metrics.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Rest(_) => "rest",
            Self::Begin(_) => "begin",
            Self::Prepare(..) => "prepare",
            Self::Restore(_) => "restore",
            Self::Trust(_) => "trust",
            Self::Announce => "announce",
            Self::Retract => "retract",
            Self::Switch => "switch",
            Self::Renew(_) => "renew",
            Self::Drop => "drop",
        }
    }
}

impl<C: Cert> Step<C> {
    /// What the Secret holds after this step; `None` where the step does not write it. `held` is what it holds now.
    pub(super) fn carried_out<M: Maker<C>>(
        self,
        held: Option<Contents<C>>,
        maker: &mut M,
        now: Timestamp,
    ) -> Result<Option<Contents<C>>, M::Error> {
        Ok(match self {
            Self::Rest(_) | Self::Trust(_) => None,
            Self::Begin(_) => Some(Contents::begun(maker, now)?),
            Self::Prepare(base, _) => Some(base.prepared(maker)?),
            Self::Restore(base) => Some(base),
            Self::Announce => held.map(|held| held.announced(Some(now))),
            Self::Retract => held.map(|held| held.announced(None)),
            Self::Switch => held.map(|held| held.switched(maker, now)).transpose()?,
            Self::Renew(_) => held.map(|held| held.renewed(maker)).transpose()?,
            Self::Drop => held.map(Contents::dropped),
        })
    }
}

/// What is to be done next.
#[must_use]
pub(crate) fn decide<C: Cert>(situation: &Situation<'_, C>) -> Step<C> {
    match situation.stored {
        Stored::Foreign(_) => Step::Rest(None),
        Stored::Missing | Stored::Broken(_) => situation.make_anew(),
        Stored::Held(contents) => situation.go_on(contents),
    }
}

impl<C: Cert> Situation<'_, C> {
    /// The Secret is gone. What replicas serve stays trusted until they serve something of a new authority.
    fn make_anew(&self) -> Step<C> {
        let known = self.known.filter(|known| known.leaf.as_ref().is_some_and(|leaf| leaf.is_valid(self.now)));
        if let Some(known) = known {
            return match known.next {
                Some(_) => Step::Restore(known.clone()),
                None => Step::Prepare(known.clone(), Renew::Missing),
            };
        }
        match self.issuers() {
            retired if retired.is_empty() => Step::Begin(Renew::Missing),
            retired => Step::Prepare(Contents { retired, ..Contents::empty() }, Renew::Missing),
        }
    }

    fn go_on(&self, contents: &Contents<C>) -> Step<C> {
        if let Some(step) = self.revive(contents) {
            return step;
        }
        if let Some(step) = self.mend_bundles(contents) {
            return step;
        }
        if let Some(reason) = self.leaf_must_change(contents) {
            return Step::Renew(reason);
        }
        match &contents.next {
            None => match self.authority_must_change(contents) {
                Some(reason) => Step::Prepare(contents.clone(), reason),
                None => self.retire(contents),
            },
            Some(next) if !next.is_valid(self.now) => {
                let stale = Contents { next: None, ..contents.clone() };
                Step::Prepare(stale, Renew::Expired(next.not_after()))
            }
            Some(_) => self.introduce(contents),
        }
    }

    /// What to do where the leaf in the Secret serves nobody.
    fn revive(&self, contents: &Contents<C>) -> Option<Step<C>> {
        let why = match &contents.leaf {
            Some(leaf) if leaf.is_valid(self.now) => return None,
            Some(leaf) if self.now < leaf.not_before() => Renew::NotYetValid(leaf.not_before()),
            Some(leaf) => Renew::Expired(leaf.not_after()),
            None => Renew::Missing,
        };
        if contents.authority.as_ref().is_some_and(|authority| authority.is_valid(self.now)) {
            return Some(Step::Renew(why));
        }
        // Who serves something valid shall not lose it: then the next authority is introduced as always.
        self.issuers().is_empty().then_some(Step::Begin(why))
    }

    fn mend_bundles(&self, contents: &Contents<C>) -> Option<Step<C>> {
        let wanted = self.wanted(contents);
        let fits = |bundle: &Bundle| {
            bundle.whole
                && bundle.trusts.len() == wanted.len()
                && wanted.iter().all(|authority| bundle.trusts.contains(authority.id()))
        };
        if self.bundles.iter().all(fits) {
            return None;
        }
        let lost = |next: &C| self.bundles.iter().any(|bundle| !bundle.trusts.contains(next.id()));
        let retract = contents.announced.is_some() && contents.next.as_ref().is_some_and(lost);
        Some(if retract { Step::Retract } else { Step::Trust(wanted) })
    }

    /// What every bundle must have: what the Secret says, and what anybody needs who serves. So an authority that is
    /// in use is never taken out, whatever became of the Secret.
    fn wanted(&self, contents: &Contents<C>) -> Vec<C> {
        let mut wanted: Vec<C> = Vec::new();
        for authority in contents.trusted().cloned().chain(self.issuers()) {
            if !wanted.iter().any(|other| other.id() == authority.id()) {
                wanted.push(authority.without_key());
            }
        }
        wanted
    }

    /// The authorities of what is served and valid, each once.
    fn issuers(&self) -> Vec<C> {
        let mut issuers: Vec<C> = Vec::new();
        for replica in self.serving() {
            if !issuers.iter().any(|other| other.id() == replica.issuer.id()) {
                issuers.push(replica.issuer.clone().without_key());
            }
        }
        issuers
    }

    /// The replicas that are there and serve something valid.
    fn serving(&self) -> impl Iterator<Item = &Replica<C>> {
        let is_there = |replica: &&Replica<C>| self.now.duration_since(replica.seen) <= self.times.stale;
        self.replicas.iter().filter(is_there).filter(|replica| self.now < replica.not_after)
    }

    fn leaf_must_change(&self, contents: &Contents<C>) -> Option<Renew> {
        let (authority, leaf) = (contents.authority.as_ref()?, contents.leaf.as_ref()?);
        if !authority.is_valid(self.now) {
            return None;
        }
        if contents.asked == Some(Asked::Leaf) {
            return Some(Renew::Forced);
        }
        let held = describe(leaf, leaf.issuer() == Some(authority.id()));
        match must_renew(&held, self.names, self.times.leaf / MARGIN, self.now) {
            // Another one of the same authority would not live longer.
            Some(Renew::ExpiresSoon(_)) if leaf.not_after() >= authority.not_after() => None,
            reason => reason,
        }
    }

    fn authority_must_change(&self, contents: &Contents<C>) -> Option<Renew> {
        let Some(authority) = &contents.authority else { return Some(Renew::Missing) };
        if contents.asked == Some(Asked::Authority) {
            return Some(Renew::Forced);
        }
        must_renew(&describe(authority, true), &[], self.times.authority / MARGIN, self.now)
    }

    /// All bundles have the next authority.
    fn introduce(&self, contents: &Contents<C>) -> Step<C> {
        let later = |time: Timestamp| time.checked_add(self.times.wait).unwrap_or(time);
        match contents.announced {
            None => Step::Announce,
            Some(since) if later(since) <= self.now => Step::Switch,
            // The clock of whoever noted that down was ahead.
            Some(since) if later(self.now) < since => Step::Announce,
            Some(since) => Step::Rest(Some(later(since))),
        }
    }

    /// What signed before leaves when nobody serves a leaf of it.
    fn retire(&self, contents: &Contents<C>) -> Step<C> {
        if contents.retired.is_empty() {
            return Step::Rest(None);
        }
        let offered = contents.leaf.as_ref().map(C::id);
        let settled = contents.switched.and_then(|since| since.checked_add(self.times.wait).ok());
        match settled.filter(|settled| self.now < *settled) {
            Some(settled) => Step::Rest(Some(settled)),
            None if self.serving().all(|replica| Some(&replica.leaf) == offered) => Step::Drop,
            None => Step::Rest(None),
        }
    }
}

/// That the key is its own was found when it was read.
fn describe<C: Cert>(cert: &C, own_authority: bool) -> Held {
    Held {
        not_before: cert.not_before(),
        not_after: cert.not_after(),
        names: cert.names().to_vec(),
        own_key: true,
        own_authority,
    }
}
