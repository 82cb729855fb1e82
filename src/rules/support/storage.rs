//! What the cluster, or the other documents of a run, say of the storage that a database is on.
use super::beside;
use crate::{
    facts::{Answer, ClassFacts, DataClaimFacts, Known, Question},
    rule::Context,
    terms::Role,
    tree::Node,
    view::{Claim, Database, Volume, VolumeKind},
};

/// The storage of a server's data: a claim, or the template of some.
#[derive(Debug, Clone, Copy)]
pub(in crate::rules) struct Storage<'t, 'c> {
    /// The claim's name, or its template's.
    pub(in crate::rules) name: &'t str,
    /// Where another one is chosen.
    pub(in crate::rules) place: Node<'t>,
    /// Its class, where it has one that is known.
    pub(in crate::rules) class: Option<&'c ClassFacts>,
    /// The claim, where it exists and is known; of those of a StatefulSet the first one.
    pub(in crate::rules) claim: Option<&'c DataClaimFacts>,
    /// True where the claim has a volume, or names one: what its class says of new volumes is not about this one.
    pub(in crate::rules) is_bound: bool,
    /// True where the claim's label says that its volume is retained.
    pub(in crate::rules) is_retained: bool,
}

impl<'t, 'c> Storage<'t, 'c> {
    /// Of a server whose data is on a claim.
    pub(in crate::rules) fn of(database: &Database<'t>, context: &Context<'c>) -> Option<Self> {
        let volume = database.data.volume().filter(|v| v.is_claim() && database.role == Role::Server)?;
        let claim = claim_behind(database, volume, context);
        let is_bound = claim.is_some_and(|claim| claim.is_bound || claim.volume.is_some());
        let (name, place, own) = match volume.kind {
            VolumeKind::Claim(name) => {
                let place = volume.node.path("persistentVolumeClaim.claimName");
                (name, place, claim.map(|claim| claim.class.as_deref()))
            }
            _ => {
                let template = Claim(volume.node);
                let written = template.class_name();
                let given = || claim.and_then(|claim| claim.class.as_deref());
                // What a claim without a class is given when it is made.
                let stated = || context.settings.storage_class(template.bytes()).map(|class| class.value);
                (template.name(), template.class(), Some(written.or_else(given).or_else(stated)))
            }
        };
        let class = own.and_then(|own| class(own, is_bound, context));
        Some(Self { name, place, class, claim, is_bound, is_retained: claim.is_some_and(|claim| claim.is_retained) })
    }

    /// Of a claim that is a database's.
    pub(in crate::rules) fn of_claim(claim: &Claim<'t>, context: &Context<'c>) -> Option<Self> {
        let DataClaimFacts { is_bound, is_retained, .. } = DataClaimFacts::of(claim.0, None);
        let class = class(claim.class_name(), is_bound, context);
        let known = Self { name: claim.name(), place: claim.class(), class, claim: None, is_bound, is_retained };
        claim.is_of_a_database().then_some(known)
    }
}

fn claim_behind<'c>(database: &Database<'_>, volume: Volume<'_>, context: &Context<'c>) -> Option<&'c DataClaimFacts> {
    beside::data_claim(&database.workload.first_claim(volume)?, context)
}

/// The class of this name; without one the default, which a claim that is bound is no longer given. `""` is none.
fn class<'c>(own: Option<&str>, is_bound: bool, context: &Context<'c>) -> Option<&'c ClassFacts> {
    let Known::Found(Answer::StorageClasses(classes)) = context.facts.get(&Question::StorageClasses) else {
        return None;
    };
    match own {
        Some(name) => classes.iter().find(|class| class.name == name),
        None if is_bound => None,
        // Of several defaults the newest counts, and nobody says which that is.
        None => {
            let mut defaults = classes.iter().filter(|class| class.default);
            defaults.next().filter(|_| defaults.next().is_none())
        }
    }
}
