//! Which credentials a server's container lacks, and which secrets it spells.
use super::{Container, Database, Detected, Var, Verdict, VolumeKind};
use crate::{
    engines::{
        Catalogue, Engine, LookAlike, Secrets,
        schema::{Applies, CredentialSet, NotBeside, Turns},
    },
    terms::Role,
    tree::Node,
};

/// A set of credentials that a container does not have whole.
#[derive(Debug)]
pub struct Lacking<'t> {
    /// The set.
    pub set: &'t CredentialSet,
    /// Those of its variables that the container does not have, in the set's order.
    pub absent: Vec<&'t str>,
    /// Those that are listed with an empty value.
    pub empty: Vec<&'t str>,
}

impl Lacking<'_> {
    /// The variables, for a message: the secret ones, where any of those is missing.
    #[must_use]
    pub fn names(&self) -> String {
        let all = || self.absent.iter().chain(&self.empty).copied();
        let secret: Vec<&str> = all().filter(|name| !self.set.plain.iter().any(|p| p == name)).collect();
        if secret.is_empty() { all().collect::<Vec<_>>().join(" and ") } else { secret.join(" and ") }
    }
}

impl<'t> Database<'t> {
    /// The sets of credentials that nothing supplies, and nothing out of sight could supply.
    ///
    /// Where the image is known only by its port or its folders, users may be baked in; where its entrypoint does not run, nobody
    /// reads its variables.
    #[must_use]
    pub fn lacking(&self, secrets: &Secrets) -> Vec<Lacking<'t>> {
        if self.role != Role::Server || !self.image_is_known {
            return Vec::new();
        }
        let engine = self.engine;
        let mut lacking: Vec<_> = engine.credentials.iter().filter_map(|set| self.lacking_of(set)).collect();
        if !lacking.is_empty() && (!self.runs_own_entrypoint() || self.is_fed_elsewhere(secrets)) {
            lacking.clear();
        }
        lacking
    }

    pub(super) fn lacking_of(&self, set: &'t CredentialSet) -> Option<Lacking<'t>> {
        if set.variables.iter().all(|name| self.given(name).is_some()) {
            return None;
        }
        let supplied = set.supplied_by.iter().any(|name| self.given(name).is_some())
            || set.supplied_by_flags.iter().any(|flag| self.option(flag).is_some())
            || set.variables.iter().any(|name| self.given_by_file(name).is_some())
            || set.variables.iter().any(|name| self.is_assigned(name));
        // Where somebody switched authentication off, no password is missed unless the server does not start without.
        let is_moot = !set.required && self.thrown(Turns::AuthenticationOff).next().is_some();
        // Where the image does not read them, or has no need of them, none is missing.
        let is_read = self.meets(&set.only_with);
        let is_excused = !is_read || set.unless.iter().any(|c| self.holds(c)) || self.mounts_at(&set.in_files);
        if supplied || is_moot || is_excused || self.guard(set).is_some() {
            return None;
        }
        let lacks = set.variables.iter().map(String::as_str).filter(|name| self.given(name).is_none());
        let (empty, absent): (Vec<_>, Vec<_>) = lacks.partition(|name| self.var(name).is_some());
        (!(absent.is_empty() && empty.is_empty())).then_some(Lacking { set, absent, empty })
    }

    /// What else the server is told, beside which these credentials are not wanted.
    pub(super) fn guard(&self, set: &'t CredentialSet) -> Option<&'t NotBeside> {
        set.not_beside.iter().find(|guard| {
            let is_lifted = guard.unless.as_deref().is_some_and(|flag| self.option(flag).is_some());
            self.option(&guard.flag).is_some() && !is_lifted
        })
    }

    /// The variable that names the file in which another one's value is.
    #[must_use]
    pub fn given_by_file(&self, variable: &str) -> Option<Var<'t>> {
        let names = |var: &Var<'_>| var.name().strip_suffix("_FILE") == Some(variable);
        if !self.options().may_have_variable_like(|name| name.ends_with("_FILE")) {
            return None;
        }
        self.container.env().filter(names).last().filter(|var| var.is_given())
    }

    /// True where something is mounted at, above or below one of `paths`.
    fn mounts_at(&self, paths: &[String]) -> bool {
        let mut mounts = self.container.mounts().filter_map(|m| m.get("mountPath").str());
        !paths.is_empty() && mounts.any(|mount| paths.iter().any(|path| touches(mount, path)))
    }

    /// True where the image's entrypoint runs, and runs the server: it is what reads the variables.
    #[must_use]
    pub fn runs_own_entrypoint(&self) -> bool {
        *self.memo.runs_own_entrypoint.get_or_init(|| self.looks_for_entrypoint())
    }

    fn looks_for_entrypoint(&self) -> bool {
        let is_entrypoint = |word: &str| word.contains("entrypoint") || word.contains("-entry.sh");
        let named = self.container.0.get("command").strs().any(is_entrypoint);
        let first = self.container.0.get("args").strs().next().unwrap_or("-");
        let program = first.rsplit('/').next().unwrap_or(first);
        let is_servers = first.starts_with('-')
            || is_entrypoint(first)
            || self.engine.detect.servers.iter().any(|s| s == program)
            || self.is_serving(first);
        named || (self.container.keeps_entrypoint() && is_servers)
    }

    /// True unless a command stands in the entrypoint's place and never calls it.
    #[must_use]
    pub fn may_run_entrypoint(&self) -> bool {
        let calls_one = self.container.argv().filter_map(Node::str).any(|word| word.contains("entry"));
        self.container.keeps_entrypoint() || calls_one
    }

    /// True where variables may come from somewhere that the spec does not show: a whole ConfigMap or Secret, an agent that a
    /// webhook adds, a secrets store, a script that reads a file into its environment.
    #[must_use]
    pub fn is_fed_elsewhere(&self, secrets: &Secrets) -> bool {
        self.container.has_env_from() || self.is_injected(secrets)
    }

    /// The same, but for `envFrom`.
    pub(super) fn is_injected(&self, secrets: &Secrets) -> bool {
        let annotations = self.workload.template().path("metadata.annotations");
        let is_store =
            |kind: VolumeKind<'_>, driver: &str| kind == VolumeKind::Other("csi") && secrets.is_injector_driver(driver);
        annotations.fields().any(|(key, value)| secrets.is_injector_annotation(key) && value.str() != Some("false"))
            || self.pod.volumes().any(|v| is_store(v.kind, v.node.path("csi.driver").text()))
            || self.script.calls().any(|call| matches!(call.program(), "." | "source" | "eval"))
    }

    /// True where a file, a folder or a variable may hold settings that the spec does not show.
    #[must_use]
    pub fn is_configured_elsewhere(&self) -> bool {
        let mut flags = self.engine.data.config_flags.iter();
        let paths = || self.engine.facts.configuration.iter().flat_map(|c| &c.paths);
        let mut mounts = self.container.mounts().filter_map(|m| m.get("mountPath").str());
        self.has_mounted_configuration()
            || flags.any(|flag| self.option(flag).is_some())
            || mounts.any(|mount| paths().any(|path| touches(mount, path)))
    }

    /// True where the spec shows what the server is told: the image starts it, or a command that can be read.
    #[must_use]
    pub fn shows_its_server(&self) -> bool {
        let servers = &self.engine.detect.servers;
        let is_image_s = self.container.argv().next().is_none();
        is_image_s
            || self.script.calls().any(|c| servers.iter().any(|s| s == c.program()) || self.is_serving(c.program()))
            || self.script.main().is_some_and(|c| c.program().is_empty() && self.container.keeps_entrypoint())
    }

    /// True where the container's own script sets a variable.
    fn is_assigned(&self, name: &str) -> bool {
        self.script.calls().any(|call| call.assignments().any(|(n, _, _)| n == name))
    }

    /// True where the value of a variable applies at every start, or turns authentication on: never to be changed over data.
    #[must_use]
    pub fn applies_to_old_data(&self, variable: &str) -> bool {
        let of = |set: &&CredentialSet| set.variables.iter().any(|v| v == variable);
        self.engine.credentials.iter().filter(of).any(|set| set.applies != Applies::FirstStart)
    }
}

