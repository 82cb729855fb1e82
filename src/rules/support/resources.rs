//! Which memory and CPU a container may be given: what the settings state, as far as the engine and the namespace allow it.
use std::borrow::Cow;

use crate::{
    facts::{Answer, Known, LimitFacts, Question},
    rule::Context,
    text::quantity::{Quantity, human_bytes},
    tree::Node,
    view::{Container, Database, Fit, quantity},
};

/// An amount as it is written, and in bytes or millicores.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::rules) struct Amount<'c> {
    /// As written.
    pub(in crate::rules) text: Cow<'c, str>,
    /// In bytes; in millicores for CPU.
    pub(in crate::rules) size: i64,
}

/// A memory limit that the settings state.
#[derive(Debug)]
pub(in crate::rules) enum Limit<'c> {
    /// They state none, or one that is not to be given.
    None,
    /// It may be given, and the request goes in with it where the container has none.
    Given(Amount<'c>, Option<Amount<'c>>),
    /// It is too little for what the server takes; at least so many bytes would do.
    TooLittle(Amount<'c>, i64),
    /// It cannot be given to this container; why, to complete "is not given: ...".
    Unsuitable(Amount<'c>, &'static str),
}

/// What LimitRanges and ResourceQuotas demand; `None` where nobody knows, or where somebody else sets resources: nothing is given.
fn demands(database: &Database<'_>, context: &Context<'_>) -> Option<LimitFacts> {
    if !database.role.is_server()
        || database.pod.has_pod_resources()
        || database.workload.has_resources_from_elsewhere()
    {
        return None;
    }
    match context.facts.get(&Question::Limits(context.namespace.to_owned())) {
        Known::Found(Answer::Limits(limits)) => Some(limits.clone()),
        Known::Missing => Some(LimitFacts::default()),
        Known::Found(_) | Known::Unknown => None,
    }
}

/// The memory limit for a container that has none.
pub(in crate::rules) fn limit<'c>(database: &Database<'_>, context: &Context<'c>) -> Limit<'c> {
    if database.container.memory_limit().is_set() {
        return Limit::None;
    }
    let stated = context.settings.memory_limit().and_then(|s| stated(s.value, Quantity::bytes));
    let Some(limit) = stated else { return Limit::None };
    match database.memory_need().map(|need| need.fit(limit.size)) {
        Some(Fit::Fits) => {}
        Some(Fit::TooLittle { least }) => return Limit::TooLittle(limit, least),
        Some(Fit::Unknown) | None => return Limit::Unsuitable(limit, "nobody knows how much the server takes"),
    }
    let present = database.container.memory_request();
    if !present.is_set() && context.settings.memory_request().is_none() {
        return Limit::Unsuitable(limit, "it has no request, and the limit would become one");
    }
    if quantity(present).and_then(Quantity::bytes).is_some_and(|request| request > limit.size) {
        return Limit::Unsuitable(limit, "it requests more");
    }
    let Some(demands) = demands(database, context) else { return Limit::None };
    let request =
        if present.is_set() { None } else { memory_request_within(database, context, &demands, Some(&limit)) };
    let Some(requested) = request.as_ref().map(|r| r.size).or_else(|| quantity(present)?.bytes()) else {
        return Limit::None;
    };
    let others = others(database, Container::memory_limit);
    let refused = demands.most_memory.is_some_and(|most| limit.size > most)
        || demands.least_memory.is_some_and(|least| limit.size < least)
        || exceeds_ratio(limit.size, requested, &demands)
        || demands.quota_limits_left.is_some_and(|left| all_pods(database, limit.size, others) > left);
    if refused { Limit::None } else { Limit::Given(limit, request) }
}

