//! How good the credentials are that a server's container has, and where they come from.
use super::{Database, Var};
use crate::{
    engines::{
        Catalogue, Secrets,
        schema::{Applies, Authentication, CredentialSet, DefaultCredential, NotBeside, Turns},
    },
    terms::Role,
    tree::Node,
};

impl<'t> Database<'t> {
    /// The variables whose spelled password anybody tries first: a well-known one, or the same text as in a variable that is no
    /// secret.
    pub fn guessable<'c>(&self, catalogue: &'c Catalogue) -> impl Iterator<Item = Var<'t>> + use<'_, 'c, 't>
    where
        't: 'c,
    {
        let secrets = catalogue.secrets();
        let container = self.container;
        container.spelled_secrets(Some(self.engine), catalogue).filter(move |var| {
            let value = var.value().text();
            // `user/password`, `user:password`
            let behind =
                value.split_once(['/', ':']).filter(|_| var.name().ends_with("AUTH")).map(|(_, password)| password);
            let is_secret = |name: &str| self.engine.is_secret(name) || secrets.is_secret_name(name);
            let is_name = |other: Var<'_>| other.value().str() == Some(value) && !is_secret(other.name());
            secrets.is_well_known(value)
                || behind.is_some_and(|b| secrets.is_well_known(b))
                || container.env().any(is_name)
        })
    }

    /// The credentials that the image ships with and that nobody changes, by what the spec shows.
    pub fn shipped_credentials(&self, secrets: &Secrets) -> impl Iterator<Item = &'t DefaultCredential> + use<'_, 't> {
        let facts = &self.engine.facts;
        let is_checked = || {
            let checks = |a: &Authentication| a.on_by_default || a.on_by.iter().any(|c| self.holds(c));
            facts.authentication.as_deref().is_none_or(checks)
        };
        let all = facts.default_credentials.as_deref().unwrap_or_default();
        let is_shown = !all.is_empty()
            && self.image_is_known
            && self.packaging_is_known
            && self.may_run_entrypoint()
            && !self.is_fed_elsewhere(secrets)
            && !self.is_configured_elsewhere()
            && is_checked()
            && self.thrown(Turns::AuthenticationOff).next().is_none();
        let is_changed = |default: &DefaultCredential| {
            default.variable.as_deref().is_some_and(|variable| {
                let by_set = self
                    .engine
                    .credentials
                    .iter()
                    .any(|set| set.variables.iter().any(|v| v == variable) && self.lacking_of(set).is_none());
                by_set || self.given(variable).is_some() || self.given_by_file(variable).is_some()
            })
        };
        all.iter().filter(move |default| is_shown && !is_changed(default))
    }

    /// The credentials of the image that come from a Secret that may be missing, where nothing else supplies them.
    pub fn optional_credentials(&self) -> impl Iterator<Item = (&'t CredentialSet, Var<'t>)> + use<'_, 't> {
        let sets = self.engine.credentials.iter().filter(|set| self.meets(&set.only_with));
        sets.flat_map(move |set| {
            // Authentication comes with all of them or not at all.
            let counts = |name: &&String| set.applies == Applies::SwitchesAuth || !set.plain.contains(name);
            let optional = set.variables.iter().filter(counts).filter_map(|v| self.given(v));
            let is_supplied = set.supplied_by.iter().any(|v| self.given(v).is_some_and(|v| !is_optional(v)))
                || set.supplied_by_flags.iter().any(|flag| self.option(flag).is_some());
            optional.filter(move |var| is_optional(*var) && !is_supplied).map(move |var| (set, var))
        })
    }

    /// True where a variable comes from a Secret that may be missing, or all of a Secret's do.
    #[must_use]
    pub fn takes_something_optional(&self) -> bool {
        self.container.has_env_from() || self.container.env().any(is_optional)
    }

    /// The Secret of `envFrom` that may be missing, where nothing else brings the credentials that the server needs.
    #[must_use]
    pub fn optional_source(&self, secrets: &Secrets) -> Option<(&'t CredentialSet, Node<'t>)> {
        let secret = self.container.env_from().map(|source| source.get("secretRef")).find(|s| s.is_set())?;
        let is_optional = |source: Node<'t>| source.get("optional").bool() == Some(true);
        let may_all_miss = self.container.env_from().all(|source| is_optional(source.get("secretRef")));
        if self.role != Role::Server || !self.image_is_known || !may_all_miss || self.is_injected(secrets) {
            return None;
        }
        let needs = |set: &&CredentialSet| set.required || set.applies == Applies::SwitchesAuth;
        let set = self.engine.credentials.iter().filter(needs).find(|set| self.lacking_of(set).is_some())?;
        Some((set, secret))
    }

    /// True for a variable without which the server lets everybody in.
    #[must_use]
    pub fn switches_authentication_on(&self, set: &CredentialSet, variable: &str) -> bool {
        let on_by = self.engine.facts.authentication.iter().filter(|a| !a.on_by_default).flat_map(|a| &a.on_by);
        set.applies == Applies::SwitchesAuth || on_by.into_iter().any(|c| c.variable.as_deref() == Some(variable))
    }

    /// The variables that are set although the file is named, too, from which the image would take the same: it exits.
    pub fn given_twice(&self) -> impl Iterator<Item = (Var<'t>, Var<'t>)> + use<'_, 't> {
        let sets = self.engine.credentials.iter().filter(|set| set.exits_beside_file);
        let variables = sets.flat_map(|set| &set.variables);
        variables.filter_map(|variable| Some((self.given(variable)?, self.given_by_file(variable)?)))
    }

    /// The credentials that are there and beside which something else must not be: the set, and what that is.
    pub fn clashes(&self) -> impl Iterator<Item = (&'t CredentialSet, &'t NotBeside)> + use<'_, 't> {
        let are_there = |set: &&CredentialSet| {
            set.variables.iter().all(|v| self.given(v).is_some() || self.given_by_file(v).is_some())
        };
        // Some of these lift the guard too, and a file may hold any of them.
        let by_flag = |set: &&CredentialSet| set.supplied_by_flags.iter().any(|flag| self.option(flag).is_some());
        let sets = self.engine.credentials.iter().filter(move |set| are_there(set) && !by_flag(set));
        sets.filter_map(|set| Some((set, self.guard(set)?)))
    }

    /// The set of credentials without which the server does not start, and that can only come out of a ConfigMap: all of the
    /// container's `envFrom` are ConfigMaps, and nothing else brings them.
    #[must_use]
    pub fn fed_by_config_maps(&self, secrets: &Secrets) -> Option<&'t CredentialSet> {
        let has_other = self.container.env_from().any(|source| !source.get("configMapRef").is_set());
        if self.role != Role::Server || !self.image_is_known || !self.container.has_env_from() || has_other {
            return None;
        }
        let set = self.engine.credentials.iter().find(|set| set.required && self.lacking_of(set).is_some())?;
        (self.runs_own_entrypoint() && !self.is_injected(secrets)).then_some(set)
    }

    /// True where the server itself runs instead of the entrypoint that makes its first files, and nothing says who else makes them.
    #[must_use]
    pub fn runs_server_alone(&self) -> bool {
        if self.engine.facts.made_by_entrypoint != Some(true) || self.may_run_entrypoint() {
            return false;
        }
        let servers = &self.engine.detect.servers;
        let runs_server = self.script.main().is_some_and(|main| servers.iter().any(|s| s == main.program()));
        let makes_it = self
            .script
            .calls()
            .flat_map(|call| call.words())
            .any(|word| ["init", "install", "bootstrap"].iter().any(|sign| word.text.contains(sign)));
        let joins = self.engine.facts.cluster.iter().flat_map(|c| &c.joined_by).any(|c| self.holds(c));
        runs_server && !makes_it && !joins
    }
}

