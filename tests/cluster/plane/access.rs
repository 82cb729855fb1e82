//! What Seawall itself may do in the cluster: the user it connects as, and its rights.

use anyhow::{Context as _, Result, anyhow};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, Patch, PatchParams};
use seawall::tree::Tree;
use serde_json::{Value, json};

/// The user name of Seawall's client certificate.
pub(super) const USER: &str = "seawall";

/// The rights that the chart gives Seawall.
const RULES: &str = include_str!("../../../charts/seawall/files/cluster-role.yaml");

/// The rights that Seawall needs: it reads what its questions about facts are answered from, and nothing else.
pub fn cluster_role() -> Result<Value> {
    let rules = Tree::one_from_yaml(RULES).map_err(|error| anyhow!("the chart's rights are no YAML: {error:?}"))?;
    let mut rules = rules.root().to_json();
    // The switch, which the chart lets it read in its own namespace only. A list of one name is allowed by that name.
    let switch = json!({
        "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["seawall"], "verbs": ["get", "list", "watch"],
    });
    rules.as_array_mut().context("the chart's rights are no list")?.push(switch);
    Ok(json!({
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRole",
        "metadata": {"name": "seawall"},
        "rules": rules,
    }))
}

/// Gives the user its rights; doing it twice changes nothing.
pub(super) async fn grant(client: &kube::Client) -> Result<()> {
    let params = PatchParams::apply("plane").force();
    let roles: Api<ClusterRole> = Api::all(client.clone());
    roles.patch("seawall", &params, &Patch::Apply(cluster_role()?)).await.context("no role for Seawall")?;
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
