//! DatabasePolicies in a cluster: refused or accepted, in force at once and never taken back, while the API server is away as well, and
//! the switch for the bad hour.

mod away;
mod changes;
mod classes;
mod rights;
mod rollout;

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::apps::v1::StatefulSet;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind, PostParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};
use tokio::sync::OnceCell;

use crate::databases::{MYSQL, Shape, database, fragile};
use crate::plane::seawall::Seawall;
use crate::plane::watch::wait_for;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, lone_trial, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("policies::they_are_refused_accepted_or_conflict", async |plane| told(&plane).await),
        trial("policies::a_change_is_in_force_and_not_taken_back", async |plane| changes::streamed(&plane).await),
        trial("policies::the_last_ones_hold_while_the_api_server_is_away", async |_| away::outlived().await),
        lone_trial("policies::each_right_is_needed_and_no_other", async |plane| rights::needed(&plane).await),
        trial("policies::one_switch_lets_everything_through", async |plane| changes::switched(&plane).await),
        trial("policies::claims_get_a_class_by_engine_and_size", async |plane| {
            classes::given_and_allowed(&plane).await
        }),
        trial("policies::old_databases_go_on_from_observe_to_production", async |plane| {
            rollout::enforced(&plane).await
        }),
    ]
}

/// How long a change may take until it is in force.
pub(super) const SOON: Duration = Duration::from_secs(20);

/// Installs the definition, as the chart does.
pub(super) async fn define(plane: &Plane, change: impl Fn(&str) -> String) -> Result<()> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/charts/seawall/templates/crd-databasepolicies.yaml");
    let text = change(&std::fs::read_to_string(file).context("no definition")?);
    plane.kubectl_with(&["apply", "--server-side", "-f", "-"], &text).await?.succeeded()?;
    let established = ["wait", "--for=condition=Established", "crd/databasepolicies.seawall.dev", "--timeout=60s"];
    plane.kubectl(&established).await?.succeeded().map(|_| ())
}

/// Installs both definitions and the rights of exemptions, once for all trials of the shared control plane: a definition that is applied
/// while its objects are asked for keeps them waiting.
pub(in crate::trials) async fn installed(plane: &Plane) -> Result<()> {
    static DONE: OnceCell<()> = OnceCell::const_new();
    let install = async || {
        define(plane, str::to_owned).await?;
        define_exemptions(plane).await
    };
    DONE.get_or_try_init(install).await.copied()
}

async fn define_exemptions(plane: &Plane) -> Result<()> {
    for file in ["crd-databaseexemptions.yaml", "exemption-rights.yaml"] {
        let path = format!("{}/charts/seawall/templates/{file}", env!("CARGO_MANIFEST_DIR"));
        plane.kubectl(&["apply", "--server-side", "-f", &path]).await?.succeeded()?;
    }
    let established = ["wait", "--for=condition=Established", "crd/databaseexemptions.seawall.dev", "--timeout=60s"];
    plane.kubectl(&established).await?.succeeded().map(|_| ())
}

fn policies(plane: &Plane) -> Api<DynamicObject> {
    let kind = GroupVersionKind::gvk("seawall.dev", "v1alpha1", "DatabasePolicy");
    Api::all_with(plane.client(), &ApiResource::from_gvk_with_plural(&kind, "databasepolicies"))
}

/// A policy for the namespaces with the label team=`name` alone: other trials share the cluster.
pub(super) fn policy(name: &str, team: &str, spec: &Value) -> Value {
    let mut spec = spec.clone();
    spec["namespaceSelector"] = json!({"matchLabels": {"team": team}});
    json!({"apiVersion": "seawall.dev/v1alpha1", "kind": "DatabasePolicy", "metadata": {"name": name}, "spec": spec})
}

pub(super) async fn apply(plane: &Plane, policy: &Value) -> Result<crate::plane::kubectl::Output> {
    plane.kubectl_with(&["apply", "-f", "-"], &policy.to_string()).await
}

/// A namespace of a team, which is the label that policies go by.
pub(super) async fn team(plane: &Plane, seawall: &Seawall, name: &str) -> Result<Namespace> {
    let namespace = seawall.namespace(name).await?;
    plane.kubectl(&["label", "namespace", namespace.name(), &format!("team={name}")]).await?.succeeded()?;
    Ok(namespace)
}

/// Waits until a condition of a policy is as `check` wants it, and has been said of this generation.
async fn condition(plane: &Plane, name: &str, kind: &str, status: &str, generation: i64) -> Result<String> {
    let what = format!("policy {name} to be {kind}={status} of generation {generation}");
    wait_for(&policies(plane), name, &what, |policy| {
        let conditions = policy?.data["status"]["conditions"].as_array()?.clone();
        let is_meant = |c: &&Value| c["type"] == kind && c["status"] == status && c["observedGeneration"] == generation;
        Some(conditions.iter().find(is_meant)?["message"].as_str()?.to_owned())
    })
    .await
}

