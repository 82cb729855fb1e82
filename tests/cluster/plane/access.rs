//! What Seawall itself may do in the cluster: the user it connects as, and its rights.

use anyhow::{Context as _, Result};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, Patch, PatchParams};
use serde_json::{Value, json};

/// The user name of Seawall's client certificate.
pub(super) const USER: &str = "seawall";

/// The rights that Seawall needs: it reads what its questions about facts are answered
/// from, follows what is in force, and says of policies what became of them. Secrets are not among them.
pub fn cluster_role() -> Value {
    let read = json!(["get", "list"]);
    json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "seawall"},
        "rules": [
            {
                "apiGroups": [""],
                "resources": [
                    "pods", "persistentvolumeclaims", "persistentvolumes", "namespaces", "services",
                    "replicationcontrollers", "limitranges", "resourcequotas",
                ],
                "verbs": read,
            },
            {
                "apiGroups": ["apps"],
                "resources": ["statefulsets", "deployments", "daemonsets", "replicasets", "controllerrevisions"],
                "verbs": read,
            },
            {"apiGroups": ["batch"], "resources": ["jobs", "cronjobs"], "verbs": read},
            {"apiGroups": ["storage.k8s.io"], "resources": ["storageclasses"], "verbs": read},
            {"apiGroups": [""], "resources": ["namespaces"], "verbs": ["watch"]},
            {"apiGroups": ["seawall.dev"], "resources": ["databasepolicies", "databaseexemptions"], "verbs": ["get", "list", "watch"]},
            {"apiGroups": ["seawall.dev"], "resources": ["databasepolicies/status", "databaseexemptions/status"], "verbs": ["patch"]},
            {
                "apiGroups": [""], "resources": ["configmaps"], "verbs": ["get", "list", "watch"],
                // A list of one name is allowed by that name.
                "resourceNames": ["seawall"],
            },
        ],
    })
}

/// Gives the user its rights; doing it twice changes nothing.
pub(super) async fn grant(client: &kube::Client) -> Result<()> {
    let params = PatchParams::apply("plane").force();
    let roles: Api<ClusterRole> = Api::all(client.clone());
    roles.patch("seawall", &params, &Patch::Apply(cluster_role())).await.context("no role for Seawall")?;
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": "seawall"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "seawall"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": USER}],
    });
    let bindings: Api<ClusterRoleBinding> = Api::all(client.clone());
    bindings.patch("seawall", &params, &Patch::Apply(binding)).await.context("no binding for Seawall")?;
    Ok(())
}
