//! The replica that leads keeps labels true: on a control plane of its own, whose every label it looks at.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::api::Api;
use libtest_mimic::Trial;
use seawall::cluster::guards;
use seawall::terms::keys;
use serde_json::{Value, json};

use super::{bind, label, leader, true_within};
use crate::databases::{claim, list};
use crate::guarded::labelled_claim;
use crate::plane::seawall::Seawall;
use crate::plane::watch::{DEADLINE, wait_for};
use crate::plane::{Namespace, Plane, access};
use crate::stage::lone_trial;

pub fn trials() -> Vec<Trial> {
    vec![lone_trial("background::labels_are_kept_true", async |plane| kept(&plane).await)]
}

/// A claim of a class, which binds it at once, with a label.
fn of_class(mut claim: Value, class: &str) -> Value {
    claim["spec"]["storageClassName"] = json!(class);
    claim
}

/// The volume that a claim is bound to.
async fn volume(namespace: &Namespace, name: &str) -> Result<String> {
    let claims: Api<PersistentVolumeClaim> = namespace.api();
    let volume = wait_for(&claims, name, "the claim to be bound", |claim| {
        let claim = claim?;
        (claim.status.as_ref()?.phase.as_deref() == Some("Bound")).then(|| claim.spec.as_ref()?.volume_name.clone())
    });
    Ok(format!("pv/{}", volume.await?.unwrap_or_default()))
}

/// The guards of an installation, in effect: somebody else is refused what only Seawall may do.
async fn guard(plane: &Plane, namespace: &Namespace) -> Result<()> {
    for guard in guards::guards(guards::ACCOUNT) {
        let mut all = vec![serde_json::to_value(&guard.policy)?];
        for binding in &guard.bindings {
            all.push(serde_json::to_value(binding)?);
        }
        plane.kubectl_with(&["apply", "-f", "-"], &list(&all)).await?.succeeded()?;
    }
    let begin = Instant::now();
    let removed = format!("{}-", keys::HOLDS_DATA);
    while namespace.kubectl(&["label", "pvc/wrong", &removed, "--dry-run=server"]).await?.ok {
        ensure!(begin.elapsed() < DEADLINE, "the guards are not in effect");
    }
    Ok(())
}

