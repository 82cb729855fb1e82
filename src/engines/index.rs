//! Look-ups that detection makes for every container: what an image, a port, a variable, a folder stand for.
use std::collections::HashMap;

use super::{Engine, Pattern, schema::Class};

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
    images: HashMap<String, Vec<usize>>,
    globs: Vec<(Pattern, usize)>,
    ports: HashMap<i64, Vec<usize>>,
    variables: HashMap<String, Vec<usize>>,
    folders: HashMap<String, Vec<usize>>,
    servers: HashMap<String, Vec<usize>>,
    clients: HashMap<String, Vec<usize>>,
    words: HashMap<String, Vec<usize>>,
}

impl Index {
    pub(super) fn new(engines: &[Engine]) -> Self {
        let mut index = Self::default();
        let mut add = |map: fn(&mut Self) -> &mut HashMap<String, Vec<usize>>, key: &str, at: usize| {
            let list = map(&mut index).entry(key.to_owned()).or_default();
            if !list.contains(&at) {
                list.push(at);
            }
        };
        let mut first: HashMap<&str, usize> = HashMap::new();
        for (at, engine) in engines.iter().enumerate() {
            let kind = *first.entry(&*engine.name).or_insert(at);
            for pattern in engine.packaging.images.iter().filter(|p| !p.as_str().contains('*')) {
                add(|i| &mut i.images, pattern.as_str(), at);
            }
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
            let globs = engine.packaging.images.iter().filter(|p| p.as_str().contains('*'));
            index.globs.extend(globs.map(|p| (p.clone(), at)));
            let kind = first.get(&*engine.name).copied().unwrap_or(at);
            for port in &engine.detect.ports {
                let list = index.ports.entry(*port).or_default();
                if !list.contains(&kind) {
                    list.push(kind);
                }
            }
        }
        index.globs.sort_by_key(|(p, _)| std::cmp::Reverse(p.weight()));
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
            let mut found: Vec<usize> = self.images.get(end).cloned().unwrap_or_default();
            let best = self.globs.iter().filter(|(p, _)| p.matches(end)).map(|(_, at)| *at);
            found.extend(best);
            if !found.is_empty() {
                return Some((sure, found));
            }
        }
        None
    }

    fn list(map: &HashMap<String, Vec<usize>>, key: &str) -> impl Iterator<Item = usize> {
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
        let fits = self.words.iter().filter(|(word, _)| word.len() > 3 && name.ends_with(word.as_str()));
        fits.max_by_key(|(word, _)| word.len()).and_then(|(_, list)| list.first().copied())
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
