//! The kinds that are read, and where the API server has them.

/// What an object is to a database.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Part {
    /// It is a Pod, or makes Pods.
    Workload,
    /// A claim.
    Claim,
    /// What decides about Pods beside it.
    Companion,
    /// Where all of them are.
    Namespace,
}

/// One kind, in the version that is read.
#[derive(Debug, PartialEq, Eq)]
pub struct Sort {
    /// `StatefulSet`.
    pub kind: &'static str,
    /// `statefulsets`.
    pub plural: &'static str,
    /// `apps`; empty for the core.
    pub group: &'static str,
    version: &'static str,
    /// What it is to a database.
    pub part: Part,
    /// False for what somebody has to install.
    pub is_builtin: bool,
}

impl Sort {
    /// All that is read of a namespace, in the order in which it is judged.
    pub const ALL: &'static [Self] = &[
        Self::of(Part::Workload, "StatefulSet", "statefulsets", "apps", "v1"),
        Self::of(Part::Workload, "Deployment", "deployments", "apps", "v1"),
        Self::of(Part::Workload, "DaemonSet", "daemonsets", "apps", "v1"),
        Self::of(Part::Workload, "ReplicaSet", "replicasets", "apps", "v1"),
        Self::of(Part::Workload, "ReplicationController", "replicationcontrollers", "", "v1"),
        Self::of(Part::Workload, "Pod", "pods", "", "v1"),
        Self::of(Part::Workload, "Job", "jobs", "batch", "v1"),
        Self::of(Part::Workload, "CronJob", "cronjobs", "batch", "v1"),
        Self::of(Part::Claim, "PersistentVolumeClaim", "persistentvolumeclaims", "", "v1"),
        Self::of(Part::Companion, "Service", "services", "", "v1"),
        Self::of(Part::Companion, "PodDisruptionBudget", "poddisruptionbudgets", "policy", "v1"),
        Self::of(Part::Companion, "HorizontalPodAutoscaler", "horizontalpodautoscalers", "autoscaling", "v2"),
        Self { is_builtin: false, ..Self::of(Part::Companion, "ScaledObject", "scaledobjects", "keda.sh", "v1alpha1") },
    ];
    /// ConfigMaps, of which only those are read that databases use.
    pub const CONFIG_MAPS: Self = Self::of(Part::Companion, "ConfigMap", "configmaps", "", "v1");
    /// Namespaces.
    pub const NAMESPACES: Self = Self::of(Part::Namespace, "Namespace", "namespaces", "", "v1");

    const fn of(
        part: Part,
        kind: &'static str,
        plural: &'static str,
        group: &'static str,
        version: &'static str,
    ) -> Self {
        Self { kind, plural, group, version, part, is_builtin: true }
    }

    /// `apps/v1`.
    #[must_use]
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.to_owned() } else { format!("{}/{}", self.group, self.version) }
    }

    /// As a role names it, and kubectl: `statefulsets.apps`.
    #[must_use]
    pub fn resource(&self) -> String {
        if self.group.is_empty() { self.plural.to_owned() } else { format!("{}.{}", self.plural, self.group) }
    }

    /// The list of it, in one namespace or in all.
    #[must_use]
    pub fn path(&self, namespace: Option<&str>) -> String {
        let root = if self.group.is_empty() { "/api" } else { "/apis" };
        let within = namespace.map_or_else(String::new, |namespace| format!("namespaces/{namespace}/"));
        format!("{root}/{}/{within}{}", self.api_version(), self.plural)
    }
}

/// What a list is in the order of. A namespace's end counts: `a-b/` comes before `a/`.
pub(super) fn key(namespace: &str, name: &str) -> String {
    format!("{namespace}/{name}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_where_the_api_server_has_them() {
        let path = |kind: &str, namespace| Sort::ALL.iter().find(|s| s.kind == kind).map(|s| s.path(namespace));
        assert_eq!(path("StatefulSet", None).as_deref(), Some("/apis/apps/v1/statefulsets"));
        assert_eq!(path("Pod", Some("shop")).as_deref(), Some("/api/v1/namespaces/shop/pods"));
        assert_eq!(Sort::NAMESPACES.path(None), "/api/v1/namespaces");
    }

    #[test]
    fn secrets_are_never_read() {
        let all = || Sort::ALL.iter().chain([&Sort::CONFIG_MAPS, &Sort::NAMESPACES]);
        assert!(all().all(|sort| sort.plural != "secrets"));
    }
}
