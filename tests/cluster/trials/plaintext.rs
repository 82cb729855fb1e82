//! `plaintext: replace`: what becomes of a password in a manifest by each verb, while Seawall is there, and the trap when it is not:
//! the manifest that is applied again spells the value, and the object has a reference in its place. `docs/settings.md` tells of it.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::StatefulSet;
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::policies::{apply, installed, policy, team, until};
use crate::databases::{MYSQL, Shape, database, image, plaintext};
use crate::plane::kubectl::Output;
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("plaintext::replaced_by_every_verb_and_the_trap_without_seawall", async |plane| verbs(&plane).await)]
}

const VARIABLE: &str = "MYSQL_ROOT_PASSWORD";
/// What the API server says of a variable that has both.
const BOTH: &str = "may not be specified when `value` is not empty";

/// How a manifest is brought, and brought again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Apply,
    ServerSide,
    Replace,
    Patch,
}

const VERBS: [Verb; 4] = [Verb::Apply, Verb::ServerSide, Verb::Replace, Verb::Patch];

impl Verb {
    fn name(self) -> String {
        format!("by-{self:?}").to_lowercase()
    }

    /// Without Pods, so that its controller has nothing to write beside what is replaced.
    fn manifest(self, version: &str) -> Value {
        let mut set = image(plaintext(database(MYSQL, Shape::StatefulSet, &self.name())), version);
        set["spec"]["replicas"] = json!(0);
        set
    }

    async fn first(self, namespace: &Namespace) -> Result<Output> {
        match self {
            Self::Apply | Self::ServerSide => self.again(namespace, MYSQL.image).await,
            Self::Replace | Self::Patch => {
                namespace.kubectl_with(&["create", "-f", "-"], &self.manifest(MYSQL.image).to_string()).await
            }
        }
    }

    async fn again(self, namespace: &Namespace, version: &str) -> Result<Output> {
        let manifest = self.manifest(version);
        let verb: &[&str] = match self {
            Self::Apply => &["apply", "-f", "-"],
            Self::ServerSide => &["apply", "--server-side", "-f", "-"],
            Self::Replace => &["replace", "-f", "-"],
            Self::Patch => {
                let patch = json!({"spec": {"template": manifest["spec"]["template"]}}).to_string();
                return namespace.kubectl(&["patch", "statefulset", &self.name(), "-p", &patch]).await;
            }
        };
        namespace.kubectl_with(verb, &manifest.to_string()).await
    }
}

/// The variable as it is stored, the image beside it, and the number by which changes of the spec are counted; once the controller has
/// seen it, so that nobody writes between two steps.
async fn stored(namespace: &Namespace, name: &str) -> Result<(Value, String, Option<i64>)> {
    let sets = namespace.api::<StatefulSet>();
    let set = wait_for(&sets, name, "the controller to take notice", |set| {
        let set = set?;
        (set.status.as_ref()?.observed_generation == set.metadata.generation).then(|| set.clone())
    })
    .await?;
    let generation = set.metadata.generation;
    let container = serde_json::to_value(set)?["spec"]["template"]["spec"]["containers"][0].take();
    let variables = container["env"].as_array().context("no variables")?;
    let variable = variables.iter().find(|v| v["name"] == VARIABLE).context("the variable is gone")?;
    Ok((variable.clone(), container["image"].as_str().unwrap_or_default().to_owned(), generation))
}

/// The reference that the policy means, without a value beside it.
fn reference(verb: Verb) -> Value {
    let name = format!("mysql-{}-login", verb.name());
    json!({"name": VARIABLE, "valueFrom": {"secretKeyRef": {"name": name, "key": "root"}}})
}

async fn verbs(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    let credentials = json!({
        "secretName": "{engine}-{workload}-login", "keys": {VARIABLE: "root"}, "plaintext": "replace",
    });
    let spec = json!({"profile": "baseline", "defaults": {"credentials": credentials}});
    apply(plane, &policy("plaintext", "plaintext", &spec)).await?.succeeded()?;
    let namespace = team(plane, &seawall, "plaintext").await?;
    let probe = plaintext(database(MYSQL, Shape::StatefulSet, "probe"));
    until(&namespace, &probe, |answer| answer.as_ref().is_ok_and(|set| set.to_string().contains("secretKeyRef")))
        .await?;

    for verb in VERBS {
        let name = verb.name();
        let first = verb.first(&namespace).await?;
        ensure!(first.ok && first.stderr.contains("kubectl create secret generic"), "{first:?}");
        let (variable, _, generation) = stored(&namespace, &name).await?;
        ensure!(variable == reference(verb), "{name}: {variable}");
        // The same once more changes nothing; a change of something else leaves the reference where it is.
        verb.again(&namespace, MYSQL.image).await?.succeeded()?;
        let (variable, _, then) = stored(&namespace, &name).await?;
        ensure!(variable == reference(verb) && then == generation, "{name}, again: {variable} {then:?}");
        verb.again(&namespace, "mysql:8.4.4").await?.succeeded()?;
        let (variable, image, _) = stored(&namespace, &name).await?;
        ensure!(variable == reference(verb) && image == "mysql:8.4.4", "{name}, changed: {variable} {image}");
    }
    plane.kubectl(&["delete", "databasepolicy", "plaintext"]).await?.succeeded()?;
    seawall.stop().await?;
    trap(&namespace).await
}

/// Nobody is there to put the reference back in the place of the value.
async fn trap(namespace: &Namespace) -> Result<()> {
    for verb in [Verb::Apply, Verb::ServerSide, Verb::Patch] {
        let refused = verb.again(namespace, "mysql:8.4.4").await?.failed()?;
        ensure!(refused.contains(BOTH), "{verb:?}: {refused}");
        let (variable, ..) = stored(namespace, &verb.name()).await?;
        ensure!(variable == reference(verb), "{verb:?}: {variable}");
    }
    // What does not name the variable leaves it alone.
    let target = format!("statefulset/{}", Verb::Patch.name());
    namespace.kubectl(&["set", "image", &target, "mysql=mysql:8.4.5"]).await?.succeeded()?;
    let (variable, image, _) = stored(namespace, &Verb::Patch.name()).await?;
    ensure!(variable == reference(Verb::Patch) && image == "mysql:8.4.5", "{variable} {image}");
    // And whoever brings all of it brings the password.
    Verb::Replace.again(namespace, "mysql:8.4.4").await?.succeeded()?;
    let (replaced, ..) = stored(namespace, &Verb::Replace.name()).await?;
    let new = plaintext(database(MYSQL, Shape::StatefulSet, "new"));
    namespace.kubectl_with(&["create", "-f", "-"], &new.to_string()).await?.succeeded()?;
    let (created, ..) = stored(namespace, "new").await?;
    for (how, variable) in [("replaced", replaced), ("created", created)] {
        ensure!(variable["value"].is_string() && variable["valueFrom"].is_null(), "{how}: the password is not there");
    }
    Ok(())
}
