//! Volumes as they come and change, so that a claim's label need not wait for the next round.
use tokio::{sync::mpsc, task::JoinSet};

use super::{Round, VOLUMES, claims_of, labelled, walk::Walk};
use crate::{
    cluster::{
        Chain, ClaimRef, Cluster, FetchError,
        heard::is_guarded,
        watch::{Followed, Told},
    },
    facts::{Answer, Known, Question},
    tree::Node,
};

/// Changes that wait to be looked at.
const WAITING: usize = 256;

/// Followed for as long as this is held. None is kept.
#[derive(Debug)]
pub struct Volumes {
    heard: mpsc::Receiver<Told<Option<ClaimRef>>>,
    complained: bool,
    _task: JoinSet<()>,
}

impl Volumes {
    /// The claim of the next volume that comes or changes.
    pub async fn next(&mut self) -> ClaimRef {
        loop {
            match self.heard.recv().await {
                Some(Told::One(Some(claim))) => return claim,
                // That ends when a person ends it, and is said once.
                Some(Told::Lost { why, is_refused: true }) if !self.complained => {
                    self.complained = true;
                    tracing::warn!(why, "volumes are not followed; only rounds look at them");
                }
                Some(_) => {}
                None => std::future::pending().await,
            }
        }
    }
}

impl Cluster {
    /// Follows volumes from now on.
    #[must_use]
    pub fn volumes(&self) -> Volumes {
        let (tell, heard) = mpsc::channel(WAITING);
        let mut task = JoinSet::new();
        let followed = Followed { path: VOLUMES.to_owned(), fields: String::new() };
        task.spawn(followed.follow_changes(self.background(), claim_of, tell));
        Volumes { heard, complained: false, _task: task }
    }

    /// Makes the labels true of one claim, and of its volume.
    pub async fn keep_labels_of(&self, claim: &ClaimRef) -> Round {
        let mut round = Round::default();
        if let Err(error) = self.keep_one(claim, &mut round).await {
            tracing::warn!(claim = claim.name, error = %Chain(&error), "a claim was not looked at");
            round.failed += 1;
        }
        round
    }

    async fn keep_one(&self, claim: &ClaimRef, round: &mut Round) -> Result<(), FetchError> {
        let mut found = Walk::named(claims_of(&claim.namespace)?, &claim.name);
        while let Some(page) = found.turn(&self.client, labelled).await? {
            for claim in page {
                let namespace = self.ask(&Question::Namespace(claim.own.namespace.clone()), 0).await?;
                let is_guarded =
                    matches!(namespace, Known::Found(Answer::Namespace(facts)) if is_guarded(&facts.labels));
                round.seen += 1;
                self.keep_claim(claim, is_guarded, &mut None, round).await;
            }
        }
        Ok(())
    }
}

fn claim_of(volume: Node<'_>) -> Option<ClaimRef> {
    let is_going = volume.path("metadata.deletionTimestamp").is_set();
    ClaimRef::of_volume(volume).filter(|_| !is_going)
}
