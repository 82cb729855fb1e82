//! Reports in the cluster, of both kinds, on a control plane of their own: all of it is looked at.

use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, bail, ensure};
use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::PersistentVolumeClaim;
use kube::api::{Api, ApiResource, DynamicObject, GroupVersionKind};
use libtest_mimic::Trial;
use seawall::terms::keys;
use serde_json::{Value, json};

use super::{bind, leader, true_within, without};
use crate::databases::{MYSQL, Shape, database, fragile, list, pod_spec};
use crate::plane::access::{self, Right};
use crate::plane::seawall::Seawall;
use crate::plane::watch::{DEADLINE, wait_for};
use crate::plane::{Namespace, Plane};
use crate::stage::lone_trial;

pub fn trials() -> Vec<Trial> {
    vec![
        lone_trial("background::reports_say_what_is_there", async |plane| reported(&plane).await),
        lone_trial("background::every_right_of_the_leader_is_needed", async |plane| needed(&plane).await),
    ]
}

/// The two kinds of reports: group, version, kind and plural.
const KINDS: [(&str, &str, &str, &str); 2] = [
    ("wgpolicyk8s.io", "v1alpha2", "PolicyReport", "policyreports"),
    ("openreports.io", "v1alpha1", "Report", "reports"),
];

/// A definition with the fields that both kinds have. What it does not list, the API server refuses in an apply that is strict, and
/// drops in any other; either shows.
fn definition((group, version, kind, plural): (&str, &str, &str, &str)) -> Value {
    let text = json!({"type": "string"});
    let count = json!({"type": "integer"});
    let reference = json!({"type": "object", "properties": {
        "apiVersion": text, "kind": text, "namespace": text, "name": text, "uid": text,
    }});
    let result = json!({"type": "object", "required": ["policy"], "properties": {
        "source": text, "policy": text, "rule": text, "category": text, "message": text,
        "severity": {"type": "string", "enum": ["critical", "high", "low", "medium", "info"]},
        "result": {"type": "string", "enum": ["pass", "fail", "warn", "error", "skip"]},
        "scored": {"type": "boolean"}, "resources": {"type": "array", "items": reference},
        "properties": {"type": "object", "additionalProperties": text},
    }});
    let summary = json!({"type": "object", "properties": {
        "pass": count, "fail": count, "warn": count, "error": count, "skip": count,
    }});
    json!({
        "apiVersion": "apiextensions.k8s.io/v1", "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group, "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural, "singular": kind.to_lowercase(), "listKind": format!("{kind}List")},
            "versions": [{"name": version, "served": true, "storage": true, "schema": {"openAPIV3Schema": {
                "type": "object", "properties": {
                    "apiVersion": text, "kind": text, "metadata": {"type": "object"},
                    "scope": reference, "summary": summary, "results": {"type": "array", "items": result},
                },
            }}}],
        },
    })
}

async fn install(plane: &Plane, kind: (&str, &str, &str, &str)) -> Result<()> {
    plane.kubectl_with(&["apply", "-f", "-"], &definition(kind).to_string()).await?.succeeded()?;
    let name = format!("crd/{}.{}", kind.3, kind.0);
    plane.kubectl(&["wait", "--for=condition=Established", &name, "--timeout=60s"]).await?.succeeded().map(|_| ())
}

/// The report of a namespace; null while there is none.
async fn report(namespace: &Namespace, (group, version, kind, _): (&str, &str, &str, &str)) -> Result<Value> {
    let definition = ApiResource::from_gvk(&GroupVersionKind::gvk(group, version, kind));
    let reports: Api<DynamicObject> = namespace.objects(&definition);
    Ok(reports.get_opt("seawall").await?.map_or(Value::Null, |report| report.data))
}

/// The result about an object by a rule.
fn result<'r>(report: &'r Value, name: &str, rule: &str) -> Option<&'r Value> {
    let is_it = |result: &&Value| result["policy"] == rule && result["resources"][0]["name"] == name;
    report["results"].as_array()?.iter().find(is_it)
}

const RULE: &str = "disabled-durability";
/// A password that may stand nowhere but in its manifest.
const SECRET: &str = "Qrs5Report8Tuv";

