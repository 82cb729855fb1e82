//! `seawall protect`: labels for what existed before Seawall.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use libtest_mimic::Trial;
use seawall::terms::keys;
use serde_json::{Value, json};

use crate::databases::{MYSQL, POSTGRES, Shape, claim, database, list};
use crate::guarded::{self, ADMIN, refused};
use crate::plane::kubectl::{Kubectl, Output};
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("guards::protect_labels_what_was_there_before", async |plane| labels(&plane).await),
        trial("guards::protect_is_not_undone", async |plane| beside_seawall(&plane).await),
    ]
}

async fn protect(user: &Kubectl, args: &[&str]) -> Result<Output> {
    user.program(Path::new(env!("CARGO_BIN_EXE_seawall")), &[&["protect"], args].concat()).await
}

/// A claim of a class whose volume is made at once.
fn of_class(mut claim: Value, class: &str) -> Value {
    claim["spec"]["storageClassName"] = json!(class);
    claim
}

async fn bound(namespace: &Namespace, names: &[&str]) -> Result<()> {
    for name in names {
        wait_for(&namespace.api::<PersistentVolumeClaim>(), name, "the claim to be bound", |claim| {
            (claim?.status.as_ref()?.phase.as_deref() == Some("Bound")).then_some(())
        })
        .await?;
    }
    Ok(())
}

/// A label of an object; nothing where it has none.
async fn label(namespace: &Namespace, object: &str, key: &str) -> Result<String> {
    let path = format!("jsonpath={{.metadata.labels.{}}}", key.replace('.', "\\."));
    namespace.kubectl(&["get", object, "-o", &path]).await?.succeeded()
}

async fn volume_of(namespace: &Namespace, claim: &str) -> Result<String> {
    let volume = namespace.kubectl(&["get", claim, "-o", "jsonpath={.spec.volumeName}"]).await?.succeeded()?;
    Ok(format!("persistentvolume/{volume}"))
}

