//! `serve --offline` judges as `check` does: every specimen is posted as a CREATE to a server that asks nobody, first to be mended and then to
//! be judged, and both answers are held against what `check` makes of the same document.

use std::{sync::Arc, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use seawall::{
    decision::{self, Deliberation, Judgement, Neighbours, Request, World},
    engines::Catalogue,
    metrics::{Metrics, Webhook},
    rules,
    server::{Answer, Call, Guard, Judge},
    settings::{KnownNames, Settings},
    terms::{Action, Profile},
    tree::Tree,
};
use serde_json::{Value, json};

use crate::{
    fixture::{NOW, catalogue},
    specimens,
};

fn settings(profile: Profile) -> Settings {
    let known = KnownNames { rules: &rules::names(), engines: &catalogue().names() };
    let text = include_str!("../../examples/settings.yaml");
    Settings::read("examples/settings.yaml", text, Some(profile), known).unwrap()
}

fn guard(profile: Profile) -> Guard {
    let metrics = Arc::new(Metrics::new());
    Guard::new(Catalogue::embedded().unwrap(), settings(profile), rules::ALL, Some(36), None, metrics, || NOW)
}

/// What is written, what is refused in words, and the rules of what is done.
#[derive(Debug, PartialEq, Default)]
struct Said {
    patch: Value,
    denied: Option<String>,
    /// Of findings that are recorded, warned about, refused.
    rules: [Vec<String>; 3],
}

const ACTIONS: [Action; 3] = [Action::Audit, Action::Warn, Action::Deny];

impl Said {
    fn judged(patch: Value, object: &Value, judgements: &[Judgement]) -> Self {
        let text = |value: &Value| value.as_str().unwrap_or("").to_owned();
        let denied = decision::denial(&text(&object["kind"]), &text(&object["metadata"]["name"]), judgements);
        let rules = ACTIONS.map(|action| {
            let of = judgements.iter().filter(|j| j.action == action).map(|j| j.finding.rule.to_owned());
            sorted(of.collect())
        });
        Self { patch, denied, rules }
    }
}

fn sorted(mut all: Vec<String>) -> Vec<String> {
    all.sort();
    all.dedup();
    all
}

/// As `check` does it, with this document alone in the run.
fn checked(object: &Value, settings: &Settings) -> Said {
    let world = World { catalogue: catalogue(), settings, rules: rules::ALL, kubernetes_minor: Some(36) };
    let text = object.to_string();
    let tree = Tree::from_json(&text).unwrap();
    let request = Request::of_document(tree.root(), &tree);
    let Some(asked) = Deliberation::of(request, world, NOW) else {
        return Said { patch: json!([]), ..Said::default() };
    };
    let mut run = Neighbours::default();
    run.add(0, request, world);
    let facts = run.facts(0, &asked);
    let operations = asked.mend(&facts).operations;
    let stored = tree.edited(tree.root(), &operations);
    let judged =
        Deliberation::of(Request::of_document(stored.root(), &stored), world, NOW).unwrap().judge(Some(&facts));
    Said::judged(json!(operations), object, &judged.judgements)
}

async fn response(guard: &Guard, webhook: Webhook, object: &Value) -> Value {
    let (group, version) = match object["apiVersion"].as_str().unwrap_or("").split_once('/') {
        Some((group, version)) => (group, version),
        None => ("", object["apiVersion"].as_str().unwrap_or("")),
    };
    let metadata = &object["metadata"];
    let body = json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": {
        "uid": "u", "operation": "CREATE", "kind": { "group": group, "version": version, "kind": object["kind"] },
        "name": metadata["name"], "namespace": metadata["namespace"].as_str().unwrap_or("default"),
        "userInfo": { "username": "dev" }, "object": object,
    } });
    let deadline = tokio::time::Instant::now() + Duration::from_secs(60);
    let call = Call::new(webhook, body.to_string(), deadline, [127, 0, 0, 1].into());
    let Answer::Review(review) = guard.answer(call).await else { panic!("{object} is not answered") };
    serde_json::from_slice::<Value>(&review.body).unwrap()["response"].clone()
}

/// As a server does it that asks nobody.
async fn served(object: &Value, guard: &Guard) -> Said {
    let mutated = response(guard, Webhook::Mutate, object).await;
    let patch =
        mutated["patch"].as_str().map_or(json!([]), |p| serde_json::from_slice(&STANDARD.decode(p).unwrap()).unwrap());
    let mut stored = object.clone();
    let operations: json_patch::Patch = serde_json::from_value(patch.clone()).unwrap();
    json_patch::patch(&mut stored, &operations).unwrap();
    let judged = response(guard, Webhook::Validate, &stored).await;
    let rules = ACTIONS.map(|action| {
        let of = judged["auditAnnotations"][action.as_str()].as_str().unwrap_or("");
        sorted(of.split(',').filter(|rule| !rule.is_empty()).map(str::to_owned).collect())
    });
    Said { patch, denied: judged["status"]["message"].as_str().map(str::to_owned), rules }
}

/// Whom nobody can be asked about: `check` takes an owner and an operator's label at their word, and a server knows who asks.
fn is_somebodys(object: &Value) -> bool {
    let labels = ["/metadata/labels", "/spec/template/metadata/labels"];
    let operators = catalogue().operators();
    let labelled = labels.iter().filter_map(|at| object.pointer(at)?.as_object()).flatten();
    object["metadata"]["ownerReferences"].is_array()
        || labelled.into_iter().any(|(key, value)| operators.labels(key, value.as_str().unwrap_or("")))
}

#[tokio::test]
async fn an_offline_server_judges_as_check_does() {
    let mut denied = 0;
    let mut compared = 0;
    for profile in [Profile::Baseline, Profile::Production] {
        let (guard, settings) = (guard(profile), settings(profile));
        for specimen in specimens::all() {
            let object = &specimen.case.object;
            if is_somebodys(object) {
                continue;
            }
            let expected = checked(object, &settings);
            assert_eq!(served(object, &guard).await, expected, "{} in {profile}", specimen.name);
            denied += usize::from(expected.denied.is_some());
            compared += 1;
        }
    }
    assert!(compared > 1000 && denied > 100, "{compared} compared, {denied} of them denied: hardly anything was tried");
}