fn is_optional(var: Var<'_>) -> bool {
    var.secret_key().get("optional").bool() == Some(true)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use serde_json::{Value, json};

    use crate::{
        engines::{Catalogue, schema::Turns},
        view::tests::looked_at,
    };

    /// The variables that a container lacks.
    fn lacking(image: &str, env: &[&str], mount: &str) -> Vec<String> {
        let env: Vec<Value> = env.iter().map(|name| json!({"name": name, "value": "x"})).collect();
        let mounts = json!([{"name": "data", "mountPath": mount}]);
        let container = json!({"name": "db", "image": image, "env": env, "volumeMounts": mounts});
        let catalogue = Catalogue::embedded().unwrap();
        let mut found = Vec::new();
        looked_at(&container, |d| found = d.lacking(catalogue.secrets()).iter().map(|l| l.names()).collect());
        found
    }

    #[test]
    fn what_brings_credentials_in_another_way_leaves_nothing_lacking() {
        let none: [&str; 0] = [];
        let admin = "COUCHDB_PASSWORD";
        assert_eq!(lacking("couchdb:3.5.1", &[], "/opt/couchdb/data"), [admin]);
        assert_eq!(lacking("couchdb:3.5.1", &[], "/opt/couchdb/etc/local.d"), none);
        assert_eq!(lacking("couchdb:3.5.1", &[], "/opt/couchdb/etc/local.d/10-admins.ini"), none);
        assert_eq!(lacking("couchdb:3.5.1", &[], "/opt/couchdb/etc"), none);
        let immich = "ghcr.io/immich-app/postgres:17-vectorchord0.5.0";
        assert_eq!(lacking(immich, &[], "/var/lib/postgresql/data"), ["POSTGRES_PASSWORD"]);
        assert_eq!(lacking(immich, &["DB_PASSWORD"], "/var/lib/postgresql/data"), none);
    }

    #[test]
    fn what_the_image_does_not_read_is_not_lacking() {
        let of = |env: &[&str]| lacking("influxdb:2.7.12", env, "/var/lib/influxdb2");
        let (mode, user, password) =
            ("DOCKER_INFLUXDB_INIT_MODE", "DOCKER_INFLUXDB_INIT_USERNAME", "DOCKER_INFLUXDB_INIT_PASSWORD");
        assert_eq!(of(&[]), [password]);
        assert_eq!(of(&[user, password]), [mode], "nobody reads them");
        assert_eq!(of(&[mode]), [password]);
        assert!(of(&[mode, user, password]).is_empty());
    }

    #[test]
    fn a_switch_that_is_on_by_default_counts_where_nobody_throws_it() {
        let thrown = |container: Value| {
            let mut found = 0;
            looked_at(&container, |d| found = d.thrown(Turns::DeveloperModeOn).count());
            found
        };
        let scylla = |args: Value| json!({"name": "db", "image": "scylladb/scylla:2025.1.0", "args": args});
        assert_eq!(thrown(scylla(json!([]))), 1);
        assert_eq!(thrown(scylla(json!(["--smp", "2"]))), 1);
        assert_eq!(thrown(scylla(json!(["--developer-mode", "1"]))), 1);
        assert_eq!(thrown(scylla(json!(["--developer-mode", "0"]))), 0);
        let own = json!({"name": "scylla", "image": "scylladb/scylla:2025.1.0", "command": ["/scripts/start.sh"]});
        assert_eq!(thrown(own), 0, "a script that nobody sees may say it");
    }
}
