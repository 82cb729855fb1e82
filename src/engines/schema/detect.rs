//! How a container that runs an engine is recognised.
use serde::Deserialize;

use super::Condition;
use crate::terms::Role;

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
    /// Sub-commands by which the server runs where its program is the image's entrypoint: `start` in `args: [start, ...]`.
    #[serde(default)]
    pub serving: Vec<String>,
    /// Programs that talk to a server.
    #[serde(default)]
    pub clients: Vec<String>,
    /// Programs among them that read a whole database out, for a backup.
    #[serde(default)]
    pub dumps: Vec<String>,
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
