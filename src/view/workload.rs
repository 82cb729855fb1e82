//! Objects that make Pods, and the Pods in them.
use std::collections::BTreeSet;

use super::{Container, Volume};
use crate::{terms::keys, tree::Node};

/// The label that every node has with its own name.
const HOSTNAME: &str = "kubernetes.io/hostname";

/// The kinds that are a Pod or make Pods.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A Pod.
    Pod,
    /// A Deployment.
    Deployment,
    /// A StatefulSet.
    StatefulSet,
    /// A DaemonSet.
    DaemonSet,
    /// A ReplicaSet.
    ReplicaSet,
    /// A ReplicationController.
    ReplicationController,
    /// A Job.
    Job,
    /// A CronJob.
    CronJob,
}

impl Kind {
    /// Every kind.
    pub const ALL: &'static [Self] = &[
        Self::Pod,
        Self::Deployment,
        Self::StatefulSet,
        Self::DaemonSet,
        Self::ReplicaSet,
        Self::ReplicationController,
        Self::Job,
        Self::CronJob,
    ];

    /// The kind called so.
    #[must_use]
    pub fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "Pod" => Self::Pod,
            "Deployment" => Self::Deployment,
            "StatefulSet" => Self::StatefulSet,
            "DaemonSet" => Self::DaemonSet,
            "ReplicaSet" => Self::ReplicaSet,
            "ReplicationController" => Self::ReplicationController,
            "Job" => Self::Job,
            "CronJob" => Self::CronJob,
            _ => return None,
        })
    }

    /// Its name.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pod => "Pod",
            Self::Deployment => "Deployment",
            Self::StatefulSet => "StatefulSet",
            Self::DaemonSet => "DaemonSet",
            Self::ReplicaSet => "ReplicaSet",
            Self::ReplicationController => "ReplicationController",
            Self::Job => "Job",
            Self::CronJob => "CronJob",
        }
    }

    /// True for Jobs and CronJobs, whose Pods are meant to end.
    #[must_use]
    pub const fn runs_to_completion(self) -> bool {
        matches!(self, Self::Job | Self::CronJob)
    }
}

/// Any object that makes Pods, or is one.
#[derive(Debug, Clone, Copy)]
pub struct Workload<'t> {
    /// What it is.
    pub kind: Kind,
    /// The object.
    pub object: Node<'t>,
}

