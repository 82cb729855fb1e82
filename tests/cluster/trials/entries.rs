//! The entries of the webhook configurations on a real API server: which one is called for what, by its own metrics.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{MYSQL, Shape, claim, database, list, pod_spec};
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, lone_trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        // On a control plane of its own: a policy that another trial writes meets an entry of every Seawall.
        lone_trial("entries::every_request_meets_one_entry", async |plane| one_entry(&plane).await),
        trial("entries::a_long_script_and_many_containers_pass_through_all", async |plane| large(&plane).await),
    ]
}

/// The entries, as their names begin.
const ENTRIES: [&str; 4] = ["mutate", "validate", "validate-guarded", "validate-rest"];

/// How often the API server has called each entry.
async fn calls(plane: &Plane, seawall: &Seawall) -> Result<BTreeMap<&'static str, u64>> {
    let metrics = plane.metrics().await?;
    let mut calls = BTreeMap::new();
    for entry in ENTRIES {
        let name = format!("name=\"{}\"", seawall.webhook_name(entry));
        let lines = metrics
            .lines()
            .filter(|line| line.starts_with("apiserver_admission_webhook_request_total") && line.contains(&name));
        calls.insert(entry, lines.filter_map(|line| line.rsplit(' ').next()?.parse::<u64>().ok()).sum());
    }
    Ok(calls)
}

/// The entries that one request was sent to; kubectl may ask for several, of which one is reviewed.
async fn met(
    plane: &Plane,
    seawall: &Seawall,
    namespace: &Namespace,
    args: &[&str],
    input: Option<&Value>,
) -> Result<Vec<&'static str>> {
    let before = calls(plane, seawall).await?;
    let output = match input {
        Some(object) => namespace.kubectl_with(args, &object.to_string()).await?,
        None => namespace.kubectl(args).await?,
    };
    output.succeeded()?;
    let after = calls(plane, seawall).await?;
    Ok(ENTRIES.into_iter().filter(|entry| after[entry] > before[entry]).collect())
}

const CREATE: &[&str] = &["create", "--dry-run=server", "-f", "-"];
const APPLY: &[&str] = &["apply", "-f", "-"];

fn object(kind: &str, name: &str) -> Value {
    let api = match kind {
        "Job" => "batch/v1",
        "CronJob" => "batch/v1",
        "ReplicaSet" | "DaemonSet" => "apps/v1",
        _ => "v1",
    };
    let pod = json!({"containers": [{"name": "web", "image": "nginx:1.27.0"}]});
    let template = json!({"metadata": {"labels": {"app": name}}, "spec": pod});
    let mut spec = json!({"selector": {"matchLabels": {"app": name}}, "template": template});
    match kind {
        "Pod" => spec = pod,
        "ReplicationController" => spec["selector"] = json!({"app": name}),
        "Job" | "CronJob" => {
            let mut job = json!({"template": template});
            job["template"]["spec"]["restartPolicy"] = json!("Never");
            spec = if kind == "Job" { job } else { json!({"schedule": "0 0 1 1 *", "jobTemplate": {"spec": job}}) };
        }
        "Secret" | "ConfigMap" => {
            return json!({"apiVersion": "v1", "kind": kind, "metadata": {"name": name}});
        }
        _ => {}
    }
    json!({"apiVersion": api, "kind": kind, "metadata": {"name": name}, "spec": spec})
}

/// With an owner, which is its controller or not.
fn owned(mut object: Value, owner: &Value, controller: bool) -> Value {
    object["metadata"]["ownerReferences"] = json!([{
        "apiVersion": "v1", "kind": "ConfigMap", "name": "owner", "uid": owner["metadata"]["uid"], "controller": controller,
    }]);
    object
}

