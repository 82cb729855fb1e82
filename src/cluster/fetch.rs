//! Requests to the API server, and their JSON.
use std::fmt::Write as _;

use crate::tree::JsonError;

/// Why a request brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The request could not be made: a name that is no part of a URL.
    #[error("not a path of the API: {0}")]
    Path(String),
    /// A list is longer than what is read of one.
    #[error("{0} holds more than {most} objects", most = PAGE * PAGES)]
    TooMany(String),
    /// The API server refused, or did not answer.
    #[error("the API server did not answer")]
    Request(#[source] kube::Error),
    /// The answer is no JSON.
    #[error("the API server's answer cannot be read")]
    Json(#[from] JsonError),
}

/// Most objects of one page.
const PAGE: usize = 250;
/// Most pages of one list; a namespace with more than this many claims is judged as unknown rather than read whole.
const PAGES: usize = 8;

/// GETs one object; `None` when it does not exist.
pub(super) async fn object(client: &kube::Client, path: &str) -> Result<Option<String>, FetchError> {
    match text(client, path).await {
        Ok(text) => Ok(Some(text)),
        Err(FetchError::Request(kube::Error::Api(status))) if status.code == 404 => Ok(None),
        Err(error) => Err(error),
    }
}

/// LISTs objects, page by page, until `enough` says so.
pub(super) async fn list(
    client: &kube::Client,
    path: &str,
    selector: &[(String, String)],
    mut enough: impl FnMut(&str) -> Result<Page, FetchError>,
) -> Result<(), FetchError> {
    let mut more = String::new();
    for _ in 0..PAGES {
        let mut url = format!("{path}?limit={PAGE}");
        if !selector.is_empty() {
            let pairs: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let _ = write!(url, "&labelSelector={}", encoded(&pairs.join(",")));
        }
        if !more.is_empty() {
            let _ = write!(url, "&continue={}", encoded(&more));
        }
        match enough(&text(client, &url).await?)? {
            Page::Enough => return Ok(()),
            Page::Next(token) => more = token,
        }
    }
    Err(FetchError::TooMany(path.to_owned()))
}

/// What comes after a page.
pub(super) enum Page {
    /// Nothing more is needed, or there.
    Enough,
    /// The token of the next one.
    Next(String),
}

async fn text(client: &kube::Client, path: &str) -> Result<String, FetchError> {
    let request = http::Request::get(path).body(Vec::new()).map_err(|_| FetchError::Path(path.to_owned()))?;
    client.request_text(request).await.map_err(FetchError::Request)
}

fn encoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.' | b'~') {
            out.push(char::from(byte));
        } else {
            let _ = write!(out, "%{byte:02X}");
        }
    }
    out
}
