//! What must stay under the memory limit.
use serde::Deserialize;

use crate::text::memory::MemoryUnit;

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
    /// A Kubernetes quantity below which its settings cannot be brought (WiredTiger's cache): at it nothing is said about the share.
    #[serde(default)]
    pub least: Option<String>,
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
