//! Documents are corrected by what holds in their namespaces.

use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

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

fn fixed(config: &Path, folder: &Path) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seawall"));
    command.args(["fix", "--write", "--config"]).arg(config).arg(folder).env_clear().stdin(Stdio::null());
    command.output().unwrap()
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
    let output = fixed(&config, &folder);
    assert_eq!(output.status.code(), Some(1), "{output:?}: shop keeps its data nowhere, and a policy refuses that");
    let read = |name: &str| fs::read_to_string(folder.join(format!("{name}.yaml"))).unwrap();
    assert!(read("shop").contains("900m") && !read("shop").contains("100m"), "{}", read("shop"));
    assert!(read("test").contains("100m") && !read("test").contains("900m"), "{}", read("test"));
}

const CLAIMS_AND_CREDENTIALS: &str = "\
apiVersion: seawall.dev/v1alpha1
kind: DatabasePolicy
metadata: {name: everywhere}
spec:
  profile: production
  defaults:
    storage: {className: fast, classesBySize: [{atLeast: 1Ti, className: bulk}], allowedClasses: [bulk, fast]}
    credentials: {secretName: \"{engine}-{workload}-login\", keys: {POSTGRES_PASSWORD: admin}}
";

fn set(name: &str, claim: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: StatefulSet\nmetadata: {{name: {name}, namespace: shop}}\nspec:\n  serviceName: {name}\n  selector: \
         {{matchLabels: {{app: {name}}}}}\n  template:\n    metadata: {{labels: {{app: {name}}}}}\n    spec:\n      containers:\n        - \
         name: postgres\n          image: postgres:17.5\n          env:\n            - name: POSTGRES_PASSWORD\n              value: \
         7h4nkY0u-2much\n          volumeMounts:\n            - {{name: data, mountPath: /var/lib/postgresql/data}}\n  volumeClaimTemplates:\n    \
         - metadata: {{name: data}}\n      spec:\n        accessModes: [ReadWriteOnce]\n{claim}"
    )
}

/// The Secret is called as the policy says, with its key; a class is told, for whether the StatefulSet is there the manifest does not say.
#[test]
fn claims_and_credentials_are_corrected_by_policy() {
    let scratch = Scratch::new();
    let folder = scratch.join("deploy");
    fs::create_dir(&folder).unwrap();
    let config = scratch.join("policies.yaml");
    fs::write(&config, CLAIMS_AND_CREDENTIALS).unwrap();
    fs::write(folder.join("orders.yaml"), set("orders", "        resources: {requests: {storage: 2Ti}}\n")).unwrap();
    let other = "        storageClassName: scratch\n        resources: {requests: {storage: 1Gi}}\n";
    fs::write(folder.join("other.yaml"), set("other", other)).unwrap();
    let output = fixed(&config, &folder);
    let said = String::from_utf8_lossy(&output.stdout);
    assert_eq!(output.status.code(), Some(1), "the class is refused: {said}");
    let orders = fs::read_to_string(folder.join("orders.yaml")).unwrap();
    assert!(orders.contains("postgres-orders-login") && orders.contains("key: admin"), "{orders}");
    assert!(!orders.contains("7h4nkY0u-2much") && !orders.contains("storageClassName"), "{orders}");
    let texts = fs::read_dir(&folder).unwrap().map(|entry| fs::read_to_string(entry.unwrap().path()).unwrap());
    let secret = texts.filter(|text| text.contains("kind: Secret")).find(|text| text.contains("postgres-orders-login"));
    let secret = secret.unwrap_or_else(|| panic!("no Secret was made: {said}"));
    assert!(secret.contains("admin") && !secret.contains("7h4nkY0u-2much"), "{secret}");
    assert!(said.contains("not done: writes storageClassName bulk into claim template \"data\""), "{said}");
    assert!(said.contains("only for a StatefulSet that is not there yet"), "{said}");
    assert!(
        said.contains("claim template \"data\" has storage class scratch; the policies allow bulk, fast"),
        "{said}"
    );
}
