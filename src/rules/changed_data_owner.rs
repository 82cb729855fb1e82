//! An update that runs a database as another user than the owner of its files.
//!
//! ## Why
//! Files belong to the user who wrote them. PostgreSQL refuses a data directory that is another user's; others fail at the first file that
//! they cannot write. `fsGroup` gives the group, not the owner, and with `OnRootMismatch` it changes nothing inside. Another packaging often is another user: 999 on Debian, 70 on Alpine,
//! 1001 in Bitnami's images.
//!
//! Another C library under PostgreSQL sorts text in another order: indexes made before then miss rows, without any error.
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
//!       securityContext: {runAsUser: 999}
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
//!       securityContext: {runAsUser: 1001}
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
//!       securityContext: {runAsUser: 999}
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
//!       securityContext: {runAsUser: 999, runAsGroup: 999}
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
//! ```
//! Where the container starts as root, the image's entrypoint gives the files to its user by itself, and nothing is said.
//!
//! ## References
//! - docker-library/postgres: Debian's image has uid 999, Alpine's uid 70
//! - PostgreSQL wiki, Locale data changes
use super::support::{change::over_data, home::Home};
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Change, sorts_otherwise},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "changed-data-owner",
    source: include_str!("changed_data_owner.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Change(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &[],
};

const CHANGE: &str = "to change, dump the database and load it into a new one, or REINDEX every database at once";

fn validate(change: &Change<'_, '_>, context: &Context<'_>, findings: &mut Findings) {
    for pair in over_data(change, context) {
        let (old, new) = (pair.old, pair.new);
        if new.role != Role::Server || pair.was_stopped() || !Home::stays(old, new) {
            continue;
        }
        let name = new.name();
        if let (Some(owner), Some(user)) = (old.files_owner(), new.user_without_root())
            && owner != user.id
            && !new.shares_by_group()
        {
            let message = format!("container {name:?} runs as user {}, and its files belong to user {owner}", user.id);
            let finding = findings.report(user.place, message);
            finding.in_container(name).about("user").at_most(Action::Warn).help(format!(
                "run it as user {owner}; or stop it, chown the files to {} by a one-off Pod that runs as root, and start it so",
                user.id
            ));
        }
        if old.engine.name == new.engine.name
            && new.engine.facts.sorts_by_libc
            && let Some((before, after)) = old.c_library().zip(new.c_library())
            && sorts_otherwise(before, after)
        {
            let message =
                format!("container {name:?} gets another C library: text sorts otherwise, and old indexes miss rows");
            let finding = findings.report(new.container.0.get("image"), message);
            finding.in_container(name).about("libc").at_most(Action::Warn).help(if [before, after].contains(&"alpine") {
                format!("stay with Debian or with Alpine; {CHANGE}")
            } else {
                format!("the image is built upon {after}, and was upon {before}: take a tag that ends in -{before}; {CHANGE}")
            });
        }
    }
}
