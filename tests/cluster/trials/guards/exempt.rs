//! Who is let through: an operator, with what it owns.

use std::sync::Arc;

use anyhow::Result;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::list;
use crate::guarded::{self, ADMIN, DELETER, GITOPS, PRUNER, as_user, labelled_claim, labelled_set, refused, silent};
use crate::plane::Plane;
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("guards::an_operator_deletes_its_own", async |plane| operators(&plane).await)]
}

const OPERATOR: &str = "system:serviceaccount:database-system:operator";
const GROUP: &str = "guards.plane.test";
/// Kinds and plurals: of all the ways to make one of the other.
const KINDS: [(&str, &str); 4] =
    [("Cluster", "clusters"), ("Redis", "redis"), ("Elasticsearch", "elasticsearches"), ("Registry", "registries")];

async fn operators(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "operated", true).await?;
    grant(plane).await?;
    let inside = format!("system:serviceaccount:{}:operator", namespace.name());
    let bind = ["create", "rolebinding", "operator", "--clusterrole=guarded-operator", "--user", &inside];
    namespace.kubectl(&bind).await?.succeeded()?;
    for (kind, plural) in KINDS {
        let name = plural;
        let owned = |mut object: Value, controller: bool| {
            object["metadata"]["ownerReferences"] = json!([{
                "apiVersion": format!("{GROUP}/v1"), "kind": kind, "name": "db",
                "uid": "5f0c0a5e-7f8e-4a55-9d5c-1c2d3e4f5a6b", "controller": controller, "blockOwnerDeletion": false,
            }]);
            object
        };
        let objects = [
            owned(labelled_claim(name, "deleted"), true),
            owned(labelled_set(name, "Delete", "Retain"), true),
            owned(labelled_claim(&format!("{name}-loose"), "deleted"), false),
        ];
        namespace.apply(&list(&objects)).await?;
        let claim = ["delete", &format!("pvc/{name}"), "--dry-run=server"];
        // Whoever may delete it, and operates nothing; a tool that may do everything is no operator.
        for user in [ADMIN, DELETER, GITOPS, PRUNER] {
            refused(as_user(plane, &namespace, user)?.kubectl(&claim).await?, "claims", "holds a database")?;
        }
        let operator = as_user(plane, &namespace, OPERATOR)?;
        let loose = operator.kubectl(&["delete", &format!("pvc/{name}-loose"), "--dry-run=server"]).await?;
        refused(loose, "claims", "holds a database")?;
        silent(as_user(plane, &namespace, &inside)?.kubectl(&claim).await?)?;
        silent(operator.kubectl(&["delete", &format!("sts/{name}"), "--dry-run=server"]).await?)?;
        silent(operator.kubectl(&["delete", &format!("pvc/{name}"), "--wait=false"]).await?)?;
    }
    Ok(())
}

/// An operator may write the status of its resources, and delete what it made.
async fn grant(plane: &Plane) -> Result<()> {
    let statuses: Vec<String> = KINDS.iter().map(|(_, plural)| format!("{plural}/status")).collect();
    let objects = json!(["persistentvolumeclaims"]);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "guarded-operator"},
        "rules": [
            {"apiGroups": [GROUP], "resources": statuses, "verbs": ["get", "patch", "update"]},
            {"apiGroups": [""], "resources": objects, "verbs": ["get", "list", "delete"]},
            {"apiGroups": ["apps"], "resources": ["statefulsets"], "verbs": ["get", "list", "delete"]},
        ],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding",
        "metadata": {"name": "guarded-operator"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "guarded-operator"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": OPERATOR}],
    });
    plane.kubectl_with(&["apply", "-f", "-"], &list(&[role, binding])).await?.succeeded().map(|_| ())
}
