//! What a namespace demands of resources.
use kube::Client;

use super::{FetchError, each};
use crate::{facts::LimitFacts, text::quantity::Quantity, view::quantity};

/// To `Limits`: the tightest of all LimitRanges and ResourceQuotas.
pub(super) async fn of(client: &Client, namespace: &str) -> Result<LimitFacts, FetchError> {
    let mut facts = LimitFacts::default();
    each(client, &format!("/api/v1/namespaces/{namespace}/limitranges"), &[], |range| {
        for item in range.path("spec.limits").items().filter(|i| i.get("type").str() == Some("Container")) {
            let bytes = |place| quantity(item.path(place)).and_then(Quantity::bytes);
            facts.most_memory = least(facts.most_memory, bytes("max.memory"));
            facts.least_memory = facts.least_memory.max(bytes("min.memory"));
            let ratio = quantity(item.path("maxLimitRequestRatio.memory")).and_then(Quantity::millis);
            facts.most_memory_ratio_millis = least(facts.most_memory_ratio_millis, ratio);
            let cpu = quantity(item.path("max.cpu")).and_then(Quantity::millis);
            facts.most_cpu_millis = least(facts.most_cpu_millis, cpu);
        }
    })
    .await?;
    each(client, &format!("/api/v1/namespaces/{namespace}/resourcequotas"), &[], |quota| {
        let left = |name: &'static str, unit: fn(Quantity) -> Option<i64>| {
            let hard = quantity(quota.path("status.hard").get(name)).and_then(unit)?;
            let used = quantity(quota.path("status.used").get(name)).and_then(unit).unwrap_or(0);
            Some(hard.saturating_sub(used))
        };
        let memory = least(left("requests.memory", Quantity::bytes), left("memory", Quantity::bytes));
        facts.quota_requests_left = least(facts.quota_requests_left, memory);
        facts.quota_limits_left = least(facts.quota_limits_left, left("limits.memory", Quantity::bytes));
        let cpu = least(left("requests.cpu", Quantity::millis), left("cpu", Quantity::millis));
        facts.quota_cpu_left_millis = least(facts.quota_cpu_left_millis, cpu);
    })
    .await?;
    Ok(facts)
}

fn least(a: Option<i64>, b: Option<i64>) -> Option<i64> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        (a, b) => a.or(b),
    }
}
