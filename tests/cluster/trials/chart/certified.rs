//! A release as it is installed by default, which makes its own certificates, and the rights that this takes.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::IMAGE;
use crate::plane::Plane;
use crate::plane::helm::{Helm, chart};
use crate::plane::hosted::Ports;
use crate::plane::process::Process;
use crate::plane::webhooks::NAMESPACE;
use crate::stage::lone_trial;

pub fn trials() -> Vec<Trial> {
    vec![lone_trial("chart::a_release_certifies_itself", async |plane| certified(&plane).await)]
}

/// Seconds that a CA and a leaf live, that a bundle is waited for, and that a silent replica counts: so that a leaf is renewed, and a
/// replica that is gone is forgotten, while somebody watches.
const TIMES: &str = "--certificate-times=3600,12,1,4";
/// How long something may take that is tried every few seconds.
const PATIENCE: Duration = Duration::from_secs(40);

/// A right that only this takes, and in which role it stands.
#[derive(Debug, Clone)]
struct Right {
    role: &'static str,
    rule: usize,
    verb: String,
    resources: Value,
}

/// The rules with Secrets, Leases and webhook configurations in them, verb by verb.
async fn rights(plane: &Plane) -> Result<Vec<Right>> {
    let mut rights = Vec::new();
    for role in ["clusterrole", "role"] {
        for (rule, object) in rules(plane, role).await?.iter().enumerate() {
            let about = object["resources"].to_string();
            if !["secrets", "leases", "webhookconfigurations"].iter().any(|word| about.contains(word)) {
                continue;
            }
            for verb in object["verbs"].as_array().into_iter().flatten() {
                let verb = verb.as_str().context("a verb that is no text")?.to_owned();
                rights.push(Right { role, rule, verb, resources: object["resources"].clone() });
            }
        }
    }
    Ok(rights)
}

async fn rules(plane: &Plane, role: &str) -> Result<Vec<Value>> {
    let stored = plane.kubectl(&["-n", NAMESPACE, "get", role, "seawall", "-o", "json"]).await?.succeeded()?;
    let stored: Value = serde_json::from_str(&stored)?;
    Ok(stored["rules"].as_array().context("no rules")?.clone())
}

async fn give(plane: &Plane, role: &str, rules: &[Value]) -> Result<()> {
    let patch = json!({"rules": rules}).to_string();
    plane.kubectl(&["-n", NAMESPACE, "patch", role, "seawall", "--type=merge", "-p", &patch]).await?.succeeded()?;
    Ok(())
}

/// Starts what the Deployment says, without waiting.
async fn start(plane: &Arc<Plane>, ports: Ports, name: &str) -> Result<Process> {
    let stored = plane.kubectl(&["-n", NAMESPACE, "get", "deployment", "seawall", "-o", "json"]).await?.succeeded()?;
    let stored: Value = serde_json::from_str(&stored)?;
    let spec = &stored["spec"]["template"]["spec"];
    let mut command = plane.hosted(Path::new(env!("CARGO_BIN_EXE_seawall")), NAMESPACE, spec, ports).await?;
    command.arg(TIMES);
    plane.spawned(name, command)
}

/// Nothing of an earlier life: no Secret, no Leases but one of a replica that is long gone, no caBundle.
async fn swept(plane: &Plane) -> Result<()> {
    plane.kubectl(&["-n", NAMESPACE, "delete", "secret,lease", "--all"]).await?.succeeded()?;
    for kind in ["mutatingwebhookconfiguration", "validatingwebhookconfiguration"] {
        let stored: Value =
            serde_json::from_str(&plane.kubectl(&["get", kind, "seawall", "-o", "json"]).await?.succeeded()?)?;
        let count = stored["webhooks"].as_array().context("no entries")?.len();
        let operations: Vec<Value> = (0..count)
            .filter(|entry| stored["webhooks"][entry]["clientConfig"]["caBundle"].is_string())
            .map(|entry| json!({"op": "remove", "path": format!("/webhooks/{entry}/clientConfig/caBundle")}))
            .collect();
        if !operations.is_empty() {
            let patch = json!(operations).to_string();
            plane.kubectl(&["patch", kind, "seawall", "--type=json", "-p", &patch]).await?.succeeded()?;
        }
    }
    Ok(())
}

