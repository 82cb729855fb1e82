//! What is a secret in a variable or on a command line, and what only looks like one: `secrets.yaml`, which a file of the same name in
//! the folder of `--engines` adds to.
mod line;
mod names;
#[cfg(test)]
mod tests;

use serde::Deserialize;

use super::{Pattern, document, patterns::Patterns};
use crate::{
    text::{
        command::{has_reference, only_references},
        url,
    },
    tree::FileError,
};

pub use line::{Exposed, Leads};
use names::{Letters, ends_with, first_letters, words};

/// Stands for any program.
const ANYBODY: &str = "*";

/// The file `secrets.yaml`.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Secrets {
    /// Values that point at a secret and are none.
    #[serde(default)]
    references: References,
    /// Names of variables whose value is a secret.
    #[serde(default)]
    names: Names,
    /// Passwords that anybody tries first, in lower case.
    #[serde(default)]
    well_known: Vec<String>,
    /// What brings credentials into a container without a variable of the spec.
    #[serde(default)]
    injectors: Injectors,
    /// Beginnings of connection strings of databases.
    #[serde(default)]
    schemes: Vec<String>,
    /// HTTP interfaces of databases.
    #[serde(default)]
    http: Http,
    /// Last words of long options that take a password after an equals sign, with any program.
    #[serde(default)]
    option_words: Vec<String>,
    /// What each program takes on its command line.
    #[serde(default)]
    programs: Vec<ProgramSecrets>,
    /// Positions in `programs`, by the names of the programs.
    #[serde(skip)]
    by_program: Patterns<usize>,
    /// Those that count with any program.
    #[serde(skip)]
    anybodys: Vec<usize>,
    /// The last letters of names that say that a value is secret.
    #[serde(skip)]
    last_letters: Letters,
}

/// Values that point at a secret and are none.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct References {
    #[serde(default)]
    prefixes: Vec<String>,
    /// Compared with what stands before a question mark.
    #[serde(default)]
    suffixes: Vec<String>,
    /// Placeholders that somebody fills in before the value is used.
    #[serde(default)]
    enclosed: Vec<Enclosed>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Enclosed {
    begin: String,
    end: String,
}

/// Names of variables whose value is a secret. All are compared without regard to case.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Names {
    /// The last word of the name.
    #[serde(default)]
    last_words: Vec<String>,
    /// The end of the last word.
    #[serde(default)]
    endings: Vec<String>,
    /// Whole names.
    #[serde(default)]
    exact: Vec<String>,
    /// Whole names that are none.
    #[serde(default)]
    never: Vec<String>,
    /// With one of these words a name asks how a password is handled, and holds none.
    #[serde(default)]
    never_with: Vec<String>,
    /// Values of such variables that are no secret.
    #[serde(default)]
    no_secrets: Vec<String>,
}

/// What brings credentials into a container without a variable of the spec.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Injectors {
    /// Annotations of the Pod, by the beginning of their key.
    #[serde(default)]
    annotations: Vec<String>,
    /// Drivers of CSI volumes.
    #[serde(default)]
    drivers: Vec<String>,
}

/// HTTP interfaces of databases: a URL with a password that leads to none of them has none of a database's.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Http {
    /// Their ports.
    #[serde(default)]
    ports: Vec<u16>,
    /// Words of hosts' names.
    #[serde(default)]
    words: Vec<String>,
    /// Options that take a proxy: it is not where a request leads.
    #[serde(default)]
    proxies: Vec<String>,
}

/// What some programs take on their command line.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ProgramSecrets {
    /// File names.
    programs: Vec<Pattern>,
    /// True where the program is no database's by itself.
    #[serde(default)]
    general: bool,
    #[serde(default)]
    options: Vec<SecretOption>,
    #[serde(default)]
    words: Vec<SecretWord>,
    /// How to do without, one sentence.
    instead: String,
}

/// An option that takes a secret.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretOption {
    /// As people write it, with its dashes.
    names: Vec<String>,
    #[serde(default)]
    value: Stands,
    #[serde(default)]
    holds: Holds,
    /// It counts only beside one of these options.
    #[serde(default)]
    with: Vec<String>,
    /// What its names begin with.
    #[serde(skip)]
    letters: Letters,
}

/// Where an option's value stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stands {
    /// In the same word or in the next.
    #[default]
    Anywhere,
    /// In the same word; a blank after the option means something else.
    Attached,
    /// In the next word; what is glued to the option belongs to another one.
    Separate,
}

/// What an option's value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Holds {
    /// The secret.
    #[default]
    Password,
    /// `user:secret`.
    UserAndPassword,
}

/// A word that is a secret by its place.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct SecretWord {
    /// Sub-commands, in any case.
    after: Vec<String>,
    /// Which word after the sub-command, from 1; options do not count. Without it the last one.
    #[serde(default)]
    nth: usize,
}

impl Secrets {
    pub(super) fn read(file: &str, text: &str) -> Result<Self, FileError> {
        let mut read: Self = document(file, text)?;
        read.index();
        Ok(read)
    }

