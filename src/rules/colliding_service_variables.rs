//! A Service whose variables a database takes for its own settings.
//!
//! ## Why
//! The kubelet tells each container of every Service of its namespace in variables: Service `neo4j` brings `NEO4J_PORT` and
//! `NEO4J_SERVICE_HOST`. An image that makes a setting of every variable with its prefix then finds settings that do not exist, and the
//! server does not start: not today, while the Service is new, but at its next restart.
//!
//! `seawall check` sees it where the Service is in the same run; the webhook, when the database is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: graph}
//! spec:
//!   serviceName: graph-members
//!   replicas: 1
//!   selector: {matchLabels: {app: graph}}
//!   template:
//!     metadata: {labels: {app: graph}}
//!     spec:
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: neo4j
//!           image: neo4j:5.26.2
//!           env:
//!             - name: NEO4J_AUTH
//!               valueFrom: {secretKeyRef: {name: graph-credentials, key: NEO4J_AUTH}}
//!             - {name: NEO4J_server_memory_heap_max__size, value: 1G}
//!             - {name: NEO4J_server_memory_pagecache_size, value: 1G}
//!           ports: [{containerPort: 7687}]
//!           resources:
//!             requests: {cpu: 500m, memory: 3Gi}
//!             limits: {memory: 3Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: v1
//! kind: Service
//! metadata: {name: neo4j}
//! spec:
//!   selector: {app: graph}
//!   ports: [{name: bolt, port: 7687}]
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: graph}
//! spec:
//!   serviceName: graph-members
//!   replicas: 1
//!   selector: {matchLabels: {app: graph}}
//!   template:
//!     metadata: {labels: {app: graph}}
//!     spec:
//!       enableServiceLinks: false
//!       terminationGracePeriodSeconds: 300
//!       containers:
//!         - name: neo4j
//!           image: neo4j:5.26.2
//!           env:
//!             - name: NEO4J_AUTH
//!               valueFrom: {secretKeyRef: {name: graph-credentials, key: NEO4J_AUTH}}
//!             - {name: NEO4J_server_memory_heap_max__size, value: 1G}
//!             - {name: NEO4J_server_memory_pagecache_size, value: 1G}
//!           ports: [{containerPort: 7687}]
//!           resources:
//!             requests: {cpu: 500m, memory: 3Gi}
//!             limits: {memory: 3Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ---
//! apiVersion: v1
//! kind: Service
//! metadata: {name: neo4j}
//! spec:
//!   selector: {app: graph}
//!   ports: [{name: bolt, port: 7687}]
//! ```
//! Names of Services are found by DNS. `enableServiceLinks: false` takes the variables from every container of the Pod: `seawall fix` writes
//! it where the database is the only one, and none is spelled out (`$(REDIS_SERVICE_HOST)`); elsewhere somebody has to look first.
//!
//! Where the server is told to start with settings that it does not know, the finding is counted, and no more.
//!
//! ## References
//! - neo4j/docker-neo4j: docker-image-src, docker-entrypoint.sh
//! - Kubernetes documentation, Service: environment variables
//! - helm/charts#21130
use serde_json::json;

use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    tree::Node,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "colliding-service-variables",
    source: include_str!("colliding_service_variables.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.facts.settings_prefix.is_some(),
    writes: &[],
};

const HELP: &str = "set enableServiceLinks: false in the Pod's spec: a Service is found by its name in DNS";

const HELP_BESIDE_OTHERS: &str = "set enableServiceLinks: false in the Pod's spec once no container there needs variables such as \
                                  REDIS_SERVICE_HOST: a Service is found by its name in DNS";

/// What is in the names of variables that Services bring.
const PARTS: [&str; 3] = ["_SERVICE_HOST", "_SERVICE_PORT", "_PORT_"];

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let prefix = database.engine.facts.settings_prefix.as_deref().filter(|_| database.takes_service_variables());
    let Some(prefix) = prefix else { return };
    let variables = |service: &str| format!("{}_", service.to_ascii_uppercase().replace('-', "_"));
    let services = beside::service_names(context).iter();
    let Some(service) = services.into_iter().find(|service| variables(service).starts_with(prefix)) else { return };
    let (name, first) = (database.name(), variables(service));
    let message =
        format!("container {name:?} takes variables of Service {service:?} for settings: {first}PORT and others");
    let place = database.pod.spec.get("enableServiceLinks");
    let finding = findings.report(place, message);
    let forgives = database.engine.facts.forgives_settings_by.iter().any(|sign| database.holds(sign));
    finding.about(name.to_owned()).at_most(if forgives { Action::Audit } else { Action::Warn });
    if may_be_needed(database) {
        finding.help(HELP_BESIDE_OTHERS);
    } else {
        finding.help(HELP);
        finding.correction(place, json!(false), "keeps variables of Services out of the server's settings");
    }
}

/// True where some container may read what the kubelet tells of Services: a program does so without a word in the spec.
fn may_be_needed(database: &Database<'_>) -> bool {
    let container = database.container;
    let names = container.env().flat_map(|var| [Some(var.name()), var.value().str()]).flatten();
    let mut words = container.argv().filter_map(Node::str).chain(names);
    database.pod.containers().nth(1).is_some() || words.any(|word| PARTS.iter().any(|part| word.contains(part)))
}
