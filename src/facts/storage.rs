//! What is kept of classes, claims and volumes.
use super::Seconds;
use crate::{
    terms::{Fate, keys},
    tree::Node,
};

/// A storage class.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClassFacts {
    /// Name.
    pub name: String,
    /// True when it is the cluster's default.
    pub default: bool,
    /// `Delete` or `Retain`.
    pub reclaim_policy: String,
    /// Who makes its volumes.
    pub provisioner: String,
    /// True where a volume is made, or chosen, before anybody knows where the Pod will run.
    pub binds_at_once: bool,
    /// True where its claims may grow.
    pub may_expand: bool,
    /// True where it names the zones or nodes that its volumes may be in.
    pub names_its_places: bool,
    /// How its volumes are mounted.
    pub mount_options: Vec<String>,
}

impl ClassFacts {
    /// What a StorageClass says, with the API server's defaults.
    #[must_use]
    pub fn of(class: Node<'_>) -> Self {
        let default = class.path("metadata.annotations").get("storageclass.kubernetes.io/is-default-class").str();
        Self {
            name: class.path("metadata.name").text().to_owned(),
            default: default == Some("true"),
            reclaim_policy: class.get("reclaimPolicy").str().unwrap_or("Delete").to_owned(),
            provisioner: class.get("provisioner").text().to_owned(),
            binds_at_once: class.get("volumeBindingMode").str().is_none_or(|mode| mode == "Immediate"),
            may_expand: class.get("allowVolumeExpansion").bool() == Some(true),
            names_its_places: class.get("allowedTopologies").items().next().is_some(),
            mount_options: class.get("mountOptions").strs().map(str::to_owned).collect(),
        }
    }

    /// What becomes of the volume of a claim that has this class, of those that there are; see [`Fate::of`].
    #[must_use]
    pub fn fate(class: Option<&str>, all: &[Self]) -> Fate {
        let of = class.and_then(|class| all.iter().find(|c| c.name == class));
        Fate::of(of.map_or("", |class| &class.reclaim_policy))
    }
}

/// A claim that exists.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct DataClaimFacts {
    /// Its class; `None` where nobody has written one yet.
    pub class: Option<String>,
    /// `accessModes`.
    pub access_modes: Vec<String>,
    /// When it was created; `None` in a manifest.
    pub created: Option<Seconds>,
    /// True where it has a volume, or names the one that it is for: its class decides nothing any more.
    pub is_bound: bool,
    /// True where its label [`keys::HOLDS_DATA`] says that its volume is retained.
    pub is_retained: bool,
    /// Its volume, where somebody looked.
    pub volume: Option<VolumeFacts>,
}

/// The annotation that named a claim's class before there was a field, and still goes before it.
pub(crate) const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

/// The name of a claim's or claim template's class, wherever that is written, as Kubernetes reads it; empty for no class by choice,
/// `None` where nothing is said.
#[must_use]
pub fn class_of(claim: Node<'_>) -> Option<&str> {
    claim.path("metadata.annotations").get(BETA_CLASS).str().or_else(|| claim.path("spec.storageClassName").str())
}

impl DataClaimFacts {
    /// What a claim says, without its volume.
    #[must_use]
    pub fn of(claim: Node<'_>, created: Option<Seconds>) -> Self {
        Self {
            class: class_of(claim).map(str::to_owned),
            access_modes: claim.path("spec.accessModes").strs().map(str::to_owned).collect(),
            created,
            is_bound: claim.path("spec.volumeName").str().is_some_and(|volume| !volume.is_empty()),
            is_retained: claim.path("metadata.labels").get(keys::HOLDS_DATA).text() == Fate::Retained.as_str(),
            volume: None,
        }
    }
}

/// A volume.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct VolumeFacts {
    /// Name.
    pub name: String,
    /// `Delete`, `Retain` or `Recycle`.
    pub reclaim_policy: String,
    /// How it is mounted.
    pub mount_options: Vec<String>,
    /// True where it is a disk or a folder of one node.
    pub is_local: bool,
    /// The field that says what it is (`nfs`), or its CSI driver.
    pub source: String,
}

impl VolumeFacts {
    /// What a PersistentVolume says.
    #[must_use]
    pub fn of(volume: Node<'_>) -> Self {
        const SOURCES: [&str; 6] = ["nfs", "cephfs", "glusterfs", "azureFile", "quobyte", "local"];
        let spec = volume.get("spec");
        let driver = spec.path("csi.driver").str();
        let field = || SOURCES.into_iter().find(|field| spec.get(field).is_set());
        Self {
            name: volume.path("metadata.name").text().to_owned(),
            reclaim_policy: spec.get("persistentVolumeReclaimPolicy").text().to_owned(),
            mount_options: spec.get("mountOptions").strs().map(str::to_owned).collect(),
            is_local: spec.get("local").is_set() || spec.get("hostPath").is_set(),
            source: driver.or_else(field).unwrap_or("").to_owned(),
        }
    }
}
