//! What continues is not new: a database that was unsafe before may be changed, scaled and
//! rolled back; only what is worse than before is refused.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::apps::v1::{ControllerRevision, Deployment, ReplicaSet, StatefulSet};
use kube::api::{ListParams, Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::changes::{changes, essence};
use crate::databases::{MYSQL, Shape, database, fragile, image, list, plaintext};
use crate::plane::kubectl::Output;
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_until;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};
use crate::twins::object;

pub fn trials() -> Vec<Trial> {
    vec![
        trial("updates::a_rollback_to_what_ran_before_is_let_through", async |plane| rollback(&plane).await),
        trial("updates::scale_status_and_finalizers_stay_untouched", async |plane| untouched(&plane).await),
        trial("updates::only_what_is_worse_is_refused", async |plane| ratchet(&plane).await),
    ]
}

const SHAPES: [Shape; 2] = [Shape::StatefulSet, Shape::Deployment];

/// The name of an object of this shape, here.
fn named(shape: Shape) -> String {
    format!("{shape:?}").to_lowercase()
}

async fn guarded(plane: &Arc<Plane>, namespace: &Namespace) -> Result<Seawall> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    seawall.guard(namespace).await?;
    Ok(seawall)
}

/// Fails unless kubectl did it, and warned with these words.
fn warned(output: &Output, words: &str) -> Result<()> {
    ensure!(output.ok, "{} failed: {}", output.command, output.stderr);
    let warned = output.stderr.lines().any(|line| line.starts_with("Warning: ") && line.contains(words));
    ensure!(warned, "{} gave no warning with {words:?}, but: {}", output.command, output.stderr);
    Ok(())
}

/// Fails unless kubectl did it, and nothing was said about it.
fn silent(output: &Output) -> Result<()> {
    ensure!(output.ok, "{} failed: {}", output.command, output.stderr);
    ensure!(!output.stderr.contains("Warning: "), "{} changes nothing, and warned: {}", output.command, output.stderr);
    Ok(())
}

const PLAIN: &str = "keeps MYSQL_ROOT_PASSWORD in plain text";
const FRAGILE: &str = "can corrupt its data in a crash";

