//! The seam between the server and what it serves: who judges a call, what a call is, what can be answered.

use std::{borrow::Cow, net::IpAddr};

use bytes::Bytes;
use tokio::time::Instant;

use super::desk::{Abandoned, Seat};
use crate::{
    metrics::{Kind, Outcome, Webhook},
    terms::Operation,
};

/// Who answers the calls of a server.
pub trait Judge: Send + Sync + 'static {
    /// Answers one call, before its deadline: whoever asks others (the API server) on the way stops waiting for them
    /// early enough to answer without. An answer that comes late is not sent.
    ///
    /// A panic is caught: see [`Outcome::Panicked`].
    fn answer(&self, call: Call) -> impl Future<Output = Answer> + Send;

    /// Whether calls can be answered yet. Asked once per call, so it must be cheap.
    ///
    /// # Errors
    /// What is missing, in a few words for `/readyz?verbose`.
    fn ready(&self) -> Result<(), String>;

    /// What else `/readyz?verbose` tells: a name, and how it is. None of it makes anything unready.
    fn lines(&self) -> Vec<(&'static str, String)> {
        Vec::new()
    }
}

/// A call of a webhook.
#[derive(Clone)]
pub struct Call {
    /// Which one.
    pub webhook: Webhook,
    /// The body: whole, of type JSON, within the limit of bytes, otherwise unread.
    pub body: Bytes,
    /// When the answer is of no use any more.
    pub deadline: Instant,
    /// Who called. What a call takes from others (look-ups) is to be shared by this address: see
    /// [`PerPeer`](super::limits::PerPeer).
    pub peer: IpAddr,
    /// Whether anybody still waits: who works for long looks at it, and stops.
    pub abandoned: Abandoned,
    /// What a large call is judged at: who waits for others lends it meanwhile.
    pub seat: Seat,
}

impl Call {
    /// A call that is judged where it arrives, and that somebody waits for.
    #[must_use]
    pub fn new(webhook: Webhook, body: impl Into<Bytes>, deadline: Instant, peer: IpAddr) -> Self {
        let (abandoned, seat) = (Abandoned::default(), Seat::default());
        Self { webhook, body: body.into(), deadline, peer, abandoned, seat }
    }
}

/// What can be answered.
pub enum Answer {
    /// 200: an AdmissionReview, whatever it says.
    Review(Review),
    /// 400: it is no AdmissionReview that can be answered. The text says why; it quotes nothing.
    Malformed(Cow<'static, str>),
    /// 413: it has too many entries. The text names the limit.
    TooLarge(Cow<'static, str>),
}

/// An AdmissionReview, and what it was about.
pub struct Review {
    /// Its JSON.
    pub body: Bytes,
    /// The kind of the object under review.
    pub kind: Kind,
    /// The operation under review, where it was read.
    pub operation: Option<Operation>,
    /// What it says.
    pub verdict: Verdict,
    /// For the log: given for a denial or a patch, `None` where there is nothing to say.
    pub record: Option<Box<Record>>,
}

/// What an AdmissionReview says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    /// Let through, nothing said.
    Allowed,
    /// Let through, with a warning.
    Warned,
    /// Let through, with a patch.
    Patched,
    /// Refused.
    Denied,
}

impl Verdict {
    pub(super) fn outcome(self) -> Outcome {
        match self {
            Self::Allowed => Outcome::Allowed,
            Self::Warned => Outcome::Warned,
            Self::Patched => Outcome::Patched,
            Self::Denied => Outcome::Denied,
        }
    }
}

/// What the log says of a denial or a patch; never a value of the object.
pub struct Record {
    /// Kind, namespace and name, as people write it: `StatefulSet shop/orders`.
    pub object: String,
    /// The rules that refused or mended.
    pub rules: Vec<&'static str>,
    /// Who asked the API server.
    pub user: String,
    /// The review's uid.
    pub uid: String,
}
