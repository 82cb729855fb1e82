//! A database whose image asks nobody for a password, and nothing makes it.
//!
//! ## Why
//! Some images listen on every interface without authentication until somebody turns it on. Inside a cluster that is open to every
//! Pod; behind a Service of type LoadBalancer it is found within hours.
//!
//! A configuration file, `envFrom` or a script can turn authentication on out of sight, so nothing is said where one is mounted or
//! run; nor where the server takes connections of its own Pod alone (`--bind 127.0.0.1`).
//!
//! ## Example
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: redis}
//! spec:
//!   selector: {matchLabels: {app: redis}}
//!   template:
//!     metadata: {labels: {app: redis}}
//!     spec:
//!       containers:
//!         - name: redis
//!           image: redis:7.4.5
//! ```
//!
//! ## Use instead
//! ```yaml
//! apiVersion: apps/v1
//! kind: Deployment
//! metadata: {name: redis}
//! spec:
//!   selector: {matchLabels: {app: redis}}
//!   template:
//!     metadata: {labels: {app: redis}}
//!     spec:
//!       containers:
//!         - name: redis
//!           image: redis:7.4.5
//!           args: [/etc/redis/redis.conf, --maxmemory, 256mb]
//!           resources:
//!             requests: {cpu: 100m, memory: 512Mi}
//!             limits: {memory: 512Mi}
//!           volumeMounts:
//!             - {name: configuration, mountPath: /etc/redis, readOnly: true}
//!       volumes:
//!         - name: configuration
//!           secret: {secretName: redis-configuration}
//! ```
//! The Secret holds a `redis.conf` with `requirepass`. A password in `--requirepass` shows in the process list.
//!
//! ## References
//! - redis/docker-library-redis, docker-library/mongo: what the images do when nothing is said
use crate::{
    engines::schema::{Condition, Turns},
    finding::Findings,
    rule::{Context, Rule, Validate},
    terms::Tier,
    view::Database,
};

/// The rule.
pub(super) static RULE: Rule = Rule {
    name: "unauthenticated-engine",
    source: include_str!("unauthenticated_engine.rs"),
    since: "0.1.0",
    tier: Tier::Hygiene,
    mutate: None,
    validate: Some(Validate::Database(validate)),
    spares_ephemeral: true,
    needs: |engine| engine.facts.authentication.is_some(),
    writes: &[],
};

fn validate(database: &Database<'_>, context: &Context<'_>, findings: &mut Findings) {
    let Some(facts) = database.engine.facts.authentication.as_ref().filter(|a| !a.on_by_default) else { return };
    let is_decided_elsewhere = !database.image_is_known
        || !database.shows_its_server()
        || database.is_fed_elsewhere(context.catalogue.secrets())
        || database.is_configured_elsewhere();
    // What only the image's entrypoint reads does nothing where a command has taken its place.
    let is_unread = |name: &String| !database.may_run_entrypoint() && database.engine.reads_at_its_entrypoint(name);
    let counts = |c: &Condition| !c.variable.as_ref().is_some_and(is_unread);
    let is_on = facts.on_by.iter().any(|condition| counts(condition) && database.holds(condition));
    if facts.listens.as_ref().is_some_and(|listens| database.listens_to_itself(listens)) {
        return;
    }
    // What is switched off by name is another rule's.
    if is_decided_elsewhere || is_on || database.thrown(Turns::AuthenticationOff).next().is_some() {
        return;
    }
    let message = format!("container {:?} accepts every connection without a password", database.name());
    let unread = facts.on_by.iter().find(|c| !counts(c) && database.holds(c)).and_then(|c| c.variable.as_ref());
    if let Some(variable) = unread {
        findings.report(database.container.0, message).help(format!(
            "only the image's entrypoint reads {variable}, and command takes its place: create a user first, then use args"
        ));
        return;
    }
    let help = facts.help.clone().unwrap_or_else(|| "turn its authentication on, or add a NetworkPolicy".to_owned());
    findings.report(database.container.0, message).help(help);
}
