//! Look-ups that detection makes for every container: what an image, a port, a variable, a folder stand for.
use std::collections::HashMap;

use super::{Engine, patterns::Patterns, schema::Class, table::Table};

/// How surely an image is a packaging.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ImageMatch {
    /// Only the last segment is the same (`team/mysql`): a mirror, or something built upon it.
    Basename,
    /// The repository itself, or its copy below a mirror's prefix.
    Repository,
}

/// Positions of engines (packagings) in the catalogue.
#[derive(Debug, Default)]
pub struct Index {
    /// The first packaging of the engine that each packaging is one of.
    kinds: Vec<usize>,
    images: Patterns<usize>,
    ports: Table<i64, Vec<usize>>,
    variables: Table<String, Vec<usize>>,
    folders: Table<String, Vec<usize>>,
    servers: Table<String, Vec<usize>>,
    clients: Table<String, Vec<usize>>,
    words: Table<String, Vec<usize>>,
    /// With the option's position among its engine's.
    flags: Table<String, Vec<(usize, usize)>>,
    secrets: Table<String, Vec<usize>>,
}

impl Index {
    pub(super) fn new(engines: &[Engine]) -> Self {
        let mut index = Self::default();
        let mut add = |map: fn(&mut Self) -> &mut Table<String, Vec<usize>>, key: &str, at: usize| {
            let list = map(&mut index).entry(key.to_owned()).or_default();
            if !list.contains(&at) {
                list.push(at);
            }
        };
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (at, engine) in engines.iter().enumerate() {
            let kind = *first.entry(&*engine.name).or_insert(at);
            let data = &engine.data;
            for folder in data.directory.iter().chain(&data.mount).chain(&data.image_volumes) {
                add(|i| &mut i.folders, folder, at);
            }
            let detect = &engine.detect;
            for variable in engine.credentials.iter().flat_map(|s| &s.variables).chain(&detect.variables) {
                add(|i| &mut i.variables, variable, kind);
            }
            for folder in &detect.paths {
                add(|i| &mut i.folders, folder, kind);
            }
            for program in &detect.servers {
                add(|i| &mut i.servers, program, kind);
            }
            for program in &detect.clients {
                add(|i| &mut i.clients, program, kind);
            }
            for word in &detect.words {
                add(|i| &mut i.words, word, kind);
            }
            let sets = engine.credentials.iter().flat_map(|s| &s.variables);
            for variable in engine.facts.secrets.iter().chain(sets).filter(|v| engine.is_secret(v)) {
                add(|i| &mut i.secrets, variable, at);
            }
        }
        // An alias that is another engine's own variable (MYSQL_ROOT_PASSWORD for mariadb) speaks for that engine alone.
        let mut aliases: HashMap<String, Vec<usize>> = HashMap::new();
        for engine in engines {
            let Some(kind) = first.get(&*engine.name) else { continue };
            for alias in engine.credentials.iter().flat_map(|s| &s.supplied_by) {
                let list = aliases.entry(alias.clone()).or_default();
                if !index.variables.contains_key(alias) && !list.contains(kind) {
                    list.push(*kind);
                }
            }
        }
        aliases.retain(|_, list| !list.is_empty());
        index.variables.extend(aliases);
        for (at, engine) in engines.iter().enumerate() {
            engine.packaging.images.iter().for_each(|pattern| index.images.add(pattern, at));
            let kind = first.get(&*engine.name).copied().unwrap_or(at);
            index.kinds.push(kind);
            if kind == at {
                for (position, flag) in engine.detect.flags.iter().enumerate() {
                    index.flags.entry(flag.clone()).or_default().push((kind, position));
                }
            }
            for port in &engine.detect.ports {
                let list = index.ports.entry(*port).or_default();
                if !list.contains(&kind) {
                    list.push(kind);
                }
            }
        }
        index
    }

    /// The packagings that a repository path (without registry and `library/`) is, the most specific name first.
    #[must_use]
    pub fn image(&self, path: &str) -> Option<(ImageMatch, Vec<usize>)> {
        let ends = std::iter::once(path).chain(path.match_indices('/').filter_map(|(i, _)| path.get(i + 1..)));
        for end in ends {
            // A name of one segment below somebody else's folder may be anything built upon it.
            let sure = if end.len() == path.len() || end.contains('/') {
                ImageMatch::Repository
            } else {
                ImageMatch::Basename
            };
            let found: Vec<usize> = self.images.matching(end).collect();
            if !found.is_empty() {
                return Some((sure, found));
            }
        }
        None
    }

    /// The first packaging of the engine whose packaging is at `at`: what stands for the engine as a whole.
    #[must_use]
    pub fn kind(&self, at: usize) -> usize {
        self.kinds.get(at).copied().unwrap_or(at)
    }

    /// Engines of which a word of a command line is an option, with or without a value behind a `=`; each with the option's position
    /// among the engine's.
    pub fn flag(&self, word: &str) -> impl Iterator<Item = (usize, usize)> {
        let names = std::iter::once(word).chain(word.match_indices('=').filter_map(|(end, _)| word.get(..end)));
        names.filter_map(|name| self.flags.get(name)).flatten().copied()
    }

    /// Packagings of which a variable's value is a secret.
    pub fn secret(&self, variable: &str) -> impl Iterator<Item = usize> {
        Self::list(&self.secrets, variable)
    }

    fn list(map: &Table<String, Vec<usize>>, key: &str) -> impl Iterator<Item = usize> {
        map.get(key).map(Vec::as_slice).unwrap_or_default().iter().copied()
    }

    /// Engines that listen on a port.
    pub fn port(&self, port: i64) -> impl Iterator<Item = usize> {
        self.ports.get(&port).map(Vec::as_slice).unwrap_or_default().iter().copied()
    }

    /// Engines whose image reads a variable.
    pub fn variable(&self, name: &str) -> impl Iterator<Item = usize> {
        Self::list(&self.variables, name)
    }

    /// Packagings that keep data in a folder.
    pub fn folder(&self, path: &str) -> impl Iterator<Item = usize> {
        Self::list(&self.folders, path)
    }

    /// Engines of which a program is the server.
    pub fn server(&self, program: &str) -> impl Iterator<Item = usize> {
        Self::list(&self.servers, program)
    }

    /// Engines of which a program is a client.
    pub fn client(&self, program: &str) -> impl Iterator<Item = usize> {
        Self::list(&self.clients, program)
    }

    /// The engine whose word a name ends in: `weddatamanagementmongo`. Words of four letters and more only.
    #[must_use]
    pub fn word_at_end(&self, name: &str) -> Option<usize> {
        // The longest first.
        let ends = (0..name.len().saturating_sub(3)).filter_map(|at| name.get(at..));
        ends.filter_map(|end| self.words.get(end)).find_map(|list| list.first().copied())
    }

    /// Engines that a word stands for.
    pub fn word(&self, word: &str) -> impl Iterator<Item = usize> {
        Self::list(&self.words, word)
    }
}

impl Class {
    /// As documentation names it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Database => "database",
            Self::Cache => "cache",
            Self::Stateful => "stateful",
        }
    }
}
