//! What the log says of calls, and what it never says.

use std::{
    io::Write,
    sync::{Arc, Mutex},
};

use seawall::{
    metrics::Kind,
    server::{Answer, Call, Record, Review, Verdict},
    terms::Operation,
};
use tokio::time::{Duration, sleep};
use tracing_subscriber::fmt::MakeWriter;

use crate::server_support::{Conversation, Script, Setup, in_memory};

const MARKER: &str = "hunter2-marker";

/// What was logged.
#[derive(Clone, Default)]
pub(crate) struct Lines(Arc<Mutex<Vec<u8>>>);

impl Lines {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Lines {
    fn write(&mut self, buf: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(buf)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// Answers what the body's first word says.
fn judge() -> impl seawall::server::Judge {
    Script::new(async |call: Call| {
        let body = String::from_utf8(call.body.to_vec()).unwrap();
        let verdict = match body.split(' ').next().unwrap() {
            "deny" => Verdict::Denied,
            "patch" => Verdict::Patched,
            "warn" => Verdict::Warned,
            "allow" => Verdict::Allowed,
            "refuse" => return Answer::Malformed("the review has no uid".into()),
            _ => panic!("{body}"),
        };
        let record = Record {
            object: "StatefulSet shop/orders".to_owned(),
            rules: vec!["ephemeral-data", "shared-claim"],
            user: "eve\n{\"level\":\"INFO\"}".to_owned(),
            uid: "u-1".to_owned(),
        };
        let record = (verdict != Verdict::Allowed).then(|| Box::new(record));
        let (kind, operation) = (Kind::StatefulSet, Some(Operation::Create));
        Answer::Review(Review { body: MARKER.into(), kind, operation, verdict, record })
    })
}

#[tokio::test(start_paused = true)]
async fn one_line_per_denial_and_patch_and_never_a_body() {
    // While there is but one subscriber, whoever reaches a line of code first decides whether it is logged at all, and
    // that may be another test, which has none. With a second one, each is asked.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().json().with_max_level(tracing::Level::TRACE).with_writer(lines.clone()).finish();
    let _guard = tracing::subscriber::set_default(subscriber);
    let setup = Setup::new();
    let (front, metrics) = setup.front(judge());
    let (near, _served) = in_memory(&front, [10, 0, 0, 1]);
    let mut client = Conversation(setup.client().over(near).await.unwrap());
    for (word, status) in
        [("allow", 200), ("deny", 200), ("patch", 200), ("warn", 200), ("refuse", 400), ("refuse", 400), ("panic", 500)]
    {
        let reply = client.post("/validate", format!("{word} {MARKER}")).await.unwrap();
        assert_eq!(reply.status, status);
        assert!(status == 200 || !reply.body.contains(MARKER));
    }
    client.post_typed("/validate", MARKER, MARKER).await.unwrap();
    sleep(Duration::from_secs(1)).await;
    client.post("/validate", format!("refuse {MARKER}")).await.unwrap();

    let text = lines.text();
    assert!(!text.contains(MARKER), "{text}");
    assert!(!metrics.encode().contains(MARKER));
    let logged: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let messages = |level: &str| -> Vec<String> {
        let lines = logged.iter().filter(|line| line["level"] == level);
        lines.map(|line| line["fields"]["message"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(messages("INFO"), ["denied", "patched"]);
    let turned_away = logged.iter().filter(|line| line["fields"]["message"] == "turned away");
    let turned_away: Vec<_> = turned_away
        .map(|line| (line["fields"]["outcome"].as_str().unwrap(), line["fields"]["unsaid"].as_u64().unwrap()))
        .collect();
    let expected = [("malformed", 0), ("panicked", 0), ("wrong_content_type", 0), ("malformed", 1)];
    assert_eq!(turned_away, expected, "at most one line a second");
    assert_eq!(messages("WARN").len(), 4);
    let denied = &logged.iter().find(|line| line["fields"]["message"] == "denied").unwrap()["fields"];
    assert_eq!(denied["object"], "StatefulSet shop/orders");
    assert_eq!(denied["rules"], "ephemeral-data,shared-claim");
    assert_eq!(
        (&denied["webhook"], &denied["operation"], &denied["uid"]),
        (&"validate".into(), &"CREATE".into(), &"u-1".into())
    );
    assert_eq!(denied["user"], "eve\n{\"level\":\"INFO\"}", "escaped, not a line of its own");
    assert!(denied["latency_us"].is_u64());
}
