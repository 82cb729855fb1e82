//! What an engine file says. Every field is documented here; `docs/engines.md` is generated from the files themselves.
//!
//! A file describes one engine. Its `variants` are packagings of it (official image, Bitnami, an operator's image) that differ
//! in facts: each variant inherits what the engine says and overrides whole fields. Fields named `source` say where a fact
//! was read; `doubtful: true` marks one that no denial may rest on.
use serde::Deserialize;

use super::pattern::{Pattern, VersionRange};
use crate::{terms::Role, text::memory::MemoryUnit};

/// One file of `src/engines/`, or of the folder given by `--engines`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineFile {
    /// Unique, kebab-case; the engine's name everywhere.
    pub name: String,
    /// As its makers write it.
    pub title: String,
    /// The engine of which this one is a relative, and which is meant where nothing tells the two apart (mysql for mariadb).
    #[serde(default)]
    pub like: Option<String>,
    /// What it is, where it is not a database.
    #[serde(default)]
    pub class: Class,
    /// What people should know who pin a version of it.
    #[serde(default)]
    pub data_format: DataFormat,
    /// How a container that runs it is recognised.
    pub detect: Detect,
    /// Facts that hold for all variants that do not say otherwise.
    #[serde(default)]
    pub facts: Facts,
    /// Packagings. A container that none of them names has the first one's facts; of several that an image can be the first
    /// that takes its tag and version is meant.
    pub variants: Vec<VariantFile>,
    /// Where the facts of this file were read.
    #[serde(default)]
    pub sources: Vec<String>,
}

/// What a piece of software is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Class {
    /// A database: all rules apply.
    #[default]
    Database,
    /// A cache that never keeps anything (memcached): rules about data do not apply.
    Cache,
    /// Keeps state and is no database (a queue, an object store, a coordination service): recognised, so that it is not mistaken.
    Stateful,
}

/// Which part of the version changes the files on disk, so that going back is impossible.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DataFormat {
    /// The first number (`postgres:16` is pinned).
    Major,
    /// The first two numbers (`mysql:8` is not pinned, `mysql:8.0` is).
    #[default]
    Minor,
    /// None: any version reads any data.
    None,
}

/// A tag that has moved from one data format to another.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MovedTag {
    /// The tag.
    pub tag: String,
    /// The version that it stood for.
    pub from: String,
    /// The version that it stands for now.
    pub to: String,
}

/// How a container that runs the engine is recognised.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Detect {
    /// Words that stand for the engine in an image's or container's name: weak evidence.
    #[serde(default)]
    pub words: Vec<String>,
    /// Programs that are the server.
    #[serde(default)]
    pub servers: Vec<String>,
    /// Programs that talk to a server.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Ports the server listens on for its clients, then for its peers.
    #[serde(default)]
    pub ports: Vec<i64>,
    /// Variables that only the server's image reads.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Options that only this server knows, as people write them.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Folders in which only this engine keeps its data; the variants' data directories need not be repeated.
    #[serde(default)]
    pub paths: Vec<String>,
    /// Signs of another role than server; the first that holds decides.
    #[serde(default)]
    pub roles: Vec<RoleSign>,
}

/// A sign that a container of this engine has another role than server.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoleSign {
    /// That role.
    pub role: Role,
    /// The program that runs.
    #[serde(default)]
    pub program: Option<String>,
    /// An option on its command line.
    #[serde(default)]
    pub flag: Option<String>,
    /// A variable in its environment.
    #[serde(default)]
    pub variable: Option<String>,
    /// Sub-commands of which one counts: the first argument that is no option (`sql` in `cockroach sql`).
    #[serde(default)]
    pub arguments: Vec<String>,
    /// A word in the container's or workload's name.
    #[serde(default)]
    pub word: Option<String>,
    /// The option's or variable's values that count, in lower case; without it any. An option that stands alone is `true`.
    #[serde(default)]
    pub values: Vec<String>,
    /// Texts of which none may occur in the value, which may be empty: `node.roles` without `data`.
    #[serde(default)]
    pub without: Vec<String>,
    /// Where one of these holds, it is no sign.
    #[serde(default)]
    pub unless: Vec<Condition>,
}

