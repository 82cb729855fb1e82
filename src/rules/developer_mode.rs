//! A mode for developers, in a place where data is kept.
//!
//! ## Why
//! Such modes make a first start easy: they skip the checks of disks and limits, use certificates whose keys everybody has, or are not
//! licensed for anything but trying out.
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
//!         - name: scylla
//!           image: scylladb/scylla:6.2.3
//!           args: [--developer-mode=1]
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/scylla}
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
//!       terminationGracePeriodSeconds: 600
//!       containers:
//!         - name: scylla
//!           image: scylladb/scylla:6.2.3
//!           args: [--developer-mode=0, --smp=1, --memory=1G, --authenticator=PasswordAuthenticator]
//!           resources:
//!             requests: {cpu: 250m, memory: 2Gi}
//!             limits: {memory: 2Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/scylla}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! Where an image has the mode on unless it is told otherwise, saying nothing is reported as well.
//!
//! ## References
//! - scylladb/scylladb: dist/docker/commandlineparser.py
//! - opensearch-project/opensearch-build: docker/release/config/opensearch/opensearch-docker-entrypoint.sh
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
    name: "developer-mode",
    source: include_str!("developer_mode.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.has_switch(Turns::DeveloperModeOn),
    writes: &[],
};

fn validate(database: &Database<'_>, _: &Context<'_>, findings: &mut Findings) {
    for thrown in database.thrown(Turns::DeveloperModeOn) {
        switch::report(database, &thrown, findings).at_most(Action::Warn);
    }
}
