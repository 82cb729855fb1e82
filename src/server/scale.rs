//! `/scale`, by which `kubectl scale` and autoscalers change the number of replicas: judged as the UPDATE of the workload that it is.
//!
//! A Scale says a number and a selector, and nothing of what is scaled. So the workload is read, and the review is written anew as if its
//! manifest had been changed: every rule about replicas holds for both, whoever scales.
use bytes::Bytes;
use serde_json::{Value, json};

use super::{guard::Guard, judge::Call};
use crate::{
    facts::{Answer, Known, Question},
    metrics::Webhook,
    review::{self, Review},
    terms::Operation,
    tree::{Node, Tree},
};

/// What can be scaled and may be a database.
const SCALED: [(&str, &str); 2] = [("statefulsets", "StatefulSet"), ("deployments", "Deployment")];

impl Guard {
    /// The review of the UPDATE that a review of `/scale` amounts to; `None` for any other, where the number stays, and where nobody says
    /// what is scaled.
    pub(super) async fn as_update(&self, review: &Review<'_>, tree: &Tree<'_>, call: &Call) -> Option<Bytes> {
        let is_scale = review.subresource == "scale" && review.operation == Operation::Update;
        if !is_scale || call.webhook != Webhook::Validate || !self.asks() {
            return None;
        }
        let resource = review::resource(tree)?;
        let (_, kind) = SCALED.into_iter().find(|(plural, _)| *plural == resource)?;
        let (from, to) = (replicas(review.old), replicas(review.object));
        if from == to {
            return None;
        }
        let question = Question::Workload {
            namespace: review.namespace.to_owned(),
            kind: kind.to_owned(),
            name: review.name.to_owned(),
        };
        let facts = self.ask(|| vec![question.clone()], call).await;
        let Known::Found(Answer::Workload(text)) = facts.get(&question) else { return None };
        let stored = Tree::from_json(text).ok()?;
        let with = |replicas: i64| {
            let mut object = stored.root().to_json();
            object.get_mut("spec")?.as_object_mut()?.insert("replicas".to_owned(), replicas.into());
            Some(object)
        };
        Some(update(review, kind, with(from)?, with(to)?).to_string().into())
    }
}

/// Zero is not spelled out in a Scale.
fn replicas(scale: Node<'_>) -> i64 {
    scale.path("spec.replicas").i64().unwrap_or(0)
}

fn update(review: &Review<'_>, kind: &str, old: Value, new: Value) -> Value {
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": review.uid,
            "operation": review.operation.as_str(),
            "kind": {"group": "apps", "version": "v1", "kind": kind},
            "namespace": review.namespace,
            "name": review.name,
            "userInfo": {"username": review.user},
            "dryRun": review.dry_run,
            "object": new,
            "oldObject": old,
        },
    })
}
