//! The steps of the one who leads: one decision, one write. What came of it is seen, and then decided upon anew.

use std::time::Duration;

use jiff::Timestamp;
use kube::api::{Api, Patch, PatchParams, PostParams};
use tokio::time::timeout;

use super::super::Error as MakeError;
use super::bundle::{self, Configuration, Entries, fits};
use super::contents::Cert as _;
use super::keeper::{Keeper, PATIENCE, Watched};
use super::pair::{Mint, Pair};
use super::rotation::{Bundle, Replica, Situation, Step, Stored, decide};
use super::{secret, verify};
use crate::cluster::Chain;
use crate::metrics::StepEnd;

/// Why a step was not taken.
#[derive(Debug, thiserror::Error)]
enum Error {
    /// The API server did not answer, or refused.
    #[error("the API server was asked in vain")]
    Api(#[from] kube::Error),
    /// The API server did not answer in time.
    #[error("the API server did not answer in time")]
    Late,
    /// There is nothing to write.
    #[error("failed to make a certificate")]
    Make(#[from] MakeError),
    /// What is served would not be trusted any more.
    #[error("the caBundle would not verify the certificate that this replica serves")]
    WouldNotVerify,
}

impl Error {
    /// True where somebody else wrote in the meantime, which is seen soon.
    fn is_conflict(&self) -> bool {
        matches!(self, Self::Api(kube::Error::Api(status)) if status.code == 409)
    }
}

impl Keeper {
    /// Takes the next step; says when one is due, if that is known.
    pub(super) async fn lead(
        &mut self,
        (stored, version): (Stored<Pair>, Option<String>),
        entries: Option<(Entries, Entries)>,
        now: Timestamp,
    ) -> Option<Duration> {
        let blind = entries.is_none();
        let entries = entries.unwrap_or_default();
        let others = timeout(PATIENCE, self.replicas.others(&self.settings.replica, now)).await;
        let mut replicas = match others {
            Ok(Ok(others)) => others,
            Ok(Err(error)) => {
                tracing::warn!(error = %Chain(&error), "failed to see which certificates are served");
                return None;
            }
            Err(_) => return None,
        };
        replicas.extend(self.serving.as_ref().map(|serving| Replica {
            leaf: serving.leaf.id().clone(),
            not_after: serving.leaf.not_after(),
            issuer: serving.issuer.clone(),
            seen: now,
        }));
        // What cert-manager writes is left alone, and a rotation does not wait for it.
        let kept = [&entries.0, &entries.1].into_iter().filter(|entries| !entries.injected);
        let bundles: Vec<Bundle> = kept.flat_map(|kept| &kept.entries).map(|entry| entry.bundle.clone()).collect();
        let step = decide(&Situation {
            stored: &stored,
            known: self.known.as_ref(),
            bundles: &bundles,
            replicas: &replicas,
            names: &self.settings.service.names(),
            times: &self.settings.times,
            now,
        });
        // Who does not know what API servers trust can only make a beginning, or go on with an authority that signs.
        if blind && !matches!(step, Step::Rest(_) | Step::Begin(_) | Step::Renew(_)) {
            return None;
        }
        if let Step::Rest(until) = step {
            return until.and_then(|until| Duration::try_from(until.duration_since(now)).ok());
        }
        let (name, why) = (step.name(), step.reason());
        let taken = match timeout(PATIENCE, self.take(step, stored, version, &entries, now)).await {
            Ok(taken) => taken,
            Err(_) => Err(Error::Late),
        };
        match taken {
            Ok(()) => {
                tracing::info!(step = name, why, "rotating certificates");
                self.metrics.certificate_step(name, StepEnd::Ok);
            }
            Err(error) if error.is_conflict() => tracing::debug!(step = name, "somebody was faster"),
            Err(error) => {
                tracing::error!(step = name, error = %Chain(&error), "a step in the rotation of certificates failed");
                self.metrics.certificate_step(name, StepEnd::Failed);
            }
        }
        None
    }

    async fn take(
        &self,
        step: Step<Pair>,
        stored: Stored<Pair>,
        version: Option<String>,
        entries: &(Entries, Entries),
        now: Timestamp,
    ) -> Result<(), Error> {
        if let Step::Trust(trusted) = &step {
            if !self.is_verified_by(trusted, now) {
                return Err(Error::WouldNotVerify);
            }
            write(&self.mutating, &entries.0, trusted, &self.settings.webhooks).await?;
            return write(&self.validating, &entries.1, trusted, &self.settings.webhooks).await;
        }
        let held = match stored {
            Stored::Held(contents) => Some(contents),
            _ => None,
        };
        let mut mint = Mint { service: &self.settings.service, times: &self.settings.times, now };
        let Some(contents) = step.carried_out(held, &mut mint, now)? else { return Ok(()) };
        let name = &self.settings.secret;
        match version {
            Some(version) => {
                let patch = Patch::Merge(secret::patch(&contents, &version));
                self.secrets.patch(name, &PatchParams::default(), &patch).await?;
            }
            None => {
                self.secrets.create(&PostParams::default(), &secret::fresh(&contents, name)).await?;
            }
        }
        Ok(())
    }

    /// Whether who trusts these accepts what is served here, by name and signature. When is another matter: of an
    /// expired leaf nobody has anything to lose.
    fn is_verified_by(&self, trusted: &[Pair], now: Timestamp) -> bool {
        let Some(serving) = &self.serving else { return false };
        let leaf = serving.leaf.certificate();
        let now = now.min(leaf.not_after()).max(leaf.not_before());
        verify::accepts(trusted.iter().map(Pair::certificate), leaf, &self.settings.service.host(), now)
    }
}

/// Writes the bundles of one configuration that are not as they should be.
async fn write<K>(watched: &Watched<K>, found: &Entries, trusted: &[Pair], name: &str) -> Result<(), Error>
where
    K: Configuration + Clone + serde::de::DeserializeOwned + std::fmt::Debug,
{
    let wrong = || found.entries.iter().filter(|entry| !fits(&entry.bundle, trusted)).map(|entry| entry.name.as_str());
    if found.injected || wrong().next().is_none() {
        return Ok(());
    }
    let api: &Api<K> = &watched.api;
    let patch = Patch::Strategic(bundle::patch(&found.version, wrong(), trusted));
    api.patch(name, &PatchParams::default(), &patch).await?;
    Ok(())
}
