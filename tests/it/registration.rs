//! The webhook configurations: which request meets which entry, over the cross product of what a request can be.
//!
//! Rules and selectors are read as the API server reads them. Conditions are known here by name; what their expressions say is held
//! against a real API server by the trials `entries::*`.

use std::collections::BTreeSet;

use k8s_openapi::api::admissionregistration::v1::{RuleWithOperations, ValidatingWebhook};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use seawall::cli::docs;
use seawall::cluster::registration::{GUARDED, REST, Registration, VALIDATE};

use crate::generated::hold;

/// A request, as far as it matters who is asked about it.
#[derive(Debug, Clone, Copy)]
struct Request {
    group: &'static str,
    /// With its subresource: `statefulsets/scale`.
    resource: &'static str,
    operation: &'static str,
    /// The name of its namespace; of none for what is in no namespace.
    namespace: &'static str,
    /// The value of `seawall.dev/guard`, where the namespace has it.
    guard: Option<&'static str>,
    /// It has an owner; true where that one is its controller.
    owner: Option<bool>,
    user: &'static str,
    node: bool,
    terminating: bool,
    mirror: bool,
    /// Without waiting for its end.
    forced: bool,
}

/// Everything that a cluster has and that matters: people's kinds, controllers' kinds, what belongs to nobody, and ours.
const RESOURCES: [(&str, &str); 26] = [
    ("", "pods"),
    ("", "pods/eviction"),
    ("", "pods/status"),
    ("", "pods/ephemeralcontainers"),
    ("", "persistentvolumeclaims"),
    ("", "persistentvolumeclaims/status"),
    ("", "replicationcontrollers"),
    ("", "secrets"),
    ("", "configmaps"),
    ("", "events"),
    ("", "nodes"),
    ("", "namespaces"),
    ("", "persistentvolumes"),
    ("apps", "statefulsets"),
    ("apps", "statefulsets/scale"),
    ("apps", "statefulsets/status"),
    ("apps", "deployments"),
    ("apps", "deployments/scale"),
    ("apps", "daemonsets"),
    ("apps", "replicasets"),
    ("batch", "jobs"),
    ("batch", "cronjobs"),
    ("coordination.k8s.io", "leases"),
    ("policy", "poddisruptionbudgets"),
    ("seawall.dev", "databasepolicies"),
    ("seawall.dev", "databaseexemptions"),
];
const CLUSTER_WIDE: [&str; 4] = ["nodes", "namespaces", "persistentvolumes", "databasepolicies"];
/// Those that nobody may ever wait for Seawall with.
const NEVER: [&str; 6] = ["secrets", "events", "nodes", "leases", "pods/eviction", "pods/status"];
/// What people write, and may be refused.
const PEOPLE: [&str; 9] = [
    "pods",
    "persistentvolumeclaims",
    "replicationcontrollers",
    "statefulsets",
    "deployments",
    "daemonsets",
    "replicasets",
    "jobs",
    "cronjobs",
];
const CONTROLLABLE: [&str; 3] = ["pods", "replicasets", "replicationcontrollers"];

fn all() -> Vec<Request> {
    let mut all = Vec::new();
    for (group, resource) in RESOURCES {
        for operation in ["CREATE", "UPDATE", "DELETE", "CONNECT"] {
            for (namespace, guard) in
                [("shop", None), ("shop", Some("enforced")), ("shop", Some("off")), ("kube-system", Some("enforced"))]
            {
                for owner in [None, Some(false), Some(true)] {
                    let user = "developer";
                    all.push(Request {
                        group,
                        resource,
                        operation,
                        namespace,
                        guard,
                        owner,
                        user,
                        node: false,
                        terminating: false,
                        mirror: false,
                        forced: false,
                    });
                }
            }
        }
    }
    all
}

fn has_rule(rule: &RuleWithOperations, request: Request) -> bool {
    let has = |list: &Option<Vec<String>>, word: &str| {
        let list = list.as_deref().unwrap_or_default();
        assert!(!list.iter().any(|entry| entry.contains('*')), "every resource is named: {list:?}");
        list.iter().any(|entry| entry == word)
    };
    let scope = if CLUSTER_WIDE.contains(&request.resource) { "Cluster" } else { "Namespaced" };
    has(&rule.api_groups, request.group)
        && has(&rule.resources, request.resource)
        && has(&rule.operations, request.operation)
        && rule.scope.as_deref() == Some(scope)
}

fn selects(selector: &LabelSelector, request: Request) -> bool {
    // What is in no namespace is never left out by its namespace, unless it is one.
    if CLUSTER_WIDE.contains(&request.resource) && request.resource != "namespaces" {
        return true;
    }
    let expressions = selector.match_expressions.as_deref().unwrap_or_default();
    assert!(selector.match_labels.is_none());
    expressions.iter().all(|expression| {
        let value = match expression.key.as_str() {
            "kubernetes.io/metadata.name" => Some(request.namespace),
            "seawall.dev/guard" => request.guard,
            other => panic!("a namespace has no label {other}"),
        };
        let listed = value.is_some_and(|v| expression.values.iter().flatten().any(|listed| listed == v));
        match expression.operator.as_str() {
            "In" => listed,
            "NotIn" => !listed,
            other => panic!("{other}"),
        }
    })
}

