//! From one version to another.
use serde::Deserialize;

use super::Condition;
use crate::engines::VersionRange;

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
    /// Where one of these holds, it upgrades them although `in_place` is false (`--upgrade-db`, `POSTGRESQL_UPGRADE`).
    #[serde(default)]
    pub in_place_by: Vec<Condition>,
    /// What must be done between two steps, since the image leaves it: `reindex what an older major has made`.
    #[serde(default)]
    pub by_hand: Option<String>,
    /// The release series in their order, of which an upgrade may not skip one; it stands before `most_majors`.
    #[serde(default)]
    pub series: Vec<String>,
    /// The release that has to come before some: a version that is older than it is read by none of those. It stands before all other
    /// ways to say so.
    #[serde(default)]
    pub ways_up: Vec<WayUp>,
    /// Versions from which on files of all versions before are not read, although `in_place` is true: they are dumped and loaded.
    #[serde(default)]
    pub breaks: Vec<String>,
    /// How far back is too far, where that is not what `data_format` says; the first that holds for the older version counts.
    #[serde(default)]
    pub no_way_back: Vec<NoWayBack>,
    /// Other engines whose files it reads.
    #[serde(default)]
    pub takes_over: Vec<TakesOver>,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}

/// Another engine whose files one reads.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TakesOver {
    /// Its name.
    pub engine: String,
    /// Its versions whose files are read; without it all.
    #[serde(default)]
    pub versions: Option<VersionRange>,
}

/// Versions that only read the files of one that is new enough.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WayUp {
    /// Those versions.
    pub versions: VersionRange,
    /// The oldest version that they take the files from: the last minor of the major before, for some.
    pub from: String,
}

/// Versions that do not read what a newer one has written, although `data_format` takes both for one.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoWayBack {
    /// The older versions; without it all.
    #[serde(default)]
    pub versions: Option<VersionRange>,
    /// How many numbers of the version must not go down: 1 is the major, 2 a minor, 3 also a patch release.
    pub numbers: usize,
}
