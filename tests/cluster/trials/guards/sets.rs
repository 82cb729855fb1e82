//! StatefulSets whose claims would go with them, and volumes and classes that would.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use libtest_mimic::Trial;
use serde_json::json;

use crate::databases::list;
use crate::guarded::{self, ADMIN, DELETER, GITOPS, as_user, labelled_set, refused, silent, warned, way_through};
use crate::plane::Plane;
use crate::plane::watch::wait_for;
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("guards::a_set_whose_claims_go_with_it_stays", async |plane| stays(&plane).await),
        trial("guards::claims_are_not_made_to_go", async |plane| flips(&plane).await),
        trial("guards::a_volume_is_not_made_to_go", async |plane| volumes(&plane).await),
        trial("guards::a_class_that_deletes_is_a_warning", async |plane| classes(&plane).await),
    ]
}

const LOST: &str = "holds a database, and its claims are deleted with it";
const FLIPPED: &str = "its claims would be deleted by persistentVolumeClaimRetentionPolicy";

async fn stays(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "sets", true).await?;
    namespace
        .apply(&list(&[
            labelled_set("lost", "Delete", "Retain"),
            labelled_set("kept", "Retain", "Retain"),
            labelled_set("orphaned", "Delete", "Retain"),
        ]))
        .await?;
    for user in [ADMIN, DELETER, GITOPS] {
        let namespace = as_user(plane, &namespace, user)?;
        refused(namespace.kubectl(&["delete", "sts/lost"]).await?, "statefulsets", LOST)?;
        for more in ["--dry-run=server", "--cascade=foreground"] {
            refused(namespace.kubectl(&["delete", "sts/lost", more]).await?, "statefulsets", LOST)?;
        }
    }
    let deleter = as_user(plane, &namespace, DELETER)?;
    silent(deleter.kubectl(&["delete", "sts/kept"]).await?)?;
    // Its Pods stay, and so do its claims, whatever its policy says.
    let claims = namespace.api::<PersistentVolumeClaim>();
    wait_for(&claims, "data-orphaned-0", "the claim to be owned", |claim| {
        (!claim?.metadata.owner_references.as_ref()?.is_empty()).then_some(())
    })
    .await?;
    silent(deleter.kubectl(&["delete", "sts/orphaned", "--cascade=orphan", "--wait=true"]).await?)?;
    wait_for(&claims, "data-orphaned-0", "the claim to be let go", |claim| {
        claim?.metadata.owner_references.as_ref().is_none_or(Vec::is_empty).then_some(())
    })
    .await?;
    ensure!(namespace.kubectl(&["get", "pvc/data-kept-0"]).await?.ok, "the claim of what was deleted is gone");

    // Confirmed, it goes; so do its claims, which a controller deletes and which nobody confirmed.
    let said = refused(deleter.kubectl(&["delete", "sts/lost"]).await?, "statefulsets", LOST)?;
    let admin = as_user(plane, &namespace, ADMIN)?;
    admin.shell(way_through(&said)?).await?.succeeded()?;
    silent(admin.kubectl(&["delete", "sts/lost"]).await?)?;
    guarded::going(&claims, "data-lost-0").await
}

async fn flips(plane: &Arc<Plane>) -> Result<()> {
    let (guarded, open) =
        (guarded::namespace(plane, "flips", true).await?, guarded::namespace(plane, "flips", false).await?);
    let set = labelled_set("db", "Retain", "Retain");
    for namespace in [&guarded, &open] {
        namespace.apply(&list(&[set.clone(), labelled_set("going", "Delete", "Retain")])).await?;
    }
    let deleter = as_user(plane, &guarded, DELETER)?;
    for (when_deleted, when_scaled) in [("Delete", "Retain"), ("Retain", "Delete"), ("Delete", "Delete")] {
        let flipped = labelled_set("db", when_deleted, when_scaled).to_string();
        refused(deleter.kubectl_with(&["apply", "-f", "-"], &flipped).await?, "statefulsets", FLIPPED)?;
        let replaced = deleter.kubectl_with(&["replace", "-f", "-"], &flipped).await?;
        refused(replaced, "statefulsets", FLIPPED)?;
        let open = as_user(plane, &open, DELETER)?;
        let applied = open.kubectl_with(&["apply", "--dry-run=server", "-f", "-"], &flipped).await?;
        warned(applied, "statefulsets", FLIPPED)?;
    }
    // What was so before is no flip, and what goes the other way is none either.
    let mut again = labelled_set("going", "Delete", "Retain");
    again["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(90);
    silent(deleter.kubectl_with(&["apply", "-f", "-"], &again.to_string()).await?)?;
    silent(deleter.kubectl_with(&["apply", "-f", "-"], &labelled_set("going", "Retain", "Retain").to_string()).await?)
}

async fn volumes(plane: &Arc<Plane>) -> Result<()> {
    // The policies about what lies in no namespace come with the first namespace.
    let namespace = guarded::namespace(plane, "volumes", true).await?;
    let name = format!("guarded-{}", namespace.name());
    let mut volume = guarded::volume_object(&name);
    plane.kubectl_with(&["apply", "-f", "-"], &volume.to_string()).await?.succeeded()?;
    let said = refused(guarded::flip(plane, &name, false).await?, "volumes", "would be deleted with its claim")?;
    let label = plane.kubectl(&["label", "persistentvolume", &name, "seawall.dev/guard-"]).await?;
    refused(label, "volumes", "would lose seawall.dev/guard")?;
    silent(plane.kubectl(&["label", "persistentvolume", &name, "team=shop"]).await?)?;
    namespace.shell(way_through(&said)?).await?.succeeded()?;
    silent(guarded::flip(plane, &name, false).await?)?;
    // Without the label it is nobody's business.
    let free = format!("free-{}", namespace.name());
    volume["metadata"] = json!({"name": free});
    plane.kubectl_with(&["apply", "-f", "-"], &volume.to_string()).await?.succeeded()?;
    silent(guarded::flip(plane, &free, false).await?)
}

async fn classes(plane: &Arc<Plane>) -> Result<()> {
    guarded::namespace(plane, "classes", true).await?;
    for (policy, says) in [(Some("Delete"), true), (None, true), (Some("Retain"), false)] {
        let mut class = json!({
            "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass",
            "metadata": {"name": "trial"}, "provisioner": "plane.test/none",
        });
        if let Some(policy) = policy {
            class["reclaimPolicy"] = json!(policy);
        }
        let output = plane.kubectl_with(&["create", "-f", "-", "--dry-run=server"], &class.to_string()).await?;
        if says {
            warned(output, "storageclasses", "deletes volumes with their claims")?;
        } else {
            silent(output)?;
        }
    }
    Ok(())
}
