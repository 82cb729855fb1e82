//! What Seawall itself may do in the cluster: the user it connects as, and its rights.

use anyhow::{Context as _, Result, anyhow};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding};
use kube::api::{Api, Patch, PatchParams};
use seawall::tree::Tree;
use serde_json::{Value, json};

/// The user name of Seawall's client certificate.
pub(super) const USER: &str = "seawall";

/// The rights that the chart gives Seawall: what its questions about facts are answered from.
const FACTS: &str = include_str!("../../../charts/seawall/files/cluster-role.yaml");
/// What is in force, and what it says of that.
const FOLLOWED: &str = include_str!("../../../charts/seawall/files/cluster-role-policies.yaml");

/// What it tells by Events.
const TOLD: &str = include_str!("../../../charts/seawall/files/cluster-role-events.yaml");

/// What the one that leads keeps true, and what it looks at for reports.
const KEPT: &str = include_str!("../../../charts/seawall/files/cluster-role-upkeep.yaml");
const REPORTED: &str = include_str!("../../../charts/seawall/files/cluster-role-reports.yaml");

/// The rights that the questions about facts need.
pub fn facts_role() -> Result<Value> {
    role(&[FACTS])
}

/// The same for a replica that may lead: its Lease lies in its own namespace as well, where another rule of that Role lets it write.
pub fn role_with_lease(name: &str) -> Result<Value> {
    let mut role = cluster_role()?;
    role["metadata"]["name"] = json!(name);
    let lease = json!({
        "apiGroups": ["coordination.k8s.io"], "resources": ["leases"], "verbs": ["get", "create", "patch"],
    });
    role["rules"].as_array_mut().context("no rules")?.push(lease);
    Ok(role)
}

/// The rights to follow what is in force, and to say what became of it; with the switch.
pub fn followers_role() -> Result<Value> {
    with_switch(role(&[FOLLOWED])?)
}

/// The rights of the replica that leads alone.
pub fn leaders_role() -> Result<Value> {
    role(&[KEPT, REPORTED])
}

/// All rights that Seawall needs, and nothing else. Its switch lies in its own namespace, where a Role of the chart lets it look.
pub fn cluster_role() -> Result<Value> {
    with_switch(role(&[FACTS, FOLLOWED, TOLD, KEPT, REPORTED])?)
}

fn with_switch(mut role: Value) -> Result<Value> {
    let switch = json!({
        "apiGroups": [""], "resources": ["configmaps"], "resourceNames": ["seawall"], "verbs": ["list", "watch"],
    });
    role["rules"].as_array_mut().context("no rules")?.push(switch);
    Ok(role)
}

/// One right: group, resource, verb.
pub type Right = (String, String, String);

/// The rights of a role, taken apart.
pub fn rights(role: &Value) -> Vec<Right> {
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().filter_map(|word| word.as_str().map(str::to_owned)).collect()
    };
    let mut all = Vec::new();
    for rule in role["rules"].as_array().into_iter().flatten() {
        for group in words(&rule["apiGroups"]) {
            for resource in words(&rule["resources"]) {
                all.extend(words(&rule["verbs"]).into_iter().map(|verb| (group.clone(), resource.clone(), verb)));
            }
        }
    }
    all
}

fn role(files: &[&str]) -> Result<Value> {
    let mut rules = Vec::new();
    for file in files {
        let read = Tree::one_from_yaml(file).map_err(|error| anyhow!("the chart's rights are no YAML: {error:?}"))?;
        rules.extend(read.root().items().map(seawall::tree::Node::to_json));
    }
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
