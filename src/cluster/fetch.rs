//! Requests to the API server, and their JSON.
use std::{fmt::Write as _, time::Duration};

use http::{
    HeaderMap, StatusCode,
    header::{CONTENT_TYPE, RETRY_AFTER},
};
use http_body_util::BodyExt as _;
use kube::client::Body;
use kube::core::Status;

use crate::tree::JsonError;

/// Why a request brought nothing.
#[derive(Debug, thiserror::Error)]
pub enum FetchError {
    /// The request could not be made: a name that is no part of a URL.
    #[error("not a path of the API: {0}")]
    Path(String),
    /// A list is longer than what is read of one.
    #[error("{0} holds more than {most} objects", most = MOST_READ)]
    TooMany(String),
    /// The API server did not answer.
    #[error("the API server did not answer")]
    Request(#[source] kube::Error),
    /// The API server answered that it would not, or could not.
    #[error("{}", said(.status))]
    Refused {
        /// What it answered; the code is that of HTTP.
        status: Box<Status>,
        /// How long it wants to be left alone, in seconds.
        retry_after_seconds: Option<u32>,
    },
    /// The answer broke off.
    #[error("the API server's answer broke off")]
    Read(#[source] Box<dyn std::error::Error + Send + Sync>),
    /// The answer is larger than what is held in memory for one question.
    #[error("the API server's answer is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// The answer is no JSON.
    #[error("the API server's answer cannot be read")]
    Json(#[from] JsonError),
}

impl FetchError {
    /// The status that the API server refused with.
    fn status(&self) -> Option<&Status> {
        match self {
            Self::Refused { status, .. } => Some(status),
            _ => None,
        }
    }

    /// A refusal of this code. `text` is a Status, or whatever stands between the API server and here has to say.
    pub(super) fn refused(code: u16, text: &str, retry_after_seconds: Option<u32>) -> Self {
        let mut status: Status = serde_json::from_str(text).unwrap_or_default();
        status.code = code;
        Self::Refused { status: status.boxed(), retry_after_seconds }
    }

    /// True where the same request may be answered a moment later.
    pub(super) fn is_passing(&self) -> bool {
        match self {
            Self::Request(error) => matches!(error, kube::Error::Service(_) | kube::Error::HyperError(_)),
            Self::Refused { status, .. } => status.code == 429 || status.code >= 500,
            Self::Read(_) => true,
            Self::Path(_) | Self::TooMany(_) | Self::TooLarge | Self::Json(_) => false,
        }
    }

    /// How long the API server wants to be left alone.
    pub(super) fn retry_after(&self) -> Option<Duration> {
        let Self::Refused { status, retry_after_seconds } = self else { return None };
        let said = status.details.as_ref().map(|details| details.retry_after_seconds).filter(|seconds| *seconds > 0);
        retry_after_seconds.or(said).map(|seconds| Duration::from_secs(seconds.into()))
    }

    /// True where the API server answered, and refused.
    #[must_use]
    pub fn is_refusal(&self) -> bool {
        self.status().is_some()
    }

    /// True where the right to read it is missing.
    #[must_use]
    pub fn is_forbidden(&self) -> bool {
        self.status().is_some_and(|s| s.code == 403)
    }

    /// True where the API server does not know who asks.
    #[must_use]
    pub fn is_unauthenticated(&self) -> bool {
        self.status().is_some_and(|s| s.code == 401)
    }

    /// True where there is nothing of the kind.
    pub(super) fn is_not_found(&self) -> bool {
        self.status().is_some_and(|s| s.code == 404)
    }

    /// True where there is nowhere to write it: its namespace is gone, or on its way out.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        let is_going = |s: &Status| {
            s.details.as_ref().is_some_and(|d| d.causes.iter().any(|c| c.reason == "NamespaceTerminating"))
        };
        self.is_not_found() || self.status().is_some_and(is_going)
    }

    /// True where somebody else has written since it was read.
    pub(super) fn is_conflict(&self) -> bool {
        self.status().is_some_and(|s| s.code == 409)
    }

    /// Where a list that broke off because its token was too old goes on: at this token, or, where it is empty, nowhere. `None` for
    /// any other fault.
    pub(super) fn expired(&self) -> Option<String> {
        let status = self.status().filter(|s| s.code == 410)?;
        Some(status.metadata.as_ref().and_then(|m| m.continue_.clone()).unwrap_or_default())
    }
}

/// What a Status says to people: its message, without what is only for programs.
fn said(status: &Status) -> String {
    let canonical = || StatusCode::from_u16(status.code).ok().and_then(|code| code.canonical_reason());
    let words = [status.message.as_str(), status.reason.as_str()].into_iter().find(|words| !words.is_empty());
    let words = words.or_else(canonical).unwrap_or("no reason given");
    format!("the API server answered {}: {words}", status.code)
}

/// Most objects of one page.
const PAGE: usize = 100;
/// Most pages of one list; a namespace with more than this many claims is judged as unknown rather than read whole.
const PAGES: usize = 20;
/// Most objects of one list.
pub(crate) const MOST_READ: usize = PAGE * PAGES;
/// Most bytes of one answer, and of all pages of one list together: many questions are under way at once, and what stands in the objects
/// is anybody's.
const LARGEST: usize = 8 << 20;
const LARGEST_LIST: usize = 4 * LARGEST;

/// GETs one object; `None` when it does not exist.
pub(super) async fn object(client: &kube::Client, path: &str) -> Result<Option<String>, FetchError> {
    match text(client, path).await {
        Ok(text) => Ok(Some(text)),
        Err(error) if error.is_not_found() => Ok(None),
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
    let pairs: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
    let filter = (!pairs.is_empty()).then(|| ("labelSelector", pairs.join(",")));
    let mut more = String::new();
    let mut bytes = 0;
    for _ in 0..PAGES {
        let page = text(client, &page_url(path, PAGE, filter.as_ref(), &more)).await?;
        bytes += page.len();
        if bytes > LARGEST_LIST {
            return Err(FetchError::TooLarge);
        }
        match enough(&page)? {
            Page::Enough => return Ok(()),
            Page::Next(token) => more = token,
        }
    }
    Err(FetchError::TooMany(path.to_owned()))
}

/// The URL of one page of a list: of at most `limit` objects, of those that a selector lets through, after the page that gave the token.
pub(super) fn page_url(path: &str, limit: usize, filter: Option<&(&str, String)>, token: &str) -> String {
    let mut url = format!("{path}?limit={limit}");
    if let Some((selector, value)) = filter {
        let _ = write!(url, "&{selector}={}", encoded(value));
    }
    if !token.is_empty() {
        let _ = write!(url, "&continue={}", encoded(token));
    }
    url
}

/// What comes after a page.
pub(super) enum Page {
    /// Nothing more is needed, or there.
    Enough,
    /// The token of the next one.
    Next(String),
}

/// GETs a text.
pub(super) async fn text(client: &kube::Client, path: &str) -> Result<String, FetchError> {
    read(open(client, path).await?).await
}

/// GETs what comes piece by piece.
pub(super) async fn open(client: &kube::Client, path: &str) -> Result<Body, FetchError> {
    let request = http::Request::get(path).body(Body::empty()).map_err(|_| FetchError::Path(path.to_owned()))?;
    Ok(send(client, request).await?.into_body())
}

/// Sends a body, and has the text of the answer.
pub(super) async fn write(
    client: &kube::Client,
    method: http::Method,
    path: &str,
    content_type: &str,
    body: &serde_json::Value,
) -> Result<String, FetchError> {
    let request = http::Request::builder().method(method).uri(path).header(CONTENT_TYPE, content_type);
    let request = request.body(Body::from(body.to_string().into_bytes()));
    let request = request.map_err(|_| FetchError::Path(path.to_owned()))?;
    read(send(client, request).await?.into_body()).await
}

/// Sends a request, and has the answer, if it is no refusal.
pub(super) async fn send(
    client: &kube::Client,
    request: http::Request<Body>,
) -> Result<http::Response<Body>, FetchError> {
    let answer = client.send(request).await.map_err(FetchError::Request)?;
    let (status, seconds) = (answer.status(), retry_after(answer.headers()));
    if status.is_client_error() || status.is_server_error() {
        // The code alone says enough where the rest of it is lost.
        let text = read(answer.into_body()).await;
        return Err(FetchError::refused(status.as_u16(), &text.unwrap_or_default(), seconds));
    }
    Ok(answer)
}

/// A body, as long as it is not too large.
async fn read(mut body: Body) -> Result<String, FetchError> {
    let mut bytes = Vec::new();
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|error| FetchError::Read(error.into()))?.into_data() else { continue };
        if bytes.len() + data.len() > LARGEST {
            return Err(FetchError::TooLarge);
        }
        bytes.extend_from_slice(&data);
    }
    String::from_utf8(bytes).map_err(|error| FetchError::Read(error.into()))
}

