//! A database server without the credentials that its image asks for.
//!
//! ## Why
//! Most images do not initialise an empty data directory without a password, and some start open to everybody. Where a Secret is
//! named, by the annotation `seawall.dev/credentials-secret` or by the settings, a new workload gets references to it; they are
//! stored in its template, so that they hold while Seawall is away.
//!
//! Variables may come from more places than a spec shows: `envFrom`, a Vault agent, a secrets store, a script that sources a file,
//! an image with users baked in. Each counts as supplied.
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
//!
//! ## References
//! - docker-library/mysql, docker-library/postgres, docker-library/mongo: `docker-entrypoint.sh`
//! - docker-library/mongo#504, #475: authentication beside a replica set
use serde_json::json;

use super::{plaintext_credentials, support::secret};
use crate::{
    engines::schema::Applies,
    facts::{Answer, Known, Question},
    finding::Findings,
    proposal::Proposal,
    rule::{Context, Mutate, Rule, Validate},
    terms::{Action, Operation, Tier, keys},
    view::{Database, Lacking},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "missing-credentials",
    source: include_str!("missing_credentials.rs"),
    since: "0.1.0",
    tier: Tier::Outage,
    mutate: Some(Mutate::Birth(mutate)),
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| !engine.credentials.is_empty(),
    writes: &["containers[*].env[*]", "initContainers[*].env[*]"],
};

fn mutate(database: &Database<'_>, context: &Context<'_>, proposal: &mut Proposal) {
    let Some((secret, sets)) = offered(database, context) else { return };
    let mut written = Vec::new();
    for lacking in sets {
        for variable in &lacking.absent {
            let element = json!({"name": variable, "valueFrom": secret.reference(variable)});
            let mend = proposal.upsert(database.container.0.get("env"), "name", element);
            mend.because(format!("adds {variable} from {}", secret.shown(variable)));
            mend.help("make the Secret before the workload: a Pod whose Secret is missing waits for it");
            if lacking.set.applies != Applies::FirstStart {
                mend.only_over_fresh_data();
            }
            written.push(*variable);
        }
    }
    if !written.is_empty() {
        written.extend(plaintext_credentials::replaced(database, context).iter().map(|var| var.name()));
        secret.announce(&written, proposal);
    }
}

/// The variables that this rule gives to a new workload.
pub(super) fn given<'t>(database: &Database<'t>, context: &Context<'_>) -> Vec<&'t str> {
    offered(database, context).into_iter().flat_map(|(_, sets)| sets).flat_map(|l| l.absent).collect()
}

/// The Secret, and the sets that may be taken from it: whole, and not where a file that the spec does not show may switch
/// authentication, unless the author asks for it.
fn offered<'t, 'c>(database: &Database<'t>, context: &'c Context<'c>) -> Option<(secret::Source<'c>, Vec<Lacking<'t>>)>
where
    't: 'c,
{
    let mut lacking = database.lacking(context.catalogue.secrets());
    // Over a data set from elsewhere its own passwords hold: others would lock everybody out, or keep a restore waiting.
    if lacking.is_empty() || database.may_be_restored() {
        return None;
    }
    let secret = secret::of(database, context).ok().flatten()?;
    lacking.retain(|l| {
        let is_decided =
            l.set.applies != Applies::SwitchesAuth || secret.is_authors || !database.is_configured_elsewhere();
        !l.set.never_written && l.empty.is_empty() && is_decided && secret.can_hold(&l.absent)
    });
    Some((secret, lacking))
}

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    for lacking in database.lacking(context.catalogue.secrets()) {
        let source = secret::of(database, context);
        let is_over_data = stands_over_data(database, context);
        if let Err(fault) = &source {
            let finding = findings.report(fault.at, format!("annotation {} cannot be read", fault.key));
            finding.help(format!("expected {}", fault.expected)).at_most(Action::Warn);
        }
        let (name, variables, set) = (database.name(), lacking.names(), lacking.set);
        let at = match lacking.empty.first().and_then(|v| database.container.var(v)) {
            Some(var) => var.value(),
            None => database.container.0.get("env"),
        };
        let named = source.as_ref().ok().and_then(Option::as_ref);
        let lost = named.filter(|_| is_over_data && set.applies == Applies::SwitchesAuth);
        let (message, help, ceiling) = match lost {
            Some(secret) => (
                format!("container {name:?} takes over data without {variables}: it starts open"),
                format!("if it ran with authentication, add to its env: {}", secret.lines(&lacking.absent)),
                Action::Warn,
            ),
            None => (
                format!("container {name:?} has no {variables}: the server {}", set.without),
                help(database, &lacking),
                // What is read on first start alone is not missed over data.
                if set.required && !is_over_data && !database.may_be_restored() { Action::Warn } else { Action::Audit },
            ),
        };
        findings.report(at, message).about(set.variables.join(",")).help(help).at_most(ceiling);
    }
}

fn help(database: &Database<'_>, lacking: &Lacking<'_>) -> String {
    let engine = database.engine;
    let other = database
        .container
        .env()
        .find(|v| engine.is_secret(v.name()) && !lacking.set.variables.iter().any(|n| n == v.name()));
    let aside = other.map_or_else(String::new, |v| format!("the image does not read {} for it; ", v.name()));
    format!("{aside}add valueFrom.secretKeyRef, or name a Secret by the annotation {}", keys::CREDENTIALS_SECRET)
}

/// True at the CREATE of a workload whose claims have been used before: what an earlier one was given is lost with it.
fn stands_over_data(database: &Database<'_>, context: &Context<'_>) -> bool {
    let question = Question::Claims { namespace: context.namespace.to_owned(), names: database.workload.claim_names() };
    let Known::Found(Answer::Claims(claims)) = context.facts.get(&question) else { return false };
    context.operation == Operation::Create && claims.iter().any(|c| c.bound || c.came_with_data)
}
