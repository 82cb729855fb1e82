//! Where an engine's data lies.
use serde::Deserialize;

use super::Condition;
use crate::engines::Pattern;

/// Where the data lies.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Data {
    /// The data directory when nothing moves it. Absent: it must be given, or lies `in_working_directory`.
    #[serde(default)]
    pub directory: Option<String>,
    /// The data directory when nothing moves it, below wherever the image starts: in the container, though nobody knows where (etcd's
    /// `default.etcd`).
    #[serde(default)]
    pub in_working_directory: Option<String>,
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
    /// Options that move the directory; of several between commas all count.
    #[serde(default)]
    pub flags: Vec<String>,
    /// Variables that move the directory, in the same way.
    #[serde(default)]
    pub variables: Vec<String>,
    /// Variables that name the folder around it, where none of `variables` is set (`POSTGRESQL_VOLUME_DIR`).
    #[serde(default)]
    pub inside: Vec<Inside>,
    /// Texts behind which the path stands inside the value of one of `flags` or `variables` (`path=` in `--store=path=/x,size=1Gi`), or
    /// in an argument (`rocksdb:` in `start rocksdb:/data`).
    #[serde(default)]
    pub path_after: Vec<String>,
    /// Options that name a configuration file which may move it: the directory is then unknown.
    #[serde(default)]
    pub config_flags: Vec<String>,
    /// Data directories that take the place of `directory` under a condition (mongod's `--configsvr`). The first that holds
    /// counts; what `flags` and `variables` say comes before it.
    #[serde(default)]
    pub elsewhere: Vec<Elsewhere>,
    /// What tools leave in the directory, by its path below it: nothing of the database goes with it (`xtrabackup_*`).
    #[serde(default)]
    pub by_products: Vec<Pattern>,
    /// True where the directory must be empty before the first start. The root of a block volume has `lost+found`.
    #[serde(default)]
    pub must_be_empty: bool,
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
    /// Signs that what is kept may be thrown away at any time, so that it only warms a cache up (`--maxmemory-policy allkeys-lru` with
    /// `--maxmemory`), for `keeps: when_asked`: where no persistent volume is at the directory either, `asked_by` does not count.
    #[serde(default)]
    pub cache_by: Vec<Condition>,
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

/// A data directory that is a folder of what a variable names.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inside {
    /// The variable.
    pub variable: String,
    /// The folder in it.
    pub folder: String,
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