impl Right {
    /// True once the API server has refused what the right is for.
    fn is_missed(&self, log: &str) -> bool {
        let refused = format!("cannot {} resource", self.verb);
        let resources: Vec<&str> = self.resources.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        // Behind the words stands the resource, in quotation marks.
        log.split(&refused).skip(1).any(|rest| {
            let named = rest.trim_start_matches([' ', '\\', '"']);
            resources.iter().any(|resource| named.starts_with(resource))
        })
    }
}

/// Waits until a process has said what `wanted` waits for.
async fn says(process: &Process, wanted: impl Fn(&str) -> bool) -> bool {
    let begin = Instant::now();
    while begin.elapsed() < PATIENCE {
        if wanted(&process.log_tail(2000)) {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

async fn certified(plane: &Arc<Plane>) -> Result<()> {
    plane.ensure_namespace(NAMESPACE, BTreeMap::new()).await?;
    let ports = Ports::free()?;
    let port = format!("service.port={}", ports.webhooks);
    let helm = Helm::provide(Some(&plane.folder().join("admin.kubeconfig")))?;
    let chart = chart().display().to_string();
    helm.run(&[
        "install",
        "seawall",
        &chart,
        "--namespace",
        NAMESPACE,
        "--set",
        IMAGE,
        "--set",
        &port,
        "--set",
        "drainDelaySeconds=0",
    ])?;
    let service =
        json!({"spec": {"type": "ExternalName", "externalName": "localhost", "clusterIP": null, "clusterIPs": null}});
    let args = ["-n", NAMESPACE, "patch", "service", "seawall", "--type=merge", "-p", &service.to_string()];
    plane.kubectl(&args).await?.succeeded()?;

    // With all rights the API server comes to call it, and nothing is forbidden.
    let mut process = start(plane, ports, "all-rights").await?;
    let kubeconfig = plane.folder().join("admin.kubeconfig").display().to_string();
    let mut verify = std::process::Command::new(env!("CARGO_BIN_EXE_seawall"));
    let address = format!("--address=127.0.0.1:{}", ports.webhooks);
    verify.env_clear().args(["verify-install", "--timeout=60", "--kubeconfig", &kubeconfig, &address]);
    let (ok, said) = plane.ran("verify", verify).await?;
    ensure!(ok, "{said}\n{}", process.log_tail(40));
    process.stop_within(Duration::from_secs(10));
    ensure!(!process.log_tail(2000).contains("forbidden"), "{}", process.log_tail(40));

    for (number, right) in rights(plane).await?.into_iter().enumerate() {
        let all = rules(plane, right.role).await?;
        let mut fewer = all.clone();
        fewer[right.rule]["verbs"].as_array_mut().context("no verbs")?.retain(|verb| *verb != right.verb);
        fewer.retain(|rule| rule["verbs"].as_array().is_some_and(|verbs| !verbs.is_empty()));
        give(plane, right.role, &fewer).await?;
        swept(plane).await?;
        let mut process = start(plane, ports, &format!("without-{number}")).await?;
        if right.verb == "delete" {
            // Its own Lease goes when it does.
            let leases = ["-n", NAMESPACE, "get", "leases", "-o", "name"];
            let begin = Instant::now();
            while plane.kubectl(&leases).await?.succeeded()?.lines().count() < 2 {
                ensure!(begin.elapsed() < PATIENCE, "it says nothing of itself\n{}", process.log_tail(40));
            }
            process.stop_within(Duration::from_secs(10));
        }
        let seen = says(&process, |log| right.is_missed(log)).await;
        ensure!(seen, "nobody needs {right:?}: nothing is refused without\n{}", process.log_tail(40));
        process.kill();
        give(plane, right.role, &all).await?;
    }
    Ok(())
}
