//! A hook or probe that means the server by process 1, in a Pod whose containers share their processes.
//!
//! ## Why
//! With `shareProcessNamespace` process 1 is the Pod's pause container, with `hostPID` it is the node's init: a hook that signals it
//! stops something else, or waits for what never ends, and a probe that looks at it finds it alive while the server is dead.
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
//!       terminationGracePeriodSeconds: 120
//!       shareProcessNamespace: true
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           lifecycle:
//!             preStop: {exec: {command: [sh, -c, "kill -TERM 1; while kill -0 1; do sleep 1; done"]}}
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
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 500m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           lifecycle:
//!             preStop: {exec: {command: [sh, -c, "kill -TERM 1; while kill -0 1; do sleep 1; done"]}}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: retained
//!         resources: {requests: {storage: 20Gi}}
//! ```
//! Or signal the server by its own pid file.
//!
//! ## References
//! - Kubernetes documentation: share process namespace between containers in a Pod
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    text::command::Call,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "signal-to-wrong-process",
    source: include_str!("signal_to_wrong_process.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    if !database.pod.shares_processes() {
        return;
    }
    let whose =
        if database.pod.spec.get("hostPID").bool() == Some(true) { "the node's init" } else { "the Pod's pause" };
    for errand in database.container.errands() {
        let Some(call) = errand.script.calls().find(|call| means_first_process(*call)) else { continue };
        let place = errand.place_of(call.words().first().map_or("", |word| &word.text));
        let (field, name) = (errand.field_of(place), database.name());
        findings
            .report(place, format!("container {name:?} takes process 1 for its server in {field}, but it is {whose}"))
            .help("remove shareProcessNamespace and hostPID, or take the process from the server's own pid file")
            .about(field.to_owned())
            .at_most(Action::Warn);
    }
}

fn means_first_process(call: Call<'_, '_>) -> bool {
    let mut args = call.args().iter().map(|word| word.text.as_ref());
    let is_first = |word: &str| matches!(word, "1" | "-p1" | "--pid=1");
    match call.program() {
        "kill" => args.next_back().is_some_and(is_first),
        "ps" | "nsenter" | "strace" | "gdb" => args.any(is_first),
        _ => args.any(|word| word.starts_with("/proc/1/") || word == "/proc/1"),
    }
}
