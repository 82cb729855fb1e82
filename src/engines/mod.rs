//! What is known about database engines: one YAML file each, read once at start.
//!
//! A file that does not fit the schema is an error with file, line and field. Users add their own files, or replace ours, with
//! `--engines DIR`.
mod embedded;
mod index;
mod look_alikes;
mod operators;
mod pattern;
mod patterns;
pub mod schema;
mod secrets;
#[cfg(test)]
mod tests;

use std::{collections::HashSet, path::PathBuf, sync::Arc};

pub use index::{ImageMatch, Index};
pub use look_alikes::{LookAlike, LookAlikes};
pub use operators::Operators;
pub use pattern::{Pattern, Version, VersionRange};
use schema::{
    Applies, Class, CredentialSet, Data, DataFormat, Detect, EngineFile, Facts, Memory, Options, RecoveryProbes, Stop,
    Switch, Turns,
};
pub use secrets::{Exposed, Secrets};

use crate::tree::{FieldError, Tree, from_node, nearest};

/// Why the catalogue could not be read.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// A file or folder could not be read.
    #[error("failed to read engine files at {path}")]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no YAML or JSON.
    #[error("{file}: line {line}: {message}")]
    Syntax {
        /// Which.
        file: String,
        /// 1-based.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// A field does not fit the schema.
    #[error("{file}: {error}")]
    Field {
        /// Which.
        file: String,
        /// Line, field and what is wrong.
        error: FieldError,
    },
}

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
    pub data: Data,
    /// How options are spelled.
    pub options: Options,
    /// Credentials taken from variables.
    pub credentials: Vec<CredentialSet>,
    /// What it means when a memory limit is set.
    pub memory: Option<Memory>,
    /// How it stops.
    pub stop: Option<Stop>,
    /// Probes that fail while it recovers.
    pub recovery_probes: RecoveryProbes,
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

    /// The switches that turn something off or on.
    pub fn switches(&self, turns: Turns) -> impl Iterator<Item = &Switch> {
        self.facts.switches.iter().filter(move |s| s.turns == turns)
    }

    /// True where the image reads its credentials only while the data directory is empty.
    #[must_use]
    pub fn reads_credentials_once(&self) -> bool {
        self.credentials.iter().any(|set| set.applies != Applies::EveryStart)
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

/// All engines that are known.
#[derive(Debug)]
pub struct Catalogue {
    engines: Vec<Engine>,
    index: Index,
    look_alikes: LookAlikes,
    operators: Operators,
    secrets: Secrets,
}

impl Catalogue {
    /// The engines that Seawall ships with.
    ///
    /// # Errors
    /// When an embedded file is faulty, which a test rules out.
    pub fn embedded() -> Result<Self, EngineError> {
        Self::read(&[])
    }

    /// The embedded engines and the files of `folders`, which add engines or replace one of the same name; a `secrets.yaml` among them
    /// adds to what is known of secrets.
    ///
    /// # Errors
    /// When a file cannot be read or does not fit the schema.
    pub fn with_folders(folders: &[PathBuf]) -> Result<Self, EngineError> {
        let mut files = Vec::new();
        for folder in folders {
            let failed = |source| EngineError::Read { path: folder.clone(), source };
            let mut paths = std::fs::read_dir(folder)
                .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>())
                .map_err(failed)?;
            paths.retain(|p| p.extension().is_some_and(|e| e == "yaml" || e == "yml"));
            paths.sort();
            for path in paths {
                let text = std::fs::read_to_string(&path)
                    .map_err(|source| EngineError::Read { path: path.clone(), source })?;
                files.push((path.display().to_string(), text));
            }
        }
        Self::read(&files)
    }

    fn read(own: &[(String, String)]) -> Result<Self, EngineError> {
        let mut files: Vec<EngineFile> = Vec::new();
        let shipped = embedded::ENGINES.iter().map(|(name, text)| ((*name).to_owned(), *text));
        let mut secrets = Secrets::read(embedded::SECRETS_FILE, embedded::SECRETS)?;
        for (file, text) in shipped.chain(own.iter().map(|(f, t)| (f.clone(), t.as_str()))) {
            if std::path::Path::new(&file).file_name().is_some_and(|name| name == embedded::SECRETS_FILE) {
                secrets.add(Secrets::read(&file, text)?);
                continue;
            }
            let read = parse(&file, text)?;
            files.retain(|f| f.name != read.name);
            files.push(read);
        }
        let look_alikes = LookAlikes::read(embedded::LOOK_ALIKES)?;
        let operators = Operators::read(embedded::OPERATORS)?;
        let engines: Vec<Engine> = files.into_iter().flat_map(resolve).collect();
        let index = Index::new(&engines);
        Ok(Self { engines, index, look_alikes, operators, secrets })
    }

    /// Every packaging of every engine, those of one engine together.
    #[must_use]
    pub fn engines(&self) -> &[Engine] {
        &self.engines
    }

    /// The first packaging of the engine called `name`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<&Engine> {
        self.engines.iter().find(|e| &*e.name == name)
    }

    /// The packagings of the engine called `name`.
    pub fn variants<'c>(&'c self, name: &'c str) -> impl Iterator<Item = &'c Engine> {
        self.engines.iter().filter(move |e| &*e.name == name)
    }

    /// The names of all engines, each once.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.engines.iter().map(|e| &*e.name).collect();
        names.dedup();
        names
    }

    /// Look-ups for detection.
    #[must_use]
    pub fn index(&self) -> &Index {
        &self.index
    }

    /// Who makes databases on others' behalf.
    #[must_use]
    pub fn operators(&self) -> &Operators {
        &self.operators
    }

    /// What is a secret in a variable or on a command line.
    #[must_use]
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Software that is mistaken for a database by its name.
    #[must_use]
    pub fn look_alikes(&self) -> &LookAlikes {
        &self.look_alikes
    }
}

