//! An API server that has as much as is followed: lists, watches that end at once, and whatever a test puts into them.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
};

use axum::{Router, body::to_bytes, extract::Request, http::StatusCode, response::IntoResponse};
use seawall::cluster::{Cluster, Proxies};
use serde_json::{Value, json};

use crate::scratch::Scratch;

pub(super) const POLICIES: &str = "/apis/seawall.dev/v1alpha1/databasepolicies";
pub(super) const NAMESPACES: &str = "/api/v1/namespaces";
pub(super) const SWITCH: &str = "/api/v1/namespaces/home/configmaps";

/// What it has, and what it was asked.
#[derive(Default)]
pub(super) struct Inside {
    /// Lists and objects, by path.
    pub(super) objects: HashMap<String, Vec<Value>>,
    /// What the next watch of a path tells.
    pub(super) events: HashMap<String, Vec<Value>>,
    /// What is answered instead, by path.
    pub(super) instead: HashMap<String, u16>,
    /// Method and path, without the query.
    pub(super) asked: Vec<String>,
    /// Every status that was written.
    pub(super) written: Vec<Value>,
}

/// A running one.
pub(super) struct Api {
    pub(super) inside: Arc<Mutex<Inside>>,
    pub(super) cluster: Cluster,
    _scratch: Scratch,
}

impl Api {
    pub(super) async fn serve(inside: Inside) -> Self {
        let inside = Arc::new(Mutex::new(inside));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::clone(&inside);
        let handler = move |request: Request| {
            let shared = Arc::clone(&shared);
            async move {
                let (parts, body) = request.into_parts();
                #[expect(clippy::disallowed_methods, reason = "a test")]
                let body = to_bytes(body, 1 << 20).await.unwrap();
                let mut inside = shared.lock().unwrap();
                let (path, query) = (parts.uri.path().to_owned(), parts.uri.query().unwrap_or_default());
                inside.asked.push(format!("{} {path}", parts.method));
                if parts.method == "PATCH" {
                    inside.written.push(serde_json::from_str(std::str::from_utf8(&body).unwrap()).unwrap());
                    return (StatusCode::OK, "{}".to_owned()).into_response();
                }
                let (code, text) = inside.answer(&path, query);
                (StatusCode::from_u16(code).unwrap(), text).into_response()
            }
        };
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback(handler)).await });
        let scratch = Scratch::new();
        let file = scratch.join("kubeconfig");
        let config = json!({
            "apiVersion": "v1", "kind": "Config", "current-context": "here",
            "clusters": [{"name": "here", "cluster": {"server": format!("http://{address}")}}],
            "users": [{"name": "me", "user": {}}],
            "contexts": [{"name": "here", "context": {"cluster": "here", "user": "me", "namespace": "home"}}],
        });
        std::fs::write(&file, config.to_string()).unwrap();
        Self { inside, cluster: Cluster::from_kubeconfig(&file, &Proxies::default()).unwrap(), _scratch: scratch }
    }

    /// Changes what it has.
    pub(super) fn change(&self, change: impl FnOnce(&mut Inside)) {
        change(&mut self.inside.lock().unwrap());
    }

    /// The next watch of the path tells this.
    pub(super) fn tell(&self, path: &str, kind: &str, object: &Value) {
        let event = json!({ "type": kind, "object": object });
        self.change(|inside| inside.events.entry(path.to_owned()).or_default().push(event));
    }

    /// How often this was asked.
    pub(super) fn count(&self, asked: &str) -> usize {
        self.inside.lock().unwrap().asked.iter().filter(|line| *line == asked).count()
    }

    pub(super) fn written(&self) -> Vec<Value> {
        self.inside.lock().unwrap().written.clone()
    }
}

impl Inside {
    fn answer(&mut self, path: &str, query: &str) -> (u16, String) {
        if let Some(code) = self.instead.get(path) {
            let status = json!({"kind": "Status", "code": code, "message": "not now"});
            return (*code, status.to_string());
        }
        if query.contains("watch=1") {
            let told = self.events.remove(path).unwrap_or_default();
            return (200, told.iter().map(|event| format!("{event}\n")).collect());
        }
        if let Some(object) =
            self.objects.get(path).filter(|_| path.starts_with("/api/v1/namespaces/") && path != SWITCH)
        {
            return (200, object[0].to_string());
        }
        let items = self.objects.get(path).cloned().unwrap_or_default();
        (200, json!({"kind": "List", "metadata": {"resourceVersion": "7"}, "items": items}).to_string())
    }
}
