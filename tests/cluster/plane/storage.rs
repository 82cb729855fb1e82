//! Storage as far as the API shows it: classes, and volumes for claims that ask for one.

use std::collections::BTreeMap;
use std::time::Duration;

use anyhow::{Context as _, Result};
use futures::StreamExt as _;
use k8s_openapi::api::core::v1::{PersistentVolume, PersistentVolumeClaim};
use k8s_openapi::api::storage::v1::StorageClass;
use kube::ResourceExt as _;
use kube::api::{Api, ListParams, PostParams, WatchEvent, WatchParams};
use serde_json::json;
use tokio::task::JoinHandle;

/// Whom the classes here name as their provisioner.
pub const PROVISIONER: &str = "plane.test/provisioner";
/// The controller-manager writes here whose turn it is to make a volume for the claim.
const ASKED: &str = "volume.kubernetes.io/storage-provisioner";
/// Between two attempts of the provisioner, so that a lost API server is not flooded.
const PAUSE: Duration = Duration::from_millis(200);

/// The cluster's classes: `standard` is the default and deletes its volumes, as the
/// clouds ship it; `fast` is somebody's careful choice and keeps them.
pub(super) async fn create_classes(client: &kube::Client) -> Result<()> {
    create_class(client, "standard", "Delete", true).await?;
    create_class(client, "fast", "Retain", false).await
}

/// Creates one class whose claims get a volume as soon as they exist.
pub async fn create_class(client: &kube::Client, name: &str, reclaim: &str, default: bool) -> Result<()> {
    let class: StorageClass = serde_json::from_value(json!({
        "metadata": {
            "name": name,
            "annotations": {"storageclass.kubernetes.io/is-default-class": default.to_string()},
        },
        "provisioner": PROVISIONER,
        "reclaimPolicy": reclaim,
        "volumeBindingMode": "Immediate",
        "allowVolumeExpansion": true,
    }))?;
    let api = Api::all(client.clone());
    api.create(&PostParams::default(), &class).await.with_context(|| format!("failed to create class {name}"))?;
    Ok(())
}

/// Creates a volume that exists before any claim, as an administrator would; `class` may
/// be empty, which makes it a volume for claims without a class.
pub async fn create_volume(client: &kube::Client, name: &str, class: &str, size: &str) -> Result<()> {
    let volume = volume(name, class, size, &["ReadWriteOnce".to_owned()], "Retain")?;
    let api = Api::all(client.clone());
    api.create(&PostParams::default(), &volume).await.with_context(|| format!("failed to create volume {name}"))?;
    Ok(())
}

fn volume(name: &str, class: &str, size: &str, modes: &[String], reclaim: &str) -> Result<PersistentVolume> {
    Ok(serde_json::from_value(json!({
        "metadata": {"name": name},
        "spec": {
            "capacity": {"storage": size},
            "accessModes": modes,
            "persistentVolumeReclaimPolicy": reclaim,
            "storageClassName": class,
            // Nothing ever mounts it: there is no kubelet.
            "hostPath": {"path": format!("/nowhere/{name}")},
        },
    }))?)
}

/// Makes a volume for every claim whose class names an external provisioner, whichever:
/// the CSI drivers of all clouds in forty lines. The controller-manager does the binding.
pub(super) struct Provisioner(JoinHandle<()>);

impl Provisioner {
    pub(super) fn start(client: kube::Client) -> Self {
        Self(tokio::spawn(async move {
            // A closed or expired watch starts over; a run that cannot be served at all
            // shows as a claim that somebody waits for in vain, with the claim's state.
            loop {
                if let Err(error) = provision_all(&client).await {
                    eprintln!("control plane: the provisioner starts over: {error:#}");
                    tokio::time::sleep(PAUSE).await;
                }
            }
        }))
    }

    pub(super) fn stop(&self) {
        self.0.abort();
    }
}

async fn provision_all(client: &kube::Client) -> Result<()> {
    let claims: Api<PersistentVolumeClaim> = Api::all(client.clone());
    let list = claims.list(&ListParams::default()).await?;
    for claim in &list.items {
        provision(client, claim).await?;
    }
    let version = list.metadata.resource_version.unwrap_or_default();
    let mut events = claims.watch(&WatchParams::default(), &version).await?.boxed();
    while let Some(event) = events.next().await {
        match event? {
            WatchEvent::Added(claim) | WatchEvent::Modified(claim) => provision(client, &claim).await?,
            WatchEvent::Deleted(_) | WatchEvent::Bookmark(_) => {}
            WatchEvent::Error(_) => break,
        }
    }
    Ok(())
}

async fn provision(client: &kube::Client, claim: &PersistentVolumeClaim) -> Result<()> {
    let Some(spec) = &claim.spec else { return Ok(()) };
    let asked = claim.annotations().contains_key(ASKED);
    if !asked || spec.volume_name.is_some() || claim.metadata.deletion_timestamp.is_some() {
        return Ok(());
    }
    let class_name = spec.storage_class_name.clone().unwrap_or_default();
    let class: Option<StorageClass> = Api::all(client.clone()).get_opt(&class_name).await?;
    let reclaim = class.and_then(|class| class.reclaim_policy).unwrap_or_else(|| "Delete".to_owned());
    let requests = spec.resources.as_ref().and_then(|resources| resources.requests.clone()).unwrap_or_default();
    let size = requests.get("storage").map_or("1Gi", |quantity| quantity.0.as_str());
    let modes = spec.access_modes.clone().unwrap_or_default();

    let uid = claim.uid().unwrap_or_default();
    let mut made = volume(&format!("pvc-{uid}"), &class_name, size, &modes, &reclaim)?;
    if let Some(spec) = &mut made.spec {
        spec.claim_ref = Some(serde_json::from_value(json!({
            "apiVersion": "v1", "kind": "PersistentVolumeClaim", "uid": uid,
            "namespace": claim.namespace(), "name": claim.name_any(),
        }))?);
        spec.volume_mode.clone_from(&claim.spec.as_ref().and_then(|spec| spec.volume_mode.clone()));
    }
    made.metadata.annotations =
        Some(BTreeMap::from([("pv.kubernetes.io/provisioned-by".to_owned(), PROVISIONER.to_owned())]));
    match Api::all(client.clone()).create(&PostParams::default(), &made).await {
        Ok(_) => Ok(()),
        Err(kube::Error::Api(status)) if status.is_already_exists() => Ok(()),
        Err(error) => Err(error).context("failed to create a volume"),
    }
}
