//! Many objects at once.

use anyhow::Result;
use futures::StreamExt as _;
use kube::api::PostParams;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::plane::Namespace;

/// Creates many, some at once.
pub async fn create<'n, K>(
    count: usize,
    namespace: impl Fn(usize) -> &'n Namespace,
    object: impl Fn(usize) -> Value,
) -> Result<()>
where
    K: kube::Resource<Scope = kube::core::NamespaceResourceScope>
        + Clone
        + std::fmt::Debug
        + serde::Serialize
        + DeserializeOwned,
    K::DynamicType: Default,
{
    let made = (0..count).map(|number| {
        let (api, object) = (namespace(number).api::<K>(), serde_json::from_value::<K>(object(number)));
        async move { anyhow::Ok(api.create(&PostParams::default(), &object?).await.map(|_| ())?) }
    });
    let mut made = futures::stream::iter(made).buffer_unordered(16);
    while let Some(one) = made.next().await {
        one?;
    }
    Ok(())
}

/// A web server, which is no database.
pub fn web(name: &str) -> Value {
    let labels = json!({"app": name, "app.kubernetes.io/name": "web"});
    json!({
        "apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": {"containers": [{
                "name": "web", "image": "nginx:1.27", "ports": [{"containerPort": 8080}],
                "env": [{"name": "DATABASE_HOST", "value": "ledger"}],
                "readinessProbe": {"httpGet": {"path": "/", "port": 8080}},
                "resources": {"requests": {"cpu": "100m", "memory": "64Mi"}, "limits": {"memory": "128Mi"}},
            }]}},
        },
    })
}
