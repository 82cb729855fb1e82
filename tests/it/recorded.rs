//! The reviews that a real API server sent, replayed: every one is answered, and the answers are what a snapshot says.

use std::{fmt::Write as _, path::Path, sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use bytes::Bytes;
use seawall::{
    engines::Catalogue,
    metrics::{Metrics, Webhook},
    rules,
    server::{Answer, Call, Guard, Judge},
    settings::Settings,
    terms::Profile,
};
use serde_json::Value;

/// Every recorded review: its file's name and its body.
pub(crate) fn reviews() -> Vec<(String, Bytes)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/reviews");
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    files.retain(|p| p.extension().is_some_and(|e| e == "json"));
    files.sort();
    let name = |p: &Path| p.file_stem().unwrap().to_string_lossy().into_owned();
    files.iter().map(|p| (name(p), Bytes::from(std::fs::read(p).unwrap()))).collect()
}

pub(crate) fn guard(profile: Profile) -> Guard {
    let catalogue = Catalogue::embedded().unwrap();
    // One day after the recordings were made, so that nothing in them is new by the clock.
    Guard::new(catalogue, Settings::of(profile), rules::ALL, Some(36), None, Arc::new(Metrics::new()), || 1_795_000_000)
}

pub(crate) async fn answer(guard: &Guard, webhook: Webhook, body: Bytes) -> Answer {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(3);
    guard.answer(Call::new(webhook, body, deadline, [127, 0, 0, 1].into())).await
}

/// One line for each review: what was answered, in words.
async fn story(profile: Profile) -> String {
    let guard = guard(profile);
    let mut story = String::new();
    for (name, body) in reviews() {
        let webhook = if name.contains("-mutate-") { Webhook::Mutate } else { Webhook::Validate };
        let uid = serde_json::from_slice::<Value>(&body).unwrap()["request"]["uid"].clone();
        let Answer::Review(review) = answer(&guard, webhook, body).await else { panic!("{name} was not answered") };
        let reply: Value = serde_json::from_slice(&review.body).unwrap();
        let response = &reply["response"];
        assert_eq!(response["uid"], uid, "{name}");
        assert_eq!(response["patch"].is_null(), response["patchType"].is_null(), "{name}");
        assert!(webhook == Webhook::Mutate || response["patch"].is_null(), "{name}: /validate patches");
        writeln!(story, "{name}: {:?}", review.verdict).unwrap();
        if let Some(patch) = response["patch"].as_str() {
            let patch: Vec<Value> = serde_json::from_slice(&STANDARD.decode(patch).unwrap()).unwrap();
            for operation in patch {
                writeln!(story, "    {} {}", operation["op"].as_str().unwrap(), operation["path"].as_str().unwrap())
                    .unwrap();
            }
        }
        for warning in response["warnings"].as_array().into_iter().flatten() {
            writeln!(story, "    warning: {}", warning.as_str().unwrap()).unwrap();
        }
        if let Some(message) = response["status"]["message"].as_str() {
            assert!(!message.contains("planted-password"), "{name}: a secret in a message");
            message.lines().for_each(|line| writeln!(story, "    {line}").unwrap());
        }
        assert!(!String::from_utf8_lossy(&review.body).contains("planted-password"), "{name}: a secret in the answer");
    }
    story
}

#[tokio::test]
async fn every_recorded_review_is_answered() {
    insta::assert_snapshot!("recorded-production", story(Profile::Production).await);
}

#[tokio::test]
async fn an_observer_only_watches() {
    for line in story(Profile::Observe).await.lines() {
        assert!(line.ends_with(": Allowed"), "observe does more than watch: {line}");
    }
}
