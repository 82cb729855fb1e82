//! What the other documents of a run, or the objects around a workload, say for rules.
use crate::{
    facts::{Answer, Around, ClaimUser, ConfigMapFacts, ConfigUser, DataClaimFacts, Known, Question, WorkloadFacts},
    rule::Context,
    view::{Companion, Workload},
};

/// True where it is known that no object of a kind concerns a workload.
pub(in crate::rules) fn has_none_around(what: Around, workload: Workload<'_>, context: &Context<'_>) -> bool {
    context.facts.get(&workload.around(what, context.namespace)) == Known::Missing
}

/// What is known of a claim that exists.
pub(in crate::rules) fn data_claim<'c>(name: &str, context: &Context<'c>) -> Option<&'c DataClaimFacts> {
    let question = Question::DataClaim { namespace: context.namespace.to_owned(), name: name.to_owned() };
    match context.facts.get(&question) {
        Known::Found(Answer::DataClaim(claim)) => Some(claim),
        _ => None,
    }
}

/// The Services of the namespace that give variables to Pods, by their names; nothing where that is unknown.
pub(in crate::rules) fn service_names<'c>(context: &Context<'c>) -> &'c [String] {
    match context.facts.get(&Question::ServiceNames(context.namespace.to_owned())) {
        Known::Found(Answer::Names(names)) => names,
        _ => &[],
    }
}

/// The workloads that a Service or a budget selects, or that an autoscaler scales; nothing where that is unknown.
pub(in crate::rules) fn pointed_at<'c>(companion: &Companion<'_>, context: &Context<'c>) -> &'c [WorkloadFacts] {
    match companion.question(context.namespace).map(|question| context.facts.get(&question)) {
        Some(Known::Found(Answer::Workloads(workloads))) => workloads,
        _ => &[],
    }
}

/// The databases that read a ConfigMap; nothing where that is unknown.
pub(in crate::rules) fn readers_of<'c>(companion: &Companion<'_>, context: &Context<'c>) -> &'c [ConfigUser] {
    match companion.question(context.namespace).map(|question| context.facts.get(&question)) {
        Some(Known::Found(Answer::ConfigUsers(users))) => users,
        _ => &[],
    }
}

/// The workloads that write to a claim, the asking one among them; nothing where that is unknown.
pub(in crate::rules) fn users_of_claim<'c>(claim: &str, context: &Context<'c>) -> &'c [ClaimUser] {
    let question = Question::ClaimUsers { namespace: context.namespace.to_owned(), name: claim.to_owned() };
    match context.facts.get(&question) {
        Known::Found(Answer::ClaimUsers(users)) => users,
        _ => &[],
    }
}

/// What a ConfigMap says; `None` where that is unknown.
pub(in crate::rules) fn config_map<'c>(name: &str, context: &Context<'c>) -> Option<&'c ConfigMapFacts> {
    let question = Question::ConfigMap { namespace: context.namespace.to_owned(), name: name.to_owned() };
    match context.facts.get(&question) {
        Known::Found(Answer::ConfigMap(map)) => Some(map),
        _ => None,
    }
}

/// True where one folder of a volume is the other, or is inside it.
pub(in crate::rules) fn overlap(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_matches('/'), b.trim_matches('/'));
    let inside = |inner: &str, outer: &str| {
        outer.is_empty() || inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    inside(a, b) || inside(b, a)
}
