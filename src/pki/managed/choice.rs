//! Whether a replica serves what the Secret offers. It looks at the bundles itself, so that a Secret that somebody put
//! back from a backup does no harm.

use jiff::{SignedDuration, Timestamp};

use super::super::Fingerprint;
use super::contents::Cert;
use super::rotation::Bundle;

/// What to do with an offered leaf.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Choice {
    /// Go on with what is served.
    Keep,
    /// Serve it.
    Take,
    /// Serve it then, if nothing changes.
    Later(Timestamp),
}

/// Since when every bundle has had an authority, as far as this replica has seen.
#[derive(Debug, Default)]
pub(crate) struct Trusted {
    since: Vec<(Fingerprint, Timestamp)>,
    /// How many bundles there are, once that is known.
    bundles: Option<usize>,
}

impl Trusted {
    /// Takes note of what each bundle has now.
    pub(super) fn saw(&mut self, bundles: &[&Bundle], now: Timestamp) {
        self.bundles = Some(bundles.len());
        let by_all = |id: &Fingerprint| bundles.iter().all(|bundle| bundle.trusts.contains(id));
        self.since.retain(|(id, _)| by_all(id));
        for id in bundles.first().map(|bundle| bundle.trusts.as_slice()).unwrap_or_default() {
            if by_all(id) && !self.since.iter().any(|(known, _)| known == id) {
                self.since.push((id.clone(), now));
            }
        }
    }

    /// Whether to serve `offered` in the place of `serving`, whose issuer API servers may know for less than `wait`.
    pub(super) fn choose<C: Cert>(
        &self,
        serving: Option<&C>,
        offered: &C,
        wait: SignedDuration,
        now: Timestamp,
    ) -> Choice {
        if !offered.is_valid(now) {
            return Choice::Keep;
        }
        let Some(serving) = serving.filter(|serving| serving.is_valid(now)) else { return Choice::Take };
        if serving.id() == offered.id() {
            return Choice::Keep;
        }
        if serving.issuer() == offered.issuer() || self.bundles == Some(0) {
            return Choice::Take;
        }
        let since = self.since.iter().find(|(id, _)| Some(id) == offered.issuer()).map(|(_, since)| *since);
        match since.map(|since| since.checked_add(wait).unwrap_or(since)) {
            None => Choice::Keep,
            Some(safe) if safe <= now => Choice::Take,
            Some(safe) => Choice::Later(safe),
        }
    }
}
