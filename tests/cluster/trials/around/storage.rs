//! Trouble with what the data lies on: classes, claims, volumes.

use serde_json::{Value, json};

use super::cases::{Case, mysql, set};
use crate::databases::{Shape, claim, pod_spec};

fn on_class(name: &str, class: &str) -> Value {
    let mut set = set(name);
    set["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = json!(class);
    set
}

/// A class whose only fault is in `faults`.
fn class(name: &str, faults: &Value) -> Value {
    let mut class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": name},
        "provisioner": "ebs.csi.aws.com", "reclaimPolicy": "Retain", "allowVolumeExpansion": true,
        "volumeBindingMode": "WaitForFirstConsumer",
    });
    for (key, value) in faults.as_object().into_iter().flatten() {
        class[key] = value.clone();
    }
    class
}

/// What is in no namespace: classes, a volume, and the kind of vertical autoscalers.
pub fn of_the_cluster() -> Vec<Value> {
    let kind = json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        // Names of this group are taken for Kubernetes' own, which somebody has to have approved.
        "metadata": {
            "name": "verticalpodautoscalers.autoscaling.k8s.io",
            "annotations": {"api-approved.kubernetes.io": "unapproved, experimental-only"},
        },
        "spec": {
            "group": "autoscaling.k8s.io", "scope": "Namespaced",
            "names": {"plural": "verticalpodautoscalers", "singular": "verticalpodautoscaler", "kind": "VerticalPodAutoscaler"},
            "versions": [{"name": "v1", "served": true, "storage": true, "schema": {
                "openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
            }}],
        },
    });
    let volume = json!({
        "apiVersion": "v1", "kind": "PersistentVolume", "metadata": {"name": "around-soft"},
        "spec": {
            "capacity": {"storage": "1Gi"}, "accessModes": ["ReadWriteOnce"], "persistentVolumeReclaimPolicy": "Retain",
            "storageClassName": "around-none", "mountOptions": ["soft"], "nfs": {"server": "files.example.org", "path": "/db"},
        },
    });
    vec![
        class("around-deletes", &json!({"reclaimPolicy": "Delete"})),
        class("around-local", &json!({"provisioner": "topolvm.io"})),
        class("around-early", &json!({"volumeBindingMode": "Immediate"})),
        class("around-fixed", &json!({"allowVolumeExpansion": false})),
        class("around-lazy", &json!({"mountOptions": ["nobarrier"]})),
        class("around-shared", &json!({"provisioner": "efs.csi.aws.com"})),
        class("around-sound", &json!({})),
        volume,
        kind,
    ]
}

pub fn cases() -> Vec<Case> {
    let of_class = |about, class: &str, warning| {
        Case::new(about, Vec::new(), on_class("stored", class), warning).but_not_of(on_class("stored", "around-sound"))
    };
    let with_claim = |name: &str, field: &str, value: Value| {
        let mut claim = claim(name);
        claim["spec"]["storageClassName"] = json!("around-none");
        claim["spec"][field] = value;
        claim
    };
    let mut rolling = mysql(Shape::Deployment, "single");
    rolling["spec"]["strategy"] = json!({"type": "RollingUpdate"});
    vec![
        of_class(
            "23: a class that deletes",
            "around-deletes",
            "who deletes claim \"data\" deletes its volume as well: class \"around-deletes\" says so",
        ),
        of_class(
            "41: a network file system by its class",
            "around-shared",
            "container \"mysql\" keeps its data over a network (class \"around-shared\"): locks and fsync are unsure",
        ),
        of_class(
            "43: a disk of one node",
            "around-local",
            "the only copy of container \"mysql\"'s data is on a disk of one node: class \"around-local\"",
        ),
        of_class(
            "44: a zone that is chosen too early",
            "around-early",
            "class \"around-early\" chooses where the volume of \"data\" is before a node is chosen for the Pod",
        ),
        of_class(
            "45: a volume that cannot grow",
            "around-fixed",
            "claim \"data\" cannot grow while class \"around-fixed\" has no allowVolumeExpansion",
        ),
        of_class(
            "46: a mount option of a class",
            "around-lazy",
            "container \"mysql\" has its data on a mount with nobarrier, of class \"around-lazy\": fsync may lie",
        ),
        Case::new(
            "46: a mount option of a volume",
            vec![with_claim("soft", "volumeName", json!("around-soft"))],
            mysql(Shape::Deployment, "soft"),
            "container \"mysql\" has its data on a mount with soft, of volume \"around-soft\": writes may fail half-way",
        ),
        Case::new(
            "6: two workloads on one claim",
            vec![{
                let mut other = mysql(Shape::Deployment, "other");
                pod_spec(&mut other)["volumes"][0]["persistentVolumeClaim"]["claimName"] = json!("common");
                other
            }],
            mysql(Shape::Deployment, "common"),
            "writes its data to claim \"common\", as Deployment \"other\" does",
        ),
        Case::new(
            "7: a claim that many nodes may mount",
            vec![with_claim("wide", "accessModes", json!(["ReadWriteMany"]))],
            mysql(Shape::Deployment, "wide"),
            "container \"mysql\" keeps its data on \"wide\", which many nodes may mount at once",
        ),
        Case::new(
            "a rollout over a claim of one Pod, which is refused where nobody says so",
            vec![with_claim("single", "accessModes", json!(["ReadWriteOncePod"]))],
            rolling,
            "a rollout never ends: strategy is RollingUpdate, and one Pod alone may mount claim \"single\"",
        ),
    ]
}