/// One packaging of an engine.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VariantFile {
    /// Unique in its file; shown where it matters (`bitnami`).
    pub name: String,
    /// Repositories, without registry and without `library/`. `*` stands for any text within one segment.
    #[serde(default)]
    pub images: Vec<Pattern>,
    /// Only tags that match one of these are this variant; without it all.
    #[serde(default)]
    pub tags: Vec<Pattern>,
    /// Tags that are not this variant.
    #[serde(default)]
    pub not_tags: Vec<Pattern>,
    /// Where the engine's version stands in the tag, as `{}`: `pg{}`, `*-pg{}`. Without it the number that the tag begins with.
    #[serde(default)]
    pub version_in_tag: Vec<Pattern>,
    /// Where the engine's version stands in the last segment of the repository: `postgresql-{}-*`. A number without dots.
    #[serde(default)]
    pub version_in_image: Vec<Pattern>,
    /// How many digits of that number are the major, where a minor follows: 1 makes `mysql-84` 8.4, 2 makes `mariadb-1011` 10.11.
    #[serde(default)]
    pub major_digits: Option<usize>,
    /// Only these versions are this variant.
    #[serde(default)]
    pub versions: Option<VersionRange>,
    /// Facts that differ from the engine's.
    #[serde(default)]
    pub facts: Facts,
}

/// Facts about an engine, or what differs in a variant. A field that a variant gives replaces the engine's whole field, except
/// `secrets`, `switches`, `absent_programs` and `moved_tags`, which add to it.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Where the data lies.
    #[serde(default)]
    pub data: Option<Data>,
    /// How options are spelled.
    #[serde(default)]
    pub options: Option<Options>,
    /// Where settings come from beside the command line.
    #[serde(default)]
    pub configuration: Option<Configuration>,
    /// Credentials that the engine's image takes from variables.
    #[serde(default)]
    pub credentials: Option<Vec<CredentialSet>>,
    /// Further variables whose value is a secret.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Whether clients must authenticate.
    #[serde(default)]
    pub authentication: Option<Authentication>,
    /// Options and variables that make something unsafe.
    #[serde(default)]
    pub switches: Vec<Switch>,
    /// How it stops.
    #[serde(default)]
    pub stop: Option<Stop>,
    /// Probes that fail while it recovers.
    #[serde(default)]
    pub recovery_probes: Option<RecoveryProbes>,
    /// What must stay under the memory limit.
    #[serde(default)]
    pub memory: Option<Memory>,
    /// The user that the image runs as.
    #[serde(default)]
    pub user: Option<User>,
    /// True where the image has `/bin/sh`.
    #[serde(default)]
    pub shell: Option<bool>,
    /// Programs that people expect and the image lacks.
    #[serde(default)]
    pub absent_programs: Vec<AbsentProgram>,
    /// How members form one database.
    #[serde(default)]
    pub cluster: Option<Cluster>,
    /// Versions without updates.
    #[serde(default)]
    pub end_of_life: Option<Vec<EndOfLife>>,
    /// What an upgrade may skip.
    #[serde(default)]
    pub upgrade: Option<Upgrade>,
    /// Credentials that the image has when nobody sets any.
    #[serde(default)]
    pub default_credentials: Option<Vec<DefaultCredential>>,
    /// Tags that are known to have moved from one data format to another.
    #[serde(default)]
    pub moved_tags: Vec<MovedTag>,
    /// Set where the image itself is no longer maintained.
    #[serde(default)]
    pub unmaintained: Option<String>,
}

