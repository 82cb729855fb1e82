//! A backup whose program is older than the server that it is to read.
//!
//! ## Why
//! Such a program looks at the version of the server, finds one that it cannot know, and ends with an error: every night there is an
//! empty file, and it is found out on the day that somebody needs it. It happens after an upgrade of the server, when the container
//! beside it keeps its old image.
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
//!         - name: postgres
//!           image: postgres:17.7
//!           env:
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: POSTGRES_PASSWORD}}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!         - name: dump
//!           image: postgres:15.15
//!           command: [sh, -c, "while sleep 86400; do pg_dump -h 127.0.0.1 -U postgres -f /dumps/app.sql app; done"]
//!           volumeMounts:
//!             - {name: dumps, mountPath: /dumps}
//!       volumes:
//!         - name: dumps
//!           persistentVolumeClaim: {claimName: dumps}
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
//!         - name: dump
//!           image: postgres:17.7
//!           command: [sh, -c, "while sleep 86400; do pg_dump -h 127.0.0.1 -U postgres -f /dumps/app.sql app; done"]
//!           resources:
//!             requests: {cpu: 50m, memory: 128Mi}
//!             limits: {memory: 256Mi}
//!           volumeMounts:
//!             - {name: dumps, mountPath: /dumps}
//!       volumes:
//!         - name: dumps
//!           persistentVolumeClaim: {claimName: dumps}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         storageClassName: ssd-retain
//!         accessModes: [ReadWriteOnce]
//!         resources: {requests: {storage: 10Gi}}
//! ```
//! A newer program reads older servers. Containers of one Pod are compared, as far as their tags say which version they are.
//!
//! ## References
//! - PostgreSQL documentation, pg_dump: notes
use crate::{
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Role, Tier},
    view::{Case, Database},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "outdated-dump-client",
    source: include_str!("outdated_dump_client.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, _: &Context<'_>, findings: &mut Findings) {
    if case.databases.len() < 2 {
        return;
    }
    for client in case.databases.iter().filter(|d| d.role == Role::Client) {
        let refuses = &client.engine.detect.refuse_newer;
        let Some(program) = refuses.iter().find(|p| client.script.calls().any(|call| call.program() == p.as_str()))
        else {
            continue;
        };
        let Some(ours) = major(client) else { continue };
        let newer = case.servers().filter(|server| server.engine.name == client.engine.name);
        let Some((server, theirs)) = newer.filter_map(|s| Some((s, major(s)?))).find(|(_, theirs)| *theirs > ours)
        else {
            continue;
        };
        let (name, title) = (client.name(), &client.engine.title);
        let finding = findings.report(
            client.container.0.get("image"),
            format!("container {name:?} runs {program} of {title} {ours}, which refuses the server's {theirs}"),
        );
        finding.about(server.name().to_owned()).in_container(name).at_most(Action::Warn);
        finding.help(format!(
            "give it the server's image, or a newer one: {program} reads servers up to its own major version"
        ));
    }
}

/// The major version that an image names.
fn major(database: &Database<'_>) -> Option<u32> {
    database.version.as_ref().filter(|_| database.image_is_known)?.numbers().first().copied()
}
