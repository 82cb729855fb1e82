//! What is kept of the objects beside the one under review.
use crate::terms::Role;

/// A workload that somebody else's selector or reference points to.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct WorkloadFacts {
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// How many Pods it wants.
    pub replicas: i64,
    /// The Service that gives its Pods their names, of a StatefulSet.
    pub governing_service: String,
    /// How many containers its Pods run side by side.
    pub containers: usize,
    /// Those of them that hold a data set.
    pub databases: Vec<DatabaseFacts>,
}

/// A database of such a workload.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DatabaseFacts {
    /// The container.
    pub container: String,
    /// The engine's name.
    pub engine: String,
    /// What it does.
    pub role: Role,
    /// The container's ports: name, which may be empty, and number.
    pub ports: Vec<(String, i64)>,
    /// True where the spec shows that its replicas are members of one database in which a majority decides.
    pub is_voting: bool,
    /// True where the spec shows that they are members of one database, of which one takes all writes; false where all follow another
    /// that is none of them.
    pub has_one_writer: bool,
    /// How many of them have a copy of each piece of the data, where that is not all.
    pub copies: Option<i64>,
}

/// A workload that mounts a claim.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimUser {
    /// Kind.
    pub kind: String,
    /// Name.
    pub name: String,
    /// The engine whose data lies there; `None` where the mount is no database's, or holds something else of it.
    pub engine: Option<String>,
    /// The folder of the volume that is mounted; empty for all of it.
    pub sub_path: String,
}

/// A ConfigMap's texts, by their keys.
#[derive(Clone, PartialEq, Eq, Default)]
pub struct ConfigMapFacts {
    /// In the order of the document.
    pub data: Vec<(String, String)>,
}

/// Says which keys, never what: a text may hold a password.
impl std::fmt::Debug for ConfigMapFacts {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.data.iter().map(|(key, _)| key)).finish()
    }
}

impl ConfigMapFacts {
    /// The text under a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&str> {
        self.data.iter().find(|(k, _)| k == key).map(|(_, text)| text.as_str())
    }
}

/// A database that reads a ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfigUser {
    /// The workload's kind.
    pub kind: String,
    /// Its name.
    pub name: String,
    /// The engine's name.
    pub engine: String,
    /// How it reads it.
    pub reads: ConfigReading,
}

/// How a container reads a ConfigMap.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ConfigReading {
    /// All keys, as variables.
    Variables,
    /// Mounted: all keys, or these.
    Files(Option<Vec<String>>),
}

impl ConfigReading {
    /// True where it reads `key` as a file.
    #[must_use]
    pub fn has_file(&self, key: &str) -> bool {
        match self {
            Self::Variables => false,
            Self::Files(keys) => keys.as_ref().is_none_or(|keys| keys.iter().any(|k| k == key)),
        }
    }
}
