//! Events about what was refused and what was mended.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::StatefulSet;
use k8s_openapi::api::events::v1::Event;
use kube::api::{Api, ListParams};
use libtest_mimic::Trial;
use serde_json::json;

use crate::databases::{MYSQL, Shape, database, fragile, list, pod_spec};
use crate::plane::seawall::Seawall;
use crate::plane::watch::{DEADLINE, wait_until};
use crate::plane::{Plane, access};
use crate::stage::{self, EVERYTHING, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("background::events_tell_of_what_was_refused_and_mended", async |plane| told(&plane).await),
        trial("background::without_the_right_no_event_is_written", async |plane| forbidden(&plane).await),
    ]
}

/// Who an Event is about, why it was written, and how often that happened.
fn said(event: &Event) -> (String, String, String, i32) {
    let about = event.regarding.clone().unwrap_or_default();
    (
        format!("{}/{}", about.kind.unwrap_or_default(), about.name.unwrap_or_default()),
        event.reason.clone().unwrap_or_default(),
        event.note.clone().unwrap_or_default(),
        event.series.as_ref().map_or(1, |series| series.count),
    )
}

/// Waits for an Event; which `kind/name` it is about, why it was written, and a word of its note.
pub(super) async fn event(events: &Api<Event>, about: &str, reason: &str, word: &str, times: i32) -> Result<Event> {
    let what = format!("an Event {reason} about {about} that says {word:?} {times} times");
    let is_it = |event: &&Event| {
        let (whom, why, note, count) = said(event);
        event.reporting_controller.as_deref() == Some("seawall.dev/seawall")
            && (whom == about && why == reason && note.contains(word) && count >= times)
    };
    wait_until(events, &ListParams::default(), &what, |seen| seen.values().find(is_it).cloned()).await
}

async fn told(plane: &Arc<Plane>) -> Result<()> {
    let mut options = stage::seawall(plane, "baseline", Some(EVERYTHING))?;
    options.more = vec!["--events".to_owned()];
    let seawall = Seawall::start(plane, options).await?;
    let namespace = seawall.namespace("told").await?;
    let events: Api<Event> = namespace.api();
    let its = format!("Namespace/{}", namespace.name());

    // Nothing is told of what is only tried.
    let fragile = |name: &str| fragile(database(MYSQL, Shape::StatefulSet, name)).to_string();
    let tried = ["create", "--dry-run=server", "-f", "-"];
    namespace.kubectl_with(&tried, &fragile("tried")).await?.failed()?;
    // What does not exist is told of its namespace; what is refused again is counted.
    for _ in 0..3 {
        namespace.kubectl_with(&["create", "-f", "-"], &fragile("refused")).await?.failed()?;
    }
    let refused = event(&events, &its, "Denied", "disabled-durability", 3).await?;
    ensure!(refused.type_.as_deref() == Some("Warning") && refused.action.as_deref() == Some("Create"), "{refused:?}");

    // What is mended as well; its Pod is told of the StatefulSet, which exists by then.
    let sound = database(MYSQL, Shape::StatefulSet, "sound");
    namespace.apply(&sound.to_string()).await?;
    event(&events, &its, "Mended", "missing-credentials", 1).await?;
    let mended = event(&events, "StatefulSet/sound", "Mended", "unfinished-shutdown", 1).await?;
    let set = namespace.api::<StatefulSet>().get("sound").await?;
    ensure!(mended.regarding.and_then(|about| about.uid) == set.metadata.uid, "another object of this name");

    // What exists is told of itself.
    let mut worse = sound.clone();
    pod_spec(&mut worse)["containers"][0]["args"] = json!(["--innodb-flush-method=nosync"]);
    namespace.kubectl_with(&["apply", "-f", "-"], &worse.to_string()).await?.failed()?;
    let refused = event(&events, "StatefulSet/sound", "Denied", "disabled-durability", 1).await?;
    ensure!(refused.regarding.and_then(|about| about.uid) == set.metadata.uid, "another object of this name");

    for event in events.list(&ListParams::default()).await?.items {
        let text = serde_json::to_string(&event)?;
        ensure!(!text.contains("tried"), "an Event about a dry run: {text}");
    }
    let shown = namespace.kubectl(&["events", "--for", "statefulset/sound"]).await?.succeeded()?;
    ensure!(shown.contains("Denied") && shown.contains("Mended"), "kubectl events shows:\n{shown}");
    ensure!(seawall.count("events", "result=\"written\"").await? >= 4, "{}", seawall.scrape().await?);
    seawall.stop().await
}

/// Each of the rights is needed, and whoever lacks one loses nothing but the Event.
async fn forbidden(plane: &Arc<Plane>) -> Result<()> {
    for verb in ["create", "patch"] {
        let user = format!("untold-{verb}");
        let mut role = access::cluster_role()?;
        for rule in role["rules"].as_array_mut().into_iter().flatten().filter(|rule| rule["resources"][0] == "events") {
            let verbs = rule["verbs"].as_array_mut().context("no verbs")?;
            ensure!(verbs.len() == 2, "{verbs:?}");
            verbs.retain(|other| other != verb);
        }
        role["metadata"]["name"] = json!(user);
        let binding = json!({
            "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": user},
            "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": user},
            "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
        });
        plane.kubectl_with(&["apply", "-f", "-"], &list(&[role, binding])).await?.succeeded()?;
        let mut options = stage::seawall(plane, "baseline", Some(EVERYTHING))?;
        options.more = vec!["--events".to_owned()];
        options.kubeconfig = Some(plane.kubeconfig(&user, None)?);
        let seawall = Seawall::start(plane, options).await?;
        let namespace = seawall.namespace("untold").await?;
        let fragile = fragile(database(MYSQL, Shape::StatefulSet, "refused")).to_string();
        let begin = Instant::now();
        // A second one is told in the Event of the first, if there is one.
        while seawall.count("events", "result=\"failed\"").await? == 0 {
            namespace.kubectl_with(&["create", "-f", "-"], &fragile).await?.failed()?;
            ensure!(begin.elapsed() < DEADLINE, "nobody needs to {verb} Events");
        }
        let written = seawall.count("events", "result=\"written\"").await?;
        ensure!((written == 0) == (verb == "create"), "without the right to {verb}, {written} are written");
        ensure!(
            seawall.log_tail(usize::MAX).matches("an Event was not written").count() == 1,
            "it is said again and again"
        );
        seawall.stop().await?;
    }
    Ok(())
}
