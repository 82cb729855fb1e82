//! A namespace full of old databases goes from `observe` to `production`, policy by policy. What was there goes on: it is scaled,
//! restarted, bumped, rolled back, orphaned and made again, brought back from a backup, and none of it is mended behind anybody's back.
//! What is new is refused.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::{Deployment, StatefulSet};
use k8s_openapi::api::core::v1::Pod;
use kube::api::ListParams;
use serde_json::{Value, json};

use super::{apply, condition, installed, is_denied, policy, team, until};
use crate::databases::{ENGINES, Engine, MYSQL, Shape, claim, database, image, list, pod_spec};
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_until;
use crate::plane::{Namespace, Plane};
use crate::stage;
use crate::twins::object;

/// The team, and its policy.
const NAME: &str = "rollout";
/// Velero's account, whom every policy takes for a restorer that does not say otherwise.
const RESTORER: &str = "system:serviceaccount:velero:velero";
const SHAPES: [Shape; 2] = [Shape::StatefulSet, Shape::Deployment];

/// A database that is killed at once when it stops: refused by `production`, whatever its engine.
fn old(engine: Engine, shape: Shape) -> Value {
    let name = format!("{}-{shape:?}", engine.name).to_lowercase();
    let mut database = database(engine, shape, &name);
    pod_spec(&mut database)["terminationGracePeriodSeconds"] = json!(0);
    database
}

fn all(change: impl Fn(Value) -> Value) -> Vec<Value> {
    SHAPES.into_iter().flat_map(|shape| ENGINES.map(|engine| old(engine, shape))).map(change).collect()
}

fn name(object: &Value) -> &str {
    object["metadata"]["name"].as_str().unwrap_or_default()
}

/// The next build of the same version: the last number of the tag, and one more.
fn bumped(database: Value) -> Value {
    let own = pod_spec(&mut database.clone())["containers"][0]["image"].as_str().unwrap_or_default().to_owned();
    let digits = own.bytes().rev().take_while(u8::is_ascii_digit).count();
    let (stem, number) = own.split_at(own.len() - digits);
    let next = number.parse::<u64>().map_or(0, |number| number + 1);
    image(database, &format!("{stem}{next:0digits$}"))
}

pub(super) async fn enforced(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    let namespace = team(plane, &seawall, NAME).await?;
    let claims = ENGINES.map(|engine| claim(name(&old(engine, Shape::Deployment))));
    namespace.apply(&list(&claims)).await?;
    namespace.apply(&list(&all(|database| database))).await?;
    running(&namespace).await?;

    for (generation, profile) in (1..).zip(["observe", "advise", "baseline", "production"]) {
        // A value for everything that could be written into what is new.
        let values = json!({"memory": {"limit": "4Gi", "request": "1Gi"}, "cpu": {"request": "250m"},
            "credentials": {"secretName": "{workload}-credentials"}});
        let spec = json!({"profile": profile, "defaults": values});
        apply(plane, &policy(NAME, NAME, &spec)).await?.succeeded()?;
        condition(plane, NAME, "Accepted", "True", generation).await?;
        if profile == "production" {
            until(&namespace, &old(MYSQL, Shape::StatefulSet), is_denied).await?;
        }
        let before = seawall.count("requests", "outcome=\"denied\"").await?;
        goes_on(&namespace).await.with_context(|| format!("under {profile}"))?;
        let refused = seawall.count("requests", "outcome=\"denied\"").await? - before;
        ensure!(refused == 0, "under {profile} {refused} calls were refused");
    }
    bounded(&namespace).await?;
    again(&namespace).await?;
    new_ones(plane, &seawall).await?;
    plane.kubectl(&["delete", "databasepolicy", NAME]).await?.succeeded()?;
    seawall.stop().await
}

