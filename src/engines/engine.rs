//! One packaging of an engine, with all the facts that hold for it.
use std::sync::Arc;

use super::{
    Pattern, Version, VersionRange,
    schema::{
        Applies, BuiltUpon, Class, CredentialSet, Data, DataFormat, Detect, EngineFile, Facts, Memory, Options,
        RecoveryProbes, Stop, Switch, Turns,
    },
};

/// One packaging of one engine, with all its facts.
#[derive(Debug)]
pub struct Engine {
    /// The engine's name: `postgres`.
    pub name: Arc<str>,
    /// As its makers write it.
    pub title: Arc<str>,
    /// The engine of which this one is a relative, and which is meant where nothing tells the two apart.
    pub like: Option<Arc<str>>,
    /// The packaging: `official`, `bitnami`.
    pub variant: String,
    /// What kind of software it is.
    pub class: Class,
    /// Which part of the version changes the files on disk.
    pub data_format: DataFormat,
    /// How it is recognised, shared by the engine's variants.
    pub detect: Arc<Detect>,
    /// Which images and tags are this packaging.
    pub packaging: Packaging,
    /// Where the data lies.
    pub data: Arc<Data>,
    /// How options are spelled.
    pub options: Options,
    /// Credentials taken from variables.
    pub credentials: Arc<Vec<CredentialSet>>,
    /// What it means when a memory limit is set.
    pub memory: Option<Arc<Memory>>,
    /// How it stops.
    pub stop: Option<Arc<Stop>>,
    /// Probes that fail while it recovers.
    pub recovery_probes: Arc<RecoveryProbes>,
    /// The remaining facts.
    pub facts: Facts,
}

/// Which images and tags are one packaging.
#[derive(Debug)]
pub struct Packaging {
    pub(crate) images: Vec<Pattern>,
    pub(crate) tags: Vec<Pattern>,
    pub(crate) not_tags: Vec<Pattern>,
    version_in_tag: Vec<Pattern>,
    version_in_image: Vec<Pattern>,
    major_digits: Option<usize>,
    pub(crate) versions: Option<VersionRange>,
    pub(crate) built_upon: Vec<BuiltUpon>,
}

impl Packaging {
    /// Whether `tag` can be this packaging; an absent tag can.
    #[must_use]
    pub fn takes_tag(&self, tag: Option<&str>) -> bool {
        let Some(tag) = tag else { return self.tags.is_empty() };
        (self.tags.is_empty() || self.tags.iter().any(|p| p.matches(tag)))
            && !self.not_tags.iter().any(|p| p.matches(tag))
    }

    /// Whether `version` is one of this packaging's: `None` where it is unknown or not precise enough.
    #[must_use]
    pub fn takes_version(&self, version: Option<&Version>) -> Option<bool> {
        match (&self.versions, version) {
            (None, _) => Some(true),
            (Some(_), None) => None,
            (Some(range), Some(version)) => range.contains(version),
        }
    }

    /// The engine's version, read off repository and tag.
    #[must_use]
    pub fn version(&self, basename: &str, tag: Option<&str>) -> Option<Version> {
        if let Some(found) = self.version_in_image.iter().find_map(|p| p.version(basename)) {
            return match self.major_digits.and_then(|digits| found.split_at_checked(digits)) {
                Some((major, minor)) if !minor.is_empty() => Version::parse(&format!("{major}.{minor}")),
                _ => Version::parse(found),
            };
        }
        let tag = tag?;
        if !self.version_in_tag.is_empty() {
            return self.version_in_tag.iter().find_map(|p| p.version(tag)).and_then(Version::parse);
        }
        let digits = tag.strip_prefix('v').unwrap_or(tag);
        let end = digits.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(digits.len());
        digits.get(..end).and_then(Version::parse)
    }
}

impl Engine {
    /// True for what is judged: databases and caches.
    #[must_use]
    pub fn is_database(&self) -> bool {
        !matches!(self.class, Class::Stateful)
    }

    /// The engine that it is a relative of, or itself.
    #[must_use]
    pub fn family(&self) -> &str {
        self.like.as_deref().unwrap_or(&self.name)
    }

    /// The switches that turn something off or on.
    pub fn switches(&self, turns: Turns) -> impl Iterator<Item = &Switch> {
        self.facts.switches.iter().map(AsRef::as_ref).filter(move |s: &&Switch| s.turns == turns)
    }

    /// True where a switch of this kind is known.
    #[must_use]
    pub fn has_switch(&self, turns: Turns) -> bool {
        self.switches(turns).next().is_some()
    }

    /// True where the image reads its credentials only while the data directory is empty.
    #[must_use]
    pub fn reads_credentials_once(&self) -> bool {
        self.credentials.iter().any(|set| set.applies != Applies::EveryStart)
    }

    /// True for a variable that brings credentials: the server does not read it, the image's entrypoint does.
    #[must_use]
    pub fn reads_at_its_entrypoint(&self, variable: &str) -> bool {
        let mut names = self.credentials.iter().flat_map(|set| set.variables.iter().chain(&set.supplied_by));
        names.any(|name| name == variable)
    }

