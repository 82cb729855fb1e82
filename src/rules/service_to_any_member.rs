//! A Service that sends writes to any member of a database of which one takes them.
//!
//! ## Why
//! Where one member takes all writes and the others follow, a Service that selects all of them sends two of three connections to a server
//! that refuses to write. Applications fail now and then, and more often the more members there are.
//!
//! `seawall check` sees it where the Service and the members are in one run; the webhook, when the members are made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: v1
//! kind: Service
//! metadata: {name: db-clients}
//! spec:
//!   selector: {app: db}
//!   ports: [{port: 3306}]
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 3
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--gtid-mode=ON, --enforce-gtid-consistency=ON, --report-host=$(POD_NAME).db]
//!           env:
//!             - name: POD_NAME
//!               valueFrom: {fieldRef: {fieldPath: metadata.name}}
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: v1
//! kind: Service
//! metadata: {name: db-primary}
//! spec:
//!   selector: {app: db, role: primary}
//!   ports: [{port: 3306}]
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 3
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--gtid-mode=ON, --enforce-gtid-consistency=ON, --report-host=$(POD_NAME).db]
//!           env:
//!             - name: POD_NAME
//!               valueFrom: {fieldRef: {fieldPath: metadata.name}}
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! A Service of a name that says that it is for reading (`db-ro`, `db-read`, `db-replicas`, `db-slave`) is not reported, nor is a headless
//! one, nor one in front of a workload whose spec makes a follower of every Pod (`--replicaof HOST`, `--super-read-only=ON`). Whatever chooses
//! the primary has to keep the label true: a selector with a label that no Pod has selects none. Drivers of MongoDB find the primary by
//! themselves.
//!
//! ## References
//! - patroni documentation, Kubernetes: labels of the leader
//! - redis documentation, replication: replicas are read-only
use super::support::beside;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "service-to-any-member",
    source: include_str!("service_to_any_member.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |engine| engine.facts.cluster.as_ref().is_some_and(|cluster| cluster.one_writer),
    writes: &[],
};

/// Words in the name of a Service that is for reading, or for members among themselves.
const OTHER_USES: &[&str] = &[
    "ro",
    "read",
    "reads",
    "reader",
    "readers",
    "readonly",
    "repl",
    "replica",
    "replicas",
    "secondary",
    "secondaries",
    "slave",
    "slaves",
    "standby",
    "standbys",
    "follower",
    "followers",
    "any",
    "peer",
    "peers",
    "metrics",
];

const HELP: &str = "name it -ro if it is for reading; if it is for writing, add the label of the member that leads to the selector once \
                    something keeps that label true: until then it selects no Pod";

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::Service(service) = companion else { return };
    let is_for_else = service.name().split(['-', '.', '_']).any(|word| OTHER_USES.contains(&word));
    if is_for_else || service.is_headless() {
        return;
    }
    let own = |engine: &str| context.catalogue.named(engine).map_or(&[][..], |e| &e.detect.ports);
    for workload in beside::pointed_at(companion, context) {
        let leads = service.leads_to(workload, own).filter(|(database, _)| database.has_one_writer);
        let Some((database, _)) = leads.filter(|_| workload.replicas > 1) else { continue };
        if workload.governing_service == service.name() {
            continue;
        }
        let (kind, name, engine) = (&workload.kind, &workload.name, &database.engine);
        let message = format!("sends writes to any {engine} of {kind} {name:?}, of which one takes them");
        let place = service.spec().get("selector");
        findings.report(place, message).about(format!("{kind}/{name}")).help(HELP).at_most(Action::Warn);
    }
}
