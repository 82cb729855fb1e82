//! What an engine file says. Every field is documented here; `docs/engines.md` is generated from the files themselves.
//!
//! A file describes one engine. Its `variants` are packagings of it (official image, Bitnami, an operator's image) that differ
//! in facts: each variant inherits what the engine says and overrides whole fields. Fields named `source` say where a fact
//! was read; `doubtful: true` marks one that no denial may rest on.
mod cluster;
mod credentials;
mod data;
mod detect;
mod memory;
mod options;
mod stop;
mod upgrade;

use std::sync::Arc;

use serde::Deserialize;

use super::{Pattern, VersionRange};

pub use cluster::Cluster;
pub use credentials::{Applies, Authentication, CredentialSet, DefaultCredential, Listens, NotBeside};
pub use data::{Data, Elsewhere, Inside, Keeps, Link, WrongMount};
pub use detect::{Detect, RoleSign};
pub use memory::{Blind, Memory, MemoryTerm, OtherDefault, SessionCount, Sessions, SharedMemory, Unset};
pub use options::{Condition, Configuration, Options, Switch, Turns, VersionDefault};
pub use stop::{ClusterProbes, OnSignal, OtherStop, PreStop, RecoveryProbes, SocketProbes, Stop};
pub use upgrade::{NoWayBack, TakesOver, Upgrade, WayUp};

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
    /// The releases of a distribution that versions of the image are built upon, where its tag names none; the first that holds counts.
    #[serde(default)]
    pub built_upon: Vec<BuiltUpon>,
    /// Facts that differ from the engine's.
    #[serde(default)]
    pub facts: Facts,
}

/// Facts about an engine, or what differs in a variant. A field that a variant gives replaces the engine's whole field, except
/// `secrets`, `switches`, `leaves_by`, `empties_by`, `drops_by`, `absent_programs`, `first_files`, `first_folders`, `stores` and `moved_tags`,
/// which add to it; of two switches that turn
/// `data_layout` by the same option or variable, the variant's counts.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// Where the data lies.
    #[serde(default)]
    pub data: Option<Arc<Data>>,
    /// How options are spelled.
    #[serde(default)]
    pub options: Option<Options>,
    /// Where settings come from beside the command line.
    #[serde(default)]
    pub configuration: Option<Arc<Configuration>>,
    /// Credentials that the engine's image takes from variables.
    #[serde(default)]
    pub credentials: Option<Arc<Vec<CredentialSet>>>,
    /// Further variables whose value is a secret.
    #[serde(default)]
    pub secrets: Vec<String>,
    /// Whether clients must authenticate.
    #[serde(default)]
    pub authentication: Option<Arc<Authentication>>,
    /// Options and variables that make something unsafe.
    #[serde(default)]
    pub switches: Vec<Arc<Switch>>,
    /// How it stops.
    #[serde(default)]
    pub stop: Option<Arc<Stop>>,
    /// Probes that fail while it recovers.
    #[serde(default)]
    pub recovery_probes: Option<Arc<RecoveryProbes>>,
    /// Probes that pass or fail by the state of others.
    #[serde(default)]
    pub cluster_probes: Option<Arc<ClusterProbes>>,
    /// Probes that pass too early at the first start.
    #[serde(default)]
    pub socket_probes: Option<Arc<SocketProbes>>,
    /// Commands that take a member out of its cluster for good, or empty it: a program and words among its arguments (`nodetool
    /// decommission`), or one text within an argument (`rs.remove`).
    #[serde(default)]
    pub leaves_by: Vec<String>,
    /// What must stay under the memory limit.
    #[serde(default)]
    pub memory: Option<Arc<Memory>>,
    /// What the data's volume must have room for by the server's own settings, beside everything else; written as parts of its memory
    /// are.
    #[serde(default)]
    pub disk: Option<Vec<MemoryTerm>>,
    /// The user that the image runs as.
    #[serde(default)]
    pub user: Option<User>,
    /// True where the image's makers have it run with privileges on its node.
    #[serde(default)]
    pub needs_privileges: Option<bool>,
    /// True where the server makes no first files by itself: the image's entrypoint does.
    #[serde(default)]
    pub made_by_entrypoint: Option<bool>,
    /// True where the image has `/bin/sh`.
    #[serde(default)]
    pub shell: Option<bool>,
    /// Programs that people expect and the image lacks.
    #[serde(default)]
    pub absent_programs: Vec<AbsentProgram>,
    /// How members form one database.
    #[serde(default)]
    pub cluster: Option<Arc<Cluster>>,
    /// Versions without updates.
    #[serde(default)]
    pub end_of_life: Option<Arc<Vec<EndOfLife>>>,
    /// What the names of variables begin with (`NEO4J_`) that the image takes for settings whatever follows; a Service of that name brings
    /// some.
    #[serde(default)]
    pub settings_prefix: Option<String>,
    /// Signs that the server starts with settings that it does not know.
    #[serde(default)]
    pub forgives_settings_by: Vec<Condition>,
    /// True where NFS is to be mounted without locks for it (`nolock`), as its makers say.
    #[serde(default)]
    pub keeps_locks_itself: Option<bool>,
    /// True where the order of text, and so its indexes, is the C library's.
    #[serde(default)]
    pub sorts_by_libc: bool,
    /// The distribution that the image is built upon where its tag names none (`alpine`); without it, one with the GNU C library.
    #[serde(default)]
    pub distribution: Option<String>,
    /// Files in the data directory that the engine makes first and keeps as long as there is data (`PG_VERSION`): who deletes only
    /// where one of them is not (`[ ! -f ... ]`) deletes no database.
    #[serde(default)]
    pub first_files: Vec<String>,
    /// Folders of the same kind (`[ ! -d ... ]`).
    #[serde(default)]
    pub first_folders: Vec<String>,
    /// Folders of the data directory that hold all of the data (`base`): to delete one is to delete the database.
    #[serde(default)]
    pub stores: Vec<Store>,
    /// Commands that delete everything that the server holds, written as `leaves_by` is (`redis-cli flushall`).
    #[serde(default)]
    pub empties_by: Vec<String>,
    /// Commands that stop the server without saving what it holds, written as `leaves_by` is (`redis-cli shutdown nosave`).
    #[serde(default)]
    pub drops_by: Vec<String>,
    /// Programs that throw away what a crash left, and belong into no start (`pg_resetwal`).
    #[serde(default)]
    pub recovery_programs: Vec<String>,
    /// What an upgrade may skip.
    #[serde(default)]
    pub upgrade: Option<Arc<Upgrade>>,
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
    /// The user id in images whose tag says `alpine`, where it is another.
    #[serde(default)]
    pub alpine_uid: Option<i64>,
    /// True where the server refuses files of another owner, whatever their group may do.
    #[serde(default)]
    pub must_own: bool,
}

/// A folder that holds all of the data.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Store {
    /// Its path below the data directory.
    pub folder: String,
    /// It does only where one of these holds; empty: always.
    #[serde(default)]
    pub only_with: Vec<Condition>,
}

/// The release of a distribution that versions of an image are built upon.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BuiltUpon {
    /// Those versions.
    pub versions: VersionRange,
    /// The release, as tags name it (`bookworm`).
    pub release: String,
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

/// Versions without updates.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndOfLife {
    /// Which.
    pub versions: VersionRange,
    /// Since when, `YYYY-MM-DD`.
    pub date: String,
}