async fn reported(plane: &Arc<Plane>) -> Result<()> {
    let [old, new] = KINDS;
    bind(plane, access::role_with_lease("leading")?).await?;
    let namespace = plane.namespace("reported").await?;
    let empty = plane.namespace("without").await?;
    let mut before = fragile(database(MYSQL, Shape::StatefulSet, "before"));
    pod_spec(&mut before)["containers"][0]["env"] = json!([{"name": "MYSQL_ROOT_PASSWORD", "value": SECRET}]);
    namespace.apply(&list(&[before, database(MYSQL, Shape::StatefulSet, "sound")])).await?;
    let mut seawall = Seawall::start(plane, leader(plane, 1, &["--reports"])?).await?;
    let said = "no report is written";
    true_within("where nothing is served, that is said", async || Ok(seawall.log_tail(200).contains(said))).await?;

    // Whichever is served; of both the newer.
    for kind in KINDS {
        install(plane, kind).await?;
        true_within(&format!("there is a {}", kind.2), async || {
            Ok(result(&report(&namespace, kind).await?, "before", RULE).is_some())
        })
        .await?;
    }
    let found = report(&namespace, new).await?;
    let refused = result(&found, "before", RULE).context("it is gone")?;
    ensure!(refused["result"] == "fail" && refused["category"] == "loss", "{refused:#}");
    ensure!(refused["severity"] == "critical" && refused["properties"]["profile"] == "baseline", "{refused:#}");
    ensure!(refused["properties"]["drift"].is_null(), "it was there before Seawall: {refused:#}");
    ensure!(found["summary"]["fail"] == 1 && found["scope"]["name"] == namespace.name(), "{found:#}");
    ensure!(found["results"][0]["result"] == "fail", "the worst is not the first: {found:#}");
    ensure!(result(&found, "before", "plaintext-credentials").is_some(), "nothing of its password: {found:#}");
    for (what, text) in [("report", found.to_string()), ("log", seawall.log_tail(usize::MAX))] {
        ensure!(!text.contains(SECRET), "the {what} has it");
    }
    ensure!(report(&empty, new).await?.is_null(), "a report about nothing");
    ensure!(seawall.log_tail(usize::MAX).matches(said).count() == 1, "it is said again and again");

    // What came while nobody was there is marked; what was there before is not.
    seawall.kill();
    let leases: Api<Lease> = Api::namespaced(plane.client(), "seawall-system");
    let away = fragile(database(MYSQL, Shape::StatefulSet, "drifted"));
    namespace.apply(&away.to_string()).await?;
    let renewed = leases.get("seawall-upkeep").await?.spec.and_then(|spec| spec.renew_time).context("never renewed")?;
    let absence = std::time::Duration::from_secs(8);
    let left = (renewed.0 + absence).duration_since(jiff::Timestamp::now());
    tokio::time::sleep(left.try_into().unwrap_or_default()).await;
    seawall.run().await?;
    true_within("drift is marked", async || {
        let found = report(&namespace, new).await?;
        Ok(result(&found, "drifted", RULE).is_some_and(|result| result["properties"]["drift"] == "true"))
    })
    .await?;
    let found = report(&namespace, new).await?;
    ensure!(found["results"][0]["resources"][0]["name"] == "drifted", "drift is not the first: {found:#}");
    let refused = result(&found, "before", RULE).context("it is gone")?;
    ensure!(refused["properties"]["drift"].is_null(), "it was there before: {refused:#}");

    // Where there is no database any more, there is no report.
    namespace.kubectl(&["delete", "statefulset", "--all"]).await?.succeeded()?;
    namespace.kubectl(&["delete", "pvc", "--all", "--wait=false"]).await?.succeeded()?;
    true_within("the report is gone", async || Ok(report(&namespace, new).await?.is_null())).await?;
    ensure!(!report(&namespace, old).await?.is_null(), "the other kind is left to who installed it");
    seawall.stop().await
}

/// What there is to do in a round: a label to correct, a volume to guard, a report to write, and one to take away.
struct Work<'p> {
    plane: &'p Plane,
    leading: Namespace,
    empty: Namespace,
    volume: String,
}

