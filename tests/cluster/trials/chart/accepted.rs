//! Whether a real API server takes what the chart renders.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use super::{IMAGE, cases};
use crate::databases::list;
use crate::plane::Plane;
use crate::plane::helm::Helm;
use crate::stage::trial;

pub fn trials() -> Vec<Trial> {
    vec![trial("chart::an_api_server_takes_all_of_it", async |plane| accepted(&plane).await)]
}

/// Kinds of others that the chart makes objects of; what they are like is their business.
const FOREIGN: [(&str, &str, &str, &str); 4] = [
    ("monitoring.coreos.com", "v1", "ServiceMonitor", "servicemonitors"),
    ("monitoring.coreos.com", "v1", "PrometheusRule", "prometheusrules"),
    ("cert-manager.io", "v1", "Certificate", "certificates"),
    ("cert-manager.io", "v1", "Issuer", "issuers"),
];

fn definition((group, version, kind, plural): (&str, &str, &str, &str)) -> Value {
    json!({
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": format!("{plural}.{group}")},
        "spec": {
            "group": group,
            "scope": "Namespaced",
            "names": {"kind": kind, "plural": plural},
            "versions": [{
                "name": version, "served": true, "storage": true,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": true}},
            }],
        },
    })
}

async fn accepted(plane: &Arc<Plane>) -> Result<()> {
    let definitions: Vec<Value> = FOREIGN.into_iter().map(definition).collect();
    plane.kubectl_with(&["apply", "-f", "-"], &list(&definitions)).await?.succeeded()?;
    for (group, _, _, plural) in FOREIGN {
        let name = format!("crd/{plural}.{group}");
        plane.kubectl(&["wait", "--for=condition=Established", "--timeout=30s", &name]).await?.succeeded()?;
    }
    for namespace in ["seawall-system", "shop"] {
        plane.ensure_namespace(namespace, BTreeMap::new()).await?;
    }
    let helm = Helm::provide(None)?;
    for (case, file) in cases()? {
        let file = file.display().to_string();
        let rendered = helm.render(&["-n", "seawall-system", "--set", IMAGE, "-f", &file])?;
        ensure!(rendered.len() > 8, "{case}: only {} objects", rendered.len());
        // A Pod needs its account, and a dry run makes none.
        let accounts: Vec<Value> = rendered.iter().filter(|o| o["kind"] == "ServiceAccount").cloned().collect();
        if !accounts.is_empty() {
            plane.kubectl_with(&["apply", "--server-side", "-f", "-"], &list(&accounts)).await?.succeeded()?;
        }
        let args = ["apply", "--server-side", "--dry-run=server", "--validate=strict", "--force-conflicts", "-f", "-"];
        let output = plane.kubectl_with(&args, &list(&rendered)).await?;
        ensure!(!output.stderr.contains("Warning"), "{case}: {}", output.stderr);
        output.succeeded().with_context(|| case)?;
    }
    Ok(())
}
