//! A tenant who may edit a namespace under `production` tries every way around a rule: none works but an exemption, or `docs/limits.md` says
//! why it does.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::exemptions::{DAY, RULE, exemption};
use super::policies::{installed, is_denied, until};
use crate::databases::{MYSQL, Shape, database, fragile, pod_spec};
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("tenant::no_way_around_a_rule_but_an_exemption", async |plane| ways(&plane).await)]
}

/// The user.
const TENANT: &str = "tenant-of-ways";

/// A change that hides a fault, by somebody's hope.
type Way = (&'static str, fn(&mut Value));

/// Changes of a StatefulSet.
const WAYS: [Way; 9] = [
    ("as it is", |_| {}),
    ("a label that says its data may go", |set| {
        set["metadata"]["labels"] = json!({"seawall.dev/data": "ephemeral"});
        set["spec"]["template"]["metadata"]["labels"]["seawall.dev/data"] = json!("ephemeral");
    }),
    ("labels of an operator and of Seawall", |set| {
        set["metadata"]["labels"] =
            json!({"app.kubernetes.io/managed-by": "mysql-operator", "seawall.dev/holds-data": "true"});
    }),
    ("annotations of Seawall's", |set| {
        set["metadata"]["annotations"] = json!({
            "seawall.dev/exempted": RULE, "seawall.dev/exempt": RULE, "seawall.dev/skip": "true",
            "seawall.dev/patched": json!([{"place": "spec.template.spec.containers[mysql].args", "rule": RULE}]).to_string(),
        });
    }),
    ("an owner that is none of its own", |set| {
        set["metadata"]["ownerReferences"] = json!([{
            "apiVersion": "mysql.oracle.com/v2", "kind": "InnoDBCluster", "name": "orders", "controller": true,
            "uid": "6a1c9f5e-0000-4000-8000-000000000000",
        }]);
    }),
    ("another name of the container", |set| {
        pod_spec(set)["containers"][0]["name"] = json!("web");
    }),
    ("a harmless container beside it", |set| {
        let web = json!({"name": "web", "image": "nginx:1.29"});
        let containers = pod_spec(set)["containers"].as_array_mut();
        containers.into_iter().for_each(|all| all.insert(0, web.clone()));
    }),
    ("a sidecar among the init containers", |set| {
        let spec = pod_spec(set);
        let mut server = spec["containers"][0].clone();
        server["restartPolicy"] = json!("Always");
        spec["initContainers"] = json!([server]);
        spec["containers"] = json!([{"name": "web", "image": "nginx:1.29"}]);
    }),
    ("no name but a prefix", |set| {
        if let Some(metadata) = set["metadata"].as_object_mut() {
            metadata.remove("name");
            metadata.insert("generateName".to_owned(), json!("probe-"));
        }
    }),
];

async fn edits(namespace: &Namespace) -> Result<()> {
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "tenant"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "edit"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": TENANT}],
    });
    namespace.apply(&binding.to_string()).await.map(|_| ())
}

/// An ephemeral container comes with no Pod, and into a Pod only by a right of its own. Whoever has that one has a way, which is told.
async fn ephemeral(namespace: &Namespace, tenant: &Namespace) -> Result<()> {
    let server = json!({"name": "server", "image": MYSQL.image, "args": ["--innodb-flush-method=nosync"]});
    let mut web = json!({
        "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "web"},
        "spec": {"containers": [{"name": "web", "image": "nginx:1.29"}], "ephemeralContainers": [server]},
    });
    let refused = tenant.kubectl_with(&["create", "-f", "-"], &web.to_string()).await?.failed()?;
    ensure!(refused.contains("ephemeralContainers"), "{refused}");
    web["spec"].as_object_mut().context("no spec")?.remove("ephemeralContainers");
    tenant.kubectl_with(&["create", "-f", "-"], &web.to_string()).await?.succeeded()?;
    let image = format!("--image={}", MYSQL.image);
    let debug =
        ["debug", "web", &image, "-c", "server", "--profile=general", "--", "mysqld", "--innodb-flush-method=nosync"];
    let rights = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": "debug"},
        "rules": [{"apiGroups": [""], "resources": ["pods/ephemeralcontainers"], "verbs": ["update", "patch"]}],
    });
    let refused = tenant.kubectl(&debug).await?.failed()?;
    ensure!(refused.contains("pods/ephemeralcontainers") || refused.contains("ephemeralcontainers"), "{refused}");
    namespace.apply(&rights.to_string()).await?;
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": "debug"},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "debug"},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": TENANT}],
    });
    namespace.apply(&binding.to_string()).await?;
    tenant.kubectl(&debug).await?.succeeded()?;
    let told = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/docs/limits.md"))?;
    ensure!(told.contains("| an ephemeral container |"), "docs/limits.md does not tell of this way");
    Ok(())
}

