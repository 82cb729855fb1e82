//! Somebody else writes into an object after Seawall has: the API server calls Seawall a
//! second time for the same request, and what comes of it must be the same.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{BITNAMI, MYSQL, Shape, database, list};
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};
use crate::twins::{lines, object};

pub fn trials() -> Vec<Trial> {
    vec![trial("meddlers::a_second_call_for_one_request_changes_nothing", async |plane| called_again(&plane).await)]
}

/// How long the API server may take to notice a new policy.
const PROPAGATION: Duration = Duration::from_secs(30);
const WORKLOADS: [(&str, &str); 4] =
    [("StatefulSet", "set"), ("Deployment", "deployed"), ("Pod", "bare"), ("Pod", "hooked-0")];

const MEDDLING: &str = "has(object.metadata.annotations) && 'seawall.dev/patched' in object.metadata.annotations ? \
                        [JSONPatch{op: 'add', path: '/metadata/annotations/meddled', value: 'yes'}] : []";

/// A policy that annotates what bears Seawall's list. It runs before all webhooks, finds no list, and is called again
/// because Seawall has written one; what it writes then makes the API server call Seawall again, too.
fn meddler(namespace: &Namespace) -> String {
    let name = namespace.name();
    let rule = |group: &str, resources: &[&str]| json!({"apiGroups": [group], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": resources});
    list(&[
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingAdmissionPolicy",
            "metadata": {"name": name},
            "spec": {
                "failurePolicy": "Fail",
                "reinvocationPolicy": "IfNeeded",
                "matchConstraints": {
                    "namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}},
                    "resourceRules": [rule("apps", &["statefulsets", "deployments"]), rule("", &["pods"])],
                },
                // No condition: a policy that was skipped is not called again.
                "mutations": [{"patchType": "JSONPatch", "jsonPatch": {"expression": MEDDLING}}],
            },
        }),
        json!({
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "MutatingAdmissionPolicyBinding",
            "metadata": {"name": name},
            "spec": {"policyName": name},
        }),
    ])
}

async fn called_again(plane: &Arc<Plane>) -> Result<()> {
    if plane.minor().await? < 36 {
        eprintln!("skipped: this Kubernetes serves no MutatingAdmissionPolicy of version v1");
        return Ok(());
    }
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let (once, twice) = (seawall.namespace("once").await?, seawall.namespace("twice").await?);
    plane.kubectl_with(&["apply", "-f", "-"], &meddler(&twice)).await?.succeeded()?;
    let probe = database(MYSQL, Shape::StatefulSet, "probe").to_string();
    let begin = Instant::now();
    loop {
        let args = ["create", "--dry-run=server", "-o", "json", "-f", "-"];
        let stored: Value = serde_json::from_str(&twice.kubectl_with(&args, &probe).await?.succeeded()?)?;
        if stored["metadata"]["annotations"]["meddled"] == "yes" {
            break;
        }
        ensure!(begin.elapsed() < PROPAGATION, "the policy has no effect after {PROPAGATION:?}");
    }

    let calls = async |kind: &str| {
        seawall.count("requests", &format!("webhook=\"mutate\",kind=\"{kind}\",operation=\"CREATE\"")).await
    };
    let manifest = list(&[
        database(MYSQL, Shape::StatefulSet, "set"),
        database(BITNAMI, Shape::StatefulSet, "hooked"),
        database(MYSQL, Shape::Deployment, "deployed"),
        database(MYSQL, Shape::Pod, "bare"),
    ]);
    let before = calls("StatefulSet").await?;
    once.apply(&manifest).await?;
    let single = calls("StatefulSet").await? - before;
    twice.apply(&manifest).await?;
    let double = calls("StatefulSet").await? - before - single;
    ensure!((single, double) == (2, 4), "for two StatefulSets Seawall was called {single} times, then {double} times");

    for (kind, name) in WORKLOADS {
        let (one, two) = (object(&once, kind, name).await?, object(&twice, kind, name).await?);
        ensure!(one["metadata"]["annotations"]["seawall.dev/patched"].is_string(), "{kind} {name} was not mended");
        let found = lines(&one, &two);
        ensure!(found == "  + metadata.annotations.meddled: yes\n", "called twice, {kind} {name} is another:\n{found}");
    }
    plane
        .kubectl(&["delete", "mutatingadmissionpolicy,mutatingadmissionpolicybinding", twice.name()])
        .await?
        .succeeded()?;
    seawall.stop().await
}