/// The memory request for a container that has none: the smallest of what the settings state, its limit, and what a LimitRange allows.
pub(in crate::rules) fn memory_request<'c>(database: &Database<'_>, context: &Context<'c>) -> Option<Amount<'c>> {
    if database.container.memory_request().is_set() {
        return None;
    }
    // The limit that goes in at the same time is one that this request must not exceed.
    if let Limit::Given(_, request) = limit(database, context) {
        return request;
    }
    memory_request_within(database, context, &demands(database, context)?, None)
}

fn memory_request_within<'c>(
    database: &Database<'_>,
    context: &Context<'c>,
    demands: &LimitFacts,
    limit: Option<&Amount<'c>>,
) -> Option<Amount<'c>> {
    let stated = stated(context.settings.memory_request()?.value, Quantity::bytes)?;
    let present = bound(database.container.memory_limit(), Quantity::bytes)?;
    let most = demands.most_memory.map(|size| Amount { text: human_bytes(size).into(), size });
    let bounds = present.clone().into_iter().chain(limit.cloned()).chain(most);
    let request = bounds.fold(stated, |least, other| if other.size < least.size { other } else { least });
    let refused = demands.least_memory.is_some_and(|least| request.size < least)
        || present.is_some_and(|limit| exceeds_ratio(limit.size, request.size, demands))
        || demands
            .quota_requests_left
            .is_some_and(|left| all_pods(database, request.size, others(database, Container::memory_request)) > left);
    (!refused).then_some(request)
}

/// The CPU request for a container that has none. There is never a CPU limit.
pub(in crate::rules) fn cpu_request<'c>(database: &Database<'_>, context: &Context<'c>) -> Option<Amount<'c>> {
    let container = database.container;
    if container.cpu_request().is_set() {
        return None;
    }
    let stated = stated(context.settings.cpu_request()?.value, Quantity::millis)?;
    let demands = demands(database, context)?;
    let present = bound(container.cpu_limit(), Quantity::millis)?;
    let most = demands.most_cpu_millis.map(|size| Amount { text: format!("{size}m").into(), size });
    let bounds = present.into_iter().chain(most);
    let request = bounds.fold(stated, |least, other| if other.size < least.size { other } else { least });
    let pod = others_of(database, Container::cpu_request, Quantity::millis);
    let refused = demands.quota_cpu_left_millis.is_some_and(|left| all_pods(database, request.size, pod) > left);
    (!refused).then_some(request)
}

fn stated(text: &str, size: fn(Quantity) -> Option<i64>) -> Option<Amount<'_>> {
    let size = size(Quantity::parse(text)?).filter(|size| *size > 0)?;
    Some(Amount { text: text.into(), size })
}

/// A bound that the container has; `None` where it has one that cannot be read.
fn bound(node: Node<'_>, size: fn(Quantity) -> Option<i64>) -> Option<Option<Amount<'static>>> {
    if !node.is_set() {
        return Some(None);
    }
    let size = size(quantity(node)?)?;
    let text = node.str().map_or_else(|| node.to_json().to_string(), str::to_owned);
    Some(Some(Amount { text: text.into(), size }))
}

fn others<'t>(database: &Database<'t>, of: fn(Container<'t>) -> Node<'t>) -> i64 {
    others_of(database, of, Quantity::bytes)
}

/// What the other containers of the Pod have.
fn others_of<'t>(database: &Database<'t>, of: fn(Container<'t>) -> Node<'t>, size: fn(Quantity) -> Option<i64>) -> i64 {
    let others = database.pod.running().filter(|c| c.name() != database.name());
    others.filter_map(|c| size(quantity(of(c))?)).fold(0, i64::saturating_add)
}

/// What a namespace's quota is asked for by all Pods of the workload.
fn all_pods(database: &Database<'_>, own: i64, others: i64) -> i64 {
    own.saturating_add(others).saturating_mul(database.workload.replicas().max(1))
}

fn exceeds_ratio(limit: i64, request: i64, demands: &LimitFacts) -> bool {
    demands
        .most_memory_ratio_millis
        .is_some_and(|most| i128::from(limit) * 1000 > i128::from(request) * i128::from(most))
}
