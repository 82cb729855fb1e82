//! A value that must not be repeated is written wherever an object can hold one. It may be
//! found in the object, and nowhere else: no log, no metric, no Event, no message.

use std::sync::Arc;

use anyhow::{Result, ensure};
use k8s_openapi::api::core::v1::Event;
use kube::api::ListParams;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{MYSQL, Shape, claim, database, pod_spec};
use crate::plane::seawall::Seawall;
use crate::plane::watch::{DEADLINE, wait_for};
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};
use crate::twins::object;

pub fn trials() -> Vec<Trial> {
    vec![trial("marker::what_is_secret_is_repeated_nowhere", async |plane| marker(&plane).await)]
}

/// No other text here holds it, in any writing.
const MARKER: &str = "Zyx4Marker7Wvu";

/// A database that has the marker in every place that holds free text, and is unsafe and careless.
fn planted(shape: Shape, name: &str) -> Value {
    let mut object = database(MYSQL, shape, name);
    let text = format!("line one\npassword={MARKER}\n[mysqld]\n");
    let annotations = json!({"plain": MARKER, "conf": text, "seawall.dev/data": MARKER, "seawall.dev/patched": MARKER});
    object["metadata"]["annotations"] = annotations.clone();
    if object["kind"] != "Pod" {
        object["spec"]["template"]["metadata"]["annotations"] = annotations;
    }
    let script = format!("mysqladmin -uroot -p{MARKER} ping; curl http://root:{MARKER}@localhost");
    let exec = |script: &str| json!({"exec": {"command": ["sh", "-c", script]}});
    let spec = pod_spec(&mut object);
    let container = &mut spec["containers"][0];
    container["args"] =
        json!(["--skip-grant-tables", format!("--init-connect=SET @x='{MARKER}'"), format!("--unknown={MARKER}")]);
    container["env"] = json!([
        {"name": "MYSQL_PASSWORD", "value": MARKER},
        {"name": "MYSQL_USER", "value": MARKER},
        {"name": "MYSQL_ALLOW_EMPTY_PASSWORD", "value": MARKER},
        {"name": "DATABASE_URL", "value": format!("mysql://root:{MARKER}@db/{MARKER}")},
        {"name": "FROM", "value": format!("$(MYSQL_PASSWORD){MARKER}")},
    ]);
    container["livenessProbe"] = exec(&script);
    container["livenessProbe"]["failureThreshold"] = json!(1);
    container["readinessProbe"] = json!({"httpGet": {"port": 80, "path": format!("/{MARKER}"), "httpHeaders": [{"name": "Authorization", "value": MARKER}]}});
    container["lifecycle"] = json!({"postStart": exec(&script), "preStop": exec(&format!("sleep 5; {script}"))});
    spec["initContainers"] = json!([{
        "name": "init", "image": "busybox:1.36", "command": ["sh", "-c", format!("rm -rf /var/lib/mysql/*; echo {text} > /x")],
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/mysql"}],
    }]);
    let client = json!({"name": "client", "image": "mysql:8.4.3", "command": ["mysql", "-uroot", format!("-p{MARKER}"), "-e", format!("select '{MARKER}'")]});
    if let Some(containers) = spec["containers"].as_array_mut() {
        containers.push(client);
    }
    object
}

