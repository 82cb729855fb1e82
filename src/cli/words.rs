//! What tiers, profiles and the kinds of a rule are called where people read about them.
use crate::engines::{Catalogue, Engine};
use crate::rule::{Mutate, Rule, Validate};
use crate::terms::{Profile, Tier};

/// What findings of a tier have in common.
pub(crate) const fn tier(tier: Tier) -> &'static str {
    match tier {
        Tier::Loss => "data gone or corrupt",
        Tier::Open => "anyone gets in, or a secret is on a command line",
        Tier::Leak => "a secret can be read in the spec",
        Tier::Outage => "it stops, or will not stop well",
        Tier::Hygiene => "what good housekeeping would change",
    }
}

/// What a profile is for.
pub(crate) const fn profile(profile: Profile) -> &'static str {
    match profile {
        Profile::Observe => {
            "everything is counted, and what would be refused is logged; nothing is said, written or refused"
        }
        Profile::Advise => "warnings; nothing is written or refused",
        Profile::Baseline => "what loses or opens data is refused; mends are written",
        Profile::Production => "what leaks a secret or stops a database is refused, too",
    }
}

/// What a rule looks at.
pub(crate) const fn looks_at(rule: &Rule) -> &'static str {
    match rule.validate {
        Some(Validate::Database(_)) => "each container that is a database server or cache",
        Some(Validate::Workload(_)) => "each workload with all of its containers",
        Some(Validate::Commands(_)) => "each workload with everything that its containers run",
        Some(Validate::Change(_) | Validate::Refused(_)) => "each update of a workload with a database",
        Some(Validate::Deletion(_)) => {
            "the deletion of claims, of StatefulSets that take theirs along, and of namespaces"
        }
        Some(Validate::Claim(_)) => "each claim of a database",
        Some(Validate::Storage(..)) => {
            "each container that is a database server or cache, and each claim of a database"
        }
        Some(Validate::Companion(_)) => {
            "Services, budgets, autoscalers and ConfigMaps, where the same run of `check` or `scan` sees the database"
        }
        None => "nothing",
    }
}

/// Into what a rule writes.
pub(crate) const fn writes_into(rule: &Rule) -> Option<&'static str> {
    match rule.mutate {
        Some(Mutate::Birth(_)) => Some("new StatefulSets and Deployments, and bare Pods"),
        Some(Mutate::Start(_)) => Some("Pods when they are created"),
        Some(Mutate::Claim(_)) => Some("claims when they are created"),
        None => None,
    }
}

/// The places that a rule writes; those in sidecars, which are the same, left out.
pub(crate) fn places(rule: &Rule) -> impl Iterator<Item = &'static str> {
    rule.writes.iter().copied().filter(|place| !place.starts_with("initContainers"))
}
/// The databases that a rule has something to say about.
pub(crate) fn engines(rule: &Rule, catalogue: &Catalogue) -> String {
    let databases = || catalogue.names().into_iter().filter(|n| catalogue.named(n).is_some_and(Engine::is_database));
    let concerned: Vec<&str> = databases().filter(|name| catalogue.variants(name).any(rule.needs)).collect();
    if concerned.len() == databases().count() { "all".to_owned() } else { concerned.join(", ") }
}