/// A StatefulSet as it would be stored.
pub(super) async fn tried(namespace: &Namespace, name: &str, object: &Value) -> Result<Value, kube::Error> {
    let mut object = object.clone();
    object["metadata"]["name"] = json!(name);
    let set: StatefulSet = serde_json::from_value(object).map_err(kube::Error::SerdeError)?;
    let dry_run = PostParams { dry_run: true, ..PostParams::default() };
    let stored = namespace.api::<StatefulSet>().create(&dry_run, &set).await?;
    serde_json::to_value(stored).map_err(kube::Error::SerdeError)
}

/// Tries a StatefulSet again and again until the answer is as wanted; how long that took.
pub(super) async fn until(
    namespace: &Namespace,
    object: &Value,
    wanted: impl Fn(&Result<Value, kube::Error>) -> bool,
) -> Result<Duration> {
    let begin = Instant::now();
    loop {
        let answer = tried(namespace, "probe", object).await;
        if wanted(&answer) {
            return Ok(begin.elapsed());
        }
        ensure!(begin.elapsed() < SOON, "after {SOON:?} the answer is still {answer:?}");
    }
}

pub(super) fn is_denied(answer: &Result<Value, kube::Error>) -> bool {
    answer.as_ref().is_err_and(|error| error.to_string().contains("denied the request"))
}

fn cpu(set: &Value) -> Option<&str> {
    set["spec"]["template"]["spec"]["containers"][0]["resources"]["requests"]["cpu"].as_str()
}

async fn told(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    let shown = plane.kubectl(&["explain", "databasepolicy.spec"]).await?.succeeded()?;
    ensure!(
        shown.contains("The namespaces that it holds for, by their labels")
            && shown.contains("What findings do, by tier"),
        "{shown}"
    );

    for examples in ["policies/everywhere.yaml", "policies/advise.yaml", "policies/enforce.yaml", "settings.yaml"] {
        let path = format!("{}/examples/{examples}", env!("CARGO_MANIFEST_DIR"));
        let accepted = plane.kubectl(&["apply", "--dry-run=server", "-f", &path]).await?.succeeded()?;
        ensure!(accepted.contains("databasepolicy.seawall.dev/"), "{accepted}");
    }
    // What a schema can say, the API server says.
    for (spec, words) in [
        (json!({"profile": "strict"}), "Unsupported value: \"strict\""),
        (json!({"profil": "observe"}), "unknown field \"spec.profil\""),
        (
            json!({"defaults": {"memory": {"limit": "1Gi", "request": "2Gi"}}}),
            "the request must not be above the limit",
        ),
        (json!({"defaults": {"memory": {"limit": "much"}}}), "expected a quantity above 0"),
        (json!({"defaults": {"terminationGracePeriodSeconds": 3600}}), "should be less than or equal to 600"),
        (json!({"onlyEngines": ["mysql"], "engines": {"redis": {}}}), "not among onlyEngines"),
        (json!({"onlyEngines": ["mysql"], "restorers": []}), "are not about engines"),
        (
            json!({"defaults": {"storage": {"className": "slow", "allowedClasses": ["fast"]}}}),
            "className is not among allowedClasses",
        ),
        // And what it cannot, Seawall.
        (
            json!({"defaults": {"storage": {"classesBySize": [{"atLeast": "1Ti", "className": "slow"}], "allowedClasses": ["fast"]}}}),
            "allowedClasses does not list \"slow\"",
        ),
        (
            json!({"rules": {"floating-tags": "off"}}),
            "no rule is called \"floating-tags\"; did you mean \"floating-tag\"?",
        ),
        (json!({"engines": {"mysq": {}}}), "no engine is called \"mysq\"; did you mean \"mysql\"?"),
        (json!({"engines": {"mssql": {"memory": {"limit": "1Gi"}}}}), "mssql does not start in 1Gi"),
    ] {
        let refused = apply(plane, &policy("told-refused", "told", &spec)).await?.failed()?;
        ensure!(refused.contains(words), "{spec}: {refused}");
    }

    apply(plane, &policy("told-one", "told", &json!({"profile": "baseline"}))).await?.succeeded()?;
    condition(plane, "told-one", "Accepted", "True", 1).await?;
    condition(plane, "told-one", "Conflicted", "False", 1).await?;
    let namespace = team(plane, &seawall, "told").await?;
    let unsafe_one = fragile(database(MYSQL, Shape::StatefulSet, "db"));
    until(&namespace, &unsafe_one, is_denied).await?;

    apply(plane, &policy("told-two", "told", &json!({"profile": "observe"}))).await?.succeeded()?;
    let message = condition(plane, "told-one", "Conflicted", "True", 1).await?;
    ensure!(message == "profile: baseline here, observe in DatabasePolicy told-two; the stricter holds", "{message}");
    condition(plane, "told-two", "Conflicted", "True", 1).await?;
    ensure!(is_denied(&tried(&namespace, "probe", &unsafe_one).await), "the stricter holds");

    let higher = policy("told-two", "told", &json!({"profile": "observe", "priority": 1}));
    apply(plane, &higher).await?.succeeded()?;
    condition(plane, "told-one", "Conflicted", "False", 1).await?;
    until(&namespace, &unsafe_one, Result::is_ok).await?;

    for name in ["told-one", "told-two"] {
        plane.kubectl(&["delete", "databasepolicy", name]).await?.succeeded()?;
    }
    seawall.stop().await
}
