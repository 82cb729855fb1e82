//! Which exemptions are used, and what is said of that in their status: now and then, not at each request.
use std::{
    collections::BTreeMap,
    sync::{Mutex, PoisonError},
};

use serde_json::json;

use super::{fetch, status::Write};
use crate::{
    facts::Seconds,
    settings::{API_VERSION, Allowed, DAY, Exemption, document::exemption::ExemptionStatus},
};

/// When each exemption was used last, by namespace and name, as far as nobody has said it yet.
#[derive(Debug, Default)]
pub struct Uses(Mutex<BTreeMap<String, Seconds>>);

impl Uses {
    /// Something was let in by it.
    pub fn used(&self, exemption: &Exemption, now: Seconds) {
        let key = format!("{}/{}", exemption.namespace, exemption.name);
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let last = all.entry(key).or_insert(now);
        *last = now.max(*last);
    }

    /// All of them, which are then said.
    pub(super) fn take(&self) -> BTreeMap<String, Seconds> {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

/// What is to be said; `None` where it stands there. Of several replicas the one counts that saw it used last.
pub(super) fn to_write(
    exemption: &Exemption,
    said: &ExemptionStatus,
    used: Option<Seconds>,
    allowed: Allowed<'_>,
    now: Seconds,
) -> Option<Write> {
    let before = said.last_used.as_ref().and_then(|time| time.parse::<jiff::Timestamp>().ok());
    let last = before.map(jiff::Timestamp::as_second).into_iter().chain(used).max();
    let last_used = last.and_then(|last| jiff::Timestamp::from_second(last).ok()).map(|time| time.to_string());
    let days_left = Some((exemption.end(allowed) - now).div_euclid(DAY));
    let status = ExemptionStatus { last_used, days_left };
    if status == *said {
        return None;
    }
    let (namespace, name) = (fetch::part(&exemption.namespace).ok()?, fetch::part(&exemption.name).ok()?);
    let path = format!("/apis/{API_VERSION}/namespaces/{namespace}/databaseexemptions/{name}");
    let body = json!({
        "apiVersion": API_VERSION, "kind": "DatabaseExemption",
        "metadata": { "name": name, "namespace": namespace }, "status": status,
    });
    Some(Write { path, body })
}
