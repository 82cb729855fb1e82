//! What one replica does for all of them: it keeps the labels true that the guards go by.
//!
//! A label says what becomes of a claim's volume, and whether a volume is guarded. Both can change after the label was written: the
//! reclaim policy of a volume is edited, a class is made anew, a namespace is guarded or is no longer. Labels are read page by page
//! and one volume is asked about at a time, so that memory does not grow with the cluster. Nothing is labelled here that has no label:
//! that is for `/mutate`, at a creation, and for `seawall protect`.
mod absences;
mod reports;
mod volumes;
mod walk;

use std::collections::{BTreeMap, BTreeSet};

pub use self::reports::{Form, MOST_RESULTS, Report, Reported};
pub use self::volumes::Volumes;
use self::walk::Walk;
use super::{
    Chain, ClaimRef, Cluster, FetchError, Leadership, fetch,
    heard::is_guarded,
    protect::{BY_HAND, BY_ITSELF, Backing, CLAIM, VOLUME, Wanted},
};
use crate::{
    facts::{Answer, ClassFacts, Known, Question},
    terms::{
        Fate, UNGUARDED,
        keys::{self, ENFORCED, GUARD, HOLDS_DATA},
    },
    tree::{Node, Tree},
    view::Claim,
};

const NAMESPACES: &str = "/api/v1/namespaces";
const CLAIMS: &str = "/api/v1/persistentvolumeclaims";
const VOLUMES: &str = "/api/v1/persistentvolumes";

/// Who wrote a label, for `managedFields`; who else labels a volume has a reason of his own.
const MANAGERS: [&str; 2] = [BY_ITSELF, BY_HAND];

/// What a round came to.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Round {
    /// Claims and volumes that were looked at.
    pub seen: u64,
    /// Labels that were made true.
    pub corrected: u64,
    /// Labels that could not be written, or read.
    pub failed: u64,
}

/// A labelled claim.
struct Labelled {
    wanted: Wanted,
    own: ClaimRef,
    volume: Option<String>,
    class: Option<String>,
}

/// A guarded volume.
struct Guarded {
    wanted: Wanted,
    claim: ClaimRef,
}

impl Cluster {
    /// Makes the labels true of all claims that are labelled, and of the volumes of guarded namespaces; for as long as one leads.
    ///
    /// # Errors
    /// When a list cannot be read to its end.
    pub async fn keep_labels(&self, leadership: &Leadership) -> Result<Round, FetchError> {
        let mut round = Round::default();
        let guarded = self.guarded_namespaces().await?;
        let mut classes = None;
        let mut claims = Walk::labelled(CLAIMS, HOLDS_DATA, None);
        while let Some(page) = claims.turn(&self.client, labelled).await? {
            for claim in page {
                if !leadership.is_held() {
                    return Ok(round);
                }
                round.seen += 1;
                let is_guarded = guarded.contains(&claim.own.namespace);
                self.keep_claim(claim, is_guarded, &mut classes, &mut round).await;
            }
        }
        self.release_volumes(leadership, &guarded, &mut round).await?;
        Ok(round)
    }

    async fn keep_claim(
        &self,
        claim: Labelled,
        is_guarded: bool,
        classes: &mut Option<Vec<ClassFacts>>,
        round: &mut Round,
    ) {
        let Labelled { mut wanted, own, volume, class } = claim;
        let backing = match &volume {
            Some(volume) => self.backing(volume, &own).await,
            None => {
                let classes = match classes {
                    Some(classes) => classes,
                    None => classes.insert(self.classes().await),
                };
                Ok(Backing { fate: ClassFacts::fate(class.as_deref(), classes), guard: None })
            }
        };
        let Backing { fate, guard } = match backing {
            Ok(backing) => backing,
            Err(error) => return failed(&wanted, &error, round),
        };
        // A volume or a class that is gone says nothing against what was known of it.
        if fate != Fate::Unknown {
            wanted.value = Some(fate.as_str());
            self.keep(&wanted, round).await;
        }
        if let Some(guard) = guard.filter(|_| is_guarded) {
            self.keep(&guard, round).await;
        }
    }

