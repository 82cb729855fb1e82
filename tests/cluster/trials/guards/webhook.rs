//! What Seawall adds where it is there: what would be lost, and the time of a confirmation.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{MYSQL, Shape, database, list};
use crate::guarded::{self, ADMIN, DELETER, as_user, labelled_claim, labelled_set, way_through};
use crate::plane::seawall::Seawall;
use crate::plane::watch::{DEADLINE, wait_for};
use crate::plane::{Namespace, Plane};
use crate::stage::{self, trial};
use crate::trials::exemptions::{DAY, exemption};
use crate::trials::policies::installed;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("guards::seawall_says_what_would_be_lost", async |plane| lost(&plane).await),
        trial("guards::an_exemption_is_a_way_past_the_webhook", async |plane| exempted(&plane).await),
        trial("guards::seawall_looks_at_the_time_of_a_confirmation", async |plane| time(&plane).await),
    ]
}

/// On the class that deletes.
fn standard(mut claim: Value) -> Value {
    claim["spec"]["storageClassName"] = json!("standard");
    claim
}

async fn bound(namespace: &Namespace, name: &str) -> Result<()> {
    wait_for(&namespace.api::<PersistentVolumeClaim>(), name, "the claim to be bound", |claim| {
        (claim?.status.as_ref()?.phase.as_deref() == Some("Bound")).then_some(())
    })
    .await
}

async fn lost(plane: &Arc<Plane>) -> Result<()> {
    // Without the policies: these namespaces are out of their reach.
    let seawall = Seawall::start(plane, stage::seawall(plane, "baseline", None)?).await?;
    let (open, guarded) = (plane.namespace("lost").await?, plane.namespace("lost").await?);
    for namespace in [&open, &guarded] {
        let objects = [
            standard(labelled_claim("labelled", "deleted")),
            standard(labelled_claim("unknown", "unknown")),
            labelled_set("set", "Delete", "Retain"),
            database(MYSQL, Shape::StatefulSet, "before"),
        ];
        namespace.apply(&list(&objects)).await?;
        for claim in ["labelled", "unknown", "data-set-0", "data-before-0"] {
            bound(namespace, claim).await?;
        }
        seawall.guard(namespace).await?;
    }
    plane.kubectl(&["label", "namespace", guarded.name(), "seawall.dev/guard=enforced"]).await?.succeeded()?;
    let dry = "--dry-run=server";
    for (object, words, more) in [
        ("pvc/labelled", "claim \"labelled\" holds a database, and volume \"pvc-", ""),
        ("pvc/unknown", "claim \"unknown\" holds a database, and volume \"pvc-", ""),
        ("sts/set", "1 claim of StatefulSet \"set\" and its volume (1Gi) are deleted with it", "--cascade=foreground"),
    ] {
        let mut delete = vec!["delete", object, dry];
        delete.extend(Some(more).filter(|more| !more.is_empty()));
        let output = open.kubectl(&delete).await?;
        ensure!(output.ok && output.stderr.contains(words), "{output:?}");
        let output = guarded.kubectl(&delete).await?;
        ensure!(!output.ok && output.stderr.contains(words), "{output:?}");
        ensure!(output.stderr.contains("kubectl annotate --overwrite"), "{output:?}");
    }
    for namespace in [&open, &guarded] {
        // Without a label it is found by who mounts it, and never refused; what leaves the claims is silent.
        let output = namespace.kubectl(&["delete", "pvc/data-before-0", dry]).await?;
        ensure!(output.ok && output.stderr.contains("claim \"data-before-0\" holds a database"), "{output:?}");
        let output = namespace.kubectl(&["delete", "sts/set", "--cascade=orphan", dry]).await?;
        ensure!(output.ok && output.stderr.is_empty(), "{output:?}");
        let output = namespace.kubectl(&["delete", "sts/before", dry]).await?;
        ensure!(output.ok && output.stderr.is_empty(), "{output:?}");
        let evicted = json!({
            "apiVersion": "policy/v1", "kind": "Eviction", "metadata": {"name": "before-0", "namespace": namespace.name()},
        });
        let path = format!("/api/v1/namespaces/{}/pods/before-0/eviction", namespace.name());
        namespace.kubectl_with(&["create", "--raw", &path, "-f", "-"], &evicted.to_string()).await?.succeeded()?;
        namespace.kubectl(&["delete", "pod/set-0", "--force", "--grace-period=0"]).await?.succeeded()?;
    }
    // Of the claims of databases in it, those with a label.
    let output = plane.kubectl(&["delete", "namespace", open.name(), dry]).await?;
    ensure!(
        output.ok && output.stderr.contains("3 volumes of databases (3Gi) are deleted with namespace"),
        "{output:?}"
    );
    let output = plane.kubectl(&["delete", "namespace", guarded.name(), dry]).await?;
    ensure!(!output.ok && output.stderr.contains("3 volumes of databases (3Gi)"), "{output:?}");
    seawall.stop().await
}

