//! What a policy's status says, and writing it.
//!
//! Every replica says it of itself, by server-side apply under one name, so that all of them together own one status. A replica says only
//! what is news to it: two of different versions, which understand a policy differently, do not argue for ever.
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Duration, timeout},
};

use super::{
    fetch::{self, FetchError},
    heard::Stored,
};
use crate::{
    facts::Seconds,
    settings::{
        API_VERSION, Conflict,
        document::{
            PolicyObject,
            definition::{PolicyCondition, PolicyStatus},
        },
    },
};

/// Statuses that wait to be written.
const WAITING: usize = 1024;
/// How long one may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Most faults or conflicts that are told of one policy.
const MOST_TOLD: usize = 8;

/// What is said of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Said {
    uid: String,
    generation: i64,
    /// Type, status, reason, message.
    conditions: [(&'static str, bool, &'static str, String); 2],
}

/// A status to write.
#[derive(Debug)]
pub(super) struct Write {
    /// Of the object.
    pub(super) path: String,
    pub(super) body: Value,
}

impl Said {
    pub(super) fn of(stored: &Stored, conflicts: &[Conflict]) -> Self {
        let understood = &stored.understood;
        let faults = told(understood.faults.clone());
        let accepted = match (understood.is_whole(), understood.holds()) {
            (true, _) => ("Accepted", true, "Valid", "all of it is in force".to_owned()),
            (false, true) => {
                ("Accepted", false, "PartlyInvalid", format!("{faults}; all else that it says is in force"))
            }
            (false, false) => ("Accepted", false, "Invalid", format!("{faults}; nothing that it says is in force")),
        };
        let pairs = conflicts.iter().flat_map(|c| [(c, &c.one, &c.other), (c, &c.other, &c.one)]);
        let own = pairs.filter(|(_, (_, origin), _)| origin.policy == stored.name);
        let lines = own.map(|(conflict, (own, _), (other, origin))| {
            let engine = conflict.engine.as_ref().map_or_else(String::new, |engine| format!(" for {engine}"));
            format!("{}{engine}: {own} here, {other} in {}", conflict.field, origin.text)
        });
        let lines: Vec<String> = lines.collect();
        let conflicted = if lines.is_empty() {
            ("Conflicted", false, "NoConflict", "no policy of the same priority says anything else".to_owned())
        } else {
            ("Conflicted", true, "SamePriority", format!("{}; the stricter holds", told(lines)))
        };
        Self { uid: stored.uid.clone(), generation: stored.generation, conditions: [accepted, conflicted] }
    }

    pub(super) fn log(&self, name: &str) {
        for (kind, status, reason, message) in &self.conditions {
            if (*kind == "Accepted") != *status {
                tracing::warn!(
                    policy = name,
                    generation = self.generation,
                    reason,
                    message,
                    "a policy needs attention"
                );
            }
        }
    }

    /// What is to be written; `None` where it stands there.
    pub(super) fn to_write(&self, stored: &Stored, now: Seconds) -> Option<Write> {
        let now = jiff::Timestamp::from_second(now).map(|time| time.to_string()).unwrap_or_default();
        let conditions = self.conditions.iter().map(|(kind, status, reason, message)| {
            let status = if *status { "True" } else { "False" };
            let before = stored.status.conditions.iter().find(|c| c.kind == *kind && c.status == status);
            PolicyCondition {
                kind: (*kind).to_owned(),
                status: status.to_owned(),
                observed_generation: self.generation,
                last_transition_time: before.map_or_else(|| now.clone(), |before| before.last_transition_time.clone()),
                reason: (*reason).to_owned(),
                message: message.clone(),
            }
        });
        let status = PolicyStatus { observed_generation: Some(self.generation), conditions: conditions.collect() };
        if status == stored.status {
            return None;
        }
        let body = json!({
            "apiVersion": API_VERSION, "kind": "DatabasePolicy", "metadata": { "name": stored.name }, "status": status,
        });
        let path = format!("{}/{}", PolicyObject::PATH, fetch::part(&stored.name).ok()?);
        Some(Write { path, body })
    }
}

fn told(mut lines: Vec<String>) -> String {
    let more = lines.len().saturating_sub(MOST_TOLD);
    lines.truncate(MOST_TOLD);
    if more > 0 {
        lines.push(format!("{more} more"));
    }
    lines.join("; ")
}

/// Writes what comes, one after the other.
pub(super) fn writer(client: kube::Client, tasks: &mut JoinSet<()>) -> mpsc::Sender<Write> {
    let (send, mut receive) = mpsc::channel(WAITING);
    tasks.spawn(async move {
        while let Some(Write { path, body }) = receive.recv().await {
            match timeout(LIMIT, put(&client, &path, body)).await {
                Ok(Ok(())) => {}
                Ok(Err(error)) => {
                    let error = super::Chain(&error).to_string();
                    tracing::warn!(path, error, "a status was not written");
                }
                Err(_) => tracing::warn!(path, "a status was not written in time"),
            }
        }
    });
    send
}

async fn put(client: &kube::Client, path: &str, body: Value) -> Result<(), FetchError> {
    let path = format!("{path}/status?fieldManager=seawall&force=true");
    fetch::write(client, http::Method::PATCH, &path, "application/apply-patch+yaml", &body).await.map(drop)
}
