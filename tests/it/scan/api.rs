//! An API server that only lists, over plain HTTP on this machine: pages, tokens, refusals, whatever a test wants of it.

use std::{
    collections::HashMap,
    net::SocketAddr,
    process::{Command, Output, Stdio},
    sync::{Arc, Mutex},
};

use axum::{Router, body::Body, extract::Request, http::StatusCode, response::IntoResponse};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::scratch::Scratch;

/// One request for a list.
#[derive(Debug, Clone, Default)]
pub(super) struct Asked {
    /// `pods`.
    pub(super) plural: String,
    pub(super) namespace: Option<String>,
    pub(super) limit: usize,
    /// The token; empty for a first page.
    pub(super) token: String,
    /// A name that the objects must have.
    pub(super) name: Option<String>,
    /// Path and query, as they came.
    pub(super) line: String,
}

/// What is answered instead of the list.
pub(super) type Answer = Option<(u16, String)>;

/// As the text of an answer: its beginning, and then the connection breaks.
pub(super) const BREAK_OFF: &str = "(the connection breaks)";

/// A running API server.
pub(super) struct Api {
    pub(super) scratch: Scratch,
    pub(super) address: SocketAddr,
    asked: Arc<Mutex<Vec<Asked>>>,
    _runtime: Runtime,
}

/// A refusal as an API server words it.
pub(super) fn refusal(code: u16, more: Value) -> (u16, String) {
    let mut status = json!({"kind": "Status", "apiVersion": "v1", "status": "Failure", "code": code, "message": "no"});
    for (key, value) in more.as_object().unwrap() {
        status[key] = value.clone();
    }
    (code, status.to_string())
}

impl Api {
    /// Serves these objects, each with its namespace, unless `instead` answers.
    pub(super) fn serve(objects: Vec<Value>, instead: impl Fn(&Asked) -> Answer + Send + Sync + 'static) -> Self {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let shared = Arc::new((objects, instead, Arc::clone(&asked)));
        let handler = move |request: Request| {
            let shared = Arc::clone(&shared);
            async move {
                let (objects, instead, log) = &*shared;
                let line = request.uri().to_string();
                assert_eq!(request.method(), "GET", "{line}");
                let (code, text) = match request.uri().path() {
                    "/version" => (200, json!({"major": "1", "minor": "36"}).to_string()),
                    "/apis" => (200, json!({"kind": "APIGroupList", "groups": groups(objects)}).to_string()),
                    _ => {
                        let asked = Asked::of(&line);
                        log.lock().unwrap().push(asked.clone());
                        instead(&asked).unwrap_or_else(|| (200, list(objects, &asked)))
                    }
                };
                if text == BREAK_OFF {
                    let parts = [Ok("{"), Err(std::io::Error::other("broken"))];
                    return Body::from_stream(futures::stream::iter(parts)).into_response();
                }
                (StatusCode::from_u16(code).unwrap(), [("content-type", "application/json")], text).into_response()
            }
        };
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = listener.local_addr().unwrap();
        runtime.spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        let api = Self { scratch: Scratch::new(), address, asked, _runtime: runtime };
        std::fs::write(api.scratch.join("kubeconfig"), kubeconfig(address)).unwrap();
        api
    }

    /// Runs `seawall scan` against it.
    pub(super) fn scan(&self, arguments: &[&str]) -> Output {
        scan(&self.scratch).args(arguments).output().unwrap()
    }

    /// The same, as JSON.
    pub(super) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.scan(&[&["-o", "json"], arguments].concat());
        let text = String::from_utf8(output.stdout).unwrap();
        serde_json::from_str(&text)
            .unwrap_or_else(|error| panic!("{error}: {text}{}", String::from_utf8_lossy(&output.stderr)))
    }

    /// Every list that was asked for.
    pub(super) fn asked(&self) -> Vec<Asked> {
        self.asked.lock().unwrap().clone()
    }
}

/// The program, with the kubeconfig in this folder and nothing of the environment.
pub(super) fn scan(folder: &Scratch) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    let kubeconfig = folder.join("kubeconfig");
    command.args(["scan", "--kubeconfig", kubeconfig.to_str().unwrap()]).env_clear().stdin(Stdio::null());
    command
}