async fn one_entry(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    for guarded in [false, true] {
        let namespace =
            if guarded { seawall.enforced_namespace("guarded").await? } else { seawall.namespace("open").await? };
        let (people, rest) = if guarded { ("validate-guarded", "validate-rest") } else { ("validate", "validate") };
        let check = async |what: &str,
                           args: &[&str],
                           input: Option<&Value>,
                           mends: bool,
                           entry: Option<&'static str>|
               -> Result<()> {
            let found = met(plane, &seawall, &namespace, args, input).await.with_context(|| what.to_owned())?;
            let expected: Vec<_> = mends.then_some("mutate").into_iter().chain(entry).collect();
            ensure!(
                found == expected,
                "{what}, guarded: {guarded}: the API server called {found:?} and not {expected:?}"
            );
            Ok(())
        };
        namespace.apply(&object("ConfigMap", "owner").to_string()).await?;
        let owner: Value =
            serde_json::from_str(&namespace.kubectl(&["get", "configmap/owner", "-o", "json"]).await?.succeeded()?)?;

        for kind in ["Pod", "ReplicaSet", "ReplicationController", "DaemonSet", "Job", "CronJob"] {
            let mends = kind == "Pod";
            let plain = object(kind, "made");
            check(&format!("a {kind}"), CREATE, Some(&plain), mends, Some(people)).await?;
            check(
                &format!("a {kind} with an owner"),
                CREATE,
                Some(&owned(plain.clone(), &owner, false)),
                mends,
                Some(people),
            )
            .await?;
            let controlled = ["Pod", "ReplicaSet", "ReplicationController"].contains(&kind);
            let entry = if controlled { rest } else { people };
            check(
                &format!("a {kind} with a controller"),
                CREATE,
                Some(&owned(plain, &owner, true)),
                mends,
                Some(entry),
            )
            .await?;
        }
        for (kind, object) in [
            ("StatefulSet", database(MYSQL, Shape::StatefulSet, "db")),
            ("Deployment", database(MYSQL, Shape::Deployment, "db")),
            ("PersistentVolumeClaim", claim("db")),
        ] {
            // Without Pods: what controllers do on their own is counted, too.
            let mut object = object;
            if kind != "PersistentVolumeClaim" {
                object["spec"]["replicas"] = json!(0);
            }
            check(&format!("a {kind}"), CREATE, Some(&object), true, Some(people)).await?;
            check(&format!("a {kind} to stay"), APPLY, Some(&object), true, Some(people)).await?;
            check(&format!("a changed {kind}"), &["label", kind, "db", "team=shop"], None, true, Some(people)).await?;
        }
        // A static Pod's mirror is one by its annotation; nothing else is.
        let mirrored = |kind: &str| {
            let mut object = object(kind, "mirrored");
            object["metadata"]["annotations"] = json!({"kubernetes.io/config.mirror": "made-up"});
            object
        };
        check("a Job that calls itself a mirror", CREATE, Some(&mirrored("Job")), false, Some(people)).await?;

        check("a scaled StatefulSet", &["scale", "statefulset/db", "--replicas=0"], None, false, Some(rest)).await?;
        check("a scaled Deployment", &["scale", "deployment/db", "--replicas=0"], None, false, Some(rest)).await?;
        check("a Secret", CREATE, Some(&object("Secret", "any")), false, None).await?;
        check("a deleted Deployment", &["delete", "deployment/db"], None, false, None).await?;
        check("a deleted StatefulSet", &["delete", "statefulset/db"], None, false, Some(rest)).await?;
        check("a deleted claim", &["delete", "--dry-run=server", "pvc/db"], None, false, Some(rest)).await?;
        check(
            "a deleted namespace",
            &["delete", "--dry-run=server", "namespace", namespace.name()],
            None,
            false,
            Some(rest),
        )
        .await?;
        ensure!(seawall.count("requests", "outcome=\"denied\"").await? == 0);
    }
    seawall.stop().await
}

/// A start script of this many characters, and this many containers: more than anybody has, less than what an object may be.
const SCRIPT: usize = 100_000;
const CONTAINERS: usize = 60;

async fn large(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let large = |shape: Shape, name: &str| {
        let mut object = database(MYSQL, shape, name);
        let spec = pod_spec(&mut object);
        spec["containers"][0]["lifecycle"] =
            json!({"postStart": {"exec": {"command": ["sh", "-c", format!("# {}\ntrue", "x ".repeat(SCRIPT / 2))]}}});
        let more = (1..CONTAINERS).map(|n| json!({"name": format!("side-{n}"), "image": "nginx:1.27.0"}));
        spec["containers"].as_array_mut().expect("containers").extend(more);
        object
    };
    for namespace in [seawall.namespace("large").await?, seawall.enforced_namespace("large").await?] {
        namespace.apply(&list(&[claim("one"), claim("two")])).await?;
        for (shape, name) in [(Shape::StatefulSet, "set"), (Shape::Deployment, "one"), (Shape::Pod, "two")] {
            namespace.apply(&large(shape, name).to_string()).await?;
        }
        // Its Pod passes the entry of controllers' Pods, and its scale that of the rest.
        crate::twins::object(&namespace, "Pod", "set-0").await?;
        namespace.kubectl(&["scale", "statefulset/set", "--replicas=2"]).await?.succeeded()?;
        namespace.kubectl(&["delete", "statefulset/set"]).await?.succeeded()?;
        let mended = crate::twins::object(&namespace, "Deployment", "one").await?;
        ensure!(mended["metadata"]["annotations"]["seawall.dev/patched"].is_string(), "nothing was mended");
    }
    let called = calls(plane, &seawall).await?;
    ensure!(called.values().all(|count| *count > 0), "an entry was not called: {called:?}");
    let metrics = plane.metrics().await?;
    let missed = metrics.lines().filter(|line| {
        line.starts_with("apiserver_admission_webhook_fail_open_count")
            && ENTRIES.iter().any(|entry| line.contains(&seawall.webhook_name(entry)))
    });
    let missed: Vec<_> = missed.collect();
    ensure!(missed.is_empty(), "calls failed: {missed:?}");
    seawall.stop().await
}
