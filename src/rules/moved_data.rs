//! An update after which a database looks for its files elsewhere than it left them.
//!
//! ## Why
//! A server that finds no files makes a new, empty database, and the applications write into that one. The old files lie untouched beside
//! it, until somebody notices and has two halves to bring together. A changed `mountPath`, `subPath`, `PGDATA`, data option or claim does
//! this, and so does another packaging of the same server that keeps its files in another folder.
//!
//! Where volume and folder stay the same, however they are spelled, nothing is said.
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
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
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
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/db}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//!
//! ## Use instead
//! Leave the files where they are; here the volume is mounted elsewhere, and `PGDATA` goes along:
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
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
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
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! To move the files, scale to nought first, move or copy them by a one-off Pod, then change the path: where nothing ran before, the finding
//! is a warning.
//!
//! ## References
//! - datalens-tech/datalens#351
//! - docker-library/postgres#1400
//! - helm/charts#405
use super::support::{
    change::{OverData, over_data},
    home::Home,
};
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Change, DataPlace},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "moved-data",
    source: include_str!("moved_data.rs"),
    since: "0.1.0",
    tier: Tier::Loss,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    for pair in over_data(change, context) {
        let (OverData { old, new }, Some(left)) = (pair, Home::of(pair.old)) else { continue };
        let name = new.name();
        let (place, message) = match (&new.data, Home::of(new)) {
            (_, Some(home)) if home.shares_volume(&left) && home.shares_folder(&left) => continue,
            (_, Some(home)) if home.shares_volume(&left) => {
                let (from, to) = (left.folder(), home.folder());
                let what = format!("its files are in {from} of {}, it looks in {to}", left.volume());
                (home.mount, format!("container {name:?} starts empty: {what}"))
            }
            (_, Some(home)) => {
                let (from, to) = (left.volume(), home.volume());
                (home.mount, format!("container {name:?} leaves its files on {from}, and looks on {to}"))
            }
            (DataPlace::Nowhere { .. } | DataPlace::Beside { .. }, None) => {
                let message =
                    format!("container {name:?} leaves its files on {} and starts empty, on no volume", left.volume());
                (new.container.0.get("volumeMounts"), message)
            }
            (DataPlace::On { .. } | DataPlace::Unknown, None) => continue,
        };
        let at = left.mount.get("mountPath").text();
        let finding = findings.report(place, message);
        finding.in_container(name).about(left.volume()).help(format!(
            "put it back: {} at {at}, and the data directory as it was; to move the files, scale to 0, copy them by a one-off Pod, \
             then change this; if it has run with an empty database meanwhile, dump that one first",
            left.volume()
        ));
        // Who scaled it down first may have put the files there by hand.
        if pair.was_stopped() || !pair.is_sure() || old.engine.name != new.engine.name {
            finding.at_most(Action::Warn);
        }
    }
}