async fn labels(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "before", true).await?;
    let mut kept = database(POSTGRES, Shape::StatefulSet, "kept");
    kept["spec"]["volumeClaimTemplates"][0]["spec"]["storageClassName"] = json!("fast");
    let mut operated = database(MYSQL, Shape::Pod, "operated");
    operated["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "widgets.plane.test/v1", "kind": "Cluster", "name": "db", "controller": true,
        "uid": "5f0c0a5e-7f8e-4a55-9d5c-1c2d3e4f5a6b",
    }]);
    let mut meant_to_go = of_class(claim("scratch"), "standard");
    meant_to_go["metadata"]["labels"] = json!({keys::DATA: "ephemeral"});
    let objects = [
        database(MYSQL, Shape::StatefulSet, "lost"),
        kept,
        of_class(claim("deployed"), "standard"),
        database(MYSQL, Shape::Deployment, "deployed"),
        of_class(claim("operated"), "fast"),
        operated,
        of_class(claim("assets"), "standard"),
        meant_to_go,
        database(MYSQL, Shape::Deployment, "scratch"),
    ];
    namespace.apply(&list(&objects)).await?;
    bound(&namespace, &["data-lost-0", "data-kept-0", "deployed", "operated", "assets"]).await?;
    let admin = plane.kubectl_as(ADMIN, Some("system:masters"))?;
    let fates = [
        ("statefulset/lost", "true"),
        ("statefulset/kept", "true"),
        ("pvc/data-lost-0", "deleted"),
        ("pvc/data-kept-0", "retained"),
        ("pvc/deployed", "deleted"),
        ("pvc/operated", "retained"),
        ("pvc/assets", ""),
        ("pvc/scratch", ""),
    ];
    let volume = volume_of(&namespace, "pvc/data-lost-0").await?;

    // Shown first; and who may not write all of it writes nothing.
    let shown = protect(&admin, &[namespace.name()]).await?.succeeded()?;
    ensure!(shown.contains("10 labels to be written by --write; 0 there already"), "{shown}");
    ensure!(shown.contains("PersistentVolumeClaim data-kept-0: seawall.dev/holds-data=retained"), "{shown}");
    let reader = plane.kubectl_as("reader", None)?;
    let bind = ["create", "rolebinding", "reader", "--clusterrole=view", "--user=reader"];
    namespace.kubectl(&bind).await?.succeeded()?;
    let see = ["create", "clusterrole", "see-namespaces", "--verb=get", "--resource=namespaces"];
    plane.kubectl(&see).await?.succeeded()?;
    let see = ["create", "clusterrolebinding", "see-namespaces", "--clusterrole=see-namespaces", "--user=reader"];
    plane.kubectl(&see).await?.succeeded()?;
    let output = protect(&reader, &[namespace.name(), "--write"]).await?;
    ensure!(output.stdout.contains("none is written"), "{output:?}");
    ensure!(output.stdout.contains("it takes the right to get persistentvolumes"), "{output:?}");
    let complaint = output.failed()?;
    ensure!(complaint.contains("help: ask for the right to patch statefulsets"), "{complaint}");
    for (object, _) in fates {
        ensure!(label(&namespace, object, keys::HOLDS_DATA).await?.is_empty(), "{object} was labelled");
    }

    let written = protect(&admin, &[namespace.name(), "--write"]).await?.succeeded()?;
    ensure!(written.contains("10 labels written"), "{written}");
    for (object, fate) in fates {
        let found = label(&namespace, object, keys::HOLDS_DATA).await?;
        ensure!(found == fate, "{object} is labelled {found:?} and not {fate:?}");
    }
    ensure!(label(&namespace, &volume, keys::GUARD).await? == keys::ENFORCED, "{volume} is not guarded");
    let again = protect(&admin, &[namespace.name(), "--write"]).await?.succeeded()?;
    ensure!(again.contains("no label is missing; 10 there already"), "{again}");
    refused(namespace.kubectl(&["delete", "pvc/data-lost-0"]).await?, "claims", "its volume is deleted with it")?;

    let nowhere = protect(&admin, &["no-such-namespace"]).await?.failed()?;
    ensure!(nowhere.contains("there is no namespace"), "{nowhere}");
    Ok(())
}

/// A running Seawall writes its labels itself; those of a person it leaves, where they are true.
async fn beside_seawall(plane: &Arc<Plane>) -> Result<()> {
    let namespace = plane.namespace("beside").await?;
    namespace.apply(&list(&[database(MYSQL, Shape::StatefulSet, "db")])).await?;
    bound(&namespace, &["data-db-0"]).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "baseline", None)?).await?;
    seawall.guard(&namespace).await?;
    let admin = plane.kubectl_as(ADMIN, Some("system:masters"))?;
    let written = protect(&admin, &[namespace.name(), "--write"]).await?.succeeded()?;
    ensure!(written.contains("2 labels written") && written.contains("is not guarded: kubectl label"), "{written}");
    for (object, fate) in [("statefulset/db", "true"), ("pvc/data-db-0", "deleted")] {
        let found = label(&namespace, object, keys::HOLDS_DATA).await?;
        ensure!(found == fate, "{object} is labelled {found:?}: Seawall took it off");
        // What is dropped comes back, unless it was confirmed that it may go.
        let removed = format!("{}-", keys::HOLDS_DATA);
        namespace.kubectl(&["label", object, &removed]).await?.succeeded()?;
        ensure!(label(&namespace, object, keys::HOLDS_DATA).await? == fate, "{object} has lost its label");
        let confirmed = format!("{}=it@2031-01-01T00:00:00Z", keys::CONFIRM_DELETE);
        namespace.kubectl(&["annotate", object, &confirmed]).await?.succeeded()?;
        namespace.kubectl(&["label", object, &removed]).await?.succeeded()?;
        ensure!(label(&namespace, object, keys::HOLDS_DATA).await?.is_empty(), "{object} has its label again");
    }
    seawall.stop().await
}
