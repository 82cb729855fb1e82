//! A database whose files are on a network file system.
//!
//! ## Why
//! Databases lean on locks and on `fsync`. Over NFS, SMB and their like, both depend on how server and mount are set up: locks that
//! outlive their owner, writes that are acknowledged and lost, renames that others see late. CockroachDB, etcd, Elasticsearch and
//! others name them as not supported; MongoDB and MySQL fail on their locks.
//!
//! A storage class that is called like one (`nfs-client`, `azurefile`) is only counted, until it is known who makes its volumes:
//! `seawall check` looks among the documents of the run, the webhook asks for the class and for the volume of a claim.
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
//!               valueFrom: {secretKeyRef: {name: mysql-credentials, key: MYSQL_ROOT_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/mysql}
//!       volumes:
//!         - name: data
//!           nfs: {server: files.example.org, path: /exports/mysql}
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
//! - cockroachdb/docs: recommended production settings
//! - elastic/helm-charts#359, rancher/rancher#44543, kubesphere/kubesphere#3951
use super::support::storage::Storage;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    tree::Node,
    view::{Claim, Database},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "network-file-system-data",
    source: include_str!("network_file_system_data.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(volume) = database.data.volume().filter(|_| database.role == Role::Server) else { return };
    let name = database.name();
    let (at, message, ceiling) = if let Some(kind) = volume.network_file_system() {
        let message = format!("container {name:?} keeps its data over a network ({kind}): locks and fsync are unsure");
        (volume.node, message, Action::Warn)
    } else if let Some((at, kind)) = known(database, context) {
        let message = format!("container {name:?} keeps its data over a network ({kind}): locks and fsync are unsure");
        (at, message, Action::Warn)
    } else if let Some(class) = volume.network_class() {
        let message = format!("container {name:?} keeps its data on class {class:?}, a network file system");
        (Claim(volume.node).class(), message, Action::Audit)
    } else {
        return;
    };
    let finding = findings.report(at, message);
    finding.about(name.to_owned()).at_most(ceiling);
    finding.help(
        "use a claim of a class of block volumes; if the database holds data, dump it first and restore it there: a new claim is empty",
    );
}

/// What the volume of its claim is, or the class makes, and the place of the claim.
fn known<'t>(database: &Database<'t>, context: &Context<'_>) -> Option<(Node<'t>, String)> {
    let storage = Storage::of(database, context)?;
    let volume = storage.claim.and_then(|claim| claim.volume.as_ref()?.network_file_system());
    let made = || storage.class.filter(|class| class.is_network_file_system());
    let kind = volume.map(str::to_owned).or_else(|| made().map(|class| format!("class {:?}", class.name)))?;
    Some((storage.place, kind))
}