pub(super) fn kubeconfig(address: SocketAddr) -> String {
    json!({
        "apiVersion": "v1", "kind": "Config",
        "clusters": [{"name": "here", "cluster": {"server": format!("http://{address}")}}],
        "users": [{"name": "me", "user": {}}],
        "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "shop"}}],
        "current-context": "here",
    })
    .to_string()
}

impl Asked {
    fn of(line: &str) -> Self {
        let (path, query) = line.split_once('?').unwrap_or((line, ""));
        let query: HashMap<&str, &str> = query.split('&').filter_map(|pair| pair.split_once('=')).collect();
        let value = |key: &str| query.get(key).copied().unwrap_or_default().to_owned();
        let steps: Vec<&str> = path.split('/').collect();
        let within = steps.iter().position(|step| *step == "namespaces").filter(|at| at + 2 < steps.len());
        Self {
            plural: (*steps.last().unwrap()).to_owned(),
            namespace: within.map(|at| steps[at + 1].to_owned()),
            limit: value("limit").parse().unwrap_or(usize::MAX),
            token: value("continue"),
            name: value("fieldSelector").strip_prefix("metadata.name%3D").map(str::to_owned),
            line: line.to_owned(),
        }
    }
}

/// A page of a list: a token is the number of the object that it goes on with.
pub(super) fn list(objects: &[Value], asked: &Asked) -> String {
    let plural = |object: &Value| {
        let kind = object["kind"].as_str().unwrap().to_ascii_lowercase();
        if kind.ends_with("class") { format!("{kind}es") } else { format!("{kind}s") }
    };
    let text = |object: &Value, field: &str| object["metadata"][field].as_str().unwrap_or_default().to_owned();
    let implied = if asked.plural == "namespaces" { implied(objects) } else { Vec::new() };
    let mut found: Vec<&Value> = objects
        .iter()
        .chain(&implied)
        .filter(|object| plural(object) == asked.plural)
        .filter(|object| asked.namespace.as_ref().is_none_or(|n| *n == text(object, "namespace")))
        .filter(|object| asked.name.as_ref().is_none_or(|n| *n == text(object, "name")))
        .collect();
    found.sort_by_key(|object| format!("{}/{}", text(object, "namespace"), text(object, "name")));
    let from: usize = asked.token.parse().unwrap_or(0);
    let items: Vec<Value> = found.iter().skip(from).take(asked.limit).map(|object| stored(object)).collect();
    let to = from + items.len();
    let mut metadata = json!({"resourceVersion": "1"});
    if to < found.len() {
        metadata["continue"] = json!(to.to_string());
        metadata["remainingItemCount"] = json!(found.len() - to);
    }
    json!({"kind": "List", "apiVersion": "v1", "metadata": metadata, "items": items}).to_string()
}

/// The namespaces that objects are in, beside those that are objects themselves.
fn implied(objects: &[Value]) -> Vec<Value> {
    let is_listed = |name: &str| objects.iter().any(|o| o["kind"] == "Namespace" && o["metadata"]["name"] == name);
    let mut names: Vec<&str> = objects.iter().filter_map(|object| object["metadata"]["namespace"].as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let names = names.into_iter().filter(|name| !is_listed(name));
    names.map(|name| json!({"kind": "Namespace", "apiVersion": "v1", "metadata": {"name": name}})).collect()
}

/// The API groups of all objects.
fn groups(objects: &[Value]) -> Vec<Value> {
    let groups = objects.iter().filter_map(|object| object["apiVersion"].as_str()?.split_once('/'));
    groups.map(|(group, _)| json!({"name": group})).collect()
}

/// As lists have their items: without a kind, and with much that no author wrote.
fn stored(object: &Value) -> Value {
    let mut stored = object.clone();
    let fields = stored.as_object_mut().unwrap();
    fields.remove("kind");
    fields.remove("apiVersion");
    stored["metadata"]["managedFields"] = json!([{"manager": "kubectl", "fieldsV1": {"f:spec": {}}}]);
    stored["metadata"]["uid"] = json!("1f0a");
    stored["metadata"]["creationTimestamp"] = json!("2020-01-01T00:00:00Z");
    if stored.get("status").is_none() {
        stored["status"] = json!({"observedGeneration": 1, "replicas": 1});
    }
    stored
}
