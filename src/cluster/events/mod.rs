//! Kubernetes Events about what Seawall did: what was refused, and what was mended.
//!
//! Who applies by hand reads the answer; who has a controller, a pipeline or a GitOps tool apply finds the Event. Nobody's answer
//! waits for one: they go through a channel that drops what it has no room for, and are written by a task at a pace that cannot
//! trouble an API server. What happens again is said again in the same Event, as a series.
mod book;

use std::{sync::Arc, time::Duration};

use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use serde_json::{Value, json};
use tokio::{
    sync::mpsc,
    task::JoinSet,
    time::{Instant, MissedTickBehavior, interval, timeout},
};

use self::book::{Book, Entry, Step};
use super::{
    Chain, Cluster,
    fetch::{self, FetchError},
};
use crate::{
    metrics::{EventEnd, Metrics},
    terms::Operation,
    tree::{Node, Tree},
    view::Owner,
};

/// Happenings that wait to be written; documented in `docs/limits.md`.
pub const WAITING: usize = 256;
/// How long one request may take.
const LIMIT: Duration = Duration::from_secs(10);
/// Between two looks at what happened again.
const SAY_AGAIN: Duration = Duration::from_secs(10);
/// Most bytes of a note; the API server takes 1,024.
const LONGEST_NOTE: usize = 1_000;
/// Most characters of a replica's name there.
const LONGEST_NAME: usize = 128;
/// Who speaks.
const CONTROLLER: &str = "seawall.dev/seawall";

/// What happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// A request was refused.
    Denied,
    /// An object was given what it lacked.
    Mended,
    /// A Pod was deleted, and nobody waited until it had ended.
    Forced,
}

/// Something that happened to an object.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Happening {
    /// Whom it is told of.
    pub about: About,
    /// What.
    pub what: What,
    /// What was asked for.
    pub operation: Operation,
    /// In words, without a value of any object.
    pub note: String,
}

/// An object that exists, by which people find an Event.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct About {
    api_version: String,
    kind: String,
    namespace: String,
    name: String,
    uid: String,
}

impl About {
    /// The object itself, where it exists; else its controller; else its namespace. `None` for what is in none.
    #[must_use]
    pub fn of(namespace: &str, old: Node<'_>, new: Node<'_>) -> Option<Self> {
        if namespace.is_empty() {
            return None;
        }
        let of = |at: Node<'_>, metadata: Node<'_>| Self {
            api_version: at.get("apiVersion").text().to_owned(),
            kind: at.get("kind").text().to_owned(),
            namespace: namespace.to_owned(),
            name: metadata.get("name").text().to_owned(),
            uid: metadata.get("uid").text().to_owned(),
        };
        if old.is_set() {
            return Some(of(old, old.get("metadata")));
        }
        if let Some(owner) = Owner::node(new) {
            return Some(of(owner, owner));
        }
        let (api_version, kind) = ("v1".to_owned(), "Namespace".to_owned());
        Some(Self {
            api_version,
            kind,
            namespace: namespace.to_owned(),
            name: namespace.to_owned(),
            uid: String::new(),
        })
    }
}

/// Takes happenings, for as long as it is held.
#[derive(Debug)]
pub struct Events {
    send: mpsc::Sender<Happening>,
    metrics: Arc<Metrics>,
    _task: JoinSet<()>,
}

impl Events {
    /// Has it written, some time. What there is no room for is dropped, and counted.
    pub fn tell(&self, happening: Happening) {
        if self.send.try_send(happening).is_err() {
            self.metrics.event(EventEnd::Dropped);
        }
    }
}

impl Cluster {
    /// Writes Events from now on, as the replica of this name.
    #[must_use]
    pub fn events(&self, replica: &str, metrics: Arc<Metrics>, clock: fn() -> Timestamp) -> Events {
        let (send, heard) = mpsc::channel(WAITING);
        let replica = replica.chars().take(LONGEST_NAME).collect();
        let writer = Writer { client: self.background(), replica, metrics: Arc::clone(&metrics), clock };
        let mut task = JoinSet::new();
        task.spawn(writer.run(heard));
        Events { send, metrics, _task: task }
    }
}

struct Writer {
    client: kube::Client,
    replica: String,
    metrics: Arc<Metrics>,
    clock: fn() -> Timestamp,
}

impl Writer {
    async fn run(self, mut heard: mpsc::Receiver<Happening>) {
        let mut book = Book::new(Instant::now());
        let mut ticks = interval(SAY_AGAIN);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut complained = false;
        loop {
            tokio::select! {
                happening = heard.recv() => {
                    let Some(happening) = happening else { return };
                    let step = book.hear(happening, Instant::now());
                    self.take(step, &mut book, &mut complained).await;
                }
                _ = ticks.tick() => {
                    for step in book.turn(Instant::now()) {
                        self.take(step, &mut book, &mut complained).await;
                    }
                }
            }
        }
    }

