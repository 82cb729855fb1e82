//! Law 10: whatever profile Seawall is installed with, after every Pod was restarted no
//! database that existed before has other resources, variables or volumes in its Pods.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::ResourceExt as _;
use kube::api::{DeleteParams, ListParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::changes::changes;
use crate::databases::{ENGINES, Shape, claim, database, list};
use crate::plane::seawall::Seawall;
use crate::plane::storage::create_volume;
use crate::plane::watch::wait_until;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("law10::fifty_old_databases_keep_what_they_have_under_every_profile", async |plane| law10(&plane).await)]
}

/// The fifty: every engine as StatefulSet, Deployment and bare Pod, most of them as DaemonSet too.
fn fifty() -> Vec<(String, Value)> {
    let shapes = [Shape::StatefulSet, Shape::Deployment, Shape::Pod, Shape::DaemonSet];
    let all = shapes.into_iter().flat_map(|shape| ENGINES.map(|engine| (engine, shape)));
    all.take(50)
        .map(|(engine, shape)| {
            let name = format!("{}-{shape:?}", engine.name).to_lowercase();
            let database = database(engine, shape, &name);
            (name, database)
        })
        .collect()
}

/// The claims that the databases name. A bare Pod's is bound to a volume that was there before: by that it is known to
/// be old when the Pod is made again, since the time of a claim's creation cannot be set. The others are as new as they
/// look, and their Pods come from controllers.
async fn claims(plane: &Plane, namespace: &Namespace, databases: &[(String, Value)]) -> Result<Vec<Value>> {
    let mut claims = Vec::new();
    for (name, database) in databases {
        let mut claim = claim(name);
        match database["kind"].as_str() {
            Some("Deployment") => {}
            Some("Pod") => {
                let volume = format!("{}-{name}", namespace.name());
                create_volume(&plane.client(), &volume, "law10", "1Gi").await?;
                claim["spec"]["volumeName"] = json!(volume);
                claim["spec"]["storageClassName"] = json!("law10");
            }
            _ => continue,
        }
        claims.push(claim);
    }
    Ok(claims)
}

async fn law10(plane: &Arc<Plane>) -> Result<()> {
    let namespace = plane.namespace("old").await?;
    let databases = fifty();
    let mut objects = claims(plane, &namespace, &databases).await?;
    objects.extend(databases.iter().map(|(_, database)| database.clone()));
    let manifest = list(&objects);
    namespace.apply(&manifest).await?;
    let first = pods(&namespace, &BTreeSet::new()).await?;
    let mut uids: BTreeSet<String> = first.values().filter_map(Pod::uid).collect();

    for profile in ["observe", "advise", "baseline", "production"] {
        let seawall = Seawall::start(plane, stage::seawall(plane, profile, Some(EVERYTHING))?).await?;
        seawall.guard(&namespace).await?;
        let everything = ListParams::default();
        namespace.api::<Pod>().delete_collection(&DeleteParams::default().grace_period(0), &everything).await?;
        // Brings the bare Pods back, and is one more apply for the others.
        namespace.apply(&manifest).await?;
        let now = pods(&namespace, &uids).await?;
        uids.extend(now.values().filter_map(Pod::uid));
        for (name, pod) in &now {
            let lines: Vec<String> =
                changes(&fixed(&first[name])?, &fixed(pod)?).iter().map(ToString::to_string).collect();
            ensure!(lines.is_empty(), "under {profile} the Pod of {name} is another:\n{}", lines.join("\n"));
        }
        let helped = now.values().filter(|pod| grace(pod) != Some(30)).count();
        match profile {
            "observe" | "advise" => ensure!(helped == 0, "{profile} wrote into {helped} Pods"),
            _ => ensure!(helped > 25, "under {profile} only {helped} Pods got time to stop: was Seawall called?"),
        }
        seawall.stop().await?;
    }
    same_when_new(plane, &databases).await
}

/// The proof that there was something to leave alone: made under the same settings, most of these databases get it.
async fn same_when_new(plane: &Arc<Plane>, databases: &[(String, Value)]) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("new").await?;
    let born: Vec<Value> = databases.iter().map(|(_, database)| database.clone()).collect();
    namespace.apply(&list(&born)).await?;
    let now = pods(&namespace, &BTreeSet::new()).await?;
    let count = |what: &dyn Fn(&Value) -> bool| {
        let containers = now.values().filter_map(|pod| serde_json::to_value(pod).ok());
        containers.filter(|pod| what(&pod["spec"]["containers"][0])).count()
    };
    let limited = count(&|container| container["resources"]["limits"]["memory"] == "4Gi");
    let asking = count(&|container| container["resources"]["requests"]["memory"] == "1Gi");
    let referring = count(&|container| container["env"].to_string().contains("secretKeyRef"));
    ensure!(
        limited >= 30 && asking >= 35 && referring >= 20,
        "of fifty new databases {limited} got a limit, {asking} a request, {referring} a credential"
    );
    seawall.stop().await
}

/// The one Pod of each database, once all of them have one that is not among `but`.
async fn pods(namespace: &Namespace, but: &BTreeSet<String>) -> Result<BTreeMap<String, Pod>> {
    let api = namespace.api::<Pod>();
    wait_until(&api, &ListParams::default(), "fifty Pods", |seen| {
        let new = seen.values().filter(|pod| pod.uid().is_some_and(|uid| !but.contains(&uid)));
        let by_name: BTreeMap<String, Pod> = new
            .filter(|pod| pod.metadata.deletion_timestamp.is_none())
            .filter_map(|pod| Some((pod.labels().get("app")?.clone(), pod.clone())))
            .collect();
        (by_name.len() == 50).then_some(by_name)
    })
    .await
}

fn grace(pod: &Pod) -> Option<i64> {
    pod.spec.as_ref()?.termination_grace_period_seconds
}

/// What must stay: resources, variables and volumes. The volume of the token has a new name in each Pod.
fn fixed(pod: &Pod) -> Result<Value> {
    let pod = serde_json::to_value(pod)?;
    let without_token = |list: &Value| -> Vec<Value> {
        let all = list.as_array().into_iter().flatten();
        all.filter(|one| !one["name"].as_str().is_some_and(|name| name.starts_with("kube-api-access-")))
            .cloned()
            .collect()
    };
    let containers = |list: &Value| -> Vec<Value> {
        let all = list.as_array().into_iter().flatten();
        all.map(|container| {
            json!({
                "name": container["name"],
                "resources": container["resources"],
                "env": container["env"],
                "envFrom": container["envFrom"],
                "volumeMounts": without_token(&container["volumeMounts"]),
            })
        })
        .collect()
    };
    let spec = &pod["spec"];
    Ok(json!({
        "containers": containers(&spec["containers"]),
        "initContainers": containers(&spec["initContainers"]),
        "volumes": without_token(&spec["volumes"]),
        "resources": spec["resources"],
    }))
}
