//! Applies without a pause, by several at once, and what became of them.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::{Result, bail};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;
use tokio::task::JoinSet;

use crate::databases::{MYSQL, POSTGRES, Shape, database};
use crate::plane::Namespace;

/// How many apply at the same time.
const LANES: usize = 4;
/// Before the next apply where the API server itself did not answer.
const PAUSE: Duration = Duration::from_millis(50);
/// Between two looks at how far it is.
const GLANCE: Duration = Duration::from_millis(20);
/// How long it may take until applies succeed again.
const PATIENCE: Duration = Duration::from_secs(60);
/// Failures that are kept for a message.
const KEPT: usize = 5;

/// What became of applies.
#[derive(Debug, Clone, Copy, Default)]
pub struct Tally {
    /// Accepted.
    pub applied: usize,
    /// Refused since a webhook did not answer.
    pub failed: usize,
    /// Not answered by the API server itself, which was away.
    pub away: usize,
}

impl std::ops::Sub for Tally {
    type Output = Self;

    fn sub(self, before: Self) -> Self {
        Self {
            applied: self.applied - before.applied,
            failed: self.failed - before.failed,
            away: self.away - before.away,
        }
    }
}

/// Applies that go on until this is dropped. Every entry that is asked should be Fail, so that a call that fails is an apply that fails.
pub struct Stream {
    told: Arc<Mutex<(Tally, Vec<String>)>>,
    _lanes: JoinSet<()>,
}

impl Stream {
    /// Begins to apply in a namespace.
    pub fn begin(namespace: &Namespace) -> Self {
        let told = Arc::new(Mutex::new((Tally::default(), Vec::new())));
        let mut lanes = JoinSet::new();
        for lane in 0..LANES {
            lanes.spawn(applying(namespace.clone(), lane, Arc::clone(&told)));
        }
        Self { told, _lanes: lanes }
    }

    /// What became of them until now.
    pub fn tally(&self) -> Tally {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    /// The last failures, for a message.
    pub fn failures(&self) -> String {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).1.join("\n")
    }

    /// Waits until so many more have succeeded.
    pub async fn progress(&self, more: usize) -> Result<()> {
        let (begin, deadline) = (self.tally().applied, tokio::time::Instant::now() + PATIENCE);
        while self.tally().applied < begin + more {
            if tokio::time::Instant::now() > deadline {
                bail!("no {more} applies succeed within {PATIENCE:?}; the last failures:\n{}", self.failures());
            }
            tokio::time::sleep(GLANCE).await;
        }
        Ok(())
    }
}

/// A change of a database, or one that is new and goes no further: the one is cheap, the other asks the API server.
async fn apply(namespace: &Namespace, lane: usize, number: usize) -> kube::Result<()> {
    if number.is_multiple_of(2) {
        return renumber(namespace, lane, number).await;
    }
    let new = database(POSTGRES, Shape::StatefulSet, &format!("new-{lane}"));
    let new = serde_json::from_value(new).map_err(kube::Error::SerdeError)?;
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    namespace.api::<StatefulSet>().create(&dry_run, &new).await.map(drop)
}

/// Applies the database of this lane, with a number of its own.
pub async fn renumber(namespace: &Namespace, lane: usize, number: usize) -> kube::Result<()> {
    let (api, name): (Api<Deployment>, _) = (namespace.api(), format!("db-{lane}"));
    let mut deployment = database(MYSQL, Shape::Deployment, &name);
    deployment["spec"]["replicas"] = json!(0);
    deployment["metadata"]["annotations"] = json!({"number": number.to_string()});
    api.patch(&name, &PatchParams::apply("trials").force(), &Patch::Apply(deployment)).await.map(drop)
}

async fn applying(namespace: Namespace, lane: usize, told: Arc<Mutex<(Tally, Vec<String>)>>) {
    for number in 0.. {
        let done = apply(&namespace, lane, number).await;
        // The API server says it in words alone.
        let is_ours =
            matches!(&done, Err(kube::Error::Api(status)) if status.message.contains("failed calling webhook"));
        let is_away = done.is_err() && !is_ours;
        {
            let mut told = told.lock().unwrap_or_else(PoisonError::into_inner);
            match done {
                Ok(()) => told.0.applied += 1,
                Err(error) => {
                    if is_ours {
                        told.0.failed += 1;
                    } else {
                        told.0.away += 1;
                    }
                    let first = told.1.len().saturating_sub(KEPT - 1);
                    told.1.drain(..first);
                    told.1.push(error.to_string());
                }
            }
        }
        if is_away {
            tokio::time::sleep(PAUSE).await;
        }
    }
}
