//! What is known about database engines: one YAML file each, read once at start.
//!
//! A file that does not fit the schema is an error with file, line and field. Users add their own files, or replace ours, with
//! `--engines DIR`.
mod check;
mod embedded;
mod engine;
mod index;
mod look_alikes;
mod operators;
mod pattern;
mod patterns;
mod range;
pub mod schema;
mod secrets;
mod table;
#[cfg(test)]
mod tests;

use std::path::PathBuf;

pub use engine::{Engine, Packaging};
pub use index::{ImageMatch, Index};
pub use look_alikes::{AdminPage, LookAlike, LookAlikes};
pub use operators::Operators;
pub use pattern::Pattern;
pub use range::VersionRange;
use schema::EngineFile;
pub use secrets::{Exposed, Leads, Secrets};

pub use crate::text::version::Version;
use crate::tree::{FileError, from_text, text_of};

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
    pub fn embedded() -> Result<Self, FileError> {
        Self::read(embedded::ENGINES, &[])
    }

    /// Some of the embedded engines alone, to measure what the others cost.
    ///
    /// # Errors
    /// When one is like an engine that is not among them.
    pub fn embedded_among(names: &[&str]) -> Result<Self, FileError> {
        let is_named = |file: &str| file.strip_suffix(".yaml").is_some_and(|name| names.contains(&name));
        let some: Vec<_> = embedded::ENGINES.iter().copied().filter(|(file, _)| is_named(file)).collect();
        Self::read(&some, &[])
    }

    /// The embedded engines and the files of `folders`, which add engines or replace one of the same name; a `secrets.yaml` among them
    /// adds to what is known of secrets.
    ///
    /// # Errors
    /// When a file cannot be read or does not fit the schema.
    pub fn with_folders(folders: &[PathBuf]) -> Result<Self, FileError> {
        let mut files = Vec::new();
        for folder in folders {
            let failed = |source| FileError::Read { path: folder.clone(), source };
            let mut paths = std::fs::read_dir(folder)
                .and_then(|entries| entries.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>())
                .map_err(failed)?;
            paths.retain(|p| p.extension().is_some_and(|e| e == "yaml" || e == "yml"));
            paths.sort();
            for path in paths {
                files.push((path.display().to_string(), text_of(&path)?));
            }
        }
        Self::read(embedded::ENGINES, &files)
    }

    fn read(shipped: &[(&str, &str)], own: &[(String, String)]) -> Result<Self, FileError> {
        let mut files: Vec<EngineFile> = Vec::new();
        let shipped = shipped.iter().map(|(name, text)| ((*name).to_owned(), *text));
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
        let engines: Vec<Engine> = files.into_iter().flat_map(engine::resolve).collect();
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

/// Reads one YAML text.
fn document<T: serde::de::DeserializeOwned>(file: &str, text: &str) -> Result<T, FileError> {
    from_text(file, text, |_, _| Ok(()))
}

fn parse(file: &str, text: &str) -> Result<EngineFile, FileError> {
    from_text(file, text, check::file)
}
