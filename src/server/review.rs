//! A call of a webhook, from its head to its answer.

use std::{
    net::IpAddr,
    panic::{AssertUnwindSafe, catch_unwind},
    pin::{Pin, pin},
    sync::Arc,
    time::Duration,
};

use axum::body::Body;
use bytes::Bytes;
use futures::FutureExt;
use hyper::{
    Request, Response, StatusCode,
    header::{CONTENT_TYPE, HeaderMap, HeaderValue},
};
use tokio::time::{Instant, timeout_at};

use super::{
    body::{self, Collected},
    config::Limits,
    connection::House,
    deadline,
    desk::{Desk, LARGE},
    identity::Identity,
    judge::{Answer, Call, Judge, Review},
    life::Phase,
    limits::PerPeer,
    log,
    refusal::{Refusal, close, plain},
};
use crate::{
    metrics::{Kind, Metrics, Outcome, ParseFailure, REQUEST, Webhook},
    terms::Operation,
};

/// Who called, and when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Caller {
    pub(super) peer: IpAddr,
    pub(super) started: Instant,
}

/// What answering needs.
pub(super) struct App<J> {
    pub(super) judge: Arc<J>,
    pub(super) desk: Desk,
    pub(super) metrics: Arc<Metrics>,
    pub(super) house: Arc<House>,
    pub(super) identity: Arc<Identity>,
    pub(super) limits: Limits,
    pub(super) permits: PerPeer,
    pub(super) refusals: log::Refusals,
}

impl<J: Judge> App<J> {
    /// Asks the judge whether it is ready; a panic is a no.
    pub(super) fn ready(&self) -> Result<(), String> {
        catch_unwind(AssertUnwindSafe(|| self.judge.ready())).unwrap_or_else(|_| {
            self.metrics.panicked(REQUEST);
            Err("the readiness check panicked".to_owned())
        })
    }

    /// What else the judge tells of itself.
    pub(super) fn lines(&self) -> Vec<(&'static str, String)> {
        catch_unwind(AssertUnwindSafe(|| self.judge.lines())).unwrap_or_default()
    }

    /// Answers a call. Every call ends here with one answer, one count, and its body read.
    pub(super) async fn review<B>(&self, webhook: Webhook, caller: Caller, request: Request<B>) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
    {
        let tally = Tally::begin(&self.metrics, webhook, caller.started);
        let (head, body) = request.into_parts();
        let deadline = caller.started + deadline::allowed(head.uri.query(), self.house.times.deadline);
        let mut body = pin!(body);
        let refusal = match self.judged(webhook, caller.peer, &head.headers, body.as_mut(), deadline).await {
            Ok(answer) => return self.answered(answer, tally, caller.peer),
            Err(refusal) => refusal,
        };
        let whole = self.read_off(body, deadline).await;
        tally.end(Kind::Other, None, refusal.outcome());
        self.refusals.refused(webhook, refusal.outcome(), caller.peer, &refusal.text());
        refusal.response(whole)
    }

    /// Answers what is no call of a webhook.
    pub(super) async fn decline<B>(
        &self,
        caller: Caller,
        request: Request<B>,
        status: StatusCode,
        text: &'static str,
    ) -> Response<Body>
    where
        B: http_body::Body<Data = Bytes>,
    {
        let whole = self.read_off(pin!(request.into_body()), caller.started + self.house.times.deadline).await;
        let mut response = plain(status, text);
        if !whole {
            close(&mut response);
        }
        response
    }

    /// Reads the rest of a body; true if it came to its end.
    async fn read_off<B>(&self, body: Pin<&mut B>, deadline: Instant) -> bool
    where
        B: http_body::Body<Data = Bytes>,
    {
        timeout_at(deadline, body::discard(body, self.limits.discard_bytes)).await.unwrap_or(false)
    }

    async fn judged<B>(
        &self,
        webhook: Webhook,
        peer: IpAddr,
        headers: &HeaderMap,
        body: Pin<&mut B>,
        deadline: Instant,
    ) -> Result<Answer, Refusal>
    where
        B: http_body::Body<Data = Bytes>,
    {
        if self.house.life.phase() >= Phase::Draining {
            return Err(Refusal::Draining);
        }
        if self.ready().is_err() {
            return Err(Refusal::NotReady);
        }
        if !is_json(headers) {
            return Err(Refusal::WrongContentType);
        }
        let mut late = Refusal::LateBody;
        // One timer for body and answer. The permit is held until the judge is done.
        let work = async {
            let Collected { bytes, permit } = body::collect(body, &self.limits, &self.permits, peer).await?;
            late = Refusal::LateAnswer;
            let is_large = bytes.len() >= LARGE;
            let call = Call::new(webhook, bytes, deadline, peer);
            if is_large {
                return self.desk.judge(&self.judge, call, permit).await;
            }
            let answer = AssertUnwindSafe(async { self.judge.answer(call).await }).catch_unwind().await;
            drop(permit);
            answer.map_err(|_| Refusal::Panicked)
        };
        let result = timeout_at(deadline, work).await.unwrap_or_else(|_| Err(late));
        if matches!(result, Err(Refusal::Panicked)) {
            self.metrics.panicked(REQUEST);
        }
        result
    }

    fn answered(&self, answer: Answer, tally: Tally<'_>, peer: IpAddr) -> Response<Body> {
        let webhook = tally.webhook;
        let (status, cause, outcome, text) = match answer {
            Answer::Review(review) => {
                let took = tally.end(review.kind, review.operation, review.verdict.outcome());
                log::reviewed(webhook, &review, took);
                return json(review);
            }
            Answer::Malformed(text) => (StatusCode::BAD_REQUEST, ParseFailure::Malformed, Outcome::Malformed, text),
            Answer::TooLarge(text) => (StatusCode::PAYLOAD_TOO_LARGE, ParseFailure::TooLarge, Outcome::TooLarge, text),
        };
        tally.end(Kind::Other, None, outcome);
        self.metrics.parse_failure(cause);
        self.refusals.refused(webhook, outcome, peer, &text);
        plain(status, text)
    }
}

fn json(review: Review) -> Response<Body> {
    let mut response = Response::new(Body::from(review.body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// `application/json`, whatever its parameters.
fn is_json(headers: &HeaderMap) -> bool {
    let essence = headers.get(CONTENT_TYPE).and_then(|value| value.as_bytes().split(|byte| *byte == b';').next());
    essence.is_some_and(|essence| essence.trim_ascii().eq_ignore_ascii_case(b"application/json"))
}

/// One call in flight. It is counted once, also when its connection goes away.
struct Tally<'a> {
    metrics: &'a Metrics,
    webhook: Webhook,
    started: Instant,
    ended: bool,
}

impl<'a> Tally<'a> {
    fn begin(metrics: &'a Metrics, webhook: Webhook, started: Instant) -> Self {
        metrics.in_flight().inc();
        Self { metrics, webhook, started, ended: false }
    }

    fn end(mut self, kind: Kind, operation: Option<Operation>, outcome: Outcome) -> Duration {
        self.ended = true;
        let took = self.started.elapsed();
        self.metrics.request(self.webhook, kind, operation, outcome, took);
        took
    }
}

impl Drop for Tally<'_> {
    fn drop(&mut self) {
        self.metrics.in_flight().dec();
        if !self.ended {
            let outcome = Outcome::Abandoned;
            self.metrics.request(self.webhook, Kind::Other, None, outcome, Duration::ZERO);
        }
    }
}
