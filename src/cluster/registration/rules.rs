//! Which kinds and operations Seawall is asked about. Every resource is named: Secrets, leases, nodes, evictions and the status of
//! anything are in no rule.
use k8s_openapi::api::admissionregistration::v1::RuleWithOperations;

const WRITTEN: &[&str] = &["CREATE", "UPDATE"];

/// What `/mutate` writes into. An UPDATE gets back what it dropped of what Seawall had written.
pub(super) fn mutated() -> Vec<RuleWithOperations> {
    vec![
        namespaced("", &["persistentvolumeclaims", "pods"], WRITTEN),
        namespaced("apps", &["deployments", "statefulsets"], WRITTEN),
    ]
}

/// What people write and `/validate` may refuse. Who changes a Pod can change next to nothing that Seawall looks at.
pub(super) fn people() -> Vec<RuleWithOperations> {
    vec![
        namespaced("", &["pods"], &["CREATE"]),
        namespaced("", &["persistentvolumeclaims", "replicationcontrollers"], WRITTEN),
        namespaced("apps", &["daemonsets", "deployments", "replicasets", "statefulsets"], WRITTEN),
        namespaced("batch", &["cronjobs", "jobs"], WRITTEN),
    ]
}

/// Those of [`people`] that controllers make as well: see `conditions::controlled`.
pub(super) fn controllable() -> Vec<RuleWithOperations> {
    vec![
        namespaced("", &["pods"], &["CREATE"]),
        namespaced("", &["replicationcontrollers"], WRITTEN),
        namespaced("apps", &["replicasets"], WRITTEN),
    ]
}

/// What must go on without Seawall, also where it is guarded: deleting, scaling, exempting.
pub(super) fn rest() -> Vec<RuleWithOperations> {
    vec![
        // Of Pods only those that are deleted by force, to take it down: see `conditions::forced`.
        namespaced("", &["persistentvolumeclaims", "pods"], &["DELETE"]),
        namespaced("apps", &["statefulsets"], &["DELETE"]),
        namespaced("apps", &["deployments/scale", "statefulsets/scale"], &["UPDATE"]),
        rule("Namespaced", "seawall.dev", "v1alpha1", &["databaseexemptions"], WRITTEN),
        // A namespace is judged by its own labels.
        rule("Cluster", "", "v1", &["namespaces"], &["DELETE"]),
    ]
}

/// Seawall's own documents that are in no namespace. No namespace selector applies to what is in none: they are in one entry only.
pub(super) fn ours() -> Vec<RuleWithOperations> {
    vec![rule("Cluster", "seawall.dev", "v1alpha1", &["databasepolicies"], WRITTEN)]
}

fn namespaced(group: &str, resources: &[&str], operations: &[&str]) -> RuleWithOperations {
    rule("Namespaced", group, "v1", resources, operations)
}

fn rule(scope: &str, group: &str, version: &str, resources: &[&str], operations: &[&str]) -> RuleWithOperations {
    let owned = |texts: &[&str]| Some(texts.iter().map(|text| (*text).to_owned()).collect());
    RuleWithOperations {
        api_groups: owned(&[group]),
        api_versions: owned(&[version]),
        operations: owned(operations),
        resources: owned(resources),
        scope: Some(scope.to_owned()),
    }
}