async fn marker(plane: &Arc<Plane>) -> Result<()> {
    // Two that exist, so that there is a past to read and a change to judge.
    let namespace = plane.namespace("marker").await?;
    let mut said = String::new();
    for shape in [Shape::StatefulSet, Shape::Deployment] {
        namespace.apply(&planted(shape, &format!("old-{shape:?}").to_lowercase()).to_string()).await?;
    }
    namespace.apply(&claim("old-deployment").to_string()).await?;
    object(&namespace, "StatefulSet", "old-statefulset").await?;
    for profile in ["baseline", "production"] {
        let mut options = stage::seawall(plane, profile, Some(EVERYTHING))?;
        options.more = vec!["--events".to_owned()];
        options.environment =
            vec![("SEAWALL_LOG".to_owned(), "trace".to_owned()), ("RUST_LOG".to_owned(), "trace".to_owned())];
        let seawall = Seawall::start(plane, options).await?;
        seawall.guard(&namespace).await?;
        said += &everything(&namespace, profile).await?;
        let (log, metrics) = (seawall.log_tail(usize::MAX), seawall.scrape().await?);
        ensure!(
            log.contains("\"TRACE\"") && log.contains("denied"),
            "the log is not what it should be:\n{}",
            seawall.log_tail(5)
        );
        told(&seawall).await?;
        for (what, text) in [("log", log), ("metrics", metrics)] {
            let line = text.lines().find(|line| line.contains(MARKER));
            ensure!(line.is_none(), "the {what} of Seawall under {profile} has it: {}", line.unwrap_or_default());
        }
        seawall.stop().await?;
    }
    // Where an apply is refused, kubectl prints the patch that it sent, by itself.
    let line = said.lines().find(|line| line.contains(MARKER) && !line.starts_with("{\"metadata\":"));
    ensure!(line.is_none(), "kubectl was told: {}", line.unwrap_or_default());
    for word in ["denied the request", "Warning: "] {
        ensure!(said.contains(word), "nobody said {word:?}:\n{said}");
    }
    let events = namespace.api::<Event>().list(&ListParams::default()).await?.items;
    let mut own = 0;
    for event in events {
        own += usize::from(event.reporting_component.as_deref() == Some("seawall.dev/seawall"));
        let text = serde_json::to_string(&event)?;
        ensure!(!text.contains(MARKER), "an Event has it: {text}");
    }
    ensure!(own > 10, "only {own} Events are of Seawall");
    Ok(())
}

/// Waits until what happened is told by Events.
async fn told(seawall: &Seawall) -> Result<()> {
    let begin = std::time::Instant::now();
    while seawall.count("events", "result=\"written\"").await? < 10 {
        ensure!(begin.elapsed() < DEADLINE, "too few Events were written: {}", seawall.log_tail(5));
    }
    Ok(())
}

/// Creates, changes and rolls back, and returns all that kubectl says about it.
async fn everything(namespace: &Namespace, profile: &str) -> Result<String> {
    let mut said = String::new();
    for shape in [Shape::StatefulSet, Shape::Deployment, Shape::Pod, Shape::DaemonSet] {
        let fresh = planted(shape, &format!("new-{profile}-{shape:?}").to_lowercase()).to_string();
        let old = planted(shape, &format!("old-{shape:?}").to_lowercase());
        for verb in [
            ["apply", "-f", "-"].as_slice(),
            &["apply", "--server-side", "--force-conflicts", "-f", "-"],
            &["create", "-f", "-"],
        ] {
            let output = namespace.kubectl_with(verb, &fresh).await?;
            said += &(output.stderr + &output.stdout);
        }
        if matches!(shape, Shape::StatefulSet | Shape::Deployment) {
            let mut worse = old.clone();
            pod_spec(&mut worse)["terminationGracePeriodSeconds"] = json!(0);
            let mut newer = old.clone();
            pod_spec(&mut newer)["containers"][0]["image"] = json!(format!("mysql:8.4.4-{profile}"));
            for object in [worse, newer, old] {
                let output = namespace.kubectl_with(&["apply", "-f", "-"], &object.to_string()).await?;
                said += &(output.stderr + &output.stdout);
            }
        }
    }
    // A careless one is mended and announced, in the presence of the marker.
    let mut careless = database(MYSQL, Shape::StatefulSet, &format!("careless-{profile}"));
    careless["metadata"]["annotations"] = json!({"conf": MARKER});
    pod_spec(&mut careless)["containers"][0]["env"] = json!([{"name": "SETTING", "value": MARKER}]);
    let output = namespace.kubectl_with(&["apply", "-f", "-"], &careless.to_string()).await?;
    said += &(output.stderr + &output.stdout);
    let claims = namespace.api::<k8s_openapi::api::core::v1::PersistentVolumeClaim>();
    wait_for(&claims, &format!("data-careless-{profile}-0"), "its claim", |claim| claim.map(|_| ())).await?;
    Ok(said)
}
