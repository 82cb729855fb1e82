//! What the Secret holds, and what each step makes of it. Whatever a certificate is made of: the tests use bare names.

use jiff::Timestamp;

use super::super::Fingerprint;

/// A certificate, with its key where it has one, as far as a rotation must know it.
pub(crate) trait Cert: Clone {
    /// What tells it from all others.
    fn id(&self) -> &Fingerprint;
    /// The authority that signed it, where that is known.
    fn issuer(&self) -> Option<&Fingerprint>;
    /// From when on it is valid.
    fn not_before(&self) -> Timestamp;
    /// Until when it is valid.
    fn not_after(&self) -> Timestamp;
    /// The names that it is valid for.
    fn names(&self) -> &[String];
    /// The same without its key.
    #[must_use]
    fn without_key(self) -> Self;

    /// Whether it is valid now.
    fn is_valid(&self, now: Timestamp) -> bool {
        (self.not_before()..self.not_after()).contains(&now)
    }
}

/// What somebody asks for by an annotation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Asked {
    /// A new leaf.
    Leaf,
    /// A new authority, and then a leaf of it.
    Authority,
}

/// What the Secret holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Contents<C> {
    /// The authority that signs, with its key. `None` only while one is made in place of one that was lost.
    pub(super) authority: Option<C>,
    /// The one that will sign once all API servers trust it, with its key.
    pub(super) next: Option<C>,
    /// Those that signed before, and whose leaves may still be served.
    pub(super) retired: Vec<C>,
    /// What every replica serves, with its key.
    pub(super) leaf: Option<C>,
    /// Since when all bundles have `next`.
    pub(super) announced: Option<Timestamp>,
    /// Since when `authority` signs.
    pub(super) switched: Option<Timestamp>,
    /// What somebody asks for.
    pub(super) asked: Option<Asked>,
}

/// Where a rotation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stage {
    /// There is one authority, and everybody is served by its leaf.
    Steady,
    /// The next authority goes into the bundles.
    Announcing,
    /// It is in all of them; API servers may not know yet.
    Waiting,
    /// Its leaf is offered; not every replica serves it yet.
    Confirming,
}

/// What makes certificates.
pub(crate) trait Maker<C> {
    /// Why it could not.
    type Error;
    /// A new authority.
    fn authority(&mut self) -> Result<C, Self::Error>;
    /// A new leaf of this authority.
    fn leaf(&mut self, authority: &C) -> Result<C, Self::Error>;
}

impl<C: Cert> Contents<C> {
    /// Nothing yet.
    pub(super) fn empty() -> Self {
        Self {
            authority: None,
            next: None,
            retired: Vec::new(),
            leaf: None,
            announced: None,
            switched: None,
            asked: None,
        }
    }

    /// Where the rotation stands.
    pub(super) fn stage(&self) -> Stage {
        match (&self.next, self.announced, self.retired.is_empty()) {
            (Some(_), None, _) => Stage::Announcing,
            (Some(_), Some(_), _) => Stage::Waiting,
            (None, _, false) => Stage::Confirming,
            (None, _, true) => Stage::Steady,
        }
    }

    /// Every authority that a bundle must have, the one that signs first.
    pub(super) fn trusted(&self) -> impl Iterator<Item = &C> {
        self.authority.iter().chain(&self.next).chain(&self.retired)
    }

    /// An authority and a leaf of it, at once: for when nobody serves anything that could be lost.
    pub(super) fn begun<M: Maker<C>>(maker: &mut M, now: Timestamp) -> Result<Self, M::Error> {
        let authority = maker.authority()?;
        let leaf = maker.leaf(&authority)?;
        Ok(Self { authority: Some(authority), leaf: Some(leaf), switched: Some(now), ..Self::empty() })
    }

    /// A next authority beside the one that signs.
    pub(super) fn prepared<M: Maker<C>>(mut self, maker: &mut M) -> Result<Self, M::Error> {
        self.next = Some(maker.authority()?);
        self.announced = None;
        self.asked = self.asked.filter(|asked| *asked != Asked::Authority);
        Ok(self)
    }

    /// Another leaf of the same authority.
    pub(super) fn renewed<M: Maker<C>>(mut self, maker: &mut M) -> Result<Self, M::Error> {
        if let Some(authority) = &self.authority {
            self.leaf = Some(maker.leaf(authority)?);
        }
        self.asked = self.asked.filter(|asked| *asked != Asked::Leaf);
        Ok(self)
    }

    /// Since `now` all bundles have the next authority; with `None`, they have not.
    pub(super) fn announced(self, now: Option<Timestamp>) -> Self {
        Self { announced: now, ..self }
    }

    /// The next authority signs from now on, and what signed until now is still trusted.
    pub(super) fn switched<M: Maker<C>>(mut self, maker: &mut M, now: Timestamp) -> Result<Self, M::Error> {
        if let Some(next) = self.next.take() {
            self.leaf = Some(maker.leaf(&next)?);
            self.retired.extend(self.authority.replace(next).map(C::without_key));
            (self.announced, self.switched) = (None, Some(now));
        }
        Ok(self)
    }

    /// What signed before is trusted no longer.
    pub(super) fn dropped(self) -> Self {
        Self { retired: Vec::new(), ..self }
    }
}