    /// Takes the guard off the volumes whose namespaces are not guarded any more. Where the claim is gone, with or without its
    /// namespace, the volume is the last of its data, and stays guarded: also where there is a namespace of that name again.
    async fn release_volumes(
        &self,
        leadership: &Leadership,
        guarded: &BTreeSet<String>,
        round: &mut Round,
    ) -> Result<(), FetchError> {
        let mut free = BTreeMap::new();
        let mut volumes = Walk::labelled(VOLUMES, GUARD, Some(ENFORCED));
        while let Some(page) = volumes.turn(&self.client, guarded_by_us).await? {
            for Guarded { wanted, claim } in page {
                if !leadership.is_held() {
                    return Ok(());
                }
                round.seen += 1;
                if guarded.contains(&claim.namespace) {
                    continue;
                }
                match self.is_free(&claim, &mut free).await {
                    // A volume that is released in the meantime is another version than the one that was read.
                    Ok(true) => self.keep(&wanted, round).await,
                    Ok(false) => {}
                    Err(error) => failed(&wanted, &error, round),
                }
            }
        }
        Ok(())
    }

    /// True where a claim is there, in a namespace that is not guarded; `free` are the namespaces that were asked about.
    async fn is_free(&self, claim: &ClaimRef, free: &mut BTreeMap<String, bool>) -> Result<bool, FetchError> {
        let is_free = match free.get(&claim.namespace) {
            Some(is_free) => *is_free,
            None => {
                let known = self.ask(&Question::Namespace(claim.namespace.clone()), 0).await?;
                // It may have been guarded since the beginning of the round.
                let is_free = matches!(known, Known::Found(Answer::Namespace(facts)) if !is_guarded(&facts.labels));
                free.insert(claim.namespace.clone(), is_free);
                is_free
            }
        };
        Ok(is_free && self.is_there(claim).await?)
    }

