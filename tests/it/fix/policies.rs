//! Documents are corrected by what holds in their namespaces.

use std::fs;
use std::process::{Command, Stdio};

use crate::scratch::Scratch;

const POLICIES: &str = "\
apiVersion: seawall.dev/v1alpha1
kind: DatabasePolicy
metadata: {name: large}
spec: {profile: observe, defaults: {cpu: {request: 100m}}}
---
apiVersion: seawall.dev/v1alpha1
kind: DatabasePolicy
metadata: {name: live}
spec:
  namespaceSelector: {matchLabels: {stage: live}}
  priority: 1
  profile: baseline
  defaults: {cpu: {request: 900m}}
";

fn database(namespace: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{name: db, namespace: {namespace}}}\nspec:\n  selector: {{matchLabels: {{app: db}}}}\n  \
         strategy: {{type: Recreate}}\n  template:\n    metadata: {{labels: {{app: db}}}}\n    spec:\n      containers:\n        - name: \
         postgres\n          image: postgres:17.5\n"
    )
}

#[test]
fn each_namespace_is_corrected_by_its_own_policies() {
    let scratch = Scratch::new();
    let folder = scratch.join("deploy");
    fs::create_dir(&folder).unwrap();
    let config = scratch.join("policies.yaml");
    fs::write(&config, POLICIES).unwrap();
    let namespace = "apiVersion: v1\nkind: Namespace\nmetadata: {name: shop, labels: {stage: live}}\n";
    fs::write(folder.join("namespace.yaml"), namespace).unwrap();
    for name in ["shop", "test"] {
        fs::write(folder.join(format!("{name}.yaml")), database(name)).unwrap();
    }
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(["fix", "--write", "--config"]).arg(&config).arg(&folder).env_clear().stdin(Stdio::null());
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}: shop keeps its data nowhere, and a policy refuses that");
    let read = |name: &str| fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
    assert!(read("shop").contains("900m") && !read("shop").contains("100m"), "{}", read("shop"));
    assert!(read("test").contains("100m") && !read("test").contains("900m"), "{}", read("test"));
}
