//! A database whose authentication is switched off.
//!
//! ## Why
//! Every Pod of the cluster can reach it unless a NetworkPolicy says otherwise, and who reaches it is its administrator. Switches like
//! these are written for a first try and stay for years.
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
//!           image: mysql:8.4.6
//!           env:
//!             - {name: MYSQL_ALLOW_EMPTY_PASSWORD, value: "no"}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
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
//!           image: mysql:8.4.6
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: standard
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! The variable is read on first start alone: on existing data the account is changed inside the database.
//!
//! What a ConfigMap of the same run of `seawall check` says counts as well, in a variable or in a file that the server reads, and warns.
//!
//! ## References
//! - docker-library/mysql: `docker-entrypoint.sh` asks whether the variable is empty, not what it says
use super::support::switch;
use crate::{
    engines::schema::Turns,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::Case,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "disabled-authentication",
    source: include_str!("disabled_authentication.rs"),
    since: "0.1.0",
    tier: Tier::Open,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.has_switch(Turns::AuthenticationOff),
    writes: &[],
};

fn validate(case: &Case<'_>, context: &Context<'_>, findings: &mut Findings) {
    // A router that lets everybody in opens the servers behind it.
    let doors = case.databases.iter().filter(|d| d.role.is_server() || d.role == Role::Router);
    for database in doors.filter(|d| !d.is_meant_to_go(context.data_label)) {
        let mut said: Vec<(String, String)> = Vec::new();
        for thrown in switch::thrown(database, Turns::AuthenticationOff, context) {
            // With one dash or with two it is the same option.
            let identity = (thrown.at.stable(), thrown.name.trim_start_matches('-').to_owned());
            if said.contains(&identity) {
                continue;
            }
            let finding = switch::report(database, &thrown, findings);
            finding.in_container(database.name()).about(identity.1.clone());
            if !thrown.is_certain {
                finding.at_most(Action::Warn);
            }
            said.push(identity);
        }
    }
}