/// Reads one YAML text through the tree.
fn document<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, EngineError> {
    let tree = Tree::one_from_yaml(text).map_err(|e| EngineError::Syntax {
        file: file.to_owned(),
        line: e.line,
        message: e.to_string_with_help(),
    })?;
    from_node(tree.root()).map_err(|error| EngineError::Field { file: file.to_owned(), error })
}

fn parse(file: &str, text: &str) -> Result<EngineFile, EngineError> {
    let read: EngineFile = document(file, text)?;
    check(&read).map_err(|message| EngineError::Field {
        file: file.to_owned(),
        error: FieldError { line: None, field: String::new(), message },
    })?;
    Ok(read)
}

/// What the types cannot say.
fn check(file: &EngineFile) -> Result<(), String> {
    if file.name.is_empty() || !file.name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-') {
        return Err(format!("name: {:?} is not kebab-case", file.name));
    }
    if file.variants.is_empty() {
        return Err("variants: at least one is needed".to_owned());
    }
    let mut names = HashSet::new();
    for variant in &file.variants {
        if !names.insert(&variant.name) {
            return Err(format!("variants: {:?} occurs twice", variant.name));
        }
    }
    for (place, facts) in std::iter::once(("facts".to_owned(), &file.facts))
        .chain(file.variants.iter().map(|v| (format!("variants[{}].facts", v.name), &v.facts)))
    {
        check_facts(facts).map_err(|message| format!("{place}.{message}"))?;
    }
    Ok(())
}

fn check_facts(facts: &Facts) -> Result<(), String> {
    if let Some(data) = &facts.data {
        let elsewhere = data.elsewhere.iter().map(|e| &e.directory);
        let paths =
            data.directory.iter().chain(&data.also).chain(&data.mount).chain(&data.image_volumes).chain(elsewhere);
        for path in paths.filter(|p| !p.starts_with('/') || p.ends_with('/')) {
            return Err(format!("data: {path:?} is not an absolute path without a slash at its end"));
        }
    }
    for switch in &facts.switches {
        if switch.flag.is_some() == switch.variable.is_some() {
            return Err(format!("switches: {:?} needs either flag or variable", switch.does));
        }
    }
    for set in facts.credentials.iter().flatten() {
        if let Some(stranger) = set.plain.iter().find(|v| !set.variables.contains(v)) {
            return Err(format!("credentials: plain names {stranger:?}{}", nearest(stranger, &set.variables)));
        }
    }
    if let Some(stop) = &facts.stop {
        if stop.grace_seconds.is_some_and(|s| !(1..=600).contains(&s)) {
            return Err("stop.grace_seconds: must be from 1 to 600, where node drains give up".to_owned());
        }
    }
    if let Some(memory) = &facts.memory {
        if !(1..=100).contains(&memory.most_percent) {
            return Err("memory.most_percent: must be from 1 to 100".to_owned());
        }
    }
    Ok(())
}

/// Gives each variant the engine's facts that it does not override.
fn resolve(file: EngineFile) -> Vec<Engine> {
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
        switches: both(&base.switches, own.switches),
        stop: own.stop.or_else(|| base.stop.clone()),
        recovery_probes: own.recovery_probes.or_else(|| base.recovery_probes.clone()),
        memory: own.memory.or_else(|| base.memory.clone()),
        user: own.user.or(base.user),
        shell: own.shell.or(base.shell),
        absent_programs: both(&base.absent_programs, own.absent_programs),
        cluster: own.cluster.or_else(|| base.cluster.clone()),
        end_of_life: own.end_of_life.or_else(|| base.end_of_life.clone()),
        upgrade: own.upgrade.or_else(|| base.upgrade.clone()),
        default_credentials: own.default_credentials.or_else(|| base.default_credentials.clone()),
        moved_tags: both(&base.moved_tags, own.moved_tags),
        unmaintained: own.unmaintained.or_else(|| base.unmaintained.clone()),
    }
}