    async fn take(&self, step: Step, book: &mut Book, complained: &mut bool) {
        let end = match step {
            Step::Nothing => return,
            Step::Drop => EventEnd::Dropped,
            Step::Write(happening) => match self.in_time(self.write(&happening)).await {
                Ok(path) => {
                    book.written(happening, path, Instant::now());
                    EventEnd::Written
                }
                Err(error) => self.failed(&error, complained),
            },
            Step::Again(Entry { path, count }) => match self.in_time(self.again(&path, count)).await {
                Ok(()) => EventEnd::Repeated,
                Err(error) => self.failed(&error, complained),
            },
        };
        if matches!(end, EventEnd::Written | EventEnd::Repeated) {
            *complained = false;
        }
        self.metrics.event(end);
    }

    async fn in_time<T>(&self, work: impl Future<Output = Result<T, FetchError>>) -> Result<T, String> {
        match timeout(LIMIT, work).await {
            Ok(done) => done.map_err(|error| Chain(&error).to_string()),
            Err(_) => Err("the API server did not answer in time".to_owned()),
        }
    }

    /// Said once, until one is written again: whoever lacks the right lacks it every time.
    fn failed(&self, error: &str, complained: &mut bool) -> EventEnd {
        if !std::mem::replace(complained, true) {
            tracing::warn!(error, "an Event was not written");
        }
        EventEnd::Failed
    }

    /// Writes the first Event of something; its path.
    async fn write(&self, happening: &Happening) -> Result<String, FetchError> {
        let folder = format!("/apis/events.k8s.io/v1/namespaces/{}/events", fetch::part(&happening.about.namespace)?);
        let body = body(happening, &self.replica, (self.clock)());
        let text = fetch::write(&self.client, http::Method::POST, &folder, "application/json", &body).await?;
        let tree = Tree::from_json(&text)?;
        let name = fetch::part(tree.root().path("metadata.name").text())?;
        Ok(format!("{folder}/{name}"))
    }

    /// Says that it has happened so often by now.
    async fn again(&self, path: &str, count: u32) -> Result<(), FetchError> {
        let series = json!({"series": {"count": count, "lastObservedTime": MicroTime((self.clock)())}});
        fetch::write(&self.client, http::Method::PATCH, path, "application/merge-patch+json", &series).await.map(drop)
    }
}

fn body(happening: &Happening, replica: &str, now: Timestamp) -> Value {
    let Happening { about, what, operation, note } = happening;
    let (reason, kind) = match what {
        What::Denied => ("Denied", "Warning"),
        What::Mended => ("Mended", "Normal"),
        What::Forced => ("ForceDeleted", "Warning"),
    };
    let action = match operation {
        Operation::Create => "Create",
        Operation::Update => "Update",
        Operation::Delete => "Delete",
        Operation::Connect => "Connect",
    };
    json!({
        "apiVersion": "events.k8s.io/v1",
        "kind": "Event",
        "metadata": {"generateName": "seawall-", "namespace": about.namespace},
        "eventTime": MicroTime(now),
        "reportingController": CONTROLLER,
        "reportingInstance": replica,
        "action": action,
        "reason": reason,
        "type": kind,
        "regarding": {
            "apiVersion": about.api_version, "kind": about.kind, "namespace": about.namespace,
            "name": about.name, "uid": about.uid,
        },
        "note": cut(note),
    })
}

/// As much as fits; the rest is in the answer to who asked.
fn cut(note: &str) -> String {
    if note.len() <= LONGEST_NOTE {
        return note.to_owned();
    }
    let end = (0..=LONGEST_NOTE).rev().find(|end| note.is_char_boundary(*end)).unwrap_or_default();
    format!("{}…", note.get(..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn about(namespace: &str, old: &str, new: &str) -> Option<(String, String, String)> {
        let (old, new) = (Tree::from_json(old).unwrap(), Tree::from_json(new).unwrap());
        let nothing = new.root().get("").get("");
        let old = if old.root().get("kind").is_set() { old.root() } else { nothing };
        About::of(namespace, old, new.root()).map(|about| (about.kind, about.name, about.uid))
    }

    #[test]
    fn what_does_not_exist_is_told_of_its_owner_or_its_namespace() {
        let stored = r#"{"apiVersion":"apps/v1","kind":"StatefulSet","metadata":{"name":"db","uid":"1"}}"#;
        let owned = r#"{"kind":"Pod","metadata":{"name":"db-0","ownerReferences":[
            {"apiVersion":"apps/v1","kind":"StatefulSet","name":"db","uid":"2","controller":true}]}}"#;
        let said = |kind: &str, name: &str, uid: &str| Some((kind.to_owned(), name.to_owned(), uid.to_owned()));
        assert_eq!(about("shop", stored, stored), said("StatefulSet", "db", "1"));
        assert_eq!(about("shop", "{}", owned), said("StatefulSet", "db", "2"));
        assert_eq!(about("shop", "{}", stored), said("Namespace", "shop", ""));
        assert_eq!(about("", stored, stored), None);
    }

    #[test]
    fn a_note_fits() {
        assert_eq!(cut("short"), "short");
        let long = cut(&"ü".repeat(900));
        assert!(long.len() <= 1_024 && long.ends_with("ü…"), "{}", long.len());
    }
}
