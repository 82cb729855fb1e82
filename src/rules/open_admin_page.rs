//! An administration page that lets anybody in with the database's own password.
//!
//! ## Why
//! Such a page logs in to the database by itself, and asks its visitors for nothing, or for the name and password that everybody can
//! read in its documentation. Whoever reaches the page, from any Pod of the cluster, or from the world behind an Ingress, is the
//! database's administrator.
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: pages}
//! spec:
//!   selector: {matchLabels: {app: pages}}
//!   template:
//!     metadata: {labels: {app: pages}}
//!     spec:
//!       containers:
//!         - name: phpmyadmin
//!           image: phpmyadmin:5.2.3
//!           env:
//!             - {name: PMA_HOST, value: db}
//!             - {name: PMA_USER, value: root}
//!             - name: PMA_PASSWORD
//!               valueFrom: {secretKeyRef: {name: db-credentials, key: MYSQL_ROOT_PASSWORD}}
//!
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: pages}
//! spec:
//!   selector: {matchLabels: {app: pages}}
//!   template:
//!     metadata: {labels: {app: pages}}
//!     spec:
//!       containers:
//!         - name: phpmyadmin
//!           image: phpmyadmin:5.2.3
//!           env:
//!             - {name: PMA_HOST, value: db}
//!
//! ```
//! Without a password of the database the page asks for one. A container beside it that asks who is there (an authenticating proxy) is
//! taken for a guard.
//!
//! ## References
//! - phpmyadmin/docker: README, environment variables
//! - mongo-express/mongo-express: README, usage
use crate::{
    engines::LookAlike,
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::{Action, Tier},
    view::{Case, Verdict},
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "open-admin-page",
    source: include_str!("open_admin_page.rs"),
    since: "0.1.0",
    tier: Tier::Open,
    mutate: None,
    validate: Some(Validate::Workload(validate)),
    spares_ephemeral: false,
    needs: |_| true,
    writes: &[],
};

fn validate(case: &Case<'_>, context: &Context<'_>, findings: &mut Findings) {
    for detected in &case.detected {
        if !matches!(detected.verdict, Verdict::LookAlike(LookAlike::Client)) {
            continue;
        }
        let container = detected.container;
        let Some(page) = context.catalogue.look_alikes().page(container.image().family()) else { continue };
        let Some(var) = page.logs_in_by.iter().find_map(|name| container.var(name).filter(|v| v.is_given())) else {
            continue;
        };
        // A guard may be named where the spec does not show it, or stand beside.
        let is_guarded = container.has_env_from()
            || page.guarded_by.iter().any(|name| container.var(name).is_some_and(|v| v.is_given()))
            || detected.script.calls().any(|call| call.args().iter().any(|word| word.text.contains("auth")))
            || case.workload.pod().running().any(|other| other.image().basename().contains("proxy"));
        if is_guarded {
            continue;
        }
        let name = container.name();
        let message =
            format!("container {name:?} lets its visitors in with the database's password: {} is set", var.name());
        let finding = findings.report(var.0, message);
        finding.in_container(name).help(page.help.clone()).at_most(Action::Warn);
    }
}
