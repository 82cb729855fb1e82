//! A ConfigMap that holds a password of a database.
//!
//! ## Why
//! ConfigMaps are for what everybody may read: `view` lets people read them, they are not encrypted at rest where Secrets are, and they
//! are in Git. A password in a configuration file, in a connection string or under a key that becomes a variable is one that all of them
//! have.
//!
//! `seawall check` sees it where the ConfigMap and the database that reads it are in one run; the webhook, when the
//! workload is made or changed.
//!
//! ## Example
//! ```yaml
//! apiVersion: v1
//! kind: ConfigMap
//! metadata: {name: db-configuration}
//! data:
//!   clients.cnf: |
//!     [client]
//!     user = root
//!     password = Vn8dLq2s
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!             - {name: configuration, mountPath: /etc/mysql/conf.d}
//!       volumes:
//!         - name: configuration
//!           configMap: {name: db-configuration}
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
//! kind: ConfigMap
//! metadata: {name: db-configuration}
//! data:
//!   clients.cnf: |
//!     [client]
//!     user = root
//!     socket = /run/mysqld/mysqld.sock
//! ---
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   replicas: 1
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           ports: [{containerPort: 3306}]
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!             - {name: configuration, mountPath: /etc/mysql/conf.d}
//!       volumes:
//!         - name: configuration
//!           configMap: {name: db-configuration}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Put the file with the password into a Secret, and mount that where the ConfigMap was. References such as `${PASSWORD}`, which
//! somebody fills in when it starts, are no passwords; nor is a placeholder that a script of the same ConfigMap replaces in that file by
//! what it reads elsewhere (`sed -i "s/REPLACE_ME/$PASSWORD/" redis.conf`).
//!
//! ## References
//! - Kubernetes documentation, ConfigMaps
//! - Kubernetes documentation, Good practices for Kubernetes Secrets
use super::support::{beside, config_text, placeholders};
use crate::{
    facts::ConfigReading,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Companion,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "config-map-with-password",
    source: include_str!("config_map_with_password.rs"),
    since: "0.1.0",
    tier: Tier::Leak,
    mutate: None,
    validate: Some(Validate::Companion(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

const HELP: &str = "put it into a Secret, with the password that it has today, and mount that in its place, or take it by \
                    secretKeyRef; to change the password, change it inside the database as well";

fn validate(companion: &Companion<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Companion::ConfigMap(map) = companion else { return };
    let readers = beside::readers_of(companion, context);
    if readers.is_empty() {
        return;
    }
    let secrets = context.catalogue.secrets();
    // A script beside the file fills it in before the server reads it.
    let scripts = map.texts().filter_map(|(_, place)| place.str());
    let all: Vec<_> = scripts.flat_map(placeholders::replaced_by).take(placeholders::MOST).collect();
    for (key, place) in map.texts() {
        let Some(text) = place.str() else { continue };
        let filled_in: Vec<_> = all.iter().filter(|one| one.may_stand_in(key)).collect();
        let reader = readers.iter().find(|reader| {
            let Some(engine) = context.catalogue.named(&reader.engine) else { return false };
            match &reader.reads {
                ConfigReading::Variables => config_text::is_secret_variable(key, text, engine, secrets),
                files if !files.has_file(key) => false,
                _ => config_text::spells_a_password(key, text, engine, secrets, &filled_in),
            }
        });
        let Some(reader) = reader else { continue };
        let message = format!("{key:?} spells a password, and {} {:?} reads it from here", reader.kind, reader.name);
        findings.report(place, message).help(HELP).at_most(Action::Warn);
    }
}