impl Detected<'_> {
    /// The engine that it belongs to, in whatever role.
    #[must_use]
    pub fn engine<'c>(&self, catalogue: &'c Catalogue) -> Option<&'c Engine> {
        self.verdict.engine(catalogue).map(|(engine, _)| engine)
    }

    /// True for a container of an engine, and for one that talks to an engine by all that its image says: an exporter, a pooler, a
    /// backup agent.
    #[must_use]
    pub fn deals_with_a_database(&self, catalogue: &Catalogue) -> bool {
        match self.verdict {
            Verdict::Engine(..) => self.engine(catalogue).is_some(),
            Verdict::LookAlike(LookAlike::Exporter | LookAlike::Client | LookAlike::Router) => {
                let image = self.container.image();
                let mut words = image.basename().split(['-', '_', '.']);
                catalogue.look_alikes().image(image.family()).is_some()
                    || words.any(|word| catalogue.index().word(word).next().is_some())
            }
            Verdict::LookAlike(_) | Verdict::Unknown => false,
        }
    }
}

impl<'t> Container<'t> {
    /// The variables whose secret the spec spells, in order. Names are the engine's, where there is one, and those that say it of
    /// themselves; connection strings count too.
    pub fn spelled_secrets<'c>(
        self,
        engine: Option<&'c Engine>,
        catalogue: &'c Catalogue,
    ) -> impl Iterator<Item = Var<'t>> + use<'c, 't> {
        let secrets = catalogue.secrets();
        self.env().filter(move |var| {
            let Some(value) = var.value().str().filter(|_| !var.value_from().is_set()) else { return false };
            let is_engines = match engine {
                Some(engine) => engine.is_secret(var.name()) && !is_switch(engine, var.name(), value),
                None => {
                    let engines = catalogue.index().secret(var.name()).filter_map(|at| catalogue.engines().get(at));
                    engines.into_iter().any(|e| !is_switch(e, var.name(), value))
                }
            };
            (is_engines && !value.is_empty() && !secrets.is_reference(value))
                || (secrets.is_secret_name(var.name()) && secrets.is_secret_value(value))
                || secrets.has_spelled_password(value)
        })
    }
}

/// True when one of two paths is the other, or a folder around it.
pub(super) fn touches(a: &str, b: &str) -> bool {
    let (a, b) = (a.trim_end_matches('/'), b.trim_end_matches('/'));
    let around = |outer: &str, inner: &str| {
        inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
    };
    around(a, b) || around(b, a)
}

/// True for a value by which the variable switches authentication off (`NEO4J_AUTH=none`): another rule's.
fn is_switch(engine: &Engine, variable: &str, value: &str) -> bool {
    engine
        .switches(Turns::AuthenticationOff)
        .filter(|s| s.variable.as_deref() == Some(variable))
        .any(|s| s.values.iter().any(|v| v.eq_ignore_ascii_case(value.trim())))
}