/// The webhook believes it; the policies of the API server see one object, and no exemption.
async fn exempted(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "baseline", None)?).await?;
    let namespace = seawall.enforced_namespace("exempted").await?;
    namespace.apply(&list(&["one", "other"].map(|name| standard(labelled_claim(name, "unknown"))))).await?;
    for claim in ["one", "other"] {
        bound(&namespace, claim).await?;
    }
    let delete = async |claim: &str| namespace.kubectl(&["delete", "pvc", claim, "--dry-run=server"]).await;
    let said = delete("one").await?.failed()?;
    ensure!(said.contains("claim \"one\" holds a database"), "{said}");
    let mut exemption = exemption("one", &["deleted-data"], DAY * 30);
    exemption["spec"]["name"] = json!("one");
    namespace.apply(&exemption.to_string()).await?;
    let begin = std::time::Instant::now();
    loop {
        let output = delete("one").await?;
        if output.ok {
            ensure!(output.stderr.is_empty(), "{output:?}");
            break;
        }
        ensure!(begin.elapsed() < DEADLINE, "{output:?}");
    }
    delete("other").await?.failed()?;
    namespace.kubectl(&["delete", "pvc", "one", "--wait=false"]).await?.succeeded()?;
    seawall.stop().await
}

async fn time(plane: &Arc<Plane>) -> Result<()> {
    let namespace = guarded::namespace(plane, "time", true).await?;
    let claims = ["old", "mine", "unknown"];
    let fates = [("old", "deleted"), ("mine", "deleted"), ("unknown", "unknown")];
    namespace.apply(&list(&fates.map(|(name, fate)| standard(labelled_claim(name, fate))))).await?;
    for claim in claims {
        bound(&namespace, claim).await?;
    }
    let mut seawall = Seawall::start(plane, stage::seawall(plane, "baseline", None)?).await?;
    seawall.guard(&namespace).await?;
    let (admin, deleter) = (as_user(plane, &namespace, ADMIN)?, as_user(plane, &namespace, DELETER)?);
    let delete = |name: &'static str, more: &'static str| ["delete", "pvc", name, "--wait=false", more];

    // What Seawall prints for a claim of which the policies know nothing works too, for who may.
    let output = deleter.kubectl(&delete("unknown", "--dry-run=server")).await?;
    ensure!(!output.ok, "{output:?}\n{}", seawall.log_tail(10));
    let said = output.stderr;
    ensure!(said.contains("validate-rest") && said.contains("claim \"unknown\" holds a database"), "{said}");
    admin.shell(way_through(&said)?).await?.succeeded()?;
    let refused = deleter.kubectl(&delete("unknown", "--dry-run=server")).await?;
    guarded::refused(refused, "claims", "holds a database")?;
    admin.kubectl(&delete("unknown", "--dry-run=none")).await?.succeeded()?;

    for time in ["2020-01-01T00:00:00Z", "2100-01-01T00:00:00Z"] {
        let pair = format!("seawall.dev/confirm-delete=old@{time}");
        admin.kubectl(&["annotate", "--overwrite", "pvc/old", &pair]).await?.succeeded()?;
        let said = admin.kubectl(&delete("old", "--dry-run=server")).await?.failed()?;
        ensure!(said.contains("its confirmation is out of date, or more than ten minutes ahead"), "{said}");
        ensure!(!said.contains(time), "the annotation is quoted: {said}");
    }
    let said = deleter.kubectl(&delete("mine", "--dry-run=server")).await?.failed()?;
    admin.shell(way_through(&said)?).await?.succeeded()?;
    admin.kubectl(&delete("mine", "--dry-run=none")).await?.succeeded()?;
    // While Seawall is away nobody looks at the time.
    seawall.kill();
    admin.kubectl(&delete("old", "--dry-run=server")).await?.succeeded()?;
    seawall.stop().await
}
