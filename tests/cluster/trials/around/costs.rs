//! What it costs to look around: nothing for what is no database, for what a controller makes, and for what leaves the spec as it is.

use std::sync::Arc;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::answered;
use crate::databases::{MYSQL, Shape, claim, database, list};
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, trial};

/// What a review of a database asks about what stands around it, at its birth and at a change; documented in `docs/architecture.md`.
const BORN: u64 = 8;
const CHANGED: u64 = 10;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("around::only_a_changed_database_costs_questions", async |plane| asked(&plane).await),
        trial("around::more_than_is_read_is_unknown", async |plane| crowded(&plane).await),
    ]
}

fn web(kind: &str) -> Value {
    let labels = json!({"app": "web"});
    let volumes = json!([{"name": "files", "persistentVolumeClaim": {"claimName": "files"}}]);
    let pod = json!({"volumes": volumes, "containers": [{
        "name": "web", "image": "nginx:1.27.0", "volumeMounts": [{"name": "files", "mountPath": "/srv"}],
    }]});
    if kind == "Pod" {
        return json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": "web", "labels": labels}, "spec": pod});
    }
    json!({
        "apiVersion": "apps/v1", "kind": kind, "metadata": {"name": "web"},
        "spec": {"selector": {"matchLabels": labels}, "template": {"metadata": {"labels": labels}, "spec": pod}},
    })
}

/// How many questions something costs.
async fn cost(seawall: &Seawall, namespace: &Namespace, verb: &[&str], input: &str) -> Result<u64> {
    let all = async || seawall.count("fact_lookups", "").await;
    let before = all().await?;
    namespace.kubectl_with(verb, input).await?.succeeded()?;
    Ok(all().await? - before)
}

async fn asked(plane: &Arc<Plane>) -> Result<()> {
    // `observe` mends nothing: what is asked is asked about what stands around.
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    let namespace = seawall.namespace("around-costs").await?;
    let apply = ["apply", "-f", "-"];
    let of = async |verb: &[&str], input: &str| cost(&seawall, &namespace, verb, input).await;
    ensure!(of(&apply, &list(&[claim("files")])).await? == 0, "a claim of nobody costs questions");
    for kind in ["Pod", "Deployment"] {
        let asked = of(&apply, &web(kind).to_string()).await?;
        ensure!(asked == 0, "a web {kind} costs {asked} questions");
    }
    let mut set = database(MYSQL, Shape::StatefulSet, "db");
    // Its history is asked for at birth, whatever the profile.
    let born = of(&apply, &set.to_string()).await?.saturating_sub(1);
    ensure!(born == BORN, "a new database costs {born} questions");
    set["metadata"]["labels"] = json!({"team": "shop"});
    let labelled = of(&apply, &set.to_string()).await?;
    ensure!(labelled == 0, "a label costs {labelled} questions");
    set["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(120);
    let changed = of(&apply, &set.to_string()).await?;
    ensure!(changed == CHANGED, "a changed database costs {changed} questions");
    let scaled = of(&["scale", "statefulset", "db", "--replicas=0"], "").await?;
    eprintln!(
        "look-ups around a database: {born} at its birth, {changed} at a change, {scaled} when it is scaled to zero"
    );
    seawall.stop().await
}

/// More budgets that select a database than one answer is made of.
async fn crowded(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", None)?).await?;
    let namespace = plane.namespace("around-crowd").await?;
    let budget = |number: usize| {
        json!({
            "apiVersion": "policy/v1", "kind": "PodDisruptionBudget", "metadata": {"name": format!("budget-{number}")},
            "spec": {"minAvailable": 1, "selector": {"matchLabels": {"app": "db"}}},
        })
    };
    let set = database(MYSQL, Shape::StatefulSet, "db");
    let told = |warnings: &[String]| warnings.iter().any(|warning| warning.contains("no drain may ever evict"));
    namespace.apply(&list(&[budget(0)])).await?;
    seawall.guard(&namespace).await?;
    let few = answered(&seawall, &namespace, &set, 0).await?;
    ensure!(told(&few), "{few:#?}");
    namespace.apply(&list(&(1..=100).map(budget).collect::<Vec<_>>())).await?;
    let many = answered(&seawall, &namespace, &set, 1).await?;
    ensure!(!told(&many), "of 101 budgets some are told: {many:#?}");
    seawall.stop().await
}
