//! What somebody takes away comes back, and nobody notices.

use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::api::coordination::v1::Lease;
use kube::api::{Api, DeleteParams, ListParams, Patch, PatchParams};
use seawall::pki::managed::{REPLICA_LABEL, ROTATE};
use serde_json::{Value, json};

use super::{BINARY, LASTING, Load, stands_at, value};
use crate::plane::Plane;
use crate::plane::replicas::{COUNT, Replicas};
use crate::plane::webhooks::NAMESPACE;

/// A configuration without its bundles and without what the API server counts.
fn without_bundles(configuration: &impl serde::Serialize) -> Result<Value> {
    let mut value = serde_json::to_value(configuration)?;
    for counted in ["resourceVersion", "generation", "managedFields"] {
        value["metadata"].as_object_mut().context("no metadata")?.remove(counted);
    }
    for hook in value["webhooks"].as_array_mut().context("no webhooks")? {
        hook["clientConfig"].as_object_mut().context("no client")?.remove("caBundle");
    }
    Ok(value)
}

fn bundles_of(configuration: &ValidatingWebhookConfiguration) -> Vec<Vec<u8>> {
    let hooks = configuration.webhooks.iter().flatten();
    hooks.map(|hook| hook.client_config.ca_bundle.clone().unwrap_or(ByteString(Vec::new())).0).collect()
}

pub async fn bundles(plane: &Arc<Plane>) -> Result<()> {
    let mut replicas = Replicas::prepare(plane, BINARY, LASTING, None).await?;
    let namespace = replicas.namespace("bundles").await?;
    let (mutating, validating) = (replicas.mutating(), replicas.validating());
    // An entry of somebody else in the same configuration, which asks another Service, for nobody's objects.
    let stranger = json!({"webhooks": [{
        "name": "stranger.example.org", "sideEffects": "None", "admissionReviewVersions": ["v1"], "failurePolicy": "Ignore",
        "namespaceSelector": {"matchLabels": {"nobody": "has-this"}},
        "clientConfig": {"service": {"namespace": NAMESPACE, "name": "stranger"}},
    }]});
    validating.patch(&replicas.name, &PatchParams::default(), &Patch::Strategic(&stranger)).await?;
    replicas.start_all().await?;
    let load = Load::begin(&replicas, &namespace).await?;

    let good = (mutating.get(&replicas.name).await?, validating.get(&replicas.name).await?);
    let ours = bundles_of(&good.1).into_iter().filter(|bundle| !bundle.is_empty()).count();
    ensure!(ours == bundles_of(&good.1).len() - 1, "the stranger's entry has a bundle of ours");
    let wrong = rcgen::generate_simple_self_signed(["elsewhere".to_owned()])?.cert.pem();
    for (what, bundle) in [("nothing", String::new()), ("another CA", wrong)] {
        let bundle = ByteString(bundle.into_bytes());
        let patch = |name: &str| json!({"webhooks": [{"name": name, "clientConfig": {"caBundle": bundle}}]});
        let ours = |name: &String| !name.starts_with("stranger");
        let name = good.0.webhooks.iter().flatten().map(|hook| hook.name.clone()).find(ours).context("no entry")?;
        mutating.patch(&replicas.name, &PatchParams::default(), &Patch::Strategic(patch(&name))).await?;
        let name = good.1.webhooks.iter().flatten().map(|hook| hook.name.clone()).find(ours).context("no entry")?;
        // Another field at the same time, which is to stay.
        let mut both = patch(&name);
        both["metadata"] = json!({"annotations": {"changed-with": what}});
        validating.patch(&replicas.name, &PatchParams::default(), &Patch::Strategic(both)).await?;
        replicas
            .until("the bundles are back", async || {
                let now = (mutating.get(&replicas.name).await?, validating.get(&replicas.name).await?);
                let same = |found: &MutatingWebhookConfiguration| found.webhooks == good.0.webhooks;
                Ok(same(&now.0) && bundles_of(&now.1) == bundles_of(&good.1))
            })
            .await?;
        let mut expected = without_bundles(&good.1)?;
        expected["metadata"]["annotations"]["changed-with"] = json!(what);
        ensure!(without_bundles(&validating.get(&replicas.name).await?)? == expected, "another field was touched");
    }
    // What cert-manager is told to write is left alone, and counted as wrong.
    let injected = json!({"metadata": {"annotations": {"cert-manager.io/inject-ca-from": "a/b"}}});
    mutating.patch(&replicas.name, &PatchParams::default(), &Patch::Merge(&injected)).await?;
    let name = good.0.webhooks.iter().flatten().next().context("no entry")?.name.clone();
    let strip = json!({"webhooks": [{"name": name, "clientConfig": {"caBundle": ""}}]});
    mutating.patch(&replicas.name, &PatchParams::default(), &Patch::Strategic(&strip)).await?;
    for number in 0..COUNT {
        replicas
            .until("the mismatch is counted", async || Ok(replicas.gauge(number, "ca_bundle_mismatches").await? == 1))
            .await?;
        ensure!(replicas.get(number, "/readyz").await?.0 == 200, "readiness depends on a bundle");
    }
    drop(load);
    replicas.unregister().await
}

