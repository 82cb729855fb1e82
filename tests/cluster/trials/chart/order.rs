//! In which order objects go.

use anyhow::{Context as _, Result, ensure};
use futures::StreamExt as _;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, ListParams, WatchEvent, WatchParams};

use crate::plane::Plane;
use crate::plane::watch::DEADLINE;

/// Kinds that can be watched here, by their plural.
fn definition(plural: &str) -> Result<ApiResource> {
    let (group, kind) = match plural {
        "validatingwebhookconfigurations" => ("admissionregistration.k8s.io", "ValidatingWebhookConfiguration"),
        "mutatingwebhookconfigurations" => ("admissionregistration.k8s.io", "MutatingWebhookConfiguration"),
        "deployments" => ("apps", "Deployment"),
        "services" => ("", "Service"),
        other => anyhow::bail!("nobody here watches {other}"),
    };
    Ok(ApiResource::from_gvk_with_plural(&GroupVersionKind::gvk(group, "v1", kind), plural))
}

/// The kinds of the objects named `seawall` that go while `run` runs, the first to go first: the version of a deletion is the moment
/// of it, in one count for the whole store.
pub(super) async fn of_deletion(
    plane: &Plane,
    plurals: &[&str],
    run: impl AsyncFnOnce() -> Result<()>,
) -> Result<Vec<String>> {
    let mut watches = Vec::new();
    for plural in plurals {
        let definition = definition(plural)?;
        let api: Api<DynamicObject> = Api::all_with(plane.client(), &definition);
        let selection = ListParams::default().fields("metadata.name=seawall");
        let version = api.list(&selection).await?.metadata.resource_version.context("a list without a version")?;
        let params = WatchParams::default().fields("metadata.name=seawall");
        watches.push((definition.kind.clone(), api.watch(&params, &version).await?.boxed()));
    }
    run().await?;
    let mut gone = Vec::new();
    for (kind, mut events) in watches {
        let deleted = tokio::time::timeout(DEADLINE, async {
            while let Some(event) = events.next().await {
                if let Ok(WatchEvent::Deleted(object)) = event {
                    return object.metadata.resource_version;
                }
            }
            None
        });
        let version =
            deleted.await.with_context(|| format!("{kind} stays"))?.with_context(|| format!("{kind} stays"))?;
        gone.push((version.parse::<u64>().context("a version that is no number")?, kind));
    }
    gone.sort();
    ensure!(gone.len() == plurals.len());
    Ok(gone.into_iter().map(|(_, kind)| kind).collect())
}
