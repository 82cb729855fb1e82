//! What whoever runs the clusters wants to know before they register it: what it does without rights, after another
//! version, and with what a tenant makes up.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::{Deployment, ReplicaSet};
use k8s_openapi::api::core::v1::{PersistentVolumeClaim, Pod};
use kube::ResourceExt as _;
use kube::api::{ListParams, Patch, PatchParams, PostParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::databases::{MYSQL, Shape, claim, database, list};
use crate::plane::Plane;
use crate::plane::seawall::Seawall;
use crate::stage::{self, EVERYTHING, trial};

const MARK: &str = "seawall.dev/patched";

pub fn trials() -> Vec<Trial> {
    vec![
        trial("platform::without_rights_it_neither_writes_nor_refuses", async |plane| rightless(&plane).await),
        trial("platform::what_another_version_listed_restarts_nothing", async |plane| versions(&plane).await),
        trial("platform::a_made_up_owner_is_no_request", async |plane| made_up_owner(&plane).await),
        trial("platform::a_claim_of_nobody_costs_one_question", async |plane| claims(&plane).await),
    ]
}

async fn rightless(plane: &Arc<Plane>) -> Result<()> {
    let mut options = stage::seawall(plane, "production", Some(EVERYTHING))?;
    options.kubeconfig = Some(plane.kubeconfig("nobody-has-bound-me", None)?);
    let seawall = Seawall::start(plane, options).await?;
    let namespace = seawall.namespace("rightless").await?;
    let mut refused = database(MYSQL, Shape::Deployment, "shop");
    refused["spec"]["template"]["spec"]["containers"][0]["env"] =
        json!([{"name": "MYSQL_ROOT_PASSWORD", "value": "plain"}]);
    namespace.apply(&list(&[refused, claim("shop")])).await?;
    let stored = namespace.api::<Deployment>().get("shop").await?;
    ensure!(!stored.annotations().contains_key(MARK), "it wrote without knowing");
    let claim = namespace.api::<PersistentVolumeClaim>().get("shop").await?;
    ensure!(!claim.labels().contains_key("seawall.dev/holds-data"), "it labelled without knowing");
    seawall.stop().await
}

async fn versions(plane: &Arc<Plane>) -> Result<()> {
    let mut seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("versions").await?;
    namespace.apply(&list(&[claim("shop"), database(MYSQL, Shape::Deployment, "shop")])).await?;
    let deployments = namespace.api::<Deployment>();
    let listed = deployments.get("shop").await?.annotations().get(MARK).context("nothing was written")?.clone();

    // Another version, which knows one rule more and writes the list in another way.
    seawall.kill();
    let other = format!(
        "{},{}",
        listed.strip_suffix(']').context("no list")?.replace("\":\"", "\": \""),
        json!({"place": "spec.template.spec.dnsPolicy", "rule": "of-another-version", "since": "9.0.0"})
    ) + "]";
    let patch = json!({
        "metadata": {"annotations": {MARK: other}},
        "spec": {"template": {"metadata": {"annotations": {MARK: other}}}},
    });
    let before = deployments.patch("shop", &PatchParams::default(), &Patch::Merge(patch)).await?;

    seawall.run().await?;
    namespace.kubectl(&["label", "deployment", "shop", "team=shop"]).await?.succeeded()?;
    let after = deployments.get("shop").await?;
    // Its generation counts annotations, too.
    let template = |found: &Deployment| found.spec.as_ref().map(|spec| spec.template.clone());
    ensure!(template(&before) == template(&after), "a label changed the template, and restarts the database");
    ensure!(
        after.annotations().get(MARK).is_some_and(|list| list.contains("of-another-version")),
        "the other version's entry is lost"
    );
    let sets = namespace.api::<ReplicaSet>().list(&ListParams::default()).await?.items.len();
    ensure!(sets <= 2, "{sets} ReplicaSets: one of the birth, at most one of the other version");
    seawall.stop().await
}

async fn made_up_owner(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("owner").await?;
    let mut pod = database(MYSQL, Shape::Pod, "shop");
    pod["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "?watch=true", "uid": "made-up", "controller": true,
    }]);
    let pod: Pod = serde_json::from_value(pod)?;
    namespace.api::<Pod>().create(&PostParams::default(), &pod).await?;
    let log = seawall.log_tail(50);
    ensure!(log.contains("not a path of the API"), "it asked for what the Pod made up:\n{log}");
    seawall.stop().await
}

async fn claims(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("costs").await?;
    namespace.apply(&list(&[claim("files")])).await?;
    let asked = seawall.scrape().await?;
    let about = |question: &str| asked.contains(&format!("question=\"{question}\""));
    ensure!(about("claim-use"), "nobody asked about the claim:\n{asked}");
    for question in ["loose-volumes", "storage-classes"] {
        ensure!(!about(question), "{question} was asked for a claim of nobody:\n{asked}");
    }
    seawall.stop().await
}