pub async fn secret(plane: &Arc<Plane>) -> Result<()> {
    let mut replicas = Replicas::prepare(plane, BINARY, LASTING, None).await?;
    let namespace = replicas.namespace("lost").await?;
    replicas.log_filter = "trace";
    replicas.start_all().await?;
    let mut load = Load::begin(&replicas, &namespace).await?;
    let (secrets, name) = (replicas.secrets(), replicas.name.clone());
    let mut last = secrets.get(&name).await?;
    let mut keys = Vec::new();
    for what in ["deleted", "broken", "leaf", "ca"] {
        match what {
            "deleted" => drop(secrets.delete(&name, &DeleteParams::default()).await?),
            "broken" => {
                let patch = json!({"data": {"tls.key": ByteString(b"gone".to_vec())}});
                secrets.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await?;
            }
            ask => {
                let patch = json!({"metadata": {"annotations": {ROTATE: ask}}});
                secrets.patch(&name, &PatchParams::default(), &Patch::Merge(patch)).await?;
            }
        }
        let is_anew = async || {
            let Some(now) = secrets.get_opt(&name).await? else { return Ok(false) };
            let (ca, leaf) =
                (value(&now, "ca.key") != value(&last, "ca.key"), value(&now, "tls.crt") != value(&last, "tls.crt"));
            let asked = now.metadata.annotations.iter().flatten().any(|(key, _)| key == ROTATE);
            Ok(leaf && ca == (what != "leaf") && !asked && stands_at(&replicas, "steady").await?)
        };
        load.until(&replicas, what, is_anew).await?;
        keys.extend(["ca.key", "tls.key"].map(|key| value(&last, key).to_vec()));
        last = secrets.get(&name).await?;
        // What is still served is trusted for as long.
        let trusts_only_it = async || {
            let entries = replicas.mutating().get(&name).await?.webhooks.unwrap_or_default();
            let bundle = entries.first().and_then(|hook| hook.client_config.ca_bundle.clone()).context("no bundle")?;
            Ok(bundle.0 == value(&last, "ca.crt"))
        };
        load.until(&replicas, &format!("{what}: the bundle is the CA"), trusts_only_it).await?;
    }
    let log: String = (0..COUNT).map(|number| replicas.log(number)).collect();
    ensure!(log.contains("\"TRACE\"") && keys.len() == 8);
    for key in keys {
        let text = String::from_utf8(key)?;
        // As it is, and as a Secret has it; a line of it is enough.
        for told in text.lines().filter(|line| !line.starts_with('-')).chain([&*STANDARD.encode(&text)]) {
            ensure!(!log.contains(told), "a key is in the log");
        }
    }
    ensure!(log.contains("tls.key: it holds no private key that can sign"), "nobody says that it is broken");
    // Who goes politely is counted no more, and the next leads at once.
    let leases: Api<Lease> = Api::namespaced(plane.client(), NAMESPACE);
    let published = ListParams::default().labels(&format!("{REPLICA_LABEL}={name}"));
    ensure!(leases.list(&published).await?.items.len() == COUNT, "not every replica says what it serves");
    let leader = replicas.leader().await?.context("nobody leads")?;
    let mut process = replicas.stopping(leader)?;
    ensure!(process.finished().await.success(), "it did not end well\n{}", replicas.logs());
    ensure!(leases.list(&published).await?.items.len() == COUNT - 1, "it is still counted");
    let lease = leases.get(&name).await?.spec.and_then(|spec| spec.holder_identity).unwrap_or_default();
    ensure!(!lease.ends_with(&format!("-{leader}")), "it still leads");
    let told = load.end(&replicas).await?;
    eprintln!("certificates: {told} while the Secret was deleted, broken, and asked for anew, no failed call");
    replicas.unregister().await
}