    fn index(&mut self) {
        self.by_program = Patterns::default();
        self.anybodys.clear();
        for (position, group) in self.programs.iter().enumerate() {
            let named = group.programs.iter().filter(|program| program.as_str() != ANYBODY);
            named.for_each(|program| self.by_program.add(program, position));
            if group.is_anybodys() {
                self.anybodys.push(position);
            }
        }
        let names = &self.names;
        let ends = names.exact.iter().chain(&names.last_words).chain(&names.endings);
        self.last_letters = ends.filter_map(|end| end.bytes().next_back()).collect();
        for option in self.programs.iter_mut().flat_map(|group| &mut group.options) {
            option.letters = option.names.iter().flat_map(|name| first_letters(name)).collect();
        }
    }

    /// Adds what another file says; its programs come first.
    pub(super) fn add(&mut self, mut other: Self) {
        self.references.prefixes.append(&mut other.references.prefixes);
        self.references.suffixes.append(&mut other.references.suffixes);
        self.references.enclosed.append(&mut other.references.enclosed);
        self.names.last_words.append(&mut other.names.last_words);
        self.names.endings.append(&mut other.names.endings);
        self.names.exact.append(&mut other.names.exact);
        self.names.never.append(&mut other.names.never);
        self.names.never_with.append(&mut other.names.never_with);
        self.names.no_secrets.append(&mut other.names.no_secrets);
        self.well_known.append(&mut other.well_known);
        self.injectors.annotations.append(&mut other.injectors.annotations);
        self.injectors.drivers.append(&mut other.injectors.drivers);
        self.schemes.append(&mut other.schemes);
        self.http.ports.append(&mut other.http.ports);
        self.http.words.append(&mut other.http.words);
        self.option_words.append(&mut other.option_words);
        other.programs.append(&mut self.programs);
        self.programs = other.programs;
        self.index();
    }

    /// True for a value that points at a secret, or that somebody fills in before it is used.
    #[must_use]
    pub fn is_reference(&self, value: &str) -> bool {
        self.points_elsewhere(value) || only_references(value.trim()) || has_reference(value)
    }

    fn points_elsewhere(&self, value: &str) -> bool {
        let (value, refers) = (value.trim(), &self.references);
        let name = value.split_once('?').map_or(value, |(name, _)| name);
        refers.prefixes.iter().any(|p| value.starts_with(p.as_str()))
            || refers.suffixes.iter().any(|s| name.ends_with(s.as_str()))
            || refers.enclosed.iter().any(|e| is_enclosed(value, e))
    }

    /// True for a variable whose name says that its value is a secret. It errs towards no.
    #[must_use]
    pub fn is_secret_name(&self, name: &str) -> bool {
        let last = name.bytes().rev().find(u8::is_ascii_alphanumeric);
        if !last.is_some_and(|letter| self.last_letters.contains(letter)) {
            return false;
        }
        let names = &self.names;
        let listed = |list: &[String]| list.iter().any(|n| n.eq_ignore_ascii_case(name));
        if listed(&names.exact) {
            return true;
        }
        // Nearly every name ends otherwise, and is not taken apart.
        if !names.last_words.iter().chain(&names.endings).any(|end| ends_with(name, end)) {
            return false;
        }
        let words = words(name);
        let Some(last) = words.last() else { return false };
        !listed(&names.never)
            && !words.iter().any(|w| names.never_with.contains(w))
            && (names.last_words.contains(last) || names.endings.iter().any(|e| last.ends_with(e.as_str())))
    }

    /// True for a value that is a secret, where a name says that it is one.
    #[must_use]
    pub fn is_secret_value(&self, value: &str) -> bool {
        let bare = value.trim();
        // A password that begins like a path is rarer than a path in a variable with a careless name.
        let is_path = bare.starts_with('/') || bare.starts_with("file:");
        !bare.is_empty()
            && !is_path
            && !self.is_reference(bare)
            && !self.names.no_secrets.iter().any(|n| n.eq_ignore_ascii_case(bare))
    }

    /// True for a connection string that spells a password.
    #[must_use]
    pub fn has_spelled_password(&self, value: &str) -> bool {
        url::connection(value).is_some_and(|found| !self.points_elsewhere(value) && !self.is_reference(found.password))
    }

    /// True for a password that anybody tries first; of a connection string the one in it.
    #[must_use]
    pub fn is_well_known(&self, value: &str) -> bool {
        let password = url::connection(value).map_or(value, |found| found.password).trim();
        self.well_known.iter().any(|known| known.eq_ignore_ascii_case(password))
    }

    /// True for a Pod's annotation by which credentials are brought into its containers.
    #[must_use]
    pub fn is_injector_annotation(&self, key: &str) -> bool {
        self.injectors.annotations.iter().any(|a| key.starts_with(a.as_str()))
    }

    /// True for the driver of a CSI volume that brings credentials.
    #[must_use]
    pub fn is_injector_driver(&self, driver: &str) -> bool {
        self.injectors.drivers.iter().any(|d| d == driver)
    }
}

fn is_enclosed(value: &str, marks: &Enclosed) -> bool {
    value.strip_prefix(marks.begin.as_str()).and_then(|rest| rest.strip_suffix(marks.end.as_str())).is_some()
}
