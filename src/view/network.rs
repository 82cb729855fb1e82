//! Volumes that are on a network file system.
use super::{Volume, VolumeKind};

impl<'t> Volume<'t> {
    /// The file system that several nodes have mounted at once, where the spec itself names one: a volume of that kind or of a CSI
    /// driver for it.
    #[must_use]
    pub fn network_file_system(self) -> Option<&'t str> {
        const KINDS: [&str; 5] = ["nfs", "cephfs", "glusterfs", "azureFile", "quobyte"];
        let VolumeKind::Other(kind) = self.kind else { return None };
        match kind {
            "csi" => self.node.path("csi.driver").str().filter(|driver| is_of_network(driver, &['.'])),
            kind => KINDS.into_iter().find(|known| *known == kind),
        }
    }

    /// The storage class of a claim template that is called like such a file system.
    #[must_use]
    pub fn network_class(self) -> Option<&'t str> {
        let class = self.node.path("spec.storageClassName").str().filter(|_| self.kind == VolumeKind::ClaimTemplate)?;
        is_of_network(class, &['.', '-', '_']).then_some(class)
    }
}

/// Whether a word of a name is that of a network file system.
fn is_of_network(name: &str, between: &[char]) -> bool {
    const WORDS: [&str; 8] = ["nfs", "efs", "smb", "cifs", "cephfs", "azurefile", "filestore", "glusterfs"];
    name.split(between).any(|word| WORDS.contains(&word)) || name == "file.csi.azure.com"
}