/// Everything that people do with a database that runs.
async fn goes_on(namespace: &Namespace) -> Result<()> {
    for replicas in ["--replicas=0", "--replicas=1"] {
        namespace.kubectl(&["scale", "statefulset,deployment", "--all", replicas]).await?.succeeded()?;
    }
    settled(namespace).await?;
    for kind in ["statefulset", "deployment"] {
        namespace.kubectl(&["rollout", "restart", kind]).await?.succeeded()?;
    }
    settled(namespace).await?;
    namespace.kubectl_with(&["apply", "-f", "-"], &list(&all(bumped))).await?.succeeded()?;
    settled(namespace).await?;
    let targets: Vec<String> = all(|database| database)
        .iter()
        .map(|o| format!("{}/{}", o["kind"].as_str().unwrap_or_default(), name(o)))
        .collect();
    let undo: Vec<&str> = ["rollout", "undo"].into_iter().chain(targets.iter().map(String::as_str)).collect();
    namespace.kubectl(&undo).await?.succeeded()?;
    settled(namespace).await?;
    for workload in all(|database| database) {
        let found = object(namespace, workload["kind"].as_str().unwrap_or_default(), name(&workload)).await?;
        let container = &found["spec"]["template"]["spec"]["containers"][0];
        let wanted = &workload["spec"]["template"]["spec"]["containers"][0];
        let unmended = container["resources"] == json!({}) && container["env"] == wanted["env"];
        ensure!(unmended, "{} was mended: {container}", name(&workload));
        ensure!(container["image"] == wanted["image"], "{} was not rolled back: {container}", name(&workload));
    }
    Ok(())
}

/// Waits until the controllers have taken notice of all of them.
async fn settled(namespace: &Namespace) -> Result<()> {
    for workload in all(|database| database) {
        object(namespace, workload["kind"].as_str().unwrap_or_default(), name(&workload)).await?;
    }
    Ok(())
}

/// Waits until each of them has a Pod.
async fn running(namespace: &Namespace) -> Result<()> {
    wait_until(&namespace.api::<Pod>(), &ListParams::default(), "a Pod of each database", |seen| {
        let alive = seen.values().filter(|pod| pod.metadata.deletion_timestamp.is_none()).count();
        (alive >= ENGINES.len() * SHAPES.len()).then_some(())
    })
    .await
}

/// What would put two servers on one claim is worse than before, whoever scales; a second claim is not.
async fn bounded(namespace: &Namespace) -> Result<()> {
    let refused = namespace.kubectl(&["scale", "deployment/mysql-deployment", "--replicas=2"]).await?.failed()?;
    ensure!(refused.contains("denied the request"), "{refused}");
    namespace.kubectl(&["scale", "statefulset/mysql-statefulset", "--replicas=2"]).await?.succeeded()?;
    Ok(())
}

/// Orphaned, and made again from the manifest: as it was, and not as something new.
async fn again(namespace: &Namespace) -> Result<()> {
    running(namespace).await?;
    namespace.kubectl(&["delete", "statefulset,deployment", "--all", "--cascade=orphan"]).await?.succeeded()?;
    let left = async || -> Result<usize> {
        let everything = ListParams::default();
        let sets = namespace.api::<StatefulSet>().list(&everything).await?.items.len();
        Ok(sets + namespace.api::<Deployment>().list(&everything).await?.items.len())
    };
    ensure!(left().await? == 0, "not all of them are gone");
    namespace.kubectl_with(&["apply", "-f", "-"], &list(&all(|database| database))).await?.succeeded()?;
    for workload in all(|database| database) {
        let found = object(namespace, workload["kind"].as_str().unwrap_or_default(), name(&workload)).await?;
        let container = &found["spec"]["template"]["spec"]["containers"][0];
        ensure!(container["resources"] == json!({}), "{} was mended when it was made again", name(&workload));
    }
    Ok(())
}

/// The same manifests where nothing is: refused for everybody but who restores a backup.
async fn new_ones(plane: &Arc<Plane>, seawall: &Seawall) -> Result<()> {
    let namespace = team(plane, seawall, NAME).await?;
    until(&namespace, &old(MYSQL, Shape::StatefulSet), is_denied).await?;
    for new in all(|database| database) {
        let refused = namespace.kubectl_with(&["create", "-f", "-"], &new.to_string()).await?.failed()?;
        ensure!(refused.contains("denied the request") && refused.contains("is killed at once"), "{refused}");
    }
    let restorer = namespace.with_kubectl(plane.kubectl_as(RESTORER, Some("system:masters"))?);
    let restored =
        restorer.kubectl_with(&["create", "-f", "-"], &list(&all(|database| database))).await?.succeeded()?;
    ensure!(restored.lines().count() == ENGINES.len() * SHAPES.len(), "{restored}");
    Ok(())
}
