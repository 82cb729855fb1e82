//! A deletion that takes the data of a database along.
//!
//! ## Why
//! A claim whose volume has the reclaim policy `Delete`, which is the default, is gone for good together with its disk; so are the claims of
//! a StatefulSet with `whenDeleted: Delete`, and everything in a namespace. A cleaned-up folder, a prune after a rename or a name that was
//! completed too early is enough.
//!
//! ## Example
//! ```yaml
//! apiVersion: v1
//! kind: PersistentVolumeClaim
//! metadata:
//!   name: data-ledger-0
//!   labels: {seawall.dev/holds-data: deleted}
//! spec:
//!   storageClassName: standard
//!   accessModes: [ReadWriteOnce]
//!   resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: v1
//! kind: PersistentVolumeClaim
//! metadata:
//!   name: data-ledger-0
//!   labels: {seawall.dev/holds-data: retained}
//! spec:
//!   storageClassName: ssd-retain
//!   accessModes: [ReadWriteOnce]
//!   resources: {requests: {storage: 20Gi}}
//! ```
//! It is said what would be lost, and refused in namespaces labelled `seawall.dev/guard: enforced`, with the way through: the annotation
//! `seawall.dev/confirm-delete` with the object's name and a time at most ten minutes ahead. [The guards](guards.md) are policies of the API
//! server that refuse the same while Seawall is away; what they let through by an annotation that is out of date is refused here.
//!
//! ## References
//! - Kubernetes documentation: Persistent Volumes, reclaiming
//! - kubernetes/enhancements: KEP-1847
use crate::{
    facts::{Answer, Known, StorageFacts},
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Fate, Tier, keys},
    text::quantity::human_bytes,
    view::{Claim, Confirmation, Deleted, Deletion},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "deleted-data",
    source: include_str!("deleted_data.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Deletion(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// How long a confirmation that is printed counts, in seconds: at most ten minutes are believed.
const NINE_MINUTES: i64 = 9 * 60;

fn validate(deletion: &Deletion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let stored = match context.facts.get(&deletion.storage(context.namespace)) {
        Known::Found(Answer::Storage(all)) => Some(all.as_slice()),
        _ => None,
    };
    let Some(lost) = lost(*deletion, stored) else { return };
    let finding = findings.report(deletion.object.path("metadata.name"), lost);
    finding.where_guarded().help(way_through(*deletion, context));
}

/// What would be lost, in words; `None` where nothing is known to be.
fn lost(deletion: Deletion<'_>, stored: Option<&[StorageFacts]>) -> Option<String> {
    let name = deletion.name();
    let goes = |claim: &&StorageFacts| claim.reclaim_policy.as_deref() == Some("Delete");
    match (deletion.kind, stored) {
        (Deleted::Claim, stored) => {
            let own = stored.and_then(|all| all.iter().find(|claim| claim.claim == name));
            let is_lost = match own.and_then(|own| own.reclaim_policy.as_deref()) {
                Some(policy) => policy == "Delete",
                None => deletion.fate() == Some(Fate::Deleted),
            };
            let size = size(Claim(deletion.object).bytes());
            let volume = own.and_then(|own| own.volume.as_deref());
            let volume = volume.map_or("its volume".to_owned(), |volume| format!("volume {volume:?}"));
            is_lost.then(|| format!("claim {name:?} holds a database, and {volume}{size} is deleted with it"))
        }
        (Deleted::Set, None) => Some(format!("claims of a database are deleted with StatefulSet {name:?}")),
        (Deleted::Set, Some(all)) => {
            let gone: Vec<_> = all.iter().filter(goes).collect();
            let (claims, volumes) =
                (count(gone.len(), "claim"), if gone.len() == 1 { "its volume" } else { "their volumes" });
            let size = size(sum(&gone));
            (!gone.is_empty())
                .then(|| format!("{claims} of StatefulSet {name:?} and {volumes}{size} are deleted with it"))
        }
        (Deleted::Namespace, all) => {
            let gone: Vec<_> = all?.iter().filter(goes).collect();
            let (volumes, size) = (count(gone.len(), "volume"), size(sum(&gone)));
            (!gone.is_empty()).then(|| format!("{volumes} of databases{size} are deleted with namespace {name:?}"))
        }
    }
}

fn way_through(deletion: Deletion<'_>, context: &Context<'_>) -> String {
    let (resource, name) = (deletion.resource(), deletion.name());
    let until = jiff::Timestamp::from_second(context.now + NINE_MINUTES).unwrap_or_default();
    let namespace = match deletion.kind {
        Deleted::Namespace => String::new(),
        Deleted::Claim | Deleted::Set => format!(" -n {}", context.namespace),
    };
    let begin = match deletion.confirmation(context.now) {
        Confirmation::OutOfDate => "its confirmation is out of date, or more than ten minutes ahead; confirm it anew",
        Confirmation::None | Confirmation::Given => "if that is meant, confirm it",
    };
    let key = keys::CONFIRM_DELETE;
    format!("{begin}: kubectl annotate --overwrite {resource} {name}{namespace} {key}={name}@{until}")
}

fn sum(claims: &[&StorageFacts]) -> Option<i64> {
    claims.iter().map(|claim| claim.bytes).sum()
}

fn size(bytes: Option<i64>) -> String {
    bytes.map_or_else(String::new, |bytes| format!(" ({})", human_bytes(bytes)))
}

fn count(n: usize, what: &str) -> String {
    if n == 1 { format!("1 {what}") } else { format!("{n} {what}s") }
}