    /// True when the value of `variable` is a secret of this engine.
    #[must_use]
    pub fn is_secret(&self, variable: &str) -> bool {
        self.facts.secrets.iter().any(|s| s == variable)
            || self
                .credentials
                .iter()
                .any(|set| set.variables.iter().any(|v| v == variable) && !set.plain.iter().any(|v| v == variable))
    }
}

/// Gives each variant the engine's facts that it does not override.
pub(super) fn resolve(file: EngineFile) -> Vec<Engine> {
    let (name, title): (Arc<str>, Arc<str>) = (file.name.into(), file.title.into());
    let like: Option<Arc<str>> = file.like.map(Into::into);
    let detect = Arc::new(file.detect);
    let base = file.facts;
    file.variants
        .into_iter()
        .map(|variant| {
            let facts = inherit(&base, variant.facts);
            Engine {
                name: Arc::clone(&name),
                title: Arc::clone(&title),
                like: like.clone(),
                variant: variant.name,
                class: file.class,
                data_format: file.data_format,
                detect: Arc::clone(&detect),
                packaging: Packaging {
                    images: variant.images,
                    tags: variant.tags,
                    not_tags: variant.not_tags,
                    version_in_tag: variant.version_in_tag,
                    version_in_image: variant.version_in_image,
                    major_digits: variant.major_digits,
                    versions: variant.versions,
                    built_upon: variant.built_upon,
                },
                data: facts.data.clone().unwrap_or_default(),
                options: facts.options.unwrap_or_default(),
                credentials: facts.credentials.clone().unwrap_or_default(),
                memory: facts.memory.clone(),
                stop: facts.stop.clone(),
                recovery_probes: facts.recovery_probes.clone().unwrap_or_default(),
                facts,
            }
        })
        .collect()
}

fn inherit(base: &Facts, own: Facts) -> Facts {
    fn both<T: Clone>(base: &[T], own: Vec<T>) -> Vec<T> {
        base.iter().cloned().chain(own).collect()
    }
    Facts {
        data: own.data.or_else(|| base.data.clone()),
        options: own.options.or(base.options),
        configuration: own.configuration.or_else(|| base.configuration.clone()),
        credentials: own.credentials.or_else(|| base.credentials.clone()),
        secrets: both(&base.secrets, own.secrets),
        authentication: own.authentication.or_else(|| base.authentication.clone()),
        switches: switches(&base.switches, own.switches),
        stop: own.stop.or_else(|| base.stop.clone()),
        recovery_probes: own.recovery_probes.or_else(|| base.recovery_probes.clone()),
        cluster_probes: own.cluster_probes.or_else(|| base.cluster_probes.clone()),
        socket_probes: own.socket_probes.or_else(|| base.socket_probes.clone()),
        leaves_by: both(&base.leaves_by, own.leaves_by),
        memory: own.memory.or_else(|| base.memory.clone()),
        disk: own.disk.or_else(|| base.disk.clone()),
        user: own.user.or(base.user),
        made_by_entrypoint: own.made_by_entrypoint.or(base.made_by_entrypoint),
        needs_privileges: own.needs_privileges.or(base.needs_privileges),
        settings_prefix: own.settings_prefix.or_else(|| base.settings_prefix.clone()),
        forgives_settings_by: both(&base.forgives_settings_by, own.forgives_settings_by),
        keeps_locks_itself: own.keeps_locks_itself.or(base.keeps_locks_itself),
        shell: own.shell.or(base.shell),
        absent_programs: both(&base.absent_programs, own.absent_programs),
        cluster: own.cluster.or_else(|| base.cluster.clone()),
        end_of_life: own.end_of_life.or_else(|| base.end_of_life.clone()),
        sorts_by_libc: own.sorts_by_libc || base.sorts_by_libc,
        distribution: own.distribution.or_else(|| base.distribution.clone()),
        first_files: both(&base.first_files, own.first_files),
        stores: both(&base.stores, own.stores),
        empties_by: both(&base.empties_by, own.empties_by),
        drops_by: both(&base.drops_by, own.drops_by),
        first_folders: both(&base.first_folders, own.first_folders),
        recovery_programs: both(&base.recovery_programs, own.recovery_programs),
        upgrade: own.upgrade.or_else(|| base.upgrade.clone()),
        default_credentials: own.default_credentials.or_else(|| base.default_credentials.clone()),
        moved_tags: both(&base.moved_tags, own.moved_tags),
        unmaintained: own.unmaintained.or_else(|| base.unmaintained.clone()),
    }
}

/// A variant's word on a setting that its data was made with stands in the place of the engine's: its default may be another.
fn switches(base: &[Arc<Switch>], mut own: Vec<Arc<Switch>>) -> Vec<Arc<Switch>> {
    let mut all = Vec::with_capacity(base.len() + own.len());
    for switch in base {
        let is_same = |o: &Arc<Switch>| {
            o.turns == Turns::DataLayout
                && o.turns == switch.turns
                && o.flag == switch.flag
                && o.variable == switch.variable
        };
        let told_anew = own.iter().position(is_same).map(|at| own.remove(at));
        all.push(told_anew.unwrap_or_else(|| Arc::clone(switch)));
    }
    all.extend(own);
    all
}
