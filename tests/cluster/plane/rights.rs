//! What several Seawalls with one Secret may do: what their documentation says, to the word, or less.

use anyhow::{Context as _, Result};
use k8s_openapi::api::rbac::v1::{ClusterRole, ClusterRoleBinding, PolicyRule, Role, RoleBinding};
use kube::api::{Api, Patch, PatchParams, PostParams};
use serde_json::json;

use super::replicas::Replicas;
use super::webhooks::NAMESPACE;

/// The page that lists the rights.
const RIGHTS: &str = include_str!("../../../docs/certificates.md");

impl Replicas {
    /// The rights of an installation, as its documentation lists them.
    pub(super) async fn grant(&self) -> Result<()> {
        let (client, name) = (self.plane.client(), self.name.as_str());
        let rights = RIGHTS.split("```yaml\n").nth(1).and_then(|text| text.split("```").next()).context("no rights")?;
        let rights = rights
            .replace("name: seawall-certificates", &format!("name: {name}"))
            .replace("[seawall]", &format!("[{name}]"))
            .replace("[seawall-tls]", &format!("[{name}]"));
        self.plane.kubectl_with(&["apply", "--server-side", "-f", "-"], &rights).await?.succeeded()?;
        let params = PatchParams::apply("plane").force().validation_strict();
        let binding = |kind: &str, own: &str, role_kind: &str, role: &str| {
            Patch::Apply(json!({
                "apiVersion": "rbac.authorization.k8s.io/v1", "kind": kind, "metadata": {"name": own},
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": role_kind, "name": role},
                "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": name}],
            }))
        };
        let bindings: Api<ClusterRoleBinding> = Api::all(client.clone());
        for (own, role) in [(name.to_owned(), name), (format!("{name}-facts"), "seawall")] {
            bindings.patch(&own, &params, &binding("ClusterRoleBinding", &own, "ClusterRole", role)).await?;
        }
        let bindings: Api<RoleBinding> = Api::namespaced(client, NAMESPACE);
        bindings.patch(name, &params, &binding("RoleBinding", name, "Role", name)).await?;
        Ok(())
    }

    /// Every single right that it has for this, as resource and verb.
    pub async fn rights(&self) -> Result<Vec<(String, String)>> {
        let (cluster, own) = self.roles().await?;
        let rules = cluster.rules.into_iter().chain(own.rules).flatten();
        let of_rule = |rule: PolicyRule| {
            let resources = rule.resources.unwrap_or_default();
            resources
                .into_iter()
                .flat_map(move |one| rule.verbs.clone().into_iter().map(move |verb| (one.clone(), verb)))
        };
        Ok(rules.flat_map(of_rule).collect())
    }

    /// Takes one of them away.
    pub async fn revoke(&self, (resource, verb): &(String, String)) -> Result<()> {
        let without = |rules: Option<Vec<PolicyRule>>| -> Vec<PolicyRule> {
            let single = rules.into_iter().flatten().flat_map(|rule| {
                let resources = rule.resources.clone().unwrap_or_default();
                resources.into_iter().map(move |one| PolicyRule { resources: Some(vec![one]), ..rule.clone() })
            });
            single
                .map(|mut rule| {
                    if rule.resources.iter().flatten().any(|one| one == resource) {
                        rule.verbs.retain(|other| other != verb);
                    }
                    rule
                })
                .filter(|rule| !rule.verbs.is_empty())
                .collect()
        };
        let (mut cluster, mut own) = self.roles().await?;
        (cluster.rules, own.rules) = (Some(without(cluster.rules)), Some(without(own.rules)));
        let (client, params) = (self.plane.client(), PostParams::default());
        Api::<ClusterRole>::all(client.clone()).replace(&self.name, &params, &cluster).await?;
        Api::<Role>::namespaced(client, NAMESPACE).replace(&self.name, &params, &own).await?;
        Ok(())
    }

    async fn roles(&self) -> Result<(ClusterRole, Role)> {
        let client = self.plane.client();
        let cluster = Api::<ClusterRole>::all(client.clone()).get(&self.name).await?;
        Ok((cluster, Api::<Role>::namespaced(client, NAMESPACE).get(&self.name).await?))
    }
}