async fn ways(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(stage::EVERYTHING))?).await?;
    let namespace = seawall.namespace("ways").await?;
    edits(&namespace).await?;
    let set = fragile(database(MYSQL, Shape::StatefulSet, "probe"));
    until(&namespace, &set, is_denied).await?;
    let tenant = namespace.with_kubectl(plane.kubectl_as(TENANT, None)?);
    let account = format!("--as=system:serviceaccount:{}:default", namespace.name());
    let refused = async |what: &str, object: &Value| -> Result<()> {
        for more in [&[][..], &[account.as_str()]] {
            let command = [&["create", "-f", "-"][..], more].concat();
            let output = tenant.kubectl_with(&command, &object.to_string()).await?;
            // The service account has no rights of its own here, which is no refusal of ours.
            if !more.is_empty() && output.stderr.contains("cannot create resource") {
                continue;
            }
            ensure!(!output.ok && output.stderr.contains("denied the request"), "{what}: {output:?}");
        }
        Ok(())
    };
    for (what, change) in WAYS {
        let mut object = set.clone();
        change(&mut object);
        refused(what, &object).await?;
    }
    refused("a Deployment", &fragile(database(MYSQL, Shape::Deployment, "probe"))).await?;
    refused("a DaemonSet", &fragile(database(MYSQL, Shape::DaemonSet, "probe"))).await?;
    refused("a bare Pod", &fragile(database(MYSQL, Shape::Pod, "probe"))).await?;
    let mut replicas = fragile(database(MYSQL, Shape::Deployment, "probe"));
    replicas["kind"] = json!("ReplicaSet");
    replicas["spec"].as_object_mut().context("no spec")?.remove("strategy");
    refused("a ReplicaSet", &replicas).await?;

    // A Pod of its own excuses nothing that comes after it.
    let mut never = fragile(database(MYSQL, Shape::Pod, "first"));
    never["spec"]["restartPolicy"] = json!("Never");
    tenant.kubectl_with(&["create", "-f", "-"], &never.to_string()).await?;
    refused("a StatefulSet after a Pod", &set).await?;

    ephemeral(&namespace, &tenant).await?;

    // Nor may the tenant make an exemption, or a policy.
    let own = exemption("own", &[RULE], 30 * DAY).to_string();
    let output = tenant.kubectl_with(&["create", "-f", "-"], &own).await?;
    ensure!(!output.ok && output.stderr.contains("forbidden"), "{output:?}");
    let policy = json!({"apiVersion": "seawall.dev/v1alpha1", "kind": "DatabasePolicy", "metadata": {"name": "ways"},
        "spec": {"profile": "observe", "priority": 1000}});
    let output = tenant.kubectl_with(&["create", "-f", "-"], &policy.to_string()).await?;
    ensure!(!output.ok && output.stderr.contains("forbidden"), "{output:?}");

    namespace.apply(&own).await?;
    until(&namespace, &set, Result::is_ok).await?;
    let output = tenant.kubectl_with(&["create", "-f", "-"], &set.to_string()).await?;
    ensure!(output.ok, "{output:?}");
    seawall.stop().await
}
