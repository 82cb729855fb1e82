//! Following a list of objects: all of them first, then every change. What breaks off is taken up again, without an end.
use std::time::Duration;

use http_body_util::BodyExt as _;
use kube::Client;
use tokio::{sync::mpsc, time::Instant};

use super::fetch::{self, FetchError};
use crate::tree::{Node, Tree};

/// How long the API server keeps one watch: whoever hears nothing for longer is not connected any more.
const WATCH_SECONDS: u64 = 50;
/// How long nothing may come on a connection that is watched: more than [`WATCH_SECONDS`].
pub(super) const QUIET: Duration = Duration::from_secs(65);
/// The first wait after a fault, and the longest; doubled from one to the other. An API server that is back is asked soon: somebody may
/// be waiting for the switch.
const FIRST_WAIT: Duration = Duration::from_millis(100);
const LONGEST_WAIT: Duration = Duration::from_secs(1);
/// The wait after a refusal that only a person can end: no such kind, no right to read it. What was heard before is refused by an API
/// server that has just begun, and does not know rights yet.
const REFUSED_WAIT: Duration = Duration::from_secs(10);
/// Most bytes of one event.
const LARGEST: usize = 4 << 20;
/// Bytes that are held ready for the next event.
const KEPT: usize = 64 << 10;
/// Objects of one page.
const PAGE: usize = 500;

/// Something that is followed.
pub(super) struct Followed {
    /// `/api/v1/namespaces`.
    pub(super) path: String,
    /// `metadata.name=seawall`; empty for all.
    pub(super) fields: String,
}

/// What is told of it.
#[derive(Debug)]
pub(super) enum Told<T> {
    /// These are all.
    All(Vec<T>),
    /// One has come, or changed.
    One(T),
    /// One is gone.
    Gone(String),
    /// Nothing is new; it was asked.
    Same,
    /// Nobody knows what is new.
    Lost {
        /// Why.
        why: String,
        /// True where the API server has no such kind, or does not let us read it.
        is_refused: bool,
    },
}

/// Nobody listens any more.
struct Unheard;

/// Why a watch ended.
enum End {
    Fault(FetchError),
    /// What changed since is not known any more.
    Expired,
    Unheard,
}

impl From<FetchError> for End {
    fn from(error: FetchError) -> Self {
        if error.expired().is_some() { Self::Expired } else { Self::Fault(error) }
    }
}

impl From<Unheard> for End {
    fn from(_: Unheard) -> Self {
        Self::Unheard
    }
}

