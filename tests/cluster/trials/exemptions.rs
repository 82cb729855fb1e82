//! Exemptions: who may create one is decided by RBAC in the API server, what it may be by policies, and its end by the clock.

use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::policies::{apply, installed, is_denied, policy, team, tried, until};
use crate::databases::{MYSQL, Shape, database, fragile};
use crate::plane::kubectl::{Kubectl, Output};
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, trial};

pub fn trials() -> Vec<Trial> {
    vec![
        trial("exemptions::rbac_says_who_may_exempt_from_what", async |plane| rights(&plane).await),
        trial("exemptions::one_holds_until_it_ends", async |plane| ended(&plane).await),
        trial("exemptions::policies_say_what_may_be_exempted", async |plane| bounded(&plane).await),
    ]
}

/// What makes `fragile` so.
pub(super) const RULE: &str = "disabled-durability";

/// An exemption of the workload `probe`.
pub(in crate::trials) fn exemption(name: &str, rules: &[&str], ends_in: Duration) -> Value {
    let end = jiff::Timestamp::now() + ends_in;
    json!({
        "apiVersion": "seawall.dev/v1alpha1", "kind": "DatabaseExemption", "metadata": {"name": name},
        "spec": {"rules": rules, "name": "probe", "reason": "a trial", "expires": end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()},
    })
}

pub(in crate::trials) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

async fn grant(namespace: &Namespace, user: &str, rules: &Value) -> Result<()> {
    let name = format!("exempting-{user}");
    let role = json!({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "Role", "metadata": {"name": name}, "rules": rules});
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding", "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": name},
        "subjects": [{"apiGroup": "rbac.authorization.k8s.io", "kind": "User", "name": user}],
    });
    namespace.apply(&role.to_string()).await?;
    namespace.apply(&binding.to_string()).await.map(|_| ())
}

/// Applies in a namespace as somebody, again for as long as a right that was given is not known yet.
async fn try_apply(
    namespace: &Namespace,
    who: &Kubectl,
    object: &Value,
    wanted: impl Fn(&Output) -> bool,
) -> Result<()> {
    let begin = Instant::now();
    let own = namespace.with_kubectl(who.clone());
    loop {
        let output = own.kubectl_with(&["apply", "-f", "-"], &object.to_string()).await?;
        if wanted(&output) {
            return Ok(());
        }
        ensure!(begin.elapsed() < Duration::from_secs(30), "{object}: {output:?}");
    }
}

const REFUSED: &str = "takes the verb exempt on databaserules.seawall.dev";

fn is_refused(output: &Output) -> bool {
    !output.ok && output.stderr.contains(REFUSED)
}

/// No Seawall is asked here at all: it would not be refused by one that is away.
async fn rights(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let (own, other) = (plane.namespace("rights").await?, plane.namespace("rights-other").await?);
    let everything = json!([{"apiGroups": ["seawall.dev"], "resources": ["databaseexemptions"], "verbs": ["*"]}]);
    let exempting = json!([
        {"apiGroups": ["seawall.dev"], "resources": ["databaseexemptions"], "verbs": ["*"]},
        {"apiGroups": ["seawall.dev"], "resources": ["databaserules"], "resourceNames": [RULE], "verbs": ["exempt"]},
    ]);
    grant(&own, "rights-tenant", &everything).await?;
    grant(&own, "rights-owner", &exempting).await?;
    grant(&other, "rights-owner", &everything).await?;
    let (tenant, owner) = (plane.kubectl_as("rights-tenant", None)?, plane.kubectl_as("rights-owner", None)?);

    let one = exemption("one", &[RULE], 30 * DAY);
    try_apply(&own, &tenant, &one, is_refused).await?;
    try_apply(&own, &owner, &exemption("one", &[RULE, "floating-tag"], 30 * DAY), is_refused).await?;
    try_apply(&other, &owner, &one, is_refused).await?;
    try_apply(&own, &owner, &one, |output| output.ok).await?;

    // What it exempts is not the tenant's to change; what is said about it is.
    for (field, value) in
        [("rules", json!(["floating-tag"])), ("expires", json!("2099-01-01T00:00:00Z")), ("name", json!("orders"))]
    {
        let mut changed = one.clone();
        changed["spec"][field] = value;
        try_apply(&own, &tenant, &changed, is_refused).await?;
    }
    let mut by_label = one.clone();
    by_label["spec"].as_object_mut().context("no spec")?.remove("name");
    by_label["spec"]["selector"] = json!({"matchLabels": {"app": "db"}});
    try_apply(&own, &tenant, &by_label, is_refused).await?;
    let mut explained = one.clone();
    explained["spec"]["reason"] = json!("a trial, and nothing else");
    explained["metadata"]["labels"] = json!({"team": "shop"});
    try_apply(&own, &tenant, &explained, |output| output.ok).await
}