/// Where the data lies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The data directory when nothing moves it. Absent: it must be given (etcd).
    #[serde(default)]
    pub directory: Option<String>,
    /// True where no spec tells the directory (Windows images): nothing is said about it.
    #[serde(default)]
    pub unknown: bool,
    /// Folders that hold data beside it and need a volume as well (`/data/configdb` does not; a second log folder may).
    #[serde(default)]
    pub also: Vec<String>,
    /// Options and variables whose value is one more such folder (`--wal-dir`).
    #[serde(default)]
    pub also_by: Vec<Condition>,
    /// Links in the image: a mount at one of them is a mount where it points to.
    #[serde(default)]
    pub links: Vec<Link>,
    /// Where a volume is mounted, if not at the directory itself.
    #[serde(default)]
    pub mount: Option<String>,
    /// `VOLUME`s of the image: containerd covers a mount above one of them with an anonymous volume.
    #[serde(default)]
    pub image_volumes: Vec<String>,
    /// Options that move the directory.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Variables that move the directory.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Texts behind which the path stands inside the value of one of `flags` (`path=` in `--store=path=/x,size=1Gi`).
    #[serde(default)]
    pub path_after: Vec<String>,
    /// Options that name a configuration file which may move it: the directory is then unknown.
    #[serde(default)]
    pub config_flags: Vec<String>,
    /// Data directories that take the place of `directory` under a condition (mongod's `--configsvr`). The first that holds
    /// counts; what `flags` and `variables` say comes before it.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
    /// Mounts that look right and are not: the server ignores them or refuses to start.
    #[serde(default)]
    pub wrong_mounts: Vec<WrongMount>,
    /// Whether losing the data can be meant.
    #[serde(default)]
    pub keeps: Keeps,
    /// Signs that data is to be kept, for `keeps: when_asked`; a persistent volume at the directory is one by itself.
    #[serde(default)]
    pub asked_by: Vec<Condition>,
    /// Signs that nothing is written although `asked_by`, a volume or the default says so (`--save ""`).
    #[serde(default)]
    pub declined_by: Vec<Condition>,
    /// Signs that the server keeps everything in memory (`--store=type=mem`).
    #[serde(default)]
    pub in_memory: Vec<Condition>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// Another data directory.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Elsewhere {
    /// When the data lies there.
    pub when: Condition,
    /// That directory.
    pub directory: String,
}

/// A link in an image.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    /// Where it lies.
    pub path: String,
    /// Where it points to.
    pub to: String,
}

/// A mount that looks right and is not.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WrongMount {
    /// The mountPath.
    pub path: String,
    /// What happens, to complete "a volume at PATH ...": `is ignored: the data goes to X`.
    pub does: String,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// Whether an engine's data is meant to outlive its Pod.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keeps {
    /// Always.
    #[default]
    Always,
    /// Only where the spec asks for it; a cache otherwise (redis).
    WhenAsked,
    /// Never (memcached).
    Never,
}

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
    /// Where one of these holds, it does not.
    #[serde(default)]
    pub unless: Vec<Condition>,
    /// It holds only where one of these does; empty: always.
    #[serde(default)]
    pub only_with: Vec<Condition>,
}

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
    /// Where one of these holds, the server needs none: security is switched off.
    #[serde(default)]
    pub unless: Vec<Condition>,
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
    /// What to write to turn it on.
    #[serde(default)]
    pub help: Option<String>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
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
    /// It counts also where it is not given at all (scylla's developer mode is on by default).
    #[serde(default)]
    pub when_absent: bool,
    /// For [`Turns::DataLayout`]: to give it for the first time is a supported step, and only another value is dangerous
    /// (mongod's `--replSet`).
    #[serde(default)]
    pub may_be_added: bool,
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
}

/// How the server stops.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stop {
    /// The image's STOPSIGNAL.
    #[serde(default = "sigterm")]
    pub signal: String,
    /// What the server does on that signal.
    pub on_signal: OnSignal,
    /// Seconds below which a clean stop cannot be expected.
    #[serde(default)]
    pub minimum_seconds: i64,
    /// Seconds that a Pod is given where its author left the default; at most 600.
    #[serde(default)]
    pub grace_seconds: Option<i64>,
    /// Give `grace_seconds` only where the data is on a claim.
    #[serde(default)]
    pub grace_with_claim_only: bool,
    /// A hook that makes it stop, run for real by a test of this project.
    #[serde(default)]
    pub pre_stop: Option<PreStop>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

fn sigterm() -> String {
    "SIGTERM".to_owned()
}

/// What a server does on its stop signal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnSignal {
    /// It stops cleanly.
    Stops,
    /// It refuses new clients and waits for the ones it has.
    WaitsForClients,
    /// It never hears it.
    Ignores,
    /// It stops at once, uncleanly.
    Dies,
}