impl Followed {
    /// Tells `to` until nobody listens. `read` takes of an object what is of interest.
    pub(super) async fn follow<T, M: From<Told<T>>>(
        self,
        client: Client,
        read: impl Fn(Node<'_>) -> T,
        to: mpsc::Sender<M>,
    ) {
        self.go_on(client, read, to, false).await;
    }

    /// The same, but for what is there already: of a list that may be any length, only changes are told.
    pub(super) async fn follow_changes<T, M: From<Told<T>>>(
        self,
        client: Client,
        read: impl Fn(Node<'_>) -> T,
        to: mpsc::Sender<M>,
    ) {
        self.go_on(client, read, to, true).await;
    }

    async fn go_on<T, M: From<Told<T>>>(
        self,
        client: Client,
        read: impl Fn(Node<'_>) -> T,
        to: mpsc::Sender<M>,
        only_changes: bool,
    ) {
        let (mut wait, mut was_heard) = (FIRST_WAIT, false);
        loop {
            let begin = Instant::now();
            let listed = match only_changes {
                true => self.version(&client).await.map(|version| (Vec::new(), version)),
                false => self.list(&client, &read).await,
            };
            let end = match listed {
                Err(error) => End::Fault(error),
                Ok((all, version)) => match tell(&to, Told::All(all)).await {
                    Err(Unheard) => return,
                    Ok(()) => {
                        was_heard = true;
                        self.watch(&client, version, &read, &to).await
                    }
                },
            };
            let error = match end {
                End::Unheard => return,
                // Listed anew; but not without a pause, should that be all that ever comes.
                End::Expired => None,
                End::Fault(error) => Some(error),
            };
            let is_refused = error.as_ref().is_some_and(|e| e.is_forbidden() || e.is_not_found());
            if let Some(error) = error {
                let why = super::Chain(&error).to_string();
                if tell(&to, Told::Lost { why, is_refused }).await.is_err() {
                    return;
                }
            }
            if begin.elapsed() > LONGEST_WAIT {
                wait = FIRST_WAIT;
            }
            tokio::time::sleep(if is_refused && !was_heard { REFUSED_WAIT } else { wait }).await;
            wait = (wait * 2).min(LONGEST_WAIT);
        }
    }

    fn query(&self, more: &str) -> String {
        let fields = if self.fields.is_empty() {
            String::new()
        } else {
            format!("&fieldSelector={}", fetch::encoded(&self.fields))
        };
        format!("{}?{more}{fields}", self.path)
    }

    /// The version from which on changes are to be watched.
    async fn version(&self, client: &Client) -> Result<String, FetchError> {
        let text = fetch::text(client, &fetch::page_url(&self.path, 1, None, "")).await?;
        Ok(Tree::from_json(&text)?.root().path("metadata.resourceVersion").text().to_owned())
    }

    /// All there are, and the version from which on changes are to be watched.
    pub(super) async fn list<T>(
        &self,
        client: &Client,
        read: impl Fn(Node<'_>) -> T,
    ) -> Result<(Vec<T>, String), FetchError> {
        let (mut all, mut more) = (Vec::new(), String::new());
        let filter = (!self.fields.is_empty()).then(|| ("fieldSelector", self.fields.clone()));
        loop {
            let text = fetch::text(client, &fetch::page_url(&self.path, PAGE, filter.as_ref(), &more)).await?;
            let tree = Tree::from_json(&text)?;
            let metadata = tree.root().get("metadata");
            all.extend(tree.root().get("items").items().map(&read));
            match metadata.get("continue").str().filter(|token| !token.is_empty()) {
                Some(token) => token.clone_into(&mut more),
                None => return Ok((all, metadata.get("resourceVersion").text().to_owned())),
            }
        }
    }

    /// Watches again and again from where the last watch ended.
    async fn watch<T, M: From<Told<T>>>(
        &self,
        client: &Client,
        mut version: String,
        read: &impl Fn(Node<'_>) -> T,
        to: &mpsc::Sender<M>,
    ) -> End {
        loop {
            let begin = Instant::now();
            if let Err(end) = self.watch_once(client, &mut version, read, to).await {
                return end;
            }
            // An API server that ends every watch at once is not asked without a pause.
            tokio::time::sleep_until(begin + FIRST_WAIT).await;
        }
    }

    async fn watch_once<T, M: From<Told<T>>>(
        &self,
        client: &Client,
        version: &mut String,
        read: &impl Fn(Node<'_>) -> T,
        to: &mpsc::Sender<M>,
    ) -> Result<(), End> {
        let query =
            format!("watch=1&allowWatchBookmarks=true&timeoutSeconds={WATCH_SECONDS}&resourceVersion={version}");
        let mut body = fetch::open(client, &self.query(&query)).await?;
        tell(to, Told::Same).await?;
        let mut bytes = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| FetchError::Read(error.into()))?;
            let Ok(data) = frame.into_data() else { continue };
            bytes.extend_from_slice(&data);
            while let Some(end) = bytes.iter().position(|b| *b == b'\n') {
                let line: Vec<u8> = bytes.drain(..=end).collect();
                let text = String::from_utf8(line).map_err(|error| FetchError::Read(error.into()))?;
                if let Some(told) = event(&text, version, read)? {
                    tell(to, told).await?;
                }
            }
            // One large object is no reason to hold so much for good.
            bytes.shrink_to(KEPT);
            if bytes.len() > LARGEST {
                return Err(FetchError::TooLarge.into());
            }
        }
        tell(to, Told::Same).await?;
        Ok(())
    }
}

async fn tell<T, M: From<Told<T>>>(to: &mpsc::Sender<M>, told: Told<T>) -> Result<(), Unheard> {
    to.send(M::from(told)).await.map_err(|_| Unheard)
}

/// Reads one event, and takes down its version.
fn event<T>(text: &str, version: &mut String, read: &impl Fn(Node<'_>) -> T) -> Result<Option<Told<T>>, End> {
    if text.trim().is_empty() {
        return Ok(None);
    }
    let tree = Tree::from_json(text).map_err(FetchError::from)?;
    let object = tree.root().get("object");
    let kind = tree.root().get("type").text();
    if kind == "ERROR" {
        let code = object.get("code").i64().and_then(|code| u16::try_from(code).ok()).unwrap_or(500);
        return Err(FetchError::refused(code, &object.to_json().to_string(), None).into());
    }
    if let Some(newer) = object.path("metadata.resourceVersion").str() {
        newer.clone_into(version);
    }
    Ok(match kind {
        "ADDED" | "MODIFIED" => Some(Told::One(read(object))),
        "DELETED" => {
            let (namespace, name) = (object.path("metadata.namespace").text(), object.path("metadata.name").text());
            Some(Told::Gone(if namespace.is_empty() { name.to_owned() } else { format!("{namespace}/{name}") }))
        }
        // A bookmark, and whatever else there may be one day.
        _ => Some(Told::Same),
    })
}