/// The seconds of a Retry-After; API servers give no dates.
fn retry_after(headers: &HeaderMap) -> Option<u32> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.parse().ok()
}

/// A name that comes from an object, as a part of a path. An owner reference is not checked before admission, and may hold anything: a
/// slash or a question mark would make another request of it.
pub(super) fn part(name: &str) -> Result<&str, FetchError> {
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.');
    let starts_well = name.bytes().next().is_some_and(|b| b != b'.' && b != b'-');
    if starts_well && name.bytes().all(plain) { Ok(name) } else { Err(FetchError::Path(name.to_owned())) }
}

/// A text as a value in a query.
pub(super) fn encoded(text: &str) -> String {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_is_told_in_the_words_of_its_status() {
        let told = |text: &str| FetchError::refused(503, text, None).to_string();
        let status = r#"{"kind":"Status","message":"etcdserver: request timed out","reason":"Timeout","code":500}"#;
        assert_eq!(told(status), "the API server answered 503: etcdserver: request timed out");
        assert_eq!(told("<html>busy</html>"), "the API server answered 503: Service Unavailable");
        assert_eq!(told("{}"), told(""));
    }

    #[test]
    fn a_name_is_one_part_of_a_path() {
        for name in ["db", "db-0", "0", "a.b-c", "pvc-5f0c0a5e-7f8e-4a55-9d5c-1c2d3e4f5a6b"] {
            assert_eq!(part(name).ok(), Some(name));
        }
        for name in ["", "?watch=true", "../../secrets/x", "..", "a/scale", "a%2fb", "A", "a b", "a\nb"] {
            assert!(part(name).is_err(), "{name:?}");
        }
    }
}
