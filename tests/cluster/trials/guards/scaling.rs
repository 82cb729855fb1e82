//! `/scale`, by people and by the autoscaler's account: judged as the change of the workload that it is.

use std::collections::BTreeMap;
use std::sync::Arc;

use anyhow::{Result, ensure};
use libtest_mimic::Trial;
use serde_json::{Value, json};

use crate::databases::{MYSQL, POSTGRES, Shape, database, list, pod_spec};
use crate::plane::seawall::Seawall;
use crate::plane::{Namespace, Plane};
use crate::stage::{self, EVERYTHING, trial};

pub fn trials() -> Vec<Trial> {
    vec![trial("guards::scaling_is_judged_whoever_scales", async |plane| scaling(&plane).await)]
}

const ADMINS: Option<&str> = Some("system:masters");
const AUTOSCALER: &str = "system:serviceaccount:kube-system:horizontal-pod-autoscaler";

/// Three members that know each other, as many of which must be there as are a majority.
fn cluster() -> Value {
    let mut etcd = database(POSTGRES, Shape::StatefulSet, "etcd");
    let members: Vec<String> = (0..3).map(|n| format!("etcd-{n}=https://etcd-{n}.etcd:2380")).collect();
    pod_spec(&mut etcd)["containers"] = json!([{
        "name": "etcd", "image": "quay.io/coreos/etcd:v3.6.6", "command": ["/usr/local/bin/etcd"],
        "args": ["--data-dir=/var/lib/etcd", "--client-cert-auth=true", format!("--initial-cluster={}", members.join(","))],
        "volumeMounts": [{"name": "data", "mountPath": "/var/lib/etcd"}],
    }]);
    etcd["spec"]["replicas"] = json!(3);
    etcd
}

fn objects() -> String {
    let mut shrinking = database(POSTGRES, Shape::StatefulSet, "shrinking");
    shrinking["spec"]["replicas"] = json!(2);
    shrinking["spec"]["persistentVolumeClaimRetentionPolicy"] =
        json!({"whenDeleted": "Retain", "whenScaled": "Delete"});
    list(&[cluster(), shrinking, database(MYSQL, Shape::StatefulSet, "alone")])
}

async fn scale(namespace: &Namespace, name: &str, replicas: u32) -> Result<crate::plane::kubectl::Output> {
    let replicas = format!("--replicas={replicas}");
    namespace.kubectl(&["scale", &format!("statefulset/{name}"), &replicas, "--dry-run=server"]).await
}

async fn scaling(plane: &Arc<Plane>) -> Result<()> {
    let mut seawall = Seawall::start(plane, stage::seawall(plane, "baseline", Some(EVERYTHING))?).await?;
    // The databases were there before anybody guarded them.
    let (open, guarded) = (seawall.namespace("scaled").await?, seawall.enforced_namespace("scaled").await?);
    for namespace in [&open, &guarded] {
        namespace.apply(&objects()).await?;
    }
    let changes = BTreeMap::from([
        (("etcd", 1), "is left with 1 of 3 members"),
        (("shrinking", 1), "loses the claim of 1 replica"),
    ]);
    for user in ["deleter", AUTOSCALER] {
        let (open, guarded) =
            (open.with_kubectl(plane.kubectl_as(user, ADMINS)?), guarded.with_kubectl(plane.kubectl_as(user, ADMINS)?));
        for ((name, replicas), words) in &changes {
            let output = scale(&guarded, name, *replicas).await?;
            ensure!(!output.ok, "{user} scales {name}: {output:?}\n{}", seawall.log_tail(20));
            let said = output.stderr;
            ensure!(said.contains(words) && said.contains("(Forbidden)"), "{user} scales {name}: {said}");
            let output = scale(&open, name, *replicas).await?;
            ensure!(output.ok && output.stderr.contains(words), "{user} scales {name}: {output:?}");
        }
        for namespace in [&open, &guarded] {
            // Two of three go on; all of them may be stopped; more of what does not replicate is not one database.
            let output = scale(namespace, "etcd", 2).await?;
            ensure!(output.ok && !output.stderr.contains("majority"), "{output:?}");
            let output = scale(namespace, "etcd", 0).await?;
            ensure!(output.ok && output.stderr.contains("of 3 replicas of etcd none is left"), "{output:?}");
            let output = scale(namespace, "alone", 3).await?;
            ensure!(output.ok && output.stderr.contains("3 replicas of container"), "{output:?}");
            let output = scale(namespace, "alone", 1).await?;
            ensure!(output.ok && output.stderr.is_empty(), "{output:?}");
        }
    }
    // Without Seawall scaling goes on, also there.
    seawall.kill();
    let output = scale(&guarded, "etcd", 1).await?;
    ensure!(output.ok, "{output:?}");
    seawall.stop().await
}
