//! Judges that do what a test wants them to do.

use std::{
    pin::Pin,
    sync::atomic::{AtomicBool, Ordering},
};

use seawall::{
    metrics::Kind,
    server::{Answer, Call, Judge, Review, Verdict},
    terms::Operation,
};

type Answering = Pin<Box<dyn Future<Output = Answer> + Send>>;

/// A judge that answers with a function.
pub(crate) struct Script<F> {
    answer: F,
    pub(crate) ready: &'static AtomicBool,
}

impl<F, A> Script<F>
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    pub(crate) fn new(answer: F) -> Self {
        static ALWAYS: AtomicBool = AtomicBool::new(true);
        Self { answer, ready: &ALWAYS }
    }
}

impl<F, A> Judge for Script<F>
where
    F: Fn(Call) -> A + Send + Sync + 'static,
    A: Future<Output = Answer> + Send + 'static,
{
    async fn answer(&self, call: Call) -> Answer {
        let answering: Answering = Box::pin((self.answer)(call));
        answering.await
    }

    fn ready(&self) -> Result<(), String> {
        if self.ready.load(Ordering::Relaxed) { Ok(()) } else { Err("engines are not loaded".to_owned()) }
    }
}

/// An answer that lets a Pod through, with this body.
pub(crate) fn review(body: impl Into<String>) -> Answer {
    Answer::Review(Review {
        body: body.into().into(),
        kind: Kind::Pod,
        operation: Some(Operation::Create),
        verdict: Verdict::Allowed,
        record: None,
    })
}

/// Lets everything through; says how many bytes it read.
pub(crate) fn allow() -> impl Judge {
    Script::new(async |call: Call| review(format!(r#"{{"bytes":{}}}"#, call.body.len())))
}