async fn kept(plane: &Arc<Plane>) -> Result<()> {
    let guarded = (keys::GUARD.to_owned(), keys::ENFORCED.to_owned());
    let namespace = plane.labelled_namespace("kept", [guarded].into()).await?;
    let open = plane.namespace("open").await?;
    let objects = [
        of_class(labelled_claim("wrong", "retained"), "standard"),
        of_class(labelled_claim("right", "retained"), "fast"),
        of_class(labelled_claim("late", "unknown"), "later"),
        of_class(claim("nobodys"), "standard"),
    ];
    namespace.apply(&list(&objects)).await?;
    open.apply(&list(&[of_class(labelled_claim("open", "unknown"), "standard")])).await?;
    let (wrong, right) = (volume(&namespace, "wrong").await?, volume(&namespace, "right").await?);
    let (nobodys, elsewhere) = (volume(&namespace, "nobodys").await?, volume(&open, "open").await?);
    // What a person guards is that person's.
    let by_hand = format!("{}={}", keys::GUARD, keys::ENFORCED);
    plane.kubectl(&["label", &elsewhere, &by_hand]).await?.succeeded()?;
    guard(plane, &namespace).await?;
    // Anybody's claim may name anybody's volume.
    let mut pretends = of_class(labelled_claim("pretends", "unknown"), "standard");
    pretends["spec"]["volumeName"] = json!(nobodys.trim_start_matches("pv/"));
    namespace.apply(&pretends.to_string()).await?;

    bind(plane, access::role_with_lease("leading")?).await?;
    let seawall = Seawall::start(plane, leader(plane, 3_600, &[])?).await?;
    let fate =
        async |namespace: &Namespace, name: &str| label(namespace, &format!("pvc/{name}"), keys::HOLDS_DATA).await;
    let is_guarded =
        async |volume: &str| -> Result<bool> { Ok(label(&namespace, volume, keys::GUARD).await? == keys::ENFORCED) };
    true_within("a label that was wrong is corrected", async || Ok(fate(&namespace, "wrong").await? == "deleted"))
        .await?;
    true_within("also where nothing is guarded", async || Ok(fate(&open, "open").await? == "deleted")).await?;
    true_within("volumes are guarded", async || Ok(is_guarded(&wrong).await? && is_guarded(&right).await?)).await?;
    true_within("a claim is looked at that names a volume", async || {
        Ok(fate(&namespace, "pretends").await? == "deleted")
    })
    .await?;
    ensure!(!is_guarded(&nobodys).await? && fate(&namespace, "nobodys").await?.is_empty(), "what had no label got one");

    // No round comes for an hour: a volume is heard of when its policy changes. First that of a claim without a label, which stays so.
    let retain = r#"{"spec":{"persistentVolumeReclaimPolicy":"Retain"}}"#;
    plane.kubectl(&["patch", &nobodys, "-p", retain]).await?.succeeded()?;
    plane.kubectl(&["patch", &wrong, "-p", retain]).await?.succeeded()?;
    true_within("the volume is retained now", async || Ok(fate(&namespace, "wrong").await? == "retained")).await?;
    ensure!(!is_guarded(&nobodys).await? && fate(&namespace, "nobodys").await?.is_empty(), "what had no label got one");

    // A volume that comes later is guarded as well.
    namespace.apply(&of_class(labelled_claim("newer", "unknown"), "fast").to_string()).await?;
    let newer = volume(&namespace, "newer").await?;
    true_within("a new volume is guarded", async || is_guarded(&newer).await).await?;

    // A volume outlives its claim, and another claim of that name has its own.
    namespace.kubectl(&["delete", "pvc/right"]).await?.succeeded()?;
    let phase = async || namespace.kubectl(&["get", &right, "-o", "jsonpath={.status.phase}"]).await?.succeeded();
    true_within("the volume is released", async || Ok(phase().await? == "Released")).await?;
    namespace.apply(&of_class(labelled_claim("right", "retained"), "fast").to_string()).await?;
    let instead = volume(&namespace, "right").await?;
    true_within("its claim's new volume is guarded", async || is_guarded(&instead).await).await?;

    // Who takes the guard off a namespace takes it off its volumes, but for the last of some data.
    let until = jiff::Timestamp::now() + std::time::Duration::from_secs(300);
    let name = namespace.name();
    let confirmed = format!("{}={name}@{}", keys::CONFIRM_DELETE, until.strftime("%Y-%m-%dT%H:%M:%SZ"));
    plane.kubectl(&["annotate", "namespace", name, &confirmed]).await?.succeeded()?;
    plane.kubectl(&["label", "namespace", name, &format!("{}-", keys::GUARD)]).await?.succeeded()?;
    true_within("the volumes are free", async || Ok(!is_guarded(&wrong).await? && !is_guarded(&instead).await?))
        .await?;
    ensure!(is_guarded(&elsewhere).await?, "the label of a person is gone");
    ensure!(seawall.count("labels", "result=\"corrected\"").await? >= 7, "{}", seawall.scrape().await?);
    ensure!(seawall.count("labels", "result=\"failed\"").await? == 0, "{}", seawall.log_tail(20));
    ensure!(fate(&namespace, "late").await? == "unknown", "there is no such class yet");
    seawall.stop().await?;
    classes(plane, &namespace).await?;
    // Several rounds have been over all volumes since then.
    ensure!(is_guarded(&right).await?, "the last of its data is free");
    Ok(())
}

/// A class is made for a claim that waits for it, and another one in its place: rounds see that.
async fn classes(plane: &Arc<Plane>, namespace: &Namespace) -> Result<()> {
    let seawall = Seawall::start(plane, leader(plane, 1, &[])?).await?;
    let fate = async || label(namespace, "pvc/late", keys::HOLDS_DATA).await;
    let mut class = json!({
        "apiVersion": "storage.k8s.io/v1", "kind": "StorageClass", "metadata": {"name": "later"},
        "provisioner": "plane.test/none", "reclaimPolicy": "Delete", "volumeBindingMode": "WaitForFirstConsumer",
    });
    plane.kubectl_with(&["create", "-f", "-"], &class.to_string()).await?.succeeded()?;
    true_within("the class deletes", async || Ok(fate().await? == "deleted")).await?;
    plane.kubectl(&["delete", "storageclass", "later"]).await?.succeeded()?;
    class["reclaimPolicy"] = json!("Retain");
    plane.kubectl_with(&["create", "-f", "-"], &class.to_string()).await?.succeeded()?;
    true_within("the class retains now", async || Ok(fate().await? == "retained")).await?;
    seawall.stop().await
}
