//! An update that changes a setting which the data on disk was made with.
//!
//! ## Why
//! Some settings are chosen once, with the first start, and stand in the files since: the case of table names, the page size, the name of a
//! cluster. With another value the server does not start, or starts and takes the files for somebody else's. Redis and its like do worse:
//! where `appendonly` becomes `yes` in the spec, the next start reads the empty append-only file instead of the snapshot, and then
//! overwrites the snapshot.
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
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--lower-case-table-names=1]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//! ---
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--lower-case-table-names=0]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//! Keep the value, and change what may change:
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--lower-case-table-names=1]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//! ---
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
//!         - name: mysql
//!           image: mysql:8.4.7
//!           args: [--lower-case-table-names=1, --max-connections=200]
//!           env:
//!             - name: MYSQL_ROOT_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
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
//! A value that the spec does not show, or one that a mounted file may have set before, is a warning at most. To spell what the image
//! does anyway is no change; where an upgrade changes what it does, that is a warning too.
//!
//! ## References
//! - redis/redis#12484
//! - MySQL reference manual, lower_case_table_names
//! - Apache Cassandra: a changed cluster_name is refused at start
use super::support::change::over_data;
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Change, LayoutChange},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "changed-data-layout",
    source: include_str!("changed_data_layout.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

/// Most characters of a message.
const LONGEST: usize = 120;

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    for pair in over_data(change, context) {
        let (old, new) = (pair.old, pair.new);
        if new.role != Role::Server || !new.data.is_kept() || old.engine.name != new.engine.name {
            continue;
        }
        for LayoutChange { switch, at, name, was_by_default, is_certain } in new.layout_changes(old) {
            if let Some(value) = was_by_default {
                let message =
                    format!("container {:?} gets another default of {name} than its data was made with", new.name());
                let finding = findings.report(at, message);
                let help = format!("set {name} to {value}, which was the default of the version that made the data");
                finding.in_container(new.name()).about(name.to_owned()).help(help).at_most(Action::Warn);
                continue;
            }
            let does = &switch.does;
            let short = format!("container {:?} {does}", new.name());
            let long = format!("{short}: {name} changed");
            let message = if does.contains(name) || long.chars().count() > LONGEST { short } else { long };
            let finding = findings.report(at, message);
            finding.in_container(new.name()).about(name.to_owned()).help(switch.help.clone());
            if !is_certain || !pair.is_sure() {
                finding.at_most(Action::Warn);
            }
        }
    }
}
