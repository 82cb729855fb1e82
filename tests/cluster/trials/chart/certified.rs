//! A release as it is installed by default, which makes its own certificates, and the rights that this takes.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::IMAGE;
use crate::plane::Plane;
use crate::plane::helm::{Helm, chart, objects};
use crate::plane::hosted::Ports;
use crate::plane::webhooks::NAMESPACE;
use crate::stage::{lone_trial, plain_trial};

pub fn trials() -> Vec<Trial> {
    vec![
        lone_trial("chart::a_release_certifies_itself", async |plane| certified(&plane).await),
        plain_trial("chart::certificates_have_the_rights_that_are_documented", documented),
    ]
}

/// The page whose rights the trials of certificates apply, and take away one by one.
const PAGE: &str = include_str!("../../../../docs/certificates.md");

async fn certified(plane: &Arc<Plane>) -> Result<()> {
    plane.ensure_namespace(NAMESPACE, BTreeMap::new()).await?;
    let ports = Ports::free()?;
    let port = format!("service.port={},drainDelaySeconds=0", ports.webhooks);
    let kubeconfig = plane.folder().join("admin.kubeconfig");
    let helm = Helm::provide(Some(&kubeconfig))?;
    let chart = chart().display().to_string();
    helm.run(&["install", "seawall", &chart, "--namespace", NAMESPACE, "--set", IMAGE, "--set", &port])?;
    let spec = json!({"type": "ExternalName", "externalName": "localhost", "clusterIP": null, "clusterIPs": null});
    let patch = json!({"spec": spec}).to_string();
    let args = ["-n", NAMESPACE, "patch", "service", "seawall", "--type=merge", "-p", &patch];
    plane.kubectl(&args).await?.succeeded()?;

    let stored = plane.kubectl(&["-n", NAMESPACE, "get", "deployment", "seawall", "-o", "json"]).await?.succeeded()?;
    let stored: Value = serde_json::from_str(&stored)?;
    let spec = &stored["spec"]["template"]["spec"];
    let program = env!("CARGO_BIN_EXE_seawall");
    let command = plane.hosted(Path::new(program), NAMESPACE, spec, ports).await?;
    let mut process = plane.serving("certified", command, ports).await?;
    let mut verify = Command::new(program);
    let address = format!("--address=127.0.0.1:{}", ports.webhooks);
    let kubeconfig = format!("--kubeconfig={}", kubeconfig.display());
    verify.env_clear().args(["verify-install", "--timeout=60", &kubeconfig, &address]);
    let (ok, said) = plane.ran("verify", verify).await?;
    ensure!(ok, "{said}\n{}", process.log_tail(40));
    process.stop_within(Duration::from_secs(20));
    ensure!(!process.log_tail(2000).contains("forbidden"), "{}", process.log_tail(40));
    Ok(())
}

/// The rules about Secrets, Leases and webhook configurations.
fn about_certificates(objects: &[Value]) -> Vec<String> {
    let words = ["secrets", "leases", "webhookconfigurations"];
    // The Pod of `helm test` has roles of its own.
    let is_hook = |object: &Value| object["metadata"]["annotations"]["helm.sh/hook"].is_string();
    let roles = objects.iter().filter(|object| object["kind"].as_str().is_some_and(|kind| kind.ends_with("Role")));
    let roles = roles.filter(|role| !is_hook(role));
    let rules = roles.flat_map(|role| role["rules"].as_array().into_iter().flatten()).map(Value::to_string);
    let mut rules: Vec<String> = rules.filter(|rule| words.iter().any(|word| rule.contains(word))).collect();
    rules.sort();
    rules
}

fn documented() -> Result<()> {
    let (_, rest) = PAGE.split_once("```yaml\napiVersion: rbac").context("the page lists no rights")?;
    let (listed, _) = rest.split_once("```").context("the list ends")?;
    let listed = about_certificates(&objects(&format!("apiVersion: rbac{listed}"))?);
    let given = about_certificates(&Helm::provide(None)?.render(&["-n", NAMESPACE, "--set", IMAGE])?);
    ensure!(!listed.is_empty() && listed == given, "the page lists {listed:#?}, and the chart gives {given:#?}");
    Ok(())
}
