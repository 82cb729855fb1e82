//! Which Pods that are deleted by force are recorded: those of which another Pod may open the data.

use bytes::Bytes;
use seawall::{
    metrics::Webhook,
    server::{Answer, Guard},
    terms::Profile,
};
use serde_json::{Value, json};

use crate::recorded::{answer, guard};

/// A database's Pod with this volume.
fn pod(volume: &Value) -> Value {
    let mut volume = volume.clone();
    volume["name"] = json!("data");
    json!({
        "apiVersion": "v1", "kind": "Pod",
        "metadata": {"name": "db", "namespace": "shop", "uid": "6a4c2c3e-0d8e-4b0c-8f43-2a6f0d3b7f10"},
        "spec": {
            "restartPolicy": "Always", "nodeName": "node-1",
            "containers": [{
                "name": "db", "image": "postgres:17.2",
                "volumeMounts": [{"name": "data", "mountPath": "/var/lib/postgresql/data"}],
            }],
            "volumes": [volume],
        },
        "status": {"phase": "Running"},
    })
}

fn on_claim() -> Value {
    pod(&json!({"persistentVolumeClaim": {"claimName": "data"}}))
}

/// What is said of it in the audit log, when it is deleted without waiting for its end.
async fn recorded(guard: &Guard, pod: Value) -> Option<String> {
    let review = json!({
        "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview",
        "request": {
            "uid": "u", "operation": "DELETE", "name": "db", "namespace": "shop",
            "kind": {"group": "", "version": "v1", "kind": "Pod"},
            "resource": {"group": "", "version": "v1", "resource": "pods"},
            "userInfo": {"username": "somebody"}, "object": null, "oldObject": pod,
            "options": {"apiVersion": "meta.k8s.io/v1", "kind": "DeleteOptions", "gracePeriodSeconds": 0},
        },
    });
    let answer = answer(guard, Webhook::Validate, Bytes::from(review.to_string())).await;
    let Answer::Review(review) = answer else { panic!("it was not answered") };
    let reply: Value = serde_json::from_slice(&review.body).unwrap();
    assert_eq!(reply["response"]["allowed"], true);
    reply["response"]["auditAnnotations"]["forced"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn data_that_another_pod_may_open_is_recorded() {
    let guard = guard(Profile::Baseline);
    for kept in [
        json!({"persistentVolumeClaim": {"claimName": "data"}}),
        json!({"hostPath": {"path": "/srv/data"}}),
        json!({"nfs": {"server": "files", "path": "/data"}}),
    ] {
        assert_eq!(recorded(&guard, pod(&kept)).await.as_deref(), Some("postgres"), "{kept}");
    }
    for gone in [json!({"emptyDir": {}}), json!({"ephemeral": {"volumeClaimTemplate": {"spec": {}}}})] {
        assert_eq!(recorded(&guard, pod(&gone)).await, None, "{gone}");
    }
    let mut unscheduled = on_claim();
    unscheduled["spec"]["nodeName"].take();
    assert_eq!(recorded(&guard, unscheduled).await, None, "it never ran");
    let mut nowhere = on_claim();
    nowhere["spec"]["containers"][0]["volumeMounts"] = json!([]);
    assert_eq!(recorded(&guard, nowhere).await, None);
}

#[tokio::test]
async fn data_that_is_meant_to_go_is_not_recorded() {
    let (believes, strict) = (guard(Profile::Baseline), guard(Profile::Production));
    let mut once = on_claim();
    once["spec"]["restartPolicy"] = json!("Never");
    assert_eq!(recorded(&believes, once).await, None);
    for (label, said) in [("ephemeral", None), ("cache", None), ("durable", Some("postgres"))] {
        let mut labelled = on_claim();
        labelled["metadata"]["labels"] = json!({"seawall.dev/data": label});
        assert_eq!(recorded(&believes, labelled.clone()).await.as_deref(), said, "{label}");
        if label == "ephemeral" {
            assert_eq!(recorded(&strict, labelled).await.as_deref(), Some("postgres"), "the label is not believed");
        }
    }
}

#[tokio::test]
async fn who_has_ended_writes_no_more() {
    let guard = guard(Profile::Baseline);
    for (phase, said) in [
        (json!({"phase": "Succeeded"}), None),
        (json!({"phase": "Failed"}), None),
        (json!({"phase": "Pending"}), Some("postgres")),
        (json!({"phase": "Unknown"}), Some("postgres")),
        (json!({}), Some("postgres")),
    ] {
        let mut ended = on_claim();
        ended["status"] = phase.clone();
        assert_eq!(recorded(&guard, ended).await.as_deref(), said, "{phase}");
    }
}