/// A preStop hook.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PreStop {
    /// The argv; `{data}` stands for the effective data directory.
    pub command: Vec<String>,
    /// Why it helps, one sentence.
    pub why: String,
    /// The test that ran it.
    pub verified_by: String,
}

/// Probes that fail while the engine recovers.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RecoveryProbes {
    /// Programs or words in an exec probe.
    #[serde(default)]
    pub commands: Vec<String>,
    /// Paths of an HTTP probe.
    #[serde(default)]
    pub paths: Vec<String>,
    /// True where the port is closed during recovery, so that a TCP probe fails.
    #[serde(default)]
    pub tcp: bool,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// What must stay under the memory limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// What is added up.
    pub terms: Vec<MemoryTerm>,
    /// The most that the sum may be of the limit, in percent, where data is kept.
    pub most_percent: i64,
    /// The same for a cache.
    #[serde(default)]
    pub most_percent_cache: Option<i64>,
    /// May a limit be given where a term is neither set nor has a default?
    pub unset: Unset,
    /// The server does not start in less (`2000M`).
    #[serde(default)]
    pub refuses_below: Option<String>,
    /// Less is a hint, never more (`1Gi`).
    #[serde(default)]
    pub advised: Option<String>,
    /// True where the sum may never be taken (etcd's quota is of its file): it decides whether a limit may be given, and a
    /// limit below it is no finding.
    #[serde(default)]
    pub doubtful: bool,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// One part of what a server takes.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MemoryTerm {
    /// As people call it: `innodb_buffer_pool_size`.
    pub name: String,
    /// Options that set it.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Variables that set it.
    #[serde(default)]
    pub variables: Vec<String>,
    /// The value follows this text inside the variable or option: `-Xmx` in ES_JAVA_OPTS. Without it there, it is the value.
    #[serde(default)]
    pub after: Option<String>,
    /// How its value is written; needed unless it is `fixed`.
    #[serde(default)]
    pub unit: Option<MemoryUnit>,
    /// True where 0 means what leaving it out means (redis: no bound; etcd: the default).
    #[serde(default)]
    pub zero_is_unset: bool,
    /// How many times it is taken.
    #[serde(default = "one")]
    pub factor: i64,
    /// A Kubernetes quantity, or a share of the container's memory (`25%`), that is taken when nothing sets it.
    #[serde(default)]
    pub default: Option<String>,
    /// A Kubernetes quantity that is always taken.
    #[serde(default)]
    pub fixed: Option<String>,
}

fn one() -> i64 {
    1
}

/// Whether a limit may be given where a term is neither set nor has a default.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unset {
    /// No.
    Never,
    /// From this Kubernetes quantity on.
    AtLeast(String),
}

/// The user that an image runs as.
#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct User {
    /// User id.
    pub uid: i64,
    /// Group id.
    pub gid: i64,
    /// True where the container starts as root and drops.
    #[serde(default)]
    pub starts_as_root: bool,
}

/// A program that people expect and the image lacks.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AbsentProgram {
    /// Its name.
    pub program: String,
    /// Versions that lack it; without it all.
    #[serde(default)]
    pub versions: Option<VersionRange>,
    /// What to use instead.
    pub instead: String,
}

/// How members form one database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// True where a majority decides.
    #[serde(default)]
    pub quorum: bool,
    /// Fewest members that survive the loss of one.
    #[serde(default)]
    pub members: Option<i64>,
    /// Signs that replicas are members of one database.
    #[serde(default)]
    pub joined_by: Vec<Condition>,
    /// Signs that each replica is a database of its own.
    #[serde(default)]
    pub single_by: Vec<Condition>,
    /// True where members must start in order.
    #[serde(default)]
    pub ordered: bool,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// Versions without updates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndOfLife {
    /// Which.
    pub versions: VersionRange,
    /// Since when, `YYYY-MM-DD`.
    pub date: String,
}

/// What an upgrade may skip.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Upgrade {
    /// How many majors may be gone up at once; absent: any.
    #[serde(default)]
    pub most_majors: Option<i64>,
    /// True where the image itself upgrades the files.
    #[serde(default)]
    pub in_place: bool,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
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
