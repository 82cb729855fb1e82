//! The life of a release: installed, tested, upgraded, taken away. The API server is real; what the Pods would run, this machine runs.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use anyhow::{Context as _, Result, ensure};
use k8s_openapi::api::core::v1::Pod;
use kube::api::{Api, Patch, PatchParams};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::IMAGE;
use crate::databases::{MYSQL, Shape, claim, database, fragile, list};
use crate::plane::helm::{Helm, chart};
use crate::plane::hosted::Ports;
use crate::plane::process::Process;
use crate::plane::seawall::http_get;
use crate::plane::watch::{DEADLINE, wait_for};
use crate::plane::webhooks::NAMESPACE;
use crate::plane::{Namespace, Plane, launch};
use crate::stage::lone_trial;

pub fn trials() -> Vec<Trial> {
    vec![lone_trial("chart::a_release_lives", async |plane| release(&plane).await)]
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_seawall");

/// A release, and what stands in for its Pods.
struct Release {
    plane: Arc<Plane>,
    helm: Helm,
    ports: Ports,
    values: PathBuf,
}

impl Release {
    /// `helm install` or `helm upgrade`.
    fn helm(&self, verb: &str, more: &[&str]) -> Result<String> {
        let (chart, values) = (chart().display().to_string(), self.values.display().to_string());
        let args = [verb, "seawall", &chart, "--namespace", NAMESPACE, "--set", IMAGE, "-f", &values];
        self.helm.run(&[&args, more].concat())
    }

    /// An object of the release, as it is stored.
    async fn stored(&self, kind: &str, name: &str) -> Result<Value> {
        let output = self.plane.kubectl(&["-n", NAMESPACE, "get", kind, name, "-o", "json"]).await?;
        Ok(serde_json::from_str(&output.succeeded()?)?)
    }

    /// Runs what the Deployment says.
    async fn serve(&self, ports: Ports) -> Result<Process> {
        let deployment = self.stored("deployment", "seawall").await?;
        let spec = &deployment["spec"]["template"]["spec"];
        let command = self.plane.hosted(Path::new(PROGRAM), NAMESPACE, spec, ports).await?;
        self.plane.serving("release", command, ports).await
    }

    /// `helm test`, whose Pod is run here; whether Helm was content, and what the Pod said.
    async fn test(&self, address: u16) -> Result<(bool, String)> {
        let pods: Api<Pod> = Api::namespaced(self.plane.client(), NAMESPACE);
        let old = pods.get_opt("seawall-test").await?.and_then(|pod| pod.metadata.uid);
        let helm = Helm::provide(Some(&self.plane.folder().join("admin.kubeconfig")))?;
        let tested = tokio::task::spawn_blocking(move || {
            helm.run(&["test", "seawall", "--namespace", NAMESPACE, "--timeout", "60s"])
        });
        let pod = wait_for(&pods, "seawall-test", "the Pod of helm test", |pod| {
            pod.filter(|pod| pod.metadata.uid != old).cloned()
        })
        .await?;
        let spec = serde_json::to_value(&pod.spec)?;
        let mut command = self.plane.hosted(Path::new(PROGRAM), NAMESPACE, &spec, self.ports).await?;
        command.args(["--timeout=5", &format!("--address=127.0.0.1:{address}")]);
        let (ok, said) = self.plane.ran(&format!("test-{}", pod.metadata.uid.unwrap_or_default()), command).await?;
        let status = json!({"status": {"phase": if ok { "Succeeded" } else { "Failed" }}});
        pods.patch_status("seawall-test", &PatchParams::default(), &Patch::Merge(status)).await?;
        let content = tested.await?;
        ensure!(content.is_ok() == ok, "helm test says {content:?}, its Pod: {said}");
        Ok((ok, said))
    }
}

async fn release(plane: &Arc<Plane>) -> Result<()> {
    let restricted = ("pod-security.kubernetes.io/enforce".to_owned(), "restricted".to_owned());
    plane.ensure_namespace(NAMESPACE, BTreeMap::from([restricted])).await?;
    let tls = plane.certificate_for("release")?;
    let (cert, key) = (format!("--cert={}", tls.certificate.display()), format!("--key={}", tls.key.display()));
    plane.kubectl(&["-n", NAMESPACE, "create", "secret", "tls", "own", &cert, &key]).await?.succeeded()?;

    let ports = Ports::free()?;
    let values = json!({
        "service": {"port": ports.webhooks},
        "certificates": {"mode": "existing", "secretName": "own", "caBundle": std::fs::read_to_string(&tls.ca)?},
        "drainDelaySeconds": 0,
    });
    let release = Release {
        plane: Arc::clone(plane),
        helm: Helm::provide(Some(&plane.folder().join("admin.kubeconfig")))?,
        ports,
        values: plane.file("values.yaml", &values.to_string())?,
    };
    let notes = release.helm("install", &[])?;
    ensure!(notes.contains("with the profile observe") && notes.contains("helm test seawall"), "{notes}");
    // Its Pods pass Pod security, the quota and the priority's admission.
    let pods: Api<Pod> = Api::namespaced(plane.client(), NAMESPACE);
    let selection = kube::api::ListParams::default().labels("app.kubernetes.io/name=seawall");
    crate::plane::watch::wait_until(&pods, &selection, "two Pods", |seen| (seen.len() == 2).then_some(())).await?;
    // In the place of kube-proxy: another name for this machine.
    let service =
        json!({"spec": {"type": "ExternalName", "externalName": "localhost", "clusterIP": null, "clusterIPs": null}});
    let args = ["-n", NAMESPACE, "patch", "service", "seawall", "--type=merge", "-p", &service.to_string()];
    plane.kubectl(&args).await?.succeeded()?;

    let (ok, said) = release.test(ports.webhooks).await?;
    ensure!(!ok && said.contains("no Pod of Seawall answers at its Service"), "{said}");
    let process = release.serve(ports).await?;
    let (ok, said) = release.test(ports.webhooks).await?;
    ensure!(ok && said.contains("ok: the API server calls Seawall at /mutate and at /validate"), "{said}");

    leads(plane, ports).await?;

    // The default install observes.
    let shop = plane.namespace("shop").await?;
    shop.apply(&list(&[claim("db"), fragile(database(MYSQL, Shape::Deployment, "db"))])).await?;
    let stored = crate::twins::object(&shop, "Deployment", "db").await?;
    ensure!(stored["metadata"]["annotations"]["seawall.dev/patched"].is_null(), "something was mended: {stored:#}");
    rights(plane, "get", &["secrets", "leases"], false).await?;
    rights(plane, "list", &["configmaps"], false).await?;

    upgraded(&release, process, &shop).await?;
    blocked(&release, ports).await?;
    uninstalled(&release).await
}

/// Waits until its replica has gone a round, with the rights that the chart gives.
async fn leads(plane: &Plane, ports: Ports) -> Result<()> {
    let begin = Instant::now();
    loop {
        let (_, metrics) = http_get(([127, 0, 0, 1], ports.metrics).into(), "/metrics").await?;
        let is_over = |line: &str| line.starts_with("seawall_upkeep_timestamp_seconds") && !line.ends_with(" 0");
        if metrics.lines().any(|line| line == "seawall_upkeep_leader 1") && metrics.lines().any(is_over) {
            break;
        }
        ensure!(begin.elapsed() < DEADLINE, "nobody leads:\n{metrics}");
    }
    plane.kubectl(&["-n", NAMESPACE, "get", "lease", "seawall-upkeep"]).await?.succeeded().map(|_| ())
}

/// What the release's account may do in its own namespace.
async fn rights(plane: &Plane, verb: &str, resources: &[&str], allowed: bool) -> Result<()> {
    for resource in resources {
        let account = format!("--as=system:serviceaccount:{NAMESPACE}:seawall");
        let answer = plane.kubectl(&["-n", NAMESPACE, "auth", "can-i", verb, resource, &account]).await?;
        ensure!((answer.stdout.trim() == "yes") == allowed, "{verb} {resource}: {}", answer.stdout.trim());
    }
    Ok(())
}

async fn upgraded(release: &Release, mut process: Process, shop: &Namespace) -> Result<()> {
    release.helm("upgrade", &["--set", "profile=production"])?;
    process.kill();
    let _process = release.serve(release.ports).await?;
    let (ok, said) = release.test(release.ports.webhooks).await?;
    ensure!(ok, "{said}");
    let new = fragile(database(MYSQL, Shape::StatefulSet, "new")).to_string();
    let refused = shop.kubectl_with(&["create", "-f", "-"], &new).await?.failed()?;
    ensure!(refused.contains("validate.seawall.dev") && refused.contains("can corrupt its data"), "{refused}");

    // Who certifies itself: what it writes into its entries survives an upgrade, and is all that it may write.
    release
        .helm("upgrade", &["--set", "certificates.mode=selfManaged,certificates.caBundle=,certificates.secretName="])?;
    let bundle =
        json!([{"op": "add", "path": "/webhooks/0/clientConfig/caBundle", "value": "c2Vhd2FsbA=="}]).to_string();
    let patch =
        ["patch", "mutatingwebhookconfiguration", "seawall", "--type=json", "--field-manager=seawall", "-p", &bundle];
    release.plane.kubectl(&patch).await?.succeeded()?;
    release.helm("upgrade", &[
        "--set", "certificates.mode=selfManaged,certificates.caBundle=,certificates.secretName=,webhooks.mutateTimeoutSeconds=4",
    ])?;
    let stored = release.stored("mutatingwebhookconfiguration", "seawall").await?;
    let entry = &stored["webhooks"][0];
    ensure!(entry["timeoutSeconds"] == 4 && entry["clientConfig"]["caBundle"] == "c2Vhd2FsbA==", "{entry:#}");
    rights(&release.plane, "patch", &["secrets/seawall-tls"], true).await?;
    rights(&release.plane, "get", &["secrets", "secrets/own"], false).await?;
    rights(&release.plane, "update", &["configmaps"], false).await?;
    let webhooks = ["mutatingwebhookconfigurations/seawall", "validatingwebhookconfigurations/seawall"];
    rights(&release.plane, "patch", &webhooks, true).await?;
    let others = ["mutatingwebhookconfigurations/others", "validatingwebhookconfigurations/others"];
    rights(&release.plane, "patch", &others, false).await?;
    rights(&release.plane, "delete", &webhooks, false).await?;
    // Back to a certificate of somebody else's: whose caBundle it is now has to be said.
    let conflict = release.helm("upgrade", &[]).err().context("two have written the caBundle")?.to_string();
    ensure!(conflict.contains("conflict with \"seawall\""), "{conflict}");
    release.helm("upgrade", &["--force-conflicts"])?;
    Ok(())
}

/// Seawall is there, and the API server does not get through to it.
async fn blocked(release: &Release, ports: Ports) -> Result<()> {
    let elsewhere = Ports { webhooks: launch::free_ports::<1>()?[0], ..ports };
    let _process = release.serve(elsewhere).await?;
    let (ok, said) = release.test(elsewhere.webhooks).await?;
    ensure!(!ok && said.contains("port 8443 is blocked: Seawall answers at seawall.seawall-system.svc"), "{said}");
    ensure!(said.contains("help: let the control plane reach TCP port 8443"), "{said}");
    closed(&release.plane).await?;
    let args = ["delete", "validatingwebhookconfiguration", "seawall"];
    release.plane.kubectl(&args).await?.succeeded()?;
    let (ok, said) = release.test(elsewhere.webhooks).await?;
    ensure!(!ok && said.contains("there are no two webhook configurations named seawall"), "{said}");
    release.helm("upgrade", &[])?;
    Ok(())
}

/// In a guarded namespace nothing gets through any more, and the API server counts it as the alerts say.
async fn closed(plane: &Plane) -> Result<()> {
    let guard = ("seawall.dev/guard".to_owned(), "enforced".to_owned());
    let guarded = plane.labelled_namespace("guarded", BTreeMap::from([guard])).await?;
    let refused = guarded.kubectl_with(&["create", "-f", "-"], &claim("db").to_string()).await?.failed()?;
    ensure!(refused.contains("failed calling webhook \"validate-guarded.seawall.dev\""), "{refused}");
    let counted = plane.metrics().await?;
    for file in ["files/alerts.yaml", "files/dashboard.json"] {
        let text = std::fs::read_to_string(chart().join(file))?;
        let is_word = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let mut seen = 0;
        for (at, _) in text.match_indices("apiserver_") {
            let name = text[at..].split(|c| !is_word(c)).next().unwrap_or_default();
            let labels = text[at + name.len()..].split(['{', '}']).nth(1).unwrap_or_default();
            let labels = labels.split(',').filter_map(|pair| pair.split_once(['=', '!'])).map(|(key, _)| key.trim());
            let ours = |line: &&str| line.starts_with(&format!("{name}{{")) && line.contains(".seawall.dev\"");
            let line =
                counted.lines().find(ours).with_context(|| format!("{file}: the API server counts no {name}"))?;
            let missing: Vec<_> = labels.filter(|label| !line.contains(&format!("{label}=\""))).collect();
            ensure!(missing.is_empty(), "{file}: {line} has no {missing:?}");
            seen += 1;
        }
        ensure!(seen >= 2, "{file}: what the API server counts is not watched");
    }
    Ok(())
}

/// The webhook configurations go before what they call.
async fn uninstalled(release: &Release) -> Result<()> {
    let plane = &release.plane;
    let before = release.stored("deployment", "seawall").await?;
    ensure!(before["metadata"]["uid"].is_string());
    let gone = super::order::of_deletion(
        plane,
        &["validatingwebhookconfigurations", "mutatingwebhookconfigurations", "deployments", "services"],
        async || release.helm.run(&["uninstall", "seawall", "--namespace", NAMESPACE]).map(|_| ()),
    )
    .await?;
    let at = |kind: &str| gone.iter().position(|seen| seen == kind).with_context(|| format!("{kind} stays: {gone:?}"));
    for configuration in ["ValidatingWebhookConfiguration", "MutatingWebhookConfiguration"] {
        ensure!(at(configuration)? < at("Deployment")? && at(configuration)? < at("Service")?, "{gone:?}");
    }
    let kinds = "clusterrole,clusterrolebinding,mutatingwebhookconfiguration,validatingwebhookconfiguration";
    let left =
        plane.kubectl(&["get", kinds, "-l", "app.kubernetes.io/instance=seawall", "-o", "name"]).await?.succeeded()?;
    ensure!(left.trim().is_empty(), "these stay: {left}");
    Ok(())
}
