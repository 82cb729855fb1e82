//! Calls that the server turns away itself, and how.

use std::borrow::Cow;

use axum::body::Body;
use hyper::{
    Response, StatusCode,
    header::{CONNECTION, CONTENT_TYPE, HeaderValue, RETRY_AFTER},
};

use crate::metrics::Outcome;

/// Why the server turns a call away.
///
/// The API server repeats a call only after an answer with `Retry-After`, within the call's own timeout; after any
/// other failure the webhook's failurePolicy applies. So `Retry-After` goes with what another replica, or this one in
/// a second, can do better, and `Connection: close` has the API server dial anew, which is how it meets another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The judge is not ready.
    NotReady,
    /// The server is on its way out.
    Draining,
    /// No memory is left for this body, or the peer has its share of it.
    Overloaded,
    /// The deadline passed before the body was there. No `Retry-After`: what is left of the caller's timeout is less
    /// than the second that it would wait, so that it would only learn later that it failed.
    LateBody,
    /// The deadline passed before the answer was there; the same, and trying again would add to the load.
    LateAnswer,
    /// The body is longer than this many bytes.
    TooLarge(usize),
    /// The body is not JSON.
    WrongContentType,
    /// The body ended before its end, or its chunks are broken.
    BrokenBody,
    /// The judge panicked. The same call would panic again, here and anywhere, so no `Retry-After`. To let the object
    /// through would make a panic a way around every rule, also where somebody asked for Fail; to deny it would stop
    /// databases where nobody did. A 500 leaves it to the failurePolicy, which is exactly that choice.
    Panicked,
}

impl Refusal {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::NotReady => Outcome::NotReady,
            Self::Draining => Outcome::Draining,
            Self::Overloaded => Outcome::Overloaded,
            Self::LateBody | Self::LateAnswer => Outcome::Late,
            Self::TooLarge(_) => Outcome::TooLarge,
            Self::WrongContentType => Outcome::WrongContentType,
            Self::BrokenBody => Outcome::Malformed,
            Self::Panicked => Outcome::Panicked,
        }
    }

    fn status(self) -> StatusCode {
        match self {
            Self::NotReady | Self::Draining | Self::Overloaded | Self::LateBody | Self::LateAnswer => {
                StatusCode::SERVICE_UNAVAILABLE
            }
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::WrongContentType => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BrokenBody => StatusCode::BAD_REQUEST,
            Self::Panicked => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    pub(super) fn text(self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Self::NotReady => "not ready yet",
            Self::Draining => "stopping; another replica answers",
            Self::Overloaded => "too many bodies at once",
            Self::LateBody => "the body did not arrive within the deadline",
            Self::LateAnswer => "no answer within the deadline",
            Self::TooLarge(limit) => return Cow::Owned(format!("the body is longer than {limit} bytes")),
            Self::WrongContentType => "the body must be application/json",
            Self::BrokenBody => "the body could not be read to its end",
            Self::Panicked => "internal error; this is a bug in seawall",
        })
    }

    /// The answer. `whole`: the body was read to its end, so that the connection can be used again.
    pub(super) fn response(self, whole: bool) -> Response<Body> {
        let mut response = plain(self.status(), self.text());
        let again = matches!(self, Self::NotReady | Self::Draining | Self::Overloaded);
        if again {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
        }
        if again || !whole || self.outcome() == Outcome::Late {
            close(&mut response);
        }
        response
    }
}

/// An answer in plain text.
pub(super) fn plain(status: StatusCode, text: impl Into<Cow<'static, str>>) -> Response<Body> {
    let mut line = text.into().into_owned();
    line.push('\n');
    let mut response = Response::new(Body::from(line));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/plain; charset=utf-8"));
    response
}

/// Makes it the connection's last answer.
pub(super) fn close(response: &mut Response<Body>) {
    response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
}
