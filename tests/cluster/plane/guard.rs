//! Putting namespaces that exist already under the guard of a Seawall, and what it counts.

use anyhow::{Context as _, Result, bail};
use k8s_openapi::api::core::v1::{Namespace as CoreNamespace, PersistentVolumeClaim};
use kube::api::{Api, Patch, PatchParams, PostParams};
use seawall::terms::keys;
use serde_json::json;
use tokio::time::Instant;

use super::seawall::{PROPAGATION, Seawall};
use super::webhooks::INSTANCE;
use super::{Namespace, Plane};

impl Seawall {
    /// A fresh namespace that it guards, labelled so that what people send there is refused while Seawall is away.
    pub async fn enforced_namespace(&self, trial: &str) -> Result<Namespace> {
        let label = self.instance.iter().map(|instance| (INSTANCE.to_owned(), instance.clone()));
        let guard = (keys::GUARD.to_owned(), keys::ENFORCED.to_owned());
        self.plane.labelled_namespace(trial, label.chain([guard]).collect()).await
    }

    /// Guards a namespace from now on, instead of whichever Seawall did; returns when it is called for it.
    pub async fn guard(&self, namespace: &Namespace) -> Result<()> {
        let instance = self.instance.as_deref().context("a Seawall of the whole cluster guards every namespace")?;
        let namespaces: Api<CoreNamespace> = Api::all(self.plane.client());
        let label = json!({"metadata": {"labels": {INSTANCE: instance}}});
        namespaces.patch(namespace.name(), &PatchParams::default(), &Patch::Merge(label)).await?;
        let claims: Api<PersistentVolumeClaim> = namespace.api();
        let probe: PersistentVolumeClaim = serde_json::from_value(json!({
            "metadata": {"name": "probe"},
            "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}},
        }))?;
        let dry_run = PostParams { dry_run: true, ..PostParams::default() };
        let calls = async || -> Result<u64> { self.count("requests", "webhook=\"validate\"").await };
        let (before, deadline) = (calls().await?, Instant::now() + PROPAGATION);
        while calls().await? == before {
            if Instant::now() > deadline {
                bail!("seawall is not called for {} after {PROPAGATION:?}", namespace.name());
            }
            claims.create(&dry_run, &probe).await.context("a plain claim was refused")?;
        }
        Ok(())
    }

    /// The sum of one of its counters (`requests`) over the series whose labels contain `labels`.
    pub async fn count(&self, counter: &str, labels: &str) -> Result<u64> {
        let metrics = self.scrape().await?;
        let name = format!("seawall_{counter}_total");
        let series = metrics.lines().filter(|line| line.starts_with(&name) && line.contains(labels));
        Ok(series.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum())
    }
}

impl Plane {
    /// The API server's own metrics, as text.
    pub async fn metrics(&self) -> Result<String> {
        let request = hyper::http::Request::get("/metrics").body(Vec::new())?;
        self.client().request_text(request).await.context("failed to read the API server's metrics")
    }
}
