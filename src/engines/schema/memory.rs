//! What must stay under the memory limit.
use serde::Deserialize;

use super::Condition;
use crate::{engines::VersionRange, text::memory::MemoryUnit};

/// What must stay under the memory limit.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Memory {
    /// What is added up; none where nobody knows what its settings take.
    #[serde(default)]
    pub terms: Vec<MemoryTerm>,
    /// The most that the sum may be of the limit, in percent, where data is kept.
    #[serde(default = "all")]
    pub most_percent: i64,
    /// The same for a cache.
    #[serde(default)]
    pub most_percent_cache: Option<i64>,
    /// May a limit be given where a term is neither set nor has a default?
    pub unset: Unset,
    /// The server does not start in less (`2000M`).
    #[serde(default)]
    pub refuses_below: Option<String>,
    /// Options that say how many times `refuses_below` is needed (dragonfly's `--proactor_threads`).
    #[serde(default)]
    pub refuses_below_times: Vec<String>,
    /// Less is a hint, never more (`1Gi`).
    #[serde(default)]
    pub advised: Option<String>,
    /// A Kubernetes quantity below which its settings cannot be brought (WiredTiger's cache): at it nothing is said about the share.
    #[serde(default)]
    pub least: Option<String>,
    /// True where the sum may never be taken (etcd's quota is of its file): it decides whether a limit may be given, and a
    /// limit below it is no finding.
    #[serde(default)]
    pub doubtful: bool,
    /// What its connections take beside the terms.
    #[serde(default)]
    pub sessions: Option<Sessions>,
    /// What its queries take of `/dev/shm`, where a container has 64Mi unless a volume is mounted there.
    #[serde(default)]
    pub shared: Option<SharedMemory>,
    /// Where one of these holds, it does not start without huge pages.
    #[serde(default)]
    pub huge_pages: Vec<Condition>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// What connections take, each for itself.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sessions {
    /// How many there may be.
    pub most: SessionCount,
    /// What one of them may take, at least once.
    pub each: Vec<MemoryTerm>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// How many connections a server lets in.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SessionCount {
    /// As people call it: `max_connections`.
    pub name: String,
    /// Options that set it.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Variables that set it.
    #[serde(default)]
    pub variables: Vec<String>,
    /// How many there are when nothing sets it.
    pub default: i64,
}

/// What queries take of `/dev/shm`.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SharedMemory {
    /// What one query may take there.
    pub term: MemoryTerm,
    /// Where one of these holds, it takes nothing there.
    #[serde(default)]
    pub unless: Vec<Condition>,
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
    /// Names of the same setting in the server's configuration files, where they are not those of its options (`cacheSizeGB`).
    #[serde(default)]
    pub settings: Vec<String>,
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
    /// Versions that had another default.
    #[serde(default)]
    pub other_defaults: Vec<OtherDefault>,
    /// What becomes of it when nothing sets it and it has no default.
    #[serde(default)]
    pub blind: Option<Blind>,
    /// What to know who sets it; told where nothing bounds it.
    #[serde(default)]
    pub help: Option<String>,
    /// Where one of these holds and nothing else sets it, the server sizes it by the memory of the node, and `default` does not
    /// count (`--innodb-dedicated-server`).
    #[serde(default)]
    pub sized_by: Vec<Condition>,
    /// A Kubernetes quantity that is always taken.
    #[serde(default)]
    pub fixed: Option<String>,
}

fn one() -> i64 {
    1
}

fn all() -> i64 {
    100
}

/// A default of some versions.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OtherDefault {
    /// Which.
    pub versions: VersionRange,
    /// What they take; as `default`.
    pub default: String,
}

/// How a server grows where nothing bounds it: either way without a look at the memory limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Blind {
    /// It takes a share of the node's memory.
    Node,
    /// It takes what its data needs.
    Data,
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
