//! The webhook configurations by which an API server asks Seawall. This is the one place
//! that spells them; a packaged installation must say the same.

use base64::Engine as _;
use serde_json::{Value, json};

/// The namespace that Seawall is installed in.
pub const NAMESPACE: &str = "seawall-system";
/// Its Service there.
pub const SERVICE: &str = "seawall";
/// The label that puts a namespace into the reach of one Seawall among several.
pub const INSTANCE: &str = "plane.test/seawall";

/// Where the API server finds Seawall, and which namespaces it asks about.
pub struct Registration<'a> {
    /// None: every namespace, as in production. Some: those labelled with this instance.
    pub instance: Option<&'a str>,
    /// The port at the Service.
    pub port: u16,
    /// The PEM certificate that Seawall's own was signed by.
    pub ca: &'a str,
}

/// Controllers whose requests `/validate` never sees: whatever they do follows from an
/// object that was judged when its author sent it. A closed list: a prefix would let
/// everything in kube-system pass, and the autoscaler scales databases like a person.
const CONTROLLERS: [&str; 13] = [
    "generic-garbage-collector",
    "namespace-controller",
    "statefulset-controller",
    "replicaset-controller",
    "deployment-controller",
    "daemon-set-controller",
    "job-controller",
    "cronjob-controller",
    "ephemeral-volume-controller",
    "pvc-protection-controller",
    "persistent-volume-binder",
    "node-controller",
    "pod-garbage-collector",
];

/// The MutatingWebhookConfiguration.
pub fn mutating(registration: &Registration) -> Value {
    let mut hook = hook(registration, "mutate", 2);
    hook["reinvocationPolicy"] = json!("IfNeeded");
    hook["matchConditions"] = json!(noise());
    hook["rules"] = json!([
        rule("", "v1", &["pods"], &["CREATE", "UPDATE"]),
        rule("", "v1", &["persistentvolumeclaims"], &["CREATE", "UPDATE"]),
        rule("apps", "v1", &["statefulsets", "deployments"], &["CREATE", "UPDATE"]),
    ]);
    configuration("MutatingWebhookConfiguration", registration, hook)
}

/// The ValidatingWebhookConfiguration.
pub fn validating(registration: &Registration) -> Value {
    let mut hook = hook(registration, "validate", 3);
    let mut conditions = noise();
    conditions.push(controllers());
    hook["matchConditions"] = json!(conditions);
    let both = ["CREATE", "UPDATE"];
    hook["rules"] = json!([
        rule("", "v1", &["pods"], &["CREATE"]),
        rule("", "v1", &["persistentvolumeclaims", "replicationcontrollers"], &both),
        rule("apps", "v1", &["statefulsets", "deployments", "daemonsets", "replicasets"], &both),
        rule("batch", "v1", &["jobs", "cronjobs"], &both),
        rule("seawall.dev", "v1alpha1", &["databaseexemptions"], &both),
        json!({
            "apiGroups": ["seawall.dev"], "apiVersions": ["v1alpha1"], "resources": ["databasepolicies"],
            "operations": both, "scope": "Cluster",
        }),
    ]);
    configuration("ValidatingWebhookConfiguration", registration, hook)
}

/// The name of the configurations.
pub fn configuration_name(instance: Option<&str>) -> String {
    instance.map_or_else(|| "seawall".to_owned(), |instance| format!("seawall-{instance}"))
}

/// The name of one webhook, which a denial quotes: `verb` is `mutate` or `validate`.
pub fn webhook_name(verb: &str, instance: Option<&str>) -> String {
    instance.map_or_else(|| format!("{verb}.seawall.dev"), |instance| format!("{verb}.{instance}.seawall.dev"))
}

fn configuration(kind: &str, registration: &Registration, hook: Value) -> Value {
    json!({
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": kind,
        "metadata": {"name": configuration_name(registration.instance)},
        "webhooks": [hook],
    })
}

fn hook(registration: &Registration, verb: &str, timeout_seconds: u8) -> Value {
    json!({
        "name": webhook_name(verb, registration.instance),
        "admissionReviewVersions": ["v1"],
        "sideEffects": "None",
        "failurePolicy": "Ignore",
        "matchPolicy": "Equivalent",
        "timeoutSeconds": timeout_seconds,
        "clientConfig": {
            "service": {
                "namespace": NAMESPACE,
                "name": SERVICE,
                "port": registration.port,
                "path": format!("/{verb}"),
            },
            "caBundle": base64::engine::general_purpose::STANDARD.encode(registration.ca),
        },
        "namespaceSelector": {"matchExpressions": reach(registration.instance)},
    })
}

fn reach(instance: Option<&str>) -> Vec<Value> {
    let mut expressions = vec![json!({
        "key": "kubernetes.io/metadata.name",
        "operator": "NotIn",
        "values": seawall::terms::UNGUARDED,
    })];
    if let Some(instance) = instance {
        expressions.push(json!({"key": INSTANCE, "operator": "In", "values": [instance]}));
    }
    expressions
}

fn rule(group: &str, version: &str, resources: &[&str], operations: &[&str]) -> Value {
    json!({
        "apiGroups": [group],
        "apiVersions": [version],
        "resources": resources,
        "operations": operations,
        "scope": "Namespaced",
    })
}

/// What is not worth a call: identity and noise only, so that no condition can grow past
/// the API server's budget, which under `Fail` would refuse the request. Leases need no
/// condition, since the rules name every resource.
fn noise() -> Vec<Value> {
    vec![
        json!({
            "name": "not-from-a-node",
            "expression": "!has(request.userInfo.groups) || !('system:nodes' in request.userInfo.groups)",
        }),
        // What is on its way out is let through, also when the new object no longer says so.
        json!({
            "name": "not-terminating",
            "expression": "oldObject == null || !has(oldObject.metadata.deletionTimestamp)",
        }),
        // A static Pod runs, whatever becomes of its mirror.
        json!({
            "name": "not-a-mirror-pod",
            "expression": "object == null || !has(object.metadata.annotations) || \
                           !('kubernetes.io/config.mirror' in object.metadata.annotations)",
        }),
    ]
}

fn controllers() -> Value {
    let mut names: Vec<String> =
        CONTROLLERS.iter().map(|name| format!("system:serviceaccount:kube-system:{name}")).collect();
    // The controllers' identity where they have no service accounts of their own, and the
    // scheduler, which deletes Pods to make room.
    names.extend(["system:kube-controller-manager".to_owned(), "system:kube-scheduler".to_owned()]);
    json!({
        "name": "not-from-a-controller",
        "expression": format!("!has(request.userInfo.username) || !(request.userInfo.username in {})", json!(names)),
    })
}
