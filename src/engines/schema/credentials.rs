//! Credentials and authentication.
use serde::Deserialize;

use super::Condition;

/// Variables that go in together.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CredentialSet {
    /// The variables, in the order in which a Secret's keys are named in a message.
    pub variables: Vec<String>,
    /// Among them, the ones that are no secret (a user name).
    #[serde(default)]
    pub plain: Vec<String>,
    /// Variables of which each counts as the whole set supplied: aliases, `_FILE` forms, hashes, RANDOM and ALLOW_EMPTY.
    #[serde(default)]
    pub supplied_by: Vec<String>,
    /// Options that count as supplied.
    #[serde(default)]
    pub supplied_by_flags: Vec<String>,
    /// When the engine reads them.
    pub applies: Applies,
    /// True where the server does not start without.
    #[serde(default)]
    pub required: bool,
    /// True where they are never written by Seawall.
    #[serde(default)]
    pub never_written: bool,
    /// Where one of these holds, the server needs none, or has them from elsewhere: nothing is missing.
    #[serde(default)]
    pub unless: Vec<Condition>,
    /// The image reads them only where one of these holds; empty: always.
    #[serde(default)]
    pub only_with: Vec<Condition>,
    /// Files and folders that bring them as well: nothing is missing where something is mounted at, above or below one of them.
    #[serde(default)]
    pub in_files: Vec<String>,
    /// True where the image takes each from a file, too, by the variable with `_FILE` behind its name, and exits where both are set.
    #[serde(default)]
    pub exits_beside_file: bool,
    /// The variable that says from where their account may log in; without it, from everywhere.
    #[serde(default)]
    pub host_variable: Option<String>,
    /// What the value looks like where not any text will do: `neo4j/PASSWORD`. Told where a Secret has to be made.
    #[serde(default)]
    pub shape: Option<String>,
    /// Not written where this option is on the command line, unless the other one is too.
    #[serde(default)]
    pub not_beside: Vec<NotBeside>,
    /// What the server does without, to complete "without X the server ...".
    pub without: String,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// A guard of a credential set.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NotBeside {
    /// The option beside which nothing is written.
    pub flag: String,
    /// The option that lifts it.
    #[serde(default)]
    pub unless: Option<String>,
    /// What happens where the credentials are there all the same, to complete "container X ...": `never starts: ...`.
    #[serde(default)]
    pub does: Option<String>,
}

/// When an engine reads its credentials.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Applies {
    /// Only when the data directory is empty.
    FirstStart,
    /// At every start: they replace what the data holds.
    EveryStart,
    /// Their presence turns authentication on at every start, but the user is made only on an empty directory.
    SwitchesAuth,
}

/// Whether clients must authenticate.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Authentication {
    /// What the image does when nothing is said.
    pub on_by_default: bool,
    /// What turns it on where the default is off. A mounted configuration file makes it undecidable.
    #[serde(default)]
    pub on_by: Vec<Condition>,
    /// Options that name a configuration file, which may turn it on.
    #[serde(default)]
    pub config_flags: Vec<String>,
    /// Where the server takes connections: none comes from elsewhere where that is its loopback interface alone.
    #[serde(default)]
    pub listens: Option<Listens>,
    /// What to write to turn it on.
    #[serde(default)]
    pub help: Option<String>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// Where a server takes connections.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listens {
    /// Options and variables that name addresses or URLs, separated by commas or blanks.
    pub by: Vec<String>,
    /// True where it is the loopback interface unless one of them says otherwise.
    #[serde(default)]
    pub loopback_by_default: bool,
}

/// A credential that an image has when nobody sets one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DefaultCredential {
    /// The variable that would change it; absent where none does.
    #[serde(default)]
    pub variable: Option<String>,
    /// Whose it is (`superuser postgres`).
    pub account: String,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}
