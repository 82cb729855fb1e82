//! What people read: denials and warnings as kubectl prints them, whatever the verb.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{Engine, MYSQL, POSTGRES, Shape, claim, database, fragile, image, list, plaintext, pod_spec};
use crate::plane::kubectl::Output;
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, same, snapshot, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("words::denials_and_warnings_as_kubectl_prints_them", async |plane| words(&plane).await)]
}

/// What is applied, under which heading, in this order; nothing of it is there before.
fn chapters() -> Vec<(&'static str, Value)> {
    let set = |engine: Engine, name: &str| database(engine, Shape::StatefulSet, name);
    let with = |mut object: Value, change: &dyn Fn(&mut Value)| {
        change(&mut object);
        object
    };
    vec![
        ("a careless database is mended", set(MYSQL, "careless")),
        ("a password in plain text", plaintext(set(MYSQL, "plain"))),
        (
            "several problems at once",
            with(fragile(plaintext(image(set(MYSQL, "several"), "mysql:8"))), &|object| {
                pod_spec(object)["terminationGracePeriodSeconds"] = json!(0);
                let list = &mut object["spec"]["template"]["spec"]["containers"][0];
                list["livenessProbe"] = json!({"exec": {"command": ["mysqladmin", "ping"]}, "failureThreshold": 1});
            }),
        ),
        (
            "data on nothing",
            with(database(POSTGRES, Shape::Deployment, "nothing"), &|object| {
                pod_spec(object)["containers"][0]["volumeMounts"] = json!([]);
                pod_spec(object)["volumes"] = json!([]);
            }),
        ),
        (
            "data in a folder of the Pod",
            with(database(POSTGRES, Shape::Deployment, "empty"), &|object| {
                pod_spec(object)["volumes"] = json!([{"name": "data", "emptyDir": {}}]);
            }),
        ),
        (
            "a rolling update over a claim",
            with(database(MYSQL, Shape::Deployment, "rolling"), &|object| {
                object["spec"]["strategy"] = json!({"type": "RollingUpdate"});
            }),
        ),
        (
            "a cache as large as the limit",
            with(set(MYSQL, "cache"), &|object| {
                let container = &mut pod_spec(object)["containers"][0];
                container["args"] = json!(["--innodb-buffer-pool-size=512M"]);
                container["resources"] = json!({"limits": {"memory": "512Mi"}});
            }),
        ),
        (
            "a password on the command line of a client",
            json!({
                "apiVersion": "v1", "kind": "Pod", "metadata": {"name": "client"},
                "spec": {"restartPolicy": "Never", "containers": [{
                    "name": "client", "image": "mysql:8.4.3", "args": ["mysql", "-hdb", "-uroot", "-pnot-so-secret"],
                }]},
            }),
        ),
        ("a careless bare Pod", database(POSTGRES, Shape::Pod, "bare")),
        ("a claim", claim("bare")),
    ]
}

async fn words(plane: &Arc<Plane>) -> Result<()> {
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(EVERYTHING))?).await?;
    let namespace = seawall.namespace("words").await?;
    let mut text = String::new();
    for (heading, object) in chapters() {
        let manifest = object.to_string();
        let said = async |verb: &[&str]| -> Result<String> {
            Ok(spoken(&seawall, &namespace, &namespace.kubectl_with(verb, &manifest).await?))
        };
        let tried = said(&["create", "--dry-run=server", "-f", "-"]).await?;
        let by_server = said(&["apply", "--server-side", "--dry-run=server", "-f", "-"]).await?;
        let done = said(&["create", "-f", "-"]).await?;
        text += &format!("== {heading}\n{done}\n");
        // A dry run says the same; server-side apply does, too, where kubectl begins its line in another way.
        same("what a dry run says", &done, &tried.replace(" (server dry run)", ""))?;
        let plain = |said: &str| {
            let lines = said.replace(" serverside-applied (server dry run)", " created");
            lines.replace("error when creating \"STDIN\": ", "")
        };
        same("what a server-side apply says", &plain(&done), &plain(&by_server))?;
    }
    text += "== the same with another image: it was so before\n";
    let changed = image(plaintext(database(MYSQL, Shape::StatefulSet, "old")), "mysql:8.4.4");
    let before = plane.namespace("words-before").await?;
    before.apply(&list(&[plaintext(database(MYSQL, Shape::StatefulSet, "old"))])).await?;
    let claims = before.api::<PersistentVolumeClaim>();
    wait_for(&claims, "data-old-0", "its volume", |claim| {
        claim
            .filter(|c| c.status.as_ref().is_some_and(|s| s.phase.as_deref() == Some("Bound")))?
            .spec
            .as_ref()?
            .volume_name
            .clone()
    })
    .await?;
    seawall.guard(&before).await?;
    let output = before.kubectl_with(&["apply", "-f", "-"], &changed.to_string()).await?;
    ensure!(output.ok, "{}", output.stderr);
    text += &spoken(&seawall, &before, &output);
    ensure!(!text.contains("not-so-secret"), "a password is quoted:\n{text}");
    snapshot("words", &text);
    seawall.stop().await
}

/// What kubectl printed, without what differs from run to run.
fn spoken(seawall: &Seawall, namespace: &Namespace, output: &Output) -> String {
    let text = format!("{}{}", output.stderr, output.stdout);
    text.replace(&seawall.webhook_name("validate"), "validate.seawall.dev").replace(namespace.name(), "NAMESPACE")
}