impl<'t> Workload<'t> {
    /// The object's metadata.
    #[must_use]
    pub fn metadata(self) -> Node<'t> {
        self.object.get("metadata")
    }

    /// Its name, or the prefix of a name that is yet to be made.
    #[must_use]
    pub fn name(self) -> &'t str {
        let metadata = self.metadata();
        metadata.get("name").str().or_else(|| metadata.get("generateName").str()).unwrap_or("")
    }

    /// The object's spec.
    #[must_use]
    pub fn spec(self) -> Node<'t> {
        self.object.get("spec")
    }

    /// The Pod template; for a Pod the object itself.
    #[must_use]
    pub fn template(self) -> Node<'t> {
        match self.kind {
            Kind::Pod => self.object,
            Kind::CronJob => self.spec().path("jobTemplate.spec.template"),
            _ => self.spec().get("template"),
        }
    }

    /// The Pod that it makes, or is.
    #[must_use]
    pub fn pod(self) -> Pod<'t> {
        Pod { spec: self.template().get("spec"), claim_templates: self.claim_templates() }
    }

    /// The claims that a StatefulSet makes for each Pod; absent for other kinds.
    #[must_use]
    pub fn claim_templates(self) -> Node<'t> {
        match self.kind {
            Kind::StatefulSet => self.spec().get("volumeClaimTemplates"),
            _ => self.object.nowhere(),
        }
    }

    /// The names of the claims that its Pods use, sorted; a name that ends in `-` stands for all with an ordinal after it.
    #[must_use]
    pub fn claim_names(self) -> Vec<String> {
        let templates: BTreeSet<&str> =
            self.claim_templates().items().filter_map(|t| t.get("metadata").get("name").str()).collect();
        let made = templates.iter().map(|template| format!("{template}-{}-", self.name()));
        // A claim template of the same name comes first.
        let named = self.pod().volumes().filter_map(|volume| match volume.kind {
            super::VolumeKind::Claim(claim) if !claim.is_empty() => {
                let name = volume.node.get("name").str()?;
                (!templates.contains(name)).then(|| claim.to_owned())
            }
            _ => None,
        });
        let mut names: Vec<String> = made.chain(named).collect();
        names.sort();
        names.dedup();
        names
    }

    /// How many Pods it wants; 1 where nothing is said.
    #[must_use]
    pub fn replicas(self) -> i64 {
        match self.kind {
            Kind::Pod | Kind::Job | Kind::CronJob => 1,
            _ => self.spec().get("replicas").i64().unwrap_or(1),
        }
    }

    /// The type of a Deployment's strategy, with its default.
    #[must_use]
    pub fn strategy(self) -> &'t str {
        self.spec().path("strategy.type").str().unwrap_or("RollingUpdate")
    }

    /// An annotation of the workload; of its template where the workload has none.
    #[must_use]
    pub fn annotation(self, key: &'t str) -> Option<&'t str> {
        let of = |object: Node<'t>| object.get("metadata").get("annotations").get(key).str();
        of(self.object).or_else(|| of(self.template()))
    }

    /// True when something else sets the resources of its Pods: a vertical autoscaler, or a LimitRange. Both leave an annotation.
    #[must_use]
    pub fn has_resources_from_elsewhere(self) -> bool {
        const MARKS: [&str; 3] = ["vpaUpdates", "vpaObservedContainers", "kubernetes.io/limit-ranger"];
        let is_mark = |(key, value): (&str, Node<'_>)| MARKS.contains(&key) && value.is_set();
        let marked = |object: Node<'t>| object.path("metadata.annotations").fields().any(is_mark);
        marked(self.object) || (self.kind != Kind::Pod && marked(self.template()))
    }

    /// A label of the workload; of its template where the workload has none.
    #[must_use]
    pub fn label(self, key: &'t str) -> Option<&'t str> {
        self.place_of_label(key).str()
    }

    /// Where [`Self::label`] is read; absent where neither has the label.
    #[must_use]
    pub fn place_of_label(self, key: &'t str) -> Node<'t> {
        let of = |object: Node<'t>| object.get("metadata").get("labels").get(key);
        let own = of(self.object);
        if own.str().is_some() { own } else { of(self.template()) }
    }

    /// What its author says about the data.
    #[must_use]
    pub fn data_label(self) -> Option<super::DataLabel> {
        self.label(keys::DATA).and_then(super::DataLabel::of)
    }

    /// `matchLabels` as sorted pairs; empty where there are none, or where `matchExpressions` narrow them further.
    #[must_use]
    pub fn selector(self) -> Vec<(String, String)> {
        let selector = self.spec().get("selector");
        let labels = match self.kind {
            Kind::ReplicationController => selector,
            _ => selector.get("matchLabels"),
        };
        let mut pairs: Vec<_> =
            labels.fields().filter_map(|(k, v)| Some((k.to_owned(), v.str()?.to_owned()))).collect();
        pairs.sort();
        pairs
    }
}

/// The most volumes of one Pod among which a mount's is looked for; documented in `docs/limits.md`.
pub const MOST_VOLUMES: usize = 1024;

/// A Pod's spec, in a Pod or in a template.
#[derive(Debug, Clone, Copy)]
pub struct Pod<'t> {
    /// The spec.
    pub spec: Node<'t>,
    pub(super) claim_templates: Node<'t>,
}

impl<'t> Pod<'t> {
    /// The containers that run side by side: the ordinary ones, and init containers that restart always.
    pub fn running(self) -> impl Iterator<Item = Container<'t>> + use<'t> {
        let sidecars =
            self.spec.get("initContainers").items().filter(|c| c.get("restartPolicy").str() == Some("Always"));
        self.spec.get("containers").items().chain(sidecars).map(Container)
    }

    /// The init containers that end before the others start.
    pub fn init(self) -> impl Iterator<Item = Container<'t>> + use<'t> {
        let init = self.spec.get("initContainers").items();
        init.filter(|c| c.get("restartPolicy").str() != Some("Always")).map(Container)
    }

    /// All containers.
    pub fn containers(self) -> impl Iterator<Item = Container<'t>> + use<'t> {
        self.running().chain(self.init())
    }

    /// The volume called `name`; a claim template of that name comes first, as it does for the StatefulSet controller.
    #[must_use]
    pub fn volume(self, name: &str) -> Option<Volume<'t>> {
        let template = self
            .claim_templates
            .items()
            .take(MOST_VOLUMES)
            .find(|t| t.get("metadata").get("name").str() == Some(name))
            .map(Volume::of_claim_template);
        let mut named =
            self.spec.get("volumes").items().take(MOST_VOLUMES).filter(|v| v.get("name").str() == Some(name));
        template.or_else(|| named.next().map(Volume::of))
    }

    /// All volumes, without the claims that a StatefulSet makes.
    pub fn volumes(self) -> impl Iterator<Item = Volume<'t>> + use<'t> {
        self.spec.get("volumes").items().map(Volume::of)
    }

    /// `terminationGracePeriodSeconds`.
    #[must_use]
    pub fn grace(self) -> Node<'t> {
        self.spec.get("terminationGracePeriodSeconds")
    }

    /// `restartPolicy`, with its default.
    #[must_use]
    pub fn restart_policy(self) -> &'t str {
        self.spec.get("restartPolicy").str().unwrap_or("Always")
    }

    /// True when it can run on one node alone: it names the node, selects it by its host name, or belongs to every node's own
    /// system (static Pods of a control plane).
    #[must_use]
    pub fn is_tied_to_a_node(self) -> bool {
        let named = self.spec.get("nodeName").is_set();
        let selected = self.spec.get("nodeSelector").get(HOSTNAME).is_set();
        let system = self.spec.get("priorityClassName").str() == Some("system-node-critical");
        let required = self.spec.path("affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution");
        let mut terms = required.get("nodeSelectorTerms").items().peekable();
        let one_host = |expression: Node<'_>| {
            matches!(expression.get("key").str(), Some(HOSTNAME | "metadata.name"))
                && expression.get("operator").str() == Some("In")
                && expression.get("values").items().count() == 1
        };
        // Terms are alternatives: more than one is a choice of nodes.
        let term = terms.next().filter(|_| terms.peek().is_none());
        let affine = term.is_some_and(|term| {
            term.get("matchExpressions").items().chain(term.get("matchFields").items()).any(one_host)
        });
        named || selected || system || affine
    }

    /// The memory limit of the whole Pod.
    #[must_use]
    pub fn memory_limit(self) -> Node<'t> {
        self.spec.path("resources.limits.memory")
    }

    /// True when the whole Pod has huge pages of any size.
    #[must_use]
    pub fn has_huge_pages(self) -> bool {
        self.spec.path("resources.limits").fields().any(|(name, _)| name.starts_with("hugepages-"))
    }

    /// True when resources are given for the whole Pod, so that none are to be given to its containers.
    #[must_use]
    pub fn has_pod_resources(self) -> bool {
        self.spec.get("resources").is_set()
    }
}
