//! What a spec can say: options, variables, and what some of them switch.
use serde::Deserialize;

use crate::engines::VersionRange;

/// How options are spelled on the command line.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Options {
    /// `--name=value`, `--name value`, `-n value`; `-` and `_` are the same inside a name.
    #[default]
    Gnu,
    /// As `gnu`, and `-c name=value`.
    Postgres,
    /// `--name value...`, up to the next option.
    Redis,
    /// `-Ename=value`, `-E name=value`; a variable called like a setting (`xpack.security.enabled`) is that setting.
    Elastic,
}

/// Where settings come from beside the command line: what stands there is unknown, so nothing may rest on a default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Files and folders that the server reads by itself; a volume at, above or below one of them may set anything.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Ends of an argument that names a configuration file without an option: `.conf` in `redis-server /etc/redis.conf`.
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Variables that hold further options, as on a command line (`REDIS_ARGS`).
    #[serde(default)]
    pub variables: Vec<String>,
}

/// Something that a spec can say: an option, a variable, or a sub-command.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Condition {
    /// An option, with its dashes where people write them.
    #[serde(default)]
    pub flag: Option<String>,
    /// A variable.
    #[serde(default)]
    pub variable: Option<String>,
    /// Sub-commands of which one counts: the first argument that is no option (`start-single-node`).
    #[serde(default)]
    pub arguments: Vec<String>,
    /// Values that count, in lower case; without it any that is not empty. An option that stands alone is `true`.
    #[serde(default)]
    pub values: Vec<String>,
    /// For one that holds several: a text within the value that counts (`type=mem` in cockroach's `--store`).
    #[serde(default)]
    pub contains: Vec<String>,
    /// It holds only where the spec does not show the value: one that is written out is the same in each Pod.
    #[serde(default)]
    pub hidden: bool,
    /// Where one of these holds, it does not.
    #[serde(default)]
    pub unless: Vec<Condition>,
    /// It holds only where one of these does; empty: always.
    #[serde(default)]
    pub only_with: Vec<Condition>,
}

/// An option or a variable that makes something unsafe.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Switch {
    /// What it makes unsafe.
    pub turns: Turns,
    /// An option, with its dashes where people write them.
    #[serde(default)]
    pub flag: Option<String>,
    /// A variable.
    #[serde(default)]
    pub variable: Option<String>,
    /// Values that count, in lower case; without it any that is not empty. An option that stands alone is `true`.
    #[serde(default)]
    pub values: Vec<String>,
    /// For a variable or option that holds several: a text within the value that counts (`--auth=trust` in POSTGRES_INITDB_ARGS).
    #[serde(default)]
    pub contains: Vec<String>,
    /// It counts also where neither is given, and nothing out of sight could give it (scylla's developer mode is on by default).
    #[serde(default)]
    pub when_absent: bool,
    /// For [`Turns::DataLayout`]: to give it for the first time is a supported step, and only another value is dangerous
    /// (mongod's `--replSet`).
    #[serde(default)]
    pub may_be_added: bool,
    /// For [`Turns::DataLayout`]: the value that it has where nothing gives one. Without it, giving one for the first time warns.
    #[serde(default)]
    pub default: Option<String>,
    /// The same where versions differ; the first that holds counts, and none where the version is not known. An upgrade over such a
    /// difference changes the setting.
    #[serde(default)]
    pub default_by_version: Vec<VersionDefault>,
    /// Where one of these holds, it is harmless.
    #[serde(default)]
    pub unless: Vec<Condition>,
    /// It counts only where one of these holds; empty: always.
    #[serde(default)]
    pub only_with: Vec<Condition>,
    /// What it does, to complete "container X ...": `gives root@'%' an empty password`.
    pub does: String,
    /// What to write instead.
    pub help: String,
    /// Versions in which it has that effect.
    #[serde(default)]
    pub versions: Option<VersionRange>,
    /// Never the ground of a denial.
    #[serde(default)]
    pub doubtful: bool,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// The value that a setting has in some versions where nothing gives one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionDefault {
    /// Those versions.
    pub versions: VersionRange,
    /// The value.
    pub value: String,
}

/// What a [`Switch`] makes unsafe.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turns {
    /// Anyone gets in.
    AuthenticationOff,
    /// A crash can corrupt the data.
    DurabilityOff,
    /// A crash loses the last commits, and corrupts nothing.
    DurabilityRelaxed,
    /// A recovery or bootstrap switch that must not stay.
    RecoveryOn,
    /// Traffic is not encrypted or not verified.
    EncryptionOff,
    /// A mode for developers.
    DeveloperModeOn,
    /// A setting that never matches old data again; dangerous when it changes (to one of `values`, where there are any).
    DataLayout,
    /// An option that this version no longer knows.
    Removed,
    /// A password that the image makes up and prints into the log.
    PasswordPrinted,
    /// Data is thrown away when the memory is full: wrong where it is meant to be kept.
    EvictionOn,
    /// Something grows until the volume is full.
    GrowthUnbounded,
    /// The server runs as root, although its image would drop that.
    RootKept,
}
