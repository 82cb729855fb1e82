//! Where Pods run, and with whom they make up one database.
use super::{Database, Pod, VolumeKind};
use crate::tree::Node;

/// Labels and taints of nodes that their provider takes back at short notice, and the values that say so.
const SPOT: &[(&str, &[&str])] = &[
    ("cloud.google.com/gke-spot", &["true"]),
    ("cloud.google.com/gke-preemptible", &["true"]),
    ("cloud.google.com/gke-provisioning", &["spot", "preemptible"]),
    ("eks.amazonaws.com/capacityType", &["SPOT"]),
    ("karpenter.sh/capacity-type", &["spot"]),
    ("kubernetes.azure.com/scalesetpriority", &["spot"]),
    ("node.kubernetes.io/lifecycle", &["spot"]),
];

fn is_spot(key: &str, value: Option<&str>) -> bool {
    SPOT.iter().any(|(known, values)| *known == key && value.is_some_and(|v| values.contains(&v)))
}

/// How a Pod comes to nodes that can be taken away.
#[derive(Debug, Clone, Copy)]
pub enum Spot<'t> {
    /// It asks for them, here.
    Wanted(Node<'t>),
    /// It may run on them, by this toleration.
    Tolerated(Node<'t>),
}

impl<'t> Pod<'t> {
    /// Whether and where it asks for, or tolerates, nodes that their provider takes back at short notice.
    #[must_use]
    pub fn spot(self) -> Option<Spot<'t>> {
        let selected = self.spec.get("nodeSelector").fields().find(|(key, value)| is_spot(key, value.str()));
        let required = self.spec.path("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution");
        let terms = || required.get("nodeSelectorTerms").items().flat_map(|term| term.get("matchExpressions").items());
        let affine = terms().find(|expression| {
            let key = expression.get("key").text();
            let mut values = expression.get("values").strs().peekable();
            expression.get("operator").str() == Some("In")
                && values.peek().is_some()
                && values.all(|value| is_spot(key, Some(value)))
        });
        let tolerated = || {
            self.spec.get("tolerations").items().find(|toleration| {
                let key = toleration.get("key").text();
                let any = toleration.get("operator").str() == Some("Exists");
                is_spot(key, toleration.get("value").str()) || (any && SPOT.iter().any(|(known, _)| *known == key))
            })
        };
        let wanted = selected.map(|(_, value)| value).or(affine);
        wanted.map(Spot::Wanted).or_else(|| tolerated().map(Spot::Tolerated))
    }

    /// True when it chooses its nodes by an affinity.
    #[must_use]
    pub fn has_node_affinity(self) -> bool {
        self.spec.path("affinity.nodeAffinity").is_set()
    }

    /// True when its author says something about how its Pods are spread over nodes or zones.
    #[must_use]
    pub fn is_spread(self) -> bool {
        self.spec.get("topologySpreadConstraints").items().next().is_some()
            || self.spec.path("affinity.podAntiAffinity").is_set()
    }

    /// The volumes that lie in memory: all of them, or those that `mounted_by` mounts.
    pub fn volumes_in_memory(
        self,
        mounted_by: Option<super::Container<'t>>,
    ) -> impl Iterator<Item = super::Volume<'t>> {
        let is_mounted = move |volume: &super::Volume<'_>| {
            let name = volume.node.get("name").str();
            mounted_by.is_none_or(|c| c.mounts().any(|mount| mount.get("name").str() == name))
        };
        self.volumes().filter(|v| v.kind == VolumeKind::EmptyDir && v.is_in_memory()).filter(is_mounted)
    }
}

impl Database<'_> {
    /// True when the spec shows that its replicas are members of one database.
    #[must_use]
    pub fn is_member(&self) -> bool {
        let Some(cluster) = &self.engine.facts.cluster else { return false };
        cluster.joined_by.iter().any(|c| self.holds(c)) && !cluster.single_by.iter().any(|c| self.holds(c))
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
        Some(self.workload.replicas())
    }
}
