//! The members of a cluster, as far as one of its workloads shows them.
use super::{Database, condition::is_configured_elsewhere};

/// Where the members are that a spec names beside its own replicas.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Peers {
    /// None is named that is not a replica of this workload.
    OfItsOwn,
    /// Behind a name that may stand for others too.
    Perhaps,
    /// In other workloads.
    Others,
}

impl Database<'_> {
    /// True when the spec shows that its replicas are members of one database.
    #[must_use]
    pub fn is_member(&self) -> bool {
        let Some(cluster) = &self.engine.facts.cluster else { return false };
        cluster.joined_by.iter().any(|c| self.holds(c)) && !cluster.single_by.iter().any(|c| self.holds(c))
    }

    /// Where other members are that the spec names.
    fn peers(&self) -> Peers {
        let Some(cluster) = &self.engine.facts.cluster else { return Peers::OfItsOwn };
        let mut found = Peers::OfItsOwn;
        for name in &cluster.peers_by {
            let given = self.given(name);
            let said = self.option(name).map(|setting| setting.word().map_or("", |word| &word.text));
            let said = said.or_else(|| given.map(|var| var.value().str().unwrap_or("")));
            found = found.max(said.map_or(Peers::OfItsOwn, |list| self.look_for_strangers(list)));
        }
        found
    }

    fn look_for_strangers(&self, list: &str) -> Peers {
        // What a variable puts in may be anybody, and so may be what is in a file.
        if list.is_empty() || list.trim_start().starts_with(['$', '/']) {
            return Peers::Perhaps;
        }
        let (own, service) = (self.workload.name(), self.workload.spec().get("serviceName").text());
        let is_ordinal = |rest: &str| rest.starts_with('$') || rest.bytes().all(|b| b.is_ascii_digit());
        let is_own = |host: &str| {
            let first = host.split('.').next().unwrap_or("");
            let is_replica = first.strip_prefix(own).and_then(|rest| rest.strip_prefix('-')).is_some_and(is_ordinal);
            is_replica || host.starts_with('$') || [own, service, "localhost"].contains(&first)
        };
        let hosts = || list.split([',', ' ', ';']).map(host_of).filter(|host| !host.is_empty());
        match (hosts().count(), hosts().filter(|host| !is_own(host)).count()) {
            (_, 0) => Peers::OfItsOwn,
            // A Service of another name may have these members behind it, and others as well.
            (1, _) if !hosts().any(is_replica_name) => Peers::Perhaps,
            _ => Peers::Others,
        }
    }

    /// How many members vote, where the spec shows that it is one of them; `None` where it does not vote, or nobody can tell.
    #[must_use]
    pub fn voters(&self) -> Option<i64> {
        let cluster = self.engine.facts.cluster.as_ref().filter(|c| c.quorum)?;
        if !self.is_member() || cluster.no_voter_by.iter().any(|c| self.holds(c)) {
            return None;
        }
        let count = |list: &str| list.split(',').filter(|member| !member.trim().is_empty()).count();
        for name in &cluster.listed_by {
            if let Some(setting) = self.option(name) {
                return setting.value().and_then(|list| i64::try_from(count(list)).ok());
            }
            if let Some(var) = self.given(name) {
                // References inside a member's name do not change how many there are.
                return var
                    .value()
                    .str()
                    .filter(|l| !l.trim().starts_with("$("))
                    .and_then(|l| i64::try_from(count(l)).ok());
            }
        }
        (self.peers() != Peers::Others).then(|| self.workload.replicas())
    }

    /// True where all members are known that [`Database::voters`] counts: none can be in a workload or a file that the spec does not show.
    #[must_use]
    pub fn shows_all_voters(&self) -> bool {
        let cluster = self.engine.facts.cluster.as_ref();
        let is_list = |name: &String| self.option(name).is_some() || self.given(name).is_some();
        cluster.is_some_and(|cluster| cluster.listed_by.iter().any(is_list))
            || (self.peers() == Peers::OfItsOwn
                && !is_configured_elsewhere(self.engine, self.pod, self.container, self.options(), &self.script))
    }
}

/// The host in `https://es-0.es:9300`, `es-0=https://...`, `gcomm://es-0`, `es-0.es:9300`.
fn host_of(member: &str) -> &str {
    let member = member.rsplit_once("://").map_or(member, |(_, host)| host);
    let member = member.rsplit_once('=').map_or(member, |(_, host)| host);
    member.split([':', '/', '?']).next().unwrap_or("").trim_matches(['[', ']', '"', '\''])
}

/// `es-0` or `es-0.es`: one Pod of a StatefulSet.
fn is_replica_name(host: &str) -> bool {
    let first = host.split('.').next().unwrap_or("");
    first.rsplit_once('-').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|b| b.is_ascii_digit()))
}
