//! What the chart renders, for every file of values.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use seawall::tree::Tree;
use serde_json::Value;

use super::{IMAGE, cases};
use crate::plane::helm::{Helm, chart, find, objects};
use crate::stage::plain_trial;

pub fn trials() -> Vec<Trial> {
    vec![
        plain_trial("chart::lint_is_silent", lint),
        plain_trial("chart::webhooks_are_those_of_the_program", webhooks),
        plain_trial("chart::misspelt_values_are_refused", misspelt),
        plain_trial("chart::impossible_values_are_explained", impossible),
        plain_trial("chart::what_the_modes_of_certificates_say", modes),
    ]
}

fn values(text: &str) -> Result<Value> {
    Ok(Tree::one_from_yaml(text).map_err(|error| anyhow::anyhow!("{error:?}"))?.root().to_json())
}

fn lint() -> Result<()> {
    let helm = Helm::provide(None)?;
    for (name, file) in cases()? {
        let (chart, file) = (chart(), file.display().to_string());
        let said = helm.run(&["lint", "--strict", &chart.display().to_string(), "--set", IMAGE, "-f", &file])?;
        ensure!(!said.contains("[WARNING]") && !said.contains("[ERROR]"), "{name}: {said}");
    }
    Ok(())
}

/// The webhook configurations of each rendering are what `seawall webhooks` prints with the same values as flags.
fn webhooks() -> Result<()> {
    let helm = Helm::provide(None)?;
    let folder = tempfile::tempdir()?;
    for (case, file) in cases()? {
        let given = values(&std::fs::read_to_string(&file)?)?;
        let file = file.display().to_string();
        let rendered = helm.render(&["-n", "seawall-system", "--set", IMAGE, "-f", &file])?;
        let name = given["fullnameOverride"].as_str().unwrap_or("seawall");
        let mut flags = vec![format!("--name={name}"), format!("--service={name}")];
        let mut flag = |flag: &str, value: &Value| {
            if !value.is_null() {
                flags.push(format!("--{flag}={}", value.as_str().map_or_else(|| value.to_string(), str::to_owned)));
            }
        };
        flag("port", &given["service"]["port"]);
        flag("mutate-timeout", &given["webhooks"]["mutateTimeoutSeconds"]);
        flag("validate-timeout", &given["webhooks"]["validateTimeoutSeconds"]);
        flag("reinvocation-policy", &given["webhooks"]["reinvocationPolicy"]);
        if let Some(bundle) = given["certificates"]["caBundle"].as_str() {
            let ca = folder.path().join("ca.crt");
            std::fs::write(&ca, bundle)?;
            flags.push(format!("--ca-file={}", ca.display()));
        }
        let printed = Command::new(env!("CARGO_BIN_EXE_seawall")).arg("webhooks").args(&flags).output()?;
        let printed = objects(std::str::from_utf8(&printed.stdout)?)?;
        ensure!(printed.len() == 2, "{case}: seawall webhooks {flags:?} printed {} objects", printed.len());
        for expected in &printed {
            let kind = expected["kind"].as_str().unwrap_or_default();
            let mut found = find(&rendered, kind, name).context(case.clone())?.clone();
            let metadata = found["metadata"].as_object_mut().context("no metadata")?;
            // Of Helm, and of cert-manager; not of what the API server does with it.
            metadata.retain(|key, _| key != "labels" && key != "annotations");
            ensure!(
                &found == expected,
                "{case}: {kind} differs from seawall webhooks {flags:?}:\n{found:#}\n{expected:#}"
            );
        }
    }
    Ok(())
}

/// Every key that the schema has, one letter wrong.
fn misspelt() -> Result<()> {
    let helm = Helm::provide(None)?;
    let schema = values(&std::fs::read_to_string(chart().join("values.schema.json"))?)?;
    let mut keys = Vec::new();
    collect(&schema, "", &mut keys);
    ensure!(keys.len() > 60, "only {} keys were found", keys.len());
    for key in keys {
        let (before, last) = key.rsplit_once('.').map_or(("", key.as_str()), |(before, last)| (before, last));
        let wrong = if before.is_empty() { format!("{last}x") } else { format!("{before}.{last}x") };
        let refused = helm.render(&["--set", IMAGE, "--set", &format!("{wrong}=1")]).err();
        let refused = refused.with_context(|| format!("{wrong} was taken"))?.to_string();
        ensure!(refused.contains(&format!("'{last}x' not allowed")), "{wrong}: {refused}");
    }
    Ok(())
}

/// The keys of objects whose keys are known.
fn collect(schema: &Value, path: &str, keys: &mut Vec<String>) {
    for (key, inner) in schema["properties"].as_object().into_iter().flatten() {
        let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        if schema["additionalProperties"] == false {
            keys.push(path.clone());
        }
        collect(inner, &path, keys);
    }
}

fn impossible() -> Result<()> {
    let helm = Helm::provide(None)?;
    for (set, word) in [
        ("replicas=2", "image.repository is needed"),
        (&*format!("{IMAGE},profile=strict"), "profile"),
        (&*format!("{IMAGE},replicas=0"), "replicas"),
        (&*format!("{IMAGE},port=70000"), "port"),
        (&*format!("{IMAGE},webhooks.mutateTimeoutSeconds=31"), "mutateTimeoutSeconds"),
        (&*format!("{IMAGE},certificates.mode=files"), "mode"),
        (
            &*format!("{IMAGE},certificates.mode=existing,certificates.caBundle=-----BEGIN CERTIFICATE-----"),
            "certificates.secretName is needed",
        ),
        (&*format!("{IMAGE},certificates.mode=existing,certificates.secretName=s"), "certificates.caBundle is needed"),
        (&*format!("{IMAGE},drainDelaySeconds=60"), "terminationGracePeriodSeconds must be more"),
        (&*format!("{IMAGE},serviceAccount.create=false"), "serviceAccount.name is needed"),
        (&*format!("{IMAGE},image.digest=latest"), "digest"),
    ] {
        let refused = helm.render(&["--set", set]).err().with_context(|| format!("{set} was taken"))?.to_string();
        ensure!(refused.contains(word), "{set}: {refused}");
    }
    Ok(())
}

fn modes() -> Result<()> {
    let helm = Helm::provide(None)?;
    let folder = super::cases()?;
    let file = |name: &str| -> Result<String> {
        Ok(folder.iter().find(|(case, _)| case == name).context("no such case")?.1.display().to_string())
    };
    for (case, flag, writes) in [
        ("default", "--tls-secret=seawall-tls", true),
        ("existing", "--tls-cert=/etc/seawall/tls/tls.crt", false),
        ("cert-manager", "--tls-cert=/etc/seawall/tls/tls.crt", false),
    ] {
        let rendered = helm.render(&["--set", IMAGE, "-f", &file(case)?])?;
        let deployment = find(&rendered, "Deployment", "seawall")?;
        let args = &deployment["spec"]["template"]["spec"]["containers"][0]["args"];
        ensure!(args.as_array().is_some_and(|args| args.iter().any(|arg| arg == flag)), "{case}: {args}");
        // Who writes no certificate may read no Secret, and write no caBundle.
        let text = rendered.iter().filter(|o| o["kind"].as_str().is_some_and(|kind| kind.ends_with("Role")));
        let rules: String = text.map(|role| role["rules"].to_string()).collect();
        ensure!(rules.contains("secrets") == writes && rules.contains("leases"), "{case}: {rules}");
        ensure!(rules.contains("\"watch\",\"patch\"]") == writes, "{case}: {rules}");
    }
    Ok(())
}
