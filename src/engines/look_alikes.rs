//! Software that carries an engine's name and is no server of it.
use serde::Deserialize;

use super::{Pattern, document, patterns::Patterns, table::Table};
use crate::tree::FileError;

/// What a look-alike is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LookAlike {
    /// Reads figures off a server.
    Exporter,
    /// Passes queries on: poolers, proxies, routers.
    Router,
    /// Talks to a server: backup agents, migrations, administration pages.
    Client,
    /// Makes databases, and is none.
    Operator,
    /// Something else that has the name in its own.
    Other,
}

/// The file `look-alikes.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    /// Repositories, as in an engine's `images`.
    images: Vec<Images>,
    /// Words of an image's last segment, split at `-`, `_` and `.`.
    words: Vec<Words>,
    /// Administration pages.
    pages: Vec<AdminPage>,
}

/// An administration page that can log in to a database by itself.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdminPage {
    /// Repositories, as in an engine's `images`.
    images: Vec<Pattern>,
    /// Variables with which it logs in to the database on behalf of its visitors.
    pub logs_in_by: Vec<String>,
    /// Variables that make it ask its visitors who they are.
    pub guarded_by: Vec<String>,
    /// What to write instead.
    pub help: String,
    /// Where that was read.
    #[expect(dead_code, reason = "for those who read the file")]
    source: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Images {
    is: LookAlike,
    images: Vec<Pattern>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    is: LookAlike,
    words: Vec<String>,
    /// Only the last word counts: `mysql-api` is an application, `orders-api-mysql` may be a server.
    #[serde(default)]
    at_end: bool,
}

/// What is known of such software, to be looked up by name.
#[derive(Debug, Default)]
pub struct LookAlikes {
    /// With the position of the group, since the first group of the file wins.
    images: Patterns<(usize, LookAlike)>,
    /// By words in lower case, in the order of the file.
    words: Table<String, Vec<Word>>,
    pages: Vec<AdminPage>,
}

#[derive(Debug, Clone, Copy)]
struct Word {
    is: LookAlike,
    at_end: bool,
}

impl LookAlikes {
    pub(super) fn read(text: &str) -> Result<Self, FileError> {
        let file: File = document("look-alikes.yaml", text)?;
        let mut all = Self::default();
        for (position, group) in file.images.iter().enumerate() {
            group.images.iter().for_each(|pattern| all.images.add(pattern, (position, group.is)));
        }
        for Words { is, words, at_end } in file.words {
            for word in words {
                all.words.entry(word.to_ascii_lowercase()).or_default().push(Word { is, at_end });
            }
        }
        all.pages = file.pages;
        Ok(all)
    }

    /// What an image path (without registry) is, if it is known to be no server. The last segment, and every longer end of it, is compared.
    #[must_use]
    pub fn image(&self, path: &str) -> Option<LookAlike> {
        let mut ends = std::iter::once(path).chain(path.match_indices('/').filter_map(|(i, _)| path.get(i + 1..)));
        ends.find_map(|end| self.images.matching(end).min_by_key(|(position, _)| *position)).map(|(_, is)| is)
    }

    /// What is known of an administration page, by its image's path.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<&AdminPage> {
        let ends = || std::iter::once(path).chain(path.match_indices('/').filter_map(|(i, _)| path.get(i + 1..)));
        self.pages.iter().find(|page| ends().any(|end| page.images.iter().any(|pattern| pattern.matches(end))))
    }

    /// What a name's words make it.
    #[must_use]
    pub fn words(&self, name: &str) -> Option<LookAlike> {
        let split = |name| str::split(name, ['-', '_', '.', '/']);
        let last = split(name).next_back();
        split(name).find_map(|word| {
            let known = if word.bytes().any(|b| b.is_ascii_uppercase()) {
                self.words.get(&word.to_ascii_lowercase())
            } else {
                self.words.get(word)
            };
            known?.iter().find(|w| !w.at_end || Some(word) == last).map(|w| w.is)
        })
    }
}
