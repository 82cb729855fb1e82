//! A database that is killed before it has stopped.
//!
//! ## Why
//! A server that is killed while it stops recovers at its next start, which takes longer, and blocks some upgrades. It needs three
//! things: the stop signal must reach it, it must stop on it, and it must have the time. Where nobody chose the time, Seawall gives a
//! Pod what the engine needs; where an image only waits for its clients, a hook that was tested against the real server. A longer time
//! without a working stop is only a longer outage, so that is reported instead.
//!
//! The signal goes to process 1. A shell there keeps it to itself, unless it has given way: by `exec`, or, in bash from 5.1 on, because
//! the server is the last command of its script. `su -c` passes it on, and kills what it runs two seconds later. `lifecycle.stopSignal`
//! takes the place of the image's signal: with SIGTERM, PostgreSQL waits for its clients.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           command: [sh, -c, "echo starting; docker-entrypoint.sh mysqld"]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: mysql}
//! spec:
//!   serviceName: mysql
//!   selector: {matchLabels: {app: mysql}}
//!   template:
//!     metadata: {labels: {app: mysql}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4
//!           command: [sh, -c, "echo starting; exec docker-entrypoint.sh mysqld"]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//!
//! ## References
//! - Kubernetes documentation: termination of Pods
//! - PostgreSQL documentation: shutting down the server
//! - bitnami/containers#19662, bitnami/containers#40519: SIGTERM waits for clients
//! - kubernetes/kubernetes#94435: node drains give up after 600 seconds
//! - kubernetes/kubernetes#122488: a `sleep` hook on servers that do not know it
use serde_json::json;

use super::support::shutdown::{Obstacle, Shutdown};
use crate::{
    finding::Findings,
    proposal::Proposal,
    rule::{Context, Mutate, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unfinished-shutdown",
    source: include_str!("unfinished_shutdown.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: Some(Mutate::Start(mutate)),
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[
        "terminationGracePeriodSeconds",
        "containers[*].lifecycle.preStop",
        "initContainers[*].lifecycle.preStop",
    ],
};

fn mutate(database: &Database<'_>, context: &Context<'_>, proposal: &mut Proposal) {
    let Some(shutdown) = Shutdown::of(database) else { return };
    let pre_stop = database.container.pre_stop();
    if let Some(command) = shutdown.hook() {
        let why = shutdown.stop.pre_stop.as_ref().map_or("", |hook| hook.why.as_str());
        proposal
            .set(pre_stop, json!({"exec": {"command": command}}))
            .because("adds a preStop hook that makes the server stop")
            .help(why.to_owned());
    }
    if let Some(seconds) = shutdown.drain(context) {
        proposal
            .set(pre_stop, json!({"sleep": {"seconds": seconds}}))
            .because(format!("adds {seconds} s between the end of traffic and the stop"))
            .help("the settings' drainSeconds");
    }
    if let Some(seconds) = shutdown.grace(context) {
        let now = database.pod.grace_seconds();
        proposal
            .raise(database.pod.grace(), seconds)
            .because(format!("gives its Pods {seconds} s to stop (was {now})"))
            .help("to choose another time, set terminationGracePeriodSeconds to anything but 30");
    }
}

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    let Some(shutdown) = Shutdown::of(database) else { return };
    let (container, pod, name) = (database.container, database.pod, database.name());
    let (grace, needed) = (pod.grace_seconds(), shutdown.stop.minimum_seconds);
    let chosen = container.stop_signal().filter(|signal| *signal != shutdown.stop.signal);
    let signal = || if chosen.is_some() { container.0.path("lifecycle.stopSignal") } else { container.pre_stop() };
    let hook = || match &shutdown.stop.pre_stop {
        _ if chosen.is_some() => format!("remove stopSignal: the image's own is {}", shutdown.stop.signal),
        Some(hook) => format!("give it a preStop hook that stops it; {}", hook.why),
        None => "give it a preStop hook that stops it, or use an image that stops on its signal".to_owned(),
    };
    let (at, message, help) = match shutdown.obstacle() {
        Some(Obstacle::Shell) => {
            let command = container.0.get("command");
            let at = if command.is_set() { command } else { container.0.get("args") };
            let (first, help) = if database.is_behind_su() {
                (
                    "su",
                    "use gosu, su-exec or setpriv, which the server replaces; su stays, and kills it after two seconds",
                )
            } else {
                ("a shell", "write `exec` before the server, so that it takes the shell's place")
            };
            let message =
                format!("container {name:?} may never hear that it should stop: {first} is its first process");
            (at, message, help.to_owned())
        }
        Some(Obstacle::WaitsForClients) => {
            let message = format!(
                "container {name:?} refuses new clients when it is stopped, waits {grace} s for the others, and is killed"
            );
            (signal(), message, hook())
        }
        Some(Obstacle::Ignores) => {
            let message = format!("container {name:?} ignores its stop signal and is killed after {grace} s");
            (signal(), message, hook())
        }
        Some(Obstacle::Dies) => (signal(), format!("container {name:?} stops uncleanly on its stop signal"), hook()),
        None if pod.has_default_grace() && grace < needed && shutdown.needs_time() => {
            let message = format!("container {name:?} is killed after {grace} s: a clean stop can take {needed} s");
            let seconds = shutdown.stop.grace_seconds.unwrap_or(needed);
            (pod.grace(), message, format!("set terminationGracePeriodSeconds: {seconds}"))
        }
        None => return,
    };
    let ceiling = if shutdown.is_obscure() { Action::Audit } else { Action::Warn };
    findings.report(at, message).help(help).about(name.to_owned()).at_most(ceiling);
}
