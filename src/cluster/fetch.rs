//! Requests to the API server, and their JSON.
use std::fmt::Write as _;

use futures::AsyncReadExt as _;

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
    /// The answer broke off.
    #[error("the API server's answer broke off")]
    Read(#[source] std::io::Error),
    /// The answer is larger than what is held in memory for one question.
    #[error("the API server's answer is larger than {} MiB", LARGEST >> 20)]
    TooLarge,
    /// The answer is no JSON.
    #[error("the API server's answer cannot be read")]
    Json(#[from] JsonError),
}

impl FetchError {
    /// The status that the API server refused with.
    fn status(&self) -> Option<&kube::core::Status> {
        match self {
            Self::Request(kube::Error::Api(status)) => Some(status),
            _ => None,
        }
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

    /// Where a list that broke off because its token was too old goes on: at this token, or, where it is empty, nowhere. `None` for
    /// any other fault.
    pub(super) fn expired(&self) -> Option<String> {
        let status = self.status().filter(|s| s.code == 410)?;
        Some(status.metadata.as_ref().and_then(|m| m.continue_.clone()).unwrap_or_default())
    }
}

/// Most objects of one page.
const PAGE: usize = 100;
/// Most pages of one list; a namespace with more than this many claims is judged as unknown rather than read whole.
const PAGES: usize = 20;
/// Most bytes of one answer, and of all pages of one list together: many questions are under way at once, and what stands in the objects
/// is anybody's.
const LARGEST: usize = 8 << 20;
const LARGEST_LIST: usize = 4 * LARGEST;

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
    let mut bytes = 0;
    for _ in 0..PAGES {
        let mut url = format!("{path}?limit={PAGE}");
        if !selector.is_empty() {
            let pairs: Vec<String> = selector.iter().map(|(k, v)| format!("{k}={v}")).collect();
            let _ = write!(url, "&labelSelector={}", encoded(&pairs.join(",")));
        }
        if !more.is_empty() {
            let _ = write!(url, "&continue={}", encoded(&more));
        }
        let page = text(client, &url).await?;
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

/// What comes after a page.
pub(super) enum Page {
    /// Nothing more is needed, or there.
    Enough,
    /// The token of the next one.
    Next(String),
}

/// GETs a text.
pub(super) async fn text(client: &kube::Client, path: &str) -> Result<String, FetchError> {
    let request = http::Request::get(path).body(Vec::new()).map_err(|_| FetchError::Path(path.to_owned()))?;
    let answer = client.request_stream(request).await.map_err(FetchError::Request)?;
    let mut text = String::new();
    let most = u64::try_from(LARGEST).unwrap_or(u64::MAX);
    std::pin::pin!(answer.take(most + 1)).read_to_string(&mut text).await.map_err(FetchError::Read)?;
    if text.len() > LARGEST { Err(FetchError::TooLarge) } else { Ok(text) }
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
    fn a_name_is_one_part_of_a_path() {
        for name in ["db", "db-0", "0", "a.b-c", "pvc-5f0c0a5e-7f8e-4a55-9d5c-1c2d3e4f5a6b"] {
            assert_eq!(part(name).ok(), Some(name));
        }
        for name in ["", "?watch=true", "../../secrets/x", "..", "a/scale", "a%2fb", "A", "a b", "a\nb"] {
            assert!(part(name).is_err(), "{name:?}");
        }
    }
}