    async fn is_there(&self, claim: &ClaimRef) -> Result<bool, FetchError> {
        let mut found = Walk::named(claims_of(&claim.namespace)?, &claim.name);
        while let Some(page) = found.turn(&self.client, |object| Some(ClaimRef::to(object))).await? {
            if page.contains(claim) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn guarded_namespaces(&self) -> Result<BTreeSet<String>, FetchError> {
        let mut guarded = BTreeSet::new();
        let mut namespaces = Walk::labelled(NAMESPACES, GUARD, Some(ENFORCED));
        let name = |namespace: Node<'_>| namespace.path("metadata.name").str().map(str::to_owned);
        while let Some(page) = namespaces.turn(&self.client, name).await? {
            guarded.extend(page);
        }
        Ok(guarded)
    }

    async fn keep(&self, wanted: &Wanted, round: &mut Round) {
        if wanted.is_there() {
            return;
        }
        match self.correct(wanted).await {
            Ok(()) => {
                let (kind, name, value) = (wanted.kind, wanted.name.as_str(), wanted.value);
                tracing::info!(kind, name, key = wanted.key, value, before = wanted.before, "a label was made true");
                round.corrected += 1;
            }
            // Somebody else wrote in the meantime, or it is gone: the next round sees.
            Err(error) if error.is_conflict() || error.is_not_found() => {}
            Err(error) => failed(wanted, &error, round),
        }
    }
}

fn failed(wanted: &Wanted, error: &FetchError, round: &mut Round) {
    let (kind, name) = (wanted.kind, wanted.name.as_str());
    // What fails for one fails for most: it is said once in a round.
    if round.failed == 0 {
        tracing::warn!(kind, name, key = wanted.key, error = %Chain(error), "a label was not made true");
    }
    round.failed += 1;
}

fn labelled(claim: Node<'_>) -> Option<Labelled> {
    let namespace = claim.path("metadata.namespace").text();
    // One that is asked for by name may be anybody's.
    let is_labelled = claim.path("metadata.labels").get(HOLDS_DATA).is_set();
    if !is_labelled || claim.path("metadata.deletionTimestamp").is_set() || UNGUARDED.contains(&namespace) {
        return None;
    }
    let folder = claims_of(namespace).ok()?;
    Some(Labelled {
        wanted: Wanted::of(CLAIM, &folder, claim, HOLDS_DATA, None),
        own: ClaimRef::to(claim),
        volume: claim.path("spec.volumeName").str().filter(|name| !name.is_empty()).map(str::to_owned),
        class: Claim(claim).class_name().map(str::to_owned),
    })
}

/// A volume that has a claim, and a guard of ours.
fn guarded_by_us(volume: Node<'_>) -> Option<Guarded> {
    let claim = ClaimRef::of_volume(volume)?;
    let is_bound = volume.path("status.phase").str() == Some("Bound");
    let is_ours = || volume.path("metadata.managedFields").unread().is_some_and(wrote_guard);
    (is_bound && is_ours()).then(|| Guarded { wanted: Wanted::of(VOLUME, VOLUMES, volume, GUARD, None), claim })
}

/// The claims of a namespace.
fn claims_of(namespace: &str) -> Result<String, FetchError> {
    Ok(format!("/api/v1/namespaces/{}/persistentvolumeclaims", fetch::part(namespace)?))
}

fn wrote_guard(managed: &str) -> bool {
    let Ok(tree) = Tree::from_json(managed) else { return false };
    tree.root().items().any(|entry| {
        let labels = entry.path("fieldsV1.f:metadata.f:labels");
        MANAGERS.contains(&entry.get("manager").text()) && labels.get(&format!("f:{}", keys::GUARD)).is_set()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn guarded(manager: &str, key: &str, phase: &str) -> Option<String> {
        let volumes = format!(
            r#"{{"items":[{{"metadata":{{"name":"v","labels":{{"seawall.dev/guard":"enforced"}},"managedFields":[
                {{"manager":"kube-controller-manager","fieldsV1":{{"f:spec":{{}}}}}},
                {{"manager":"{manager}","fieldsV1":{{"f:metadata":{{"f:labels":{{"f:{key}":{{}}}}}}}}}}]}},
                "spec":{{"claimRef":{{"namespace":"shop","name":"data","uid":"1"}}}},"status":{{"phase":"{phase}"}}}}]}}"#
        );
        let tree = Tree::from_json(&volumes).unwrap();
        let volume = tree.root().get("items").items().next().unwrap();
        guarded_by_us(volume).map(|guarded| guarded.claim.namespace)
    }

    #[test]
    fn what_somebody_else_guards_is_not_released() {
        assert_eq!(guarded("seawall", GUARD, "Bound").as_deref(), Some("shop"));
        assert_eq!(guarded("seawall-protect", GUARD, "Bound").as_deref(), Some("shop"));
        assert_eq!(guarded("kubectl-label", GUARD, "Bound"), None);
        assert_eq!(guarded("seawall", "other", "Bound"), None);
    }

    #[test]
    fn what_has_lost_its_claim_is_not_released() {
        for phase in ["Released", "Failed", "Available", ""] {
            assert_eq!(guarded("seawall", GUARD, phase), None, "{phase}");
        }
    }

    #[test]
    fn what_is_going_or_has_no_label_is_let_go() {
        let read = |more: &str| {
            let metadata = format!(r#"{{"name":"data","namespace":"shop"{more}}}"#);
            let claim = format!(r#"{{"metadata":{metadata},"spec":{{"volumeName":"v"}}}}"#);
            let tree = Tree::from_json(&claim).unwrap();
            labelled(tree.root()).map(|claim| (claim.wanted.name, claim.volume))
        };
        let label = r#","labels":{"seawall.dev/holds-data":"unknown"}"#;
        assert_eq!(read(label), Some(("data".to_owned(), Some("v".to_owned()))));
        assert_eq!(read(&format!(r#"{label},"deletionTimestamp":"2026-01-01T00:00:00Z""#)), None);
        assert_eq!(read(r#","labels":{"app":"web"}"#), None, "who is asked for by name may be anybody's");
    }
}