fn holds(condition: &str, request: Request) -> bool {
    let controlled = request.owner == Some(true);
    match condition {
        "not-from-a-node" => !request.node,
        "not-terminating" => !request.terminating || is_pods_end(request),
        "not-an-ordinary-end-of-a-pod" => !is_pods_end(request) || request.forced,
        "not-a-mirror-pod" => request.resource != "pods" || !request.mirror,
        "not-from-a-controller" => request.user != "system:serviceaccount:kube-system:statefulset-controller",
        "without-a-controller" => !CONTROLLABLE.contains(&request.resource) || !controlled,
        "of-a-controller" => request.operation == "DELETE" || !CONTROLLABLE.contains(&request.resource) || controlled,
        other => panic!("nobody knows the condition {other}"),
    }
}

fn is_pods_end(request: Request) -> bool {
    request.resource == "pods" && request.operation == "DELETE"
}

/// The validating entries that are called for a request.
fn met(entries: &[ValidatingWebhook], request: Request) -> Vec<&str> {
    let meets = |entry: &&ValidatingWebhook| {
        entry.rules.iter().flatten().any(|rule| has_rule(rule, request))
            && selects(entry.namespace_selector.as_ref().expect("a selector"), request)
            && entry.match_conditions.iter().flatten().all(|condition| holds(&condition.name, request))
    };
    entries.iter().filter(meets).map(|entry| entry.name.as_str()).collect()
}

fn entries() -> Vec<ValidatingWebhook> {
    Registration::default().validating().webhooks.expect("entries")
}

#[test]
fn every_request_meets_the_one_entry_that_is_meant_for_it() {
    let entries = entries();
    let mut seen = BTreeSet::new();
    for request in all() {
        let is_scale = request.resource.ends_with("/scale") && request.operation == "UPDATE";
        let is_people = PEOPLE.contains(&request.resource)
            && (request.operation == "CREATE" || (request.operation == "UPDATE" && request.resource != "pods"));
        let is_deletion = request.operation == "DELETE"
            && ["persistentvolumeclaims", "statefulsets", "namespaces"].contains(&request.resource);
        let is_exemption =
            request.resource == "databaseexemptions" && ["CREATE", "UPDATE"].contains(&request.operation);
        let is_ours = request.resource == "databasepolicies" && ["CREATE", "UPDATE"].contains(&request.operation);
        let controlled = CONTROLLABLE.contains(&request.resource) && request.owner == Some(true);
        let expected = if is_ours {
            Some(VALIDATE)
        } else if request.namespace == "kube-system" || !(is_scale || is_people || is_deletion || is_exemption) {
            None
        } else if request.guard != Some("enforced") {
            Some(VALIDATE)
        } else if is_people && !controlled {
            Some(GUARDED)
        } else {
            Some(REST)
        };
        assert_eq!(met(&entries, request), expected.into_iter().collect::<Vec<_>>(), "{request:?}");
        if NEVER.contains(&request.resource) {
            assert_eq!(expected, None, "{request:?}");
        }
        seen.extend(expected);
    }
    assert_eq!(seen.len(), 3, "the cross product does not reach every entry");
}

#[test]
fn what_follows_or_ends_meets_no_entry() {
    let entries = entries();
    for request in all() {
        for quiet in [
            Request { node: true, ..request },
            Request { terminating: true, ..request },
            Request { user: "system:serviceaccount:kube-system:statefulset-controller", ..request },
        ] {
            assert_eq!(met(&entries, quiet), Vec::<&str>::new(), "{quiet:?}");
        }
        // An annotation excuses a Pod, which runs anyway, and nothing else.
        let mirror = Request { mirror: true, ..request };
        let expected = if request.resource == "pods" { Vec::new() } else { met(&entries, request) };
        assert_eq!(met(&entries, mirror), expected, "{mirror:?}");
    }
}

/// Also where it is on its way out already: that is when people lose patience.
#[test]
fn a_pod_that_is_deleted_by_force_meets_an_entry_that_fails_open() {
    let entries = entries();
    for request in all().into_iter().filter(|request| is_pods_end(*request)) {
        assert_eq!(met(&entries, request), Vec::<&str>::new(), "{request:?}");
        let entry = if request.guard == Some("enforced") { REST } else { VALIDATE };
        let expected = if request.namespace == "kube-system" { Vec::new() } else { vec![entry] };
        for terminating in [false, true] {
            let forced = Request { forced: true, terminating, ..request };
            assert_eq!(met(&entries, forced), expected, "{forced:?}");
        }
        let kubelets = Request { forced: true, node: true, ..request };
        assert_eq!(met(&entries, kubelets), Vec::<&str>::new(), "{kubelets:?}");
    }
}

#[test]
fn one_entry_fails_closed() {
    let registration = Registration::default();
    let closed: Vec<_> = entries().into_iter().filter(|e| e.failure_policy.as_deref() != Some("Ignore")).collect();
    assert_eq!(
        closed.iter().map(|e| (e.name.as_str(), e.failure_policy.as_deref())).collect::<Vec<_>>(),
        [(GUARDED, Some("Fail"))]
    );
    let groups: BTreeSet<_> = closed
        .iter()
        .flat_map(|e| e.rules.iter().flatten())
        .flat_map(|r| r.api_groups.clone().unwrap_or_default())
        .collect();
    assert!(!groups.contains("seawall.dev"));
    let mutating = registration.mutating().webhooks.expect("entries");
    assert!(mutating.iter().all(|entry| entry.failure_policy.as_deref() == Some("Ignore")));
    let rules = mutating.iter().flat_map(|entry| entry.rules.iter().flatten());
    assert!(rules.flat_map(|rule| rule.operations.iter().flatten()).all(|operation| operation != "DELETE"));
}

#[test]
fn the_chart_has_the_webhooks_that_the_program_prints() {
    hold("charts/seawall/templates/webhooks.yaml", &docs::webhooks_template());
}
