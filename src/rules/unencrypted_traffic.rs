//! A server that is told not to encrypt, or not to verify, its connections.
//!
//! ## Why
//! Passwords and data go over the network as they are, and whoever can reach the network of one node reads them. Where certificates are
//! not verified, anyone can pretend to be a member of the cluster.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       containers:
//!         - name: mongo
//!           image: mongo:8.0.17
//!           args: [--tlsMode=disabled]
//!           volumeMounts:
//!             - {name: data, mountPath: /data/db}
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
//! metadata: {name: db}
//! spec:
//!   serviceName: db
//!   selector: {matchLabels: {app: db}}
//!   template:
//!     metadata: {labels: {app: db}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mongo
//!           image: mongo:8.0.17
//!           args: [--tlsMode=requireTLS, --tlsCertificateKeyFile=/etc/mongo-tls/tls.pem, --wiredTigerCacheSizeGB, "0.5"]
//!           env:
//!             - name: MONGO_INITDB_ROOT_USERNAME
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MONGO_INITDB_ROOT_USERNAME}}
//!             - name: MONGO_INITDB_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MONGO_INITDB_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data/db}
//!             - {name: tls, mountPath: /etc/mongo-tls, readOnly: true}
//!       volumes:
//!         - {name: tls, secret: {secretName: mongo-tls}}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! A mesh that encrypts between Pods does the same, and no spec of a database shows it: a spec that says nothing is not reported.
//!
//! ## References
//! - Elasticsearch reference, security settings
//! - MongoDB manual, configure mongod for TLS
//! - etcd documentation, transport security model
use super::support::switch;
use crate::{
    engines::schema::Turns,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unencrypted-traffic",
    source: include_str!("unencrypted_traffic.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.has_switch(Turns::EncryptionOff),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    for thrown in database.thrown(Turns::EncryptionOff) {
        switch::report(database, &thrown, findings).at_most(if thrown.is_certain {
            Action::Warn
        } else {
            Action::Audit
        });
    }
}
