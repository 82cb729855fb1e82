//! A server that takes its password from a ConfigMap.
//!
//! ## Why
//! ConfigMaps are for what anybody may read: roles that hide Secrets show them, they are not encrypted at rest, and tools print
//! them.
//!
//! A key of a ConfigMap is found by its variable. A ConfigMap that is taken as a whole (`envFrom`) is found where the image does
//! not start without a password and nothing else could bring one.
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
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {configMapKeyRef: {name: mysql, key: MYSQL_ROOT_PASSWORD}}
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
//! ## References
//! - Kubernetes documentation: ConfigMaps are not meant for confidential data
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "credentials-from-config-map",
    source: include_str!("credentials_from_config_map.rs"),
    since: "0.1.0",
    tier: Tier::Leak,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "move it into a Secret and use secretKeyRef or secretRef; then change it, it was readable";

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let (name, secrets) = (database.name(), context.catalogue.secrets());
    for var in database.container.env().filter(|v| v.config_map_ref().is_set()) {
        if database.engine.is_secret(var.name()) || secrets.is_secret_name(var.name()) {
            let message = format!("container {name:?} takes {} from a ConfigMap, which anybody may read", var.name());
            findings.report(var.config_map_ref(), message).help(HELP);
        }
    }
    if let Some(set) = database.fed_by_config_maps(secrets) {
        let secret = set.variables.iter().find(|v| !set.plain.contains(v)).map_or("its password", String::as_str);
        let message = format!("container {name:?} can have {secret} from nowhere but a ConfigMap");
        findings.report(database.container.0.get("envFrom"), message).help(HELP).at_most(Action::Warn);
    }
}
