//! The claims of a namespace: how much each keeps, and whose it is.

use std::collections::HashMap;

use crate::cluster::inventory::Item;
use crate::facts::{Answer, ClaimUse, Known, Question};
use crate::text::quantity::Quantity;
use crate::tree::{Node, Tree};
use crate::view::{Claim, Kind, Workload};

/// What one claim keeps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Kept {
    /// What its volume has room for; what was asked for where there is none yet.
    pub(super) bytes: Option<i64>,
    /// Its class.
    pub(super) class: Option<String>,
}

/// The claims of a namespace, and the workloads that use them.
#[derive(Debug, Default)]
pub(super) struct Claims {
    by_name: HashMap<String, Kept>,
    /// The names of those that end in an ordinal, by what stands before it.
    made: HashMap<String, Vec<String>>,
    /// The StatefulSets and Deployments that use a claim, or those of a claim template, as JSON.
    users: HashMap<String, Vec<String>>,
}

/// A name without its ordinal: `data-db-` of `data-db-0`.
fn stem(name: &str) -> &str {
    name.trim_end_matches(|c: char| c.is_ascii_digit())
}

impl Claims {
    pub(super) fn add(&mut self, claim: Claim<'_>) {
        let class = claim.class_name().map(str::to_owned);
        let bytes = capacity(claim).or_else(|| claim.bytes());
        let name = claim.name().to_owned();
        if stem(&name).ends_with('-') {
            self.made.entry(stem(&name).to_owned()).or_default().push(name.clone());
        }
        self.by_name.insert(name, Kept { bytes, class });
    }

    /// What a workload says about its claims.
    pub(super) fn add_user(&mut self, item: &Item, object: Node<'_>) {
        // Others are not asked for, as at a review.
        let Some(kind @ (Kind::StatefulSet | Kind::Deployment)) = Kind::of(item.sort.kind) else { return };
        for name in (Workload { kind, object }).claim_names() {
            self.users.entry(name).or_default().push(item.text.clone());
        }
    }

    /// The claim of this name.
    pub(super) fn named(&self, name: &str) -> Option<&Kept> {
        self.by_name.get(name)
    }

    /// The claims that a StatefulSet made: `data-db-` and an ordinal.
    pub(super) fn made(&self, stem: &str) -> impl Iterator<Item = &Kept> {
        self.made.get(stem).into_iter().flatten().filter_map(|name| self.by_name.get(name))
    }

    /// The answer to whose a claim is.
    pub(super) fn answer(&self, question: &Question) -> Known<Answer> {
        let Question::ClaimUse { name, .. } = question else { return Known::Unknown };
        let of = |name: &str| self.users.get(name).into_iter().flatten();
        let stem = Some(stem(name)).filter(|stem| stem.ends_with('-') && *stem != name.as_str());
        let made = stem.into_iter().flat_map(of);
        let siblings = stem.filter(|stem| self.users.contains_key(*stem)).and_then(|stem| self.made.get(stem));
        let siblings = siblings.into_iter().flatten().filter(|sibling| *sibling != name);
        Known::Found(Answer::ClaimUse(ClaimUse {
            workloads: of(name).chain(made).cloned().collect(),
            sibling_classes: siblings.filter_map(|s| self.named(s)).map(|kept| kept.class.clone()).collect(),
        }))
    }
}

/// The room that its volume has.
fn capacity(claim: Claim<'_>) -> Option<i64> {
    let status = claim.0.get("status").unread()?;
    let tree = Tree::from_json(status).ok()?;
    Quantity::parse(tree.root().path("capacity.storage").text())?.bytes()
}