async fn ended(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "production", Some(stage::EVERYTHING))?).await?;
    let namespace = seawall.namespace("ended").await?;
    let unsafe_one = fragile(database(MYSQL, Shape::StatefulSet, "probe"));
    until(&namespace, &unsafe_one, is_denied).await?;
    // One that is known when nobody is, and no rule by that name.
    let unknown = exemption("odd", &["disabled-durabilities"], DAY).to_string();
    let refused = namespace.kubectl_with(&["apply", "-f", "-"], &unknown).await?.failed()?;
    ensure!(refused.contains("did you mean \"disabled-durability\"?"), "{refused}");
    let past = exemption("odd", &[RULE], Duration::ZERO).to_string();
    let refused = namespace.kubectl_with(&["apply", "-f", "-"], &past).await?.failed()?;
    ensure!(refused.contains("has passed already"), "{refused}");

    let long = Duration::from_secs(12);
    namespace.apply(&exemption("short", &[RULE], long).to_string()).await?;
    let begin = Instant::now();
    until(&namespace, &unsafe_one, Result::is_ok).await?;
    ensure!(is_denied(&tried(&namespace, "another", &unsafe_one).await), "it exempts more than it names");
    let applied = namespace.kubectl_with(&["apply", "-f", "-"], &unsafe_one.to_string()).await?;
    ensure!(
        applied.ok && applied.stderr.contains("exemption short from disabled-durability ends "),
        "{}",
        applied.stderr
    );
    let recorded = async || {
        let path = r"jsonpath={.metadata.annotations.seawall\.dev/exempted}";
        namespace.kubectl(&["get", "statefulset/probe", "-o", path]).await?.succeeded()
    };
    ensure!(recorded().await? == RULE, "{}", recorded().await?);
    // Nothing tells of its end but the clock.
    namespace.kubectl(&["get", "databaseexemption", "short"]).await?.succeeded()?;
    let again = fragile(database(MYSQL, Shape::StatefulSet, "probe"));
    while begin.elapsed() < long {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    for command in [
        &["label", "statefulset/probe", "team=shop"][..],
        &["scale", "statefulset/probe", "--replicas=0"],
        &["rollout", "restart", "statefulset/probe"],
    ] {
        namespace.kubectl(command).await?.succeeded()?;
    }
    namespace.apply(&again.to_string()).await?;
    namespace
        .kubectl(&["annotate", "--overwrite", "statefulset/probe", "seawall.dev/exempted=everything"])
        .await?
        .succeeded()?;
    ensure!(recorded().await? == RULE, "{}", recorded().await?);
    namespace.kubectl(&["delete", "statefulset/probe"]).await?.succeeded()?;
    until(&namespace, &unsafe_one, is_denied).await?;
    seawall.stop().await
}

async fn bounded(plane: &Arc<Plane>) -> Result<()> {
    installed(plane).await?;
    let seawall = Seawall::start(plane, stage::seawall(plane, "observe", None)?).await?;
    let bounds = json!({"profile": "production", "exemptions": {"rules": [RULE], "maxDays": 30}});
    apply(plane, &policy("bounded", "bounded", &bounds)).await?.succeeded()?;
    let namespace = team(plane, &seawall, "bounded").await?;
    let unsafe_one = fragile(database(MYSQL, Shape::StatefulSet, "probe"));
    until(&namespace, &unsafe_one, is_denied).await?;
    for (name, rules, days, words) in [
        ("other", &["floating-tag"][..], 1, "no policy of this namespace lets floating-tag be exempted"),
        ("long", &[RULE], 40, "the policies of this namespace allow 30 days at most"),
    ] {
        let object = exemption(name, rules, days * DAY).to_string();
        let refused = namespace.kubectl_with(&["apply", "-f", "-"], &object).await?.failed()?;
        ensure!(refused.contains(words), "{refused}");
    }
    namespace.apply(&exemption("good", &[RULE], 20 * DAY - DAY / 2).to_string()).await?;
    until(&namespace, &unsafe_one, Result::is_ok).await?;
    let days = ["wait", "--for=jsonpath={.status.daysLeft}", "databaseexemption/good", "--timeout=30s"];
    namespace.kubectl(&days).await?.succeeded()?;
    let days = namespace.kubectl(&["get", "databaseexemption/good", "-o", "jsonpath={.status.daysLeft}"]).await?;
    ensure!(days.succeeded()? == "19", "half of the last day is none");
    // What a policy does not allow any more ends at once.
    let none = json!({"profile": "production", "exemptions": {"rules": []}});
    apply(plane, &policy("bounded", "bounded", &none)).await?.succeeded()?;
    until(&namespace, &unsafe_one, is_denied).await?;
    plane.kubectl(&["delete", "databasepolicy", "bounded"]).await?.succeeded()?;
    seawall.stop().await
}