async fn rollback(plane: &Arc<Plane>) -> Result<()> {
    let namespace = plane.namespace("rollback").await?;
    let version =
        |build: &dyn Fn(Value) -> Value| list(&SHAPES.map(|shape| build(database(MYSQL, shape, &named(shape)))));
    namespace.apply(&version(&|database| fragile(plaintext(database)))).await?;
    recorded(&namespace, 1).await?;
    namespace.apply(&version(&|database| image(database, "mysql:8.4.4"))).await?;
    recorded(&namespace, 2).await?;

    let seawall = guarded(plane, &namespace).await?;
    for shape in SHAPES {
        let name = format!("{shape:?}/{}", named(shape)).to_lowercase();
        let mut worse = fragile(plaintext(database(MYSQL, shape, &named(shape))));
        worse["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = json!(0);
        let refused = namespace.kubectl_with(&["apply", "-f", "-"], &worse.to_string()).await?.failed()?;
        ensure!(refused.contains("1 problem ") && refused.contains("is killed at once"), "{refused}");

        let undone = namespace.kubectl(&["rollout", "undo", &name]).await?;
        warned(&undone, PLAIN)?;
        warned(&undone, FRAGILE)?;
        let stored = object(&namespace, &format!("{shape:?}"), &named(shape)).await?;
        let container = &stored["spec"]["template"]["spec"]["containers"][0];
        ensure!(
            container["args"][0] == "--innodb-flush-method=nosync" && container["image"] == MYSQL.image,
            "{container}"
        );
        ensure!(container["resources"] == json!({}), "a rollback was mended: {container}");
    }
    seawall.stop().await
}

/// Waits until the controllers have kept so many templates of each workload.
async fn recorded(namespace: &Namespace, templates: usize) -> Result<()> {
    let everything = ListParams::default();
    wait_until(&namespace.api::<ReplicaSet>(), &everything, "the ReplicaSets", |seen| {
        (seen.len() == templates).then_some(())
    })
    .await?;
    wait_until(&namespace.api::<ControllerRevision>(), &everything, "the revisions", |seen| {
        (seen.len() == templates).then_some(())
    })
    .await
}

async fn untouched(plane: &Arc<Plane>) -> Result<()> {
    let namespace = plane.namespace("untouched").await?;
    namespace.apply(&list(&SHAPES.map(|shape| fragile(plaintext(database(MYSQL, shape, &named(shape))))))).await?;
    let seawall = guarded(plane, &namespace).await?;
    for shape in SHAPES {
        let (kind, name) = (format!("{shape:?}"), named(shape));
        let target = format!("{kind}/{name}").to_lowercase();
        let updates = async || seawall.count("requests", &format!("kind=\"{kind}\",operation=\"UPDATE\"")).await;
        let before = object(&namespace, &kind, &name).await?;
        // Two servers of a Deployment on one claim are refused, whoever scales.
        let replicas = if shape == Shape::StatefulSet { 2 } else { 0 };
        namespace.kubectl(&["scale", &target, &format!("--replicas={replicas}")]).await?.succeeded()?;
        let status = Patch::Merge(json!({"status": {"conditions": [{"type": "Tried", "status": "True"}]}}));
        let params = PatchParams::default();
        match shape {
            Shape::StatefulSet => drop(namespace.api::<StatefulSet>().patch_status(&name, &params, &status).await?),
            _ => drop(namespace.api::<Deployment>().patch_status(&name, &params, &status).await?),
        }
        ensure!(updates().await? == 1, "Seawall is asked about the status of {target}, or not about its scale");
        let finalizers = |list: Value| json!({"metadata": {"finalizers": list}}).to_string();
        for list in [json!(["plane.test/wait"]), json!([])] {
            silent(&namespace.kubectl(&["patch", &target, "--type=merge", "-p", &finalizers(list)]).await?)?;
        }
        for verb in ["label", "annotate"] {
            silent(&namespace.kubectl(&[verb, &target, "plane.test/seen=yes"]).await?)?;
            silent(&namespace.kubectl(&[verb, &target, "plane.test/seen-"]).await?)?;
        }
        let after = object(&namespace, &kind, &name).await?;
        let lines: Vec<String> = changes(&essence(&before), &essence(&after)).iter().map(ToString::to_string).collect();
        ensure!(
            lines == [format!("~ spec.replicas: 1 -> {replicas}")],
            "scale, status and finalizers changed {target}: {lines:?}"
        );
        ensure!(updates().await? >= 4, "Seawall was not asked about the finalizers: was it there?");
    }
    let denied = seawall.count("requests", "outcome=\"denied\"").await?;
    ensure!(denied == 0, "{denied} calls were refused");
    seawall.stop().await
}

/// Says it again where a controller wrote between kubectl's reading and its writing.
async fn undisturbed(namespace: &Namespace, verb: &[&str], object: &str) -> Result<Output> {
    loop {
        let output = namespace.kubectl_with(verb, object).await?;
        if !output.stderr.contains("the object has been modified") {
            return Ok(output);
        }
    }
}

async fn ratchet(plane: &Arc<Plane>) -> Result<()> {
    let namespace = plane.namespace("ratchet").await?;
    let old = |shape| plaintext(database(MYSQL, shape, &named(shape)));
    namespace.apply(&list(&SHAPES.map(old))).await?;
    let seawall = guarded(plane, &namespace).await?;
    for shape in SHAPES {
        for verb in [["apply", "-f", "-"].as_slice(), &["replace", "-f", "-"]] {
            let newer = if verb[0] == "apply" { "mysql:8.4.4" } else { "mysql:8.4.5" };
            let same = undisturbed(&namespace, verb, &image(old(shape), newer).to_string()).await?;
            warned(&same, PLAIN)?;
            silent(&undisturbed(&namespace, verb, &image(old(shape), newer).to_string()).await?)?;
            let worse = undisturbed(&namespace, verb, &fragile(image(old(shape), newer)).to_string()).await?;
            let refused = worse.failed()?;
            ensure!(refused.contains("1 problem ") && refused.contains(FRAGILE), "{refused}");
        }
        let stored = object(&namespace, &format!("{shape:?}"), &named(shape)).await?;
        let container = &stored["spec"]["template"]["spec"]["containers"][0];
        ensure!(container["image"] == "mysql:8.4.5" && container["args"].is_null(), "{container}");
        // Safe and unsafe again: what was left behind is not excused by an update, but it is what ran before.
        let target = format!("{shape:?}/{}", named(shape)).to_lowercase();
        namespace.kubectl(&["set", "env", &target, "MYSQL_ROOT_PASSWORD-"]).await?.succeeded()?;
        warned(&namespace.kubectl(&["set", "env", &target, "MYSQL_ROOT_PASSWORD=x"]).await?, PLAIN)?;
    }
    // The same object, new: nothing excuses it.
    let new = plaintext(database(MYSQL, Shape::StatefulSet, "new"));
    let refused = namespace.kubectl_with(&["apply", "-f", "-"], &new.to_string()).await?.failed()?;
    ensure!(refused.contains(PLAIN), "{refused}");
    seawall.stop().await
}
