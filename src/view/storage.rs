//! What the drivers behind storage classes and volumes are, by their names.
use super::data::is_of_network;
use crate::facts::{ClassFacts, DataClaimFacts, VolumeFacts};

/// Drivers whose volumes are disks or folders of one node; each is what its project's own manifests name.
const LOCAL: &[&str] = &[
    "docker.io/hostpath",
    "hostpath.csi.k8s.io",
    "k8s.io/minikube-hostpath",
    "kubernetes.io/host-path",
    "kubernetes.io/no-provisioner",
    "kubevirt.io.hostpath-provisioner",
    "local.csi.openebs.io",
    "localdisk.csi.acstor.io",
    "localplugin.csi.alibabacloud.com",
    "microk8s.io/hostpath",
    "openebs.io/local",
    "rancher.io/local-path",
    "topolvm.cybozu.com",
    "topolvm.io",
    "zfs.csi.openebs.io",
];

/// Drivers whose volumes can be mounted in one zone alone, as their clouds document.
const ZONAL: &[&str] = &[
    "cinder.csi.openstack.org",
    "csi.hetzner.cloud",
    "disk.csi.azure.com",
    "diskplugin.csi.alibabacloud.com",
    "ebs.csi.aws.com",
    "kubernetes.io/aws-ebs",
    "kubernetes.io/azure-disk",
    "kubernetes.io/cinder",
    "kubernetes.io/gce-pd",
    "pd.csi.storage.gke.io",
    "vpc.block.csi.ibm.io",
];

/// How file systems are mounted that give up what a database relies on: the option, and what it costs. Of `barrier=0` the value counts.
const UNSAFE_OPTIONS: &[(&str, &str)] = &[
    ("barrier=0", "fsync may lie"),
    ("nobarrier", "fsync may lie"),
    ("nolock", "no lock holds"),
    ("soft", "writes may fail half-way"),
];

impl ClassFacts {
    /// True where its volumes are disks or folders of one node.
    #[must_use]
    pub fn is_local(&self) -> bool {
        LOCAL.contains(&self.provisioner.as_str())
    }

    /// True where its volumes can be mounted in one zone, or on one node, alone.
    #[must_use]
    pub fn is_tied_to_a_place(&self) -> bool {
        self.is_local() || ZONAL.contains(&self.provisioner.as_str())
    }

    /// True where its volumes are on a network file system.
    #[must_use]
    pub fn is_network_file_system(&self) -> bool {
        is_of_network(&self.provisioner, &['.', '-', '_', '/'])
    }
}

impl VolumeFacts {
    /// True where it is a disk or a folder of one node, by what it is or by its driver.
    #[must_use]
    pub fn is_of_one_node(&self) -> bool {
        self.is_local || LOCAL.contains(&self.source.as_str())
    }

    /// What it is, where that is a network file system.
    #[must_use]
    pub fn network_file_system(&self) -> Option<&str> {
        let is_kind = ["nfs", "cephfs", "glusterfs", "azureFile", "quobyte"].contains(&self.source.as_str());
        (is_kind || is_of_network(&self.source, &['.'])).then_some(self.source.as_str())
    }
}

impl DataClaimFacts {
    /// True where many nodes may mount it at once.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        self.access_modes.iter().any(|mode| mode == "ReadWriteMany")
    }

    /// True where one Pod alone may mount it, on whatever node.
    #[must_use]
    pub fn is_for_one_pod(&self) -> bool {
        self.access_modes.as_slice() == ["ReadWriteOncePod"]
    }
}

/// The first of some mount options that costs what a database relies on, and what that is.
#[must_use]
pub fn unsafe_mount_option(options: &[String], may_be_without_locks: bool) -> Option<(&'static str, &'static str)> {
    let mut each = options.iter().flat_map(|option| option.split(',')).map(str::trim);
    let known = each.find_map(|option| {
        UNSAFE_OPTIONS.iter().find(|(name, _)| *name == option && !(may_be_without_locks && *name == "nolock"))
    })?;
    Some(*known)
}
