//! Where Pods run.
use super::{Pod, VolumeKind};
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