impl<'p> Work<'p> {
    async fn prepare(plane: &'p Plane) -> Result<Self> {
        let (leading, empty) = (plane.namespace("leading").await?, plane.namespace("nothing").await?);
        leading.apply(&database(MYSQL, Shape::StatefulSet, "db").to_string()).await?;
        let claims: Api<PersistentVolumeClaim> = leading.api();
        wait_for(&claims, "data-db-0", "the claim to be bound", |claim| {
            (claim?.status.as_ref()?.phase.as_deref() == Some("Bound")).then_some(())
        })
        .await?;
        let ask = ["get", "pvc/data-db-0", "-o", "jsonpath={.spec.volumeName}"];
        let volume = leading.kubectl(&ask).await?.succeeded()?;
        let guard = format!("{}={}", keys::GUARD, keys::ENFORCED);
        plane.kubectl(&["label", "namespace", leading.name(), &guard]).await?.succeeded()?;
        Ok(Self { plane, leading, empty, volume })
    }

    /// All of it is to be done again.
    async fn undo(&self, (group, version, kind, plural): (&str, &str, &str, &str)) -> Result<()> {
        let unknown = format!("{}=unknown", keys::HOLDS_DATA);
        self.leading.kubectl(&["label", "--overwrite", "pvc/data-db-0", &unknown]).await?.succeeded()?;
        self.plane.kubectl(&["label", "pv", &self.volume, &format!("{}-", keys::GUARD)]).await?.succeeded()?;
        let resource = format!("{plural}.{group}");
        self.leading.kubectl(&["delete", &resource, "seawall", "--ignore-not-found"]).await?.succeeded()?;
        let stale = json!({
            "apiVersion": format!("{group}/{version}"), "kind": kind,
            "metadata": {"name": "seawall", "labels": {"app.kubernetes.io/managed-by": "seawall"}},
        });
        self.empty.apply(&stale.to_string()).await.map(|_| ())
    }
}

/// Without any one of the rights, something that is to be done is forbidden; with all of them, nothing is.
async fn needed(plane: &Arc<Plane>) -> Result<()> {
    let work = Work::prepare(plane).await?;
    without(plane, access::role_with_lease("leading")?, None).await?;
    let mut seawall = Seawall::start(plane, leader(plane, 1, &["--reports"])?).await?;
    // The older kind first: of both, the newer is written.
    for (position, kind) in KINDS.into_iter().enumerate() {
        install(plane, kind).await?;
        let of_other = |right: &Right| KINDS.iter().any(|other| other.0 == right.0 && other.0 != kind.0);
        let mut own = access::rights(&access::leaders_role()?);
        own.retain(|right| !of_other(right) && (position == 0 || right.0 == kind.0));
        ensure!(own.len() >= 4, "only {own:?}");
        for missing in [None].into_iter().chain(own.iter().map(Some)) {
            seawall.kill();
            work.undo(kind).await?;
            without(plane, access::role_with_lease("leading")?, missing).await?;
            seawall.run().await?;
            went(&seawall, missing).await?;
        }
    }
    seawall.stop().await
}

/// Waits until a round came to its end, or something was forbidden, which must be so if a right is missing.
async fn went(seawall: &Seawall, missing: Option<&Right>) -> Result<()> {
    let begin = Instant::now();
    loop {
        let metrics = seawall.scrape().await?;
        let log = seawall.log_tail(usize::MAX);
        let life = log.rsplit("\"message\":\"starting\"").next().unwrap_or(&log);
        let is_forbidden = life.contains("is forbidden");
        let is_over = |line: &str| line.starts_with("seawall_upkeep_timestamp_seconds") && !line.ends_with(" 0");
        match (missing, is_forbidden, metrics.lines().any(is_over)) {
            (Some(_), true, _) | (None, false, true) => return Ok(()),
            (None, true, _) => bail!("with all rights something is forbidden:\n{}", seawall.log_tail(20)),
            // Not everything is said before a round is over.
            (Some(_), false, _) | (None, false, false) => {}
        }
        ensure!(
            begin.elapsed() < DEADLINE,
            "{missing:?}: nobody needs it, or no round came to its end:\n{}",
            seawall.log_tail(20)
        );
    }
}
