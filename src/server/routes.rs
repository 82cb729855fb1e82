//! What can be asked, on either port.

use std::sync::Arc;

use axum::{
    Extension, Router,
    body::Body,
    extract::{Request, State},
    routing::{get, post},
};
use hyper::{
    Response, StatusCode, Uri,
    header::{CONTENT_TYPE, HeaderValue},
};

use super::{
    judge::Judge,
    life::Phase,
    refusal::plain,
    review::{App, Caller},
};
use crate::{
    metrics::{CONTENT_TYPE as METRICS_TYPE, Webhook},
    terms::COMMIT,
};

/// The TLS port: the webhooks, health and the version.
pub(super) fn webhooks<J: Judge>(app: Arc<App<J>>) -> Router {
    let router = Router::new().route("/mutate", post(mutate)).route("/validate", post(validate));
    health(router).with_state(app)
}

/// The plain port: metrics, health and the version.
pub(super) fn metrics<J: Judge>(app: Arc<App<J>>) -> Router {
    health(Router::new().route("/metrics", get(encoded))).with_state(app)
}

fn health<J: Judge>(router: Router<Arc<App<J>>>) -> Router<Arc<App<J>>> {
    router
        .route("/livez", get(|| async { plain(StatusCode::OK, "ok") }))
        .route("/readyz", get(ready))
        .route("/version", get(version))
        .fallback(no_such_path)
        .method_not_allowed_fallback(not_with_this_method)
}

async fn version() -> Response<Body> {
    let build = serde_json::json!({"name": "seawall", "version": env!("CARGO_PKG_VERSION"), "commit": COMMIT});
    typed("application/json", format!("{build}\n"))
}

async fn no_such_path<J: Judge>(
    app: State<Arc<App<J>>>,
    caller: Extension<Caller>,
    request: Request,
) -> Response<Body> {
    app.decline(caller.0, request, StatusCode::NOT_FOUND, "no such path").await
}

/// The router adds `Allow`.
async fn not_with_this_method<J: Judge>(
    app: State<Arc<App<J>>>,
    caller: Extension<Caller>,
    request: Request,
) -> Response<Body> {
    app.decline(caller.0, request, StatusCode::METHOD_NOT_ALLOWED, "not with this method").await
}

async fn mutate<J: Judge>(app: State<Arc<App<J>>>, caller: Extension<Caller>, request: Request) -> Response<Body> {
    app.review(Webhook::Mutate, caller.0, request).await
}

async fn validate<J: Judge>(app: State<Arc<App<J>>>, caller: Extension<Caller>, request: Request) -> Response<Body> {
    app.review(Webhook::Validate, caller.0, request).await
}

/// `?verbose` lists what was checked, as the API server's own `/readyz` does.
async fn ready<J: Judge>(app: State<Arc<App<J>>>, uri: Uri) -> Response<Body> {
    let serving = match app.house.life.phase() {
        Phase::Serving => Ok(()),
        _ => Err("stopping".to_owned()),
    };
    let checks = [("serving", serving), ("certificate", app.identity.ready()), ("judge", app.ready())];
    let is_ready = checks.iter().all(|(_, check)| check.is_ok());
    let mut text = String::new();
    if uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "verbose" || pair.starts_with("verbose="))) {
        for (name, check) in &checks {
            text += &match check {
                Ok(()) => format!("[+]{name} ok\n"),
                Err(why) => format!("[-]{name} failed: {why}\n"),
            };
        }
        for (name, line) in app.lines() {
            text += &format!("[ ]{name}: {line}\n");
        }
    }
    text += if is_ready { "ok" } else { "not ready" };
    plain(if is_ready { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE }, text)
}

async fn encoded<J: Judge>(app: State<Arc<App<J>>>) -> Response<Body> {
    typed(METRICS_TYPE, app.metrics.encode())
}

fn typed(content_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}
