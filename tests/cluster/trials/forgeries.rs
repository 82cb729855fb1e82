//! What somebody in the cluster can do who is no API server: send reviews to the port. Nothing comes of them, and with `--client-ca` nobody
//! even hears them.

use std::sync::Arc;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::policies::{is_denied, tried, until};
use crate::databases::{MYSQL, Shape, database, fragile};
use crate::plane::Plane;
use crate::plane::port::demanding;
use crate::plane::seawall::Seawall;
use crate::stage::{self, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("forgeries::a_forged_review_changes_nothing", async |plane| forged(&plane).await)]
}

const TENANT: &str = "tenant-of-forgeries";
/// Whom nothing is refused: the settings of the trials list it.
const RESTORER: &str = "system:serviceaccount:velero:velero";

/// As the API server would send it, were it really asked by this user.
fn review(namespace: &str, user: &str, object: &Value) -> Value {
    let mut object = object.clone();
    object["metadata"]["namespace"] = json!(namespace);
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "6a1c9f5e-0000-4000-8000-000000000000",
            "kind": {"group": "apps", "version": "v1", "kind": "StatefulSet"},
            "resource": {"group": "apps", "version": "v1", "resource": "statefulsets"},
            "operation": "CREATE",
            "namespace": namespace,
            "name": object["metadata"]["name"],
            "userInfo": {"username": user, "groups": ["system:masters"]},
            "object": object,
        },
    })
}

async fn forged(plane: &Arc<Plane>) -> Result<()> {
    let mut seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(stage::EVERYTHING))?).await?;
    let namespace = seawall.namespace("forged").await?;
    let set = fragile(database(MYSQL, Shape::StatefulSet, "probe"));
    until(&namespace, &set, is_denied).await?;

    // The port answers whoever reaches it, by the user whom the review names; the API server takes no notice.
    for (user, allowed) in [(RESTORER, true), (TENANT, false)] {
        for path in ["/mutate", "/validate"] {
            let answer = seawall.forged(path, &review(namespace.name(), user, &set), None).await?;
            let expected = allowed || path == "/mutate";
            ensure!(answer["response"]["allowed"] == expected, "{user} {path}: {answer}");
        }
        let answer = tried(&namespace, "probe", &set).await;
        ensure!(is_denied(&answer), "what was forged for {user} counts: {answer:?}");
    }
    let sets = namespace.kubectl(&["get", "statefulsets", "-o", "name"]).await?.succeeded()?;
    ensure!(sets.is_empty(), "a review made something: {sets}");

    // Only who shows a certificate of that CA is heard, not every user of the cluster.
    let (ca, caller) = plane.callers()?;
    seawall.again_with(demanding(&ca)).await?;
    let asked = review(namespace.name(), RESTORER, &set);
    let tenant = plane.identity_of(TENANT)?;
    for (who, identity) in [("nobody", None), ("a user of the cluster", Some(&tenant))] {
        let answer = seawall.forged("/validate", &asked, identity).await;
        ensure!(answer.is_err(), "{who} is heard: {answer:?}");
    }
    let answer = seawall.forged("/validate", &asked, Some(&caller)).await?;
    ensure!(answer["response"]["allowed"] == true, "{answer}");
    seawall.stop().await
}
