//! A credential that stands in the spec.
//!
//! ## Why
//! Who may read the workload reads the password: in Git, in `kubectl describe`, in backups of etcd, in audit logs and in Helm's
//! release. References to other stores (`vault:`, `op://`, `name@azurekeyvault`) and placeholders are no passwords.
//!
//! With `plaintext: replace` in the settings, a new workload's values are replaced by references to its Secret. It is meant for
//! manifests that cannot be changed: every later `kubectl apply` of the same manifest sends the value again and needs Seawall to take
//! it out, Argo CD never gets in sync, and the password stays in Git and in Helm's release all the same.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: StatefulSet
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       containers:
//!         - name: postgres
//!           image: postgres:17.5
//!           env:
//!             - {name: POSTGRES_PASSWORD, value: example}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
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
//! metadata: {name: postgres}
//! spec:
//!   serviceName: postgres
//!   selector: {matchLabels: {app: postgres}}
//!   template:
//!     metadata: {labels: {app: postgres}}
//!     spec:
//!       terminationGracePeriodSeconds: 120
//!       containers:
//!         - name: postgres
//!           image: postgres:17.5
//!           env:
//!             - name: POSTGRES_PASSWORD
//!               valueFrom: {secretKeyRef: {name: postgres-credentials, key: POSTGRES_PASSWORD}}
//!             - {name: PGDATA, value: /var/lib/postgresql/data/pgdata}
//!           resources:
//!             requests: {cpu: 250m, memory: 1Gi}
//!             limits: {memory: 1Gi}
//!           volumeMounts:
//!             - {name: data, mountPath: /var/lib/postgresql/data}
//!   volumeClaimTemplates:
//!     - metadata: {name: data}
//!       spec:
//!         accessModes: [ReadWriteOnce]
//!         storageClassName: standard
//!         resources: {requests: {storage: 10Gi}}
//! ```
//!
//! ## References
//! - kubernetes/kubernetes#46861, helm/helm#8994: `value` and `valueFrom` together
use serde_json::{Map, Value};

use super::{missing_credentials, support::secret};
use crate::{
    engines::Engine,
    finding::Findings,
    proposal::Proposal,
    rule::{Context, Mutate, Rule, Validate},
    settings::document::Plaintext,
    terms::{Action, Tier},
    view::{Case, Container, DataLabel, Database, Executions, Occasion, Var, Verdict},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "plaintext-credentials",
    source: include_str!("plaintext_credentials.rs"),
    since: "0.1.0",
    tier: Tier::Leak,
    mutate: Some(Mutate::Birth(mutate)),
    validate: Some(Validate::Commands(validate)),
    spares_ephemeral: true,
    needs: |_| true,
    writes: &["containers[*].env[*]", "initContainers[*].env[*]"],
};

/// The variables whose values this rule replaces in a new workload: none unless the settings ask for it.
pub(super) fn replaced<'t>(database: &Database<'t>, context: &Context<'_>) -> Vec<Var<'t>> {
    if context.settings.plaintext() != Plaintext::Replace {
        return Vec::new();
    }
    let Ok(Some(secret)) = secret::of(database, context) else { return Vec::new() };
    let secrets = context.catalogue.secrets();
    let spelled = database.container.spelled_secrets(Some(database.engine), context.catalogue);
    // Of a connection string only a part is a secret; the whole of it is somebody's to write anew.
    let whole = spelled.filter(|v| !secrets.has_spelled_password(v.value().text()));
    whole.filter(|v| secret.can_hold(&[v.name()])).collect()
}

fn mutate(database: &Database<'_>, context: &Context<'_>, proposal: &mut Proposal) {
    let variables = replaced(database, context);
    if variables.is_empty() {
        return;
    }
    let Ok(Some(secret)) = secret::of(database, context) else { return };
    for var in &variables {
        let mut element: Map<String, Value> =
            var.0.fields().filter(|(key, _)| *key != "value").map(|(k, v)| (k.to_owned(), v.to_json())).collect();
        element.insert("valueFrom".to_owned(), secret.reference(var.name()));
        let mend = proposal.set(var.0, Value::Object(element));
        mend.because(format!("takes {} from {} instead of the spec", var.name(), secret.shown(var.name())));
        mend.help("take the value out of the manifest: every later apply of it depends on Seawall");
        if database.applies_to_old_data(var.name()) {
            mend.only_over_fresh_data();
        }
    }
    // One Secret is announced once, with all of its keys.
    if missing_credentials::given(database, context).is_empty() {
        let names: Vec<&str> = variables.iter().map(|v| v.name()).collect();
        secret.announce(&names, proposal);
    }
}

fn validate(case: &Case<'_>, executions: &[Executions<'_>], context: &Context<'_>, findings: &mut Findings) {
    let is_meant_to_go = context.data_label == Some(DataLabel::Ephemeral)
        || case.servers().any(|database| database.is_meant_to_go(context.data_label));
    if is_meant_to_go {
        return;
    }
    // Who only talks to a database is an application: its secrets are recorded.
    let most = if case.has_database() { Action::Deny } else { Action::Audit };
    for detected in &case.detected {
        if detected.deals_with_a_database(context.catalogue) {
            let is_server = matches!(detected.verdict, Verdict::Engine(_, role) if role.is_server());
            report(detected.container, detected.engine(context.catalogue), is_server, most, context, findings);
        }
    }
    for init in executions.iter().filter(|e| e.detected.is_none() && is_client(e, context)) {
        report(init.container, None, false, most, context, findings);
    }
}

/// Init containers are never servers; one that has a server's image or runs a client talks to one.
fn is_client(init: &Executions<'_>, context: &Context<'_>) -> bool {
    let index = context.catalogue.index();
    let mut own = init.all.iter().filter(|e| e.occasion == Occasion::Main).flat_map(|e| e.script.calls());
    index.image(init.container.image().family()).is_some() || own.any(|c| index.client(c.program()).next().is_some())
}

fn report(
    container: Container<'_>,
    engine: Option<&Engine>,
    is_server: bool,
    most: Action,
    context: &Context<'_>,
    findings: &mut Findings,
) {
    let is_read_once = is_server && engine.is_some_and(Engine::reads_credentials_once);
    let secrets = context.catalogue.secrets();
    for var in container.spelled_secrets(engine, context.catalogue) {
        let name = var.name();
        let in_url = if secrets.has_spelled_password(var.value().text()) { "the password in " } else { "" };
        let message = format!("container {:?} keeps {in_url}{name} in plain text", container.name());
        let help = if is_read_once {
            "put the password it has today into a Secret and use valueFrom.secretKeyRef; to change it, change it inside the database: \
             the variable is read only on first start"
        } else {
            "put it into a Secret and use valueFrom.secretKeyRef"
        };
        findings.report(var.value(), message).in_container(container.name()).help(help).at_most(most);
    }
}
