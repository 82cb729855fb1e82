//! Members of one database.
use serde::Deserialize;

use super::Condition;

/// How members form one database.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cluster {
    /// True where a majority decides.
    #[serde(default)]
    pub quorum: bool,
    /// True where every member votes on everything, so that an even number survives no more than one fewer does.
    #[serde(default)]
    pub all_vote: bool,
    /// Fewest members that survive the loss of one.
    #[serde(default)]
    pub members: Option<i64>,
    /// True where a voter without data may run in a workload of its own (an arbiter), so that two members can be enough.
    #[serde(default)]
    pub may_have_arbiters: bool,
    /// Signs that a member does not vote.
    #[serde(default)]
    pub no_voter_by: Vec<Condition>,
    /// Options and variables that list all voters, separated by commas.
    #[serde(default)]
    pub listed_by: Vec<String>,
    /// Options and variables that name hosts of members, or a host that knows them, separated by commas or blanks.
    #[serde(default)]
    pub peers_by: Vec<String>,
    /// How many members have a copy of each piece of the data, where that is not all of them: a majority of these must stay.
    #[serde(default)]
    pub copies: Option<i64>,
    /// Signs that replicas are members of one database.
    #[serde(default)]
    pub joined_by: Vec<Condition>,
    /// Signs that each replica is a database of its own.
    #[serde(default)]
    pub single_by: Vec<Condition>,
    /// True where members must start in order.
    #[serde(default)]
    pub ordered: bool,
    /// True where one member takes all writes, and whoever connects to another by chance is refused.
    #[serde(default)]
    pub one_writer: bool,
    /// Signs that others take writes as well, or send clients where they belong.
    #[serde(default)]
    pub many_writers_by: Vec<Condition>,
    /// Signs that every replica of the workload follows a writer elsewhere. An option counts where it is an argument of its own: a script may
    /// give it to some.
    #[serde(default)]
    pub followers_by: Vec<Condition>,
    /// True where a member is ready only among a majority, so that all must start at once.
    #[serde(default)]
    pub together: bool,
    /// Source.
    #[serde(default)]
    pub source: Option<String>,
}
