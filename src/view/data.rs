//! Where an engine's files go: first the directory, then the mount that covers it, then the volume behind the mount.
use super::{
    Container, Pod, condition,
    directories::{Directories, directories, trimmed},
    options::Options,
};
use crate::{
    engines::{Engine, schema},
    text::command::Script,
    tree::Node,
};

/// What is behind a mount.
#[derive(Debug, Clone, Copy)]
pub struct Volume<'t> {
    /// The volume or the claim template.
    pub node: Node<'t>,
    /// What it is.
    pub kind: VolumeKind<'t>,
}

/// What a volume is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VolumeKind<'t> {
    /// A claim template of a StatefulSet.
    ClaimTemplate,
    /// A claim, by name.
    Claim(&'t str),
    /// Deleted with the Pod.
    EmptyDir,
    /// A claim that lives and dies with the Pod.
    Ephemeral,
    /// A folder of the node.
    HostPath,
    /// Read-only content: configMap, secret, projected, downwardAPI.
    Content,
    /// Anything else, by its field: `nfs`, `csi`, `iscsi`.
    Other(&'t str),
    /// Nothing says.
    Unknown,
}

impl<'t> Volume<'t> {
    pub(super) fn of_claim_template(node: Node<'t>) -> Self {
        Self { node, kind: VolumeKind::ClaimTemplate }
    }

    pub(super) fn of(node: Node<'t>) -> Self {
        let source = node.fields().find(|(key, value)| *key != "name" && value.is_set());
        let kind = match source {
            Some(("persistentVolumeClaim", claim)) => VolumeKind::Claim(claim.get("claimName").text()),
            Some(("emptyDir", _)) => VolumeKind::EmptyDir,
            Some(("ephemeral", _)) => VolumeKind::Ephemeral,
            Some(("hostPath", _)) => VolumeKind::HostPath,
            Some(("configMap" | "secret" | "projected" | "downwardAPI", _)) => VolumeKind::Content,
            Some((other, _)) => VolumeKind::Other(other),
            // The API server takes a volume without a source for an emptyDir.
            None => VolumeKind::EmptyDir,
        };
        Self { node, kind }
    }

    /// True when what is written outlives the Pod.
    #[must_use]
    pub const fn is_kept(self) -> bool {
        matches!(
            self.kind,
            VolumeKind::ClaimTemplate | VolumeKind::Claim(_) | VolumeKind::HostPath | VolumeKind::Other(_)
        )
    }

    /// True for a claim that a StatefulSet makes for each Pod.
    #[must_use]
    pub const fn is_claim_template(self) -> bool {
        matches!(self.kind, VolumeKind::ClaimTemplate)
    }

    /// True for an emptyDir that lies in memory: what is in it counts against memory limits.
    #[must_use]
    pub fn is_in_memory(self) -> bool {
        self.node.path("emptyDir.medium").str() == Some("Memory")
    }

    /// `emptyDir.sizeLimit`.
    #[must_use]
    pub fn size_limit(self) -> Node<'t> {
        self.node.path("emptyDir.sizeLimit")
    }

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

    /// The claim that it names.
    #[must_use]
    pub const fn claim_name(self) -> Option<&'t str> {
        match self.kind {
            VolumeKind::Claim(name) => Some(name),
            _ => None,
        }
    }

    /// True for a claim, also one that is yet to be made.
    #[must_use]
    pub const fn is_claim(self) -> bool {
        matches!(self.kind, VolumeKind::ClaimTemplate | VolumeKind::Claim(_))
    }
}

impl<'t> VolumeKind<'t> {
    /// As `check -o json` names it.
    #[must_use]
    pub const fn as_str(self) -> &'t str {
        match self {
            Self::ClaimTemplate => "vct",
            Self::Claim(_) => "pvc",
            Self::EmptyDir => "emptyDir",
            Self::Ephemeral => "ephemeral",
            Self::HostPath => "hostPath",
            Self::Content => "content",
            Self::Other(field) => field,
            Self::Unknown => "unknown",
        }
    }
}

/// Whether a word of a name is that of a network file system.
pub(super) fn is_of_network(name: &str, between: &[char]) -> bool {
    const WORDS: [&str; 8] = ["nfs", "efs", "smb", "cifs", "cephfs", "azurefile", "filestore", "glusterfs"];
    name.split(between).any(|word| WORDS.contains(&word)) || name == "file.csi.azure.com"
}

/// Where an engine's files go.
#[derive(Debug, Clone)]
pub enum DataPlace<'t> {
    /// Onto a volume.
    On {
        /// The directory.
        directory: String,
        /// The mount that covers it.
        mount: Node<'t>,
        /// The volume behind.
        volume: Volume<'t>,
    },
    /// Into the container, although a volume is mounted where people would expect the data.
    Beside {
        /// The directory.
        directory: String,
        /// The mount that does not cover it.
        mount: Node<'t>,
        /// What happens, to complete "the volume at PATH ...".
        why: String,
    },
    /// Into the container; nothing is mounted.
    Nowhere {
        /// The directory; a relative one lies where the image starts.
        directory: String,
    },
    /// The spec does not say.
    Unknown,
}

impl<'t> DataPlace<'t> {
    /// The volume that the data is on.
    #[must_use]
    pub const fn volume(&self) -> Option<Volume<'t>> {
        match self {
            Self::On { volume, .. } => Some(*volume),
            _ => None,
        }
    }

    /// True when the data outlives the Pod.
    #[must_use]
    pub fn is_kept(&self) -> bool {
        self.volume().is_some_and(Volume::is_kept)
    }

    /// The data directory, where it is known.
    #[must_use]
    pub fn directory(&self) -> Option<&str> {
        match self {
            Self::On { directory, .. } | Self::Beside { directory, .. } | Self::Nowhere { directory } => {
                Some(directory.as_str()).filter(|path| path.starts_with('/'))
            }
            Self::Unknown => None,
        }
    }

    /// As `check -o json` names it.
    #[must_use]
    pub fn as_str(&self) -> &'t str {
        match self {
            Self::On { volume, .. } => volume.kind.as_str(),
            Self::Beside { .. } | Self::Nowhere { .. } => "none",
            Self::Unknown => "unknown",
        }
    }
}

/// A path of the container, behind the image's links.
fn linked(path: String, links: &[schema::Link]) -> String {
    let behind = |link: &schema::Link| {
        let rest = path.strip_prefix(link.path.as_str()).filter(|rest| rest.is_empty() || rest.starts_with('/'))?;
        Some(format!("{}{rest}", link.to))
    };
    links.iter().find_map(behind).unwrap_or(path)
}

/// True when `outer` is `inner` or a folder around it.
fn covers(outer: &str, inner: &str) -> bool {
    outer == "/" || inner == outer || inner.strip_prefix(outer).is_some_and(|rest| rest.starts_with('/'))
}

/// Follows the data of one packaging to its volume. A database in several directories is as safe as the least safe of them.
pub(super) fn resolve<'t>(
    engine: &Engine,
    pod: Pod<'t>,
    container: Container<'t>,
    options: &Options<'_>,
    script: &Script<'_>,
) -> DataPlace<'t> {
    if container.has_too_many_mounts() {
        return DataPlace::Unknown;
    }
    let Directories::At(directories) = directories(&engine.data, container, options, script) else {
        return DataPlace::Unknown;
    };
    let danger = |place: &DataPlace<'_>| match place {
        DataPlace::Beside { .. } | DataPlace::Nowhere { .. } => 0,
        DataPlace::On { volume, .. } if !volume.is_kept() => 1,
        DataPlace::Unknown => 2,
        DataPlace::On { .. } => 3,
    };
    let places = directories.into_iter().map(|directory| follow(engine, pod, container, options, script, directory));
    places.min_by_key(danger).unwrap_or(DataPlace::Unknown)
}

fn follow<'t>(
    engine: &Engine,
    pod: Pod<'t>,
    container: Container<'t>,
    options: &Options<'_>,
    script: &Script<'_>,
    directory: String,
) -> DataPlace<'t> {
    let data = &engine.data;
    let directory = linked(directory, &data.links);
    if !directory.starts_with('/') && has_kept_mount(pod, container) {
        return DataPlace::Unknown;
    }
    let place = |mount: Node<'_>| Some(linked(trimmed(mount.get("mountPath").str()?), &data.links));
    let mounts = || container.mounts().filter_map(|mount| Some((mount, place(mount)?)));
    // The innermost mount around the directory is the one that is written to.
    let around = mounts().filter(|(_, path)| covers(path, &directory)).max_by_key(|(_, path)| path.len());
    if let Some((mount, path)) = around {
        // containerd mounts an anonymous volume at each VOLUME of the image that has no mount of exactly its path.
        let overlaid = data.image_volumes.iter().find(|v| **v != path && covers(&path, v) && covers(v, &directory));
        if let Some(image_volume) = overlaid {
            let why = format!(
                "is covered by the image's own volume at {image_volume}, which is thrown away with the container"
            );
            return DataPlace::Beside { directory, mount, why };
        }
        return match mount.get("name").str().and_then(|name| pod.volume(name)) {
            Some(volume) if volume.kind == VolumeKind::Content => DataPlace::Unknown,
            Some(volume) => DataPlace::On { directory, mount, volume },
            None => DataPlace::Unknown,
        };
    }
    // A volume below the directory (a mount for each database, a link) may or may not be where the data is.
    if mounts().any(|(mount, path)| covers(&directory, &path) && path != directory && is_kept(pod, mount)) {
        return DataPlace::Unknown;
    }
    for wrong in &data.wrong_mounts {
        if let Some((mount, _)) = mounts().find(|(_, path)| *path == wrong.path)
            && is_kept(pod, mount)
        {
            return DataPlace::Beside { directory, mount, why: wrong.does.clone() };
        }
    }
    let has_hidden_variable = container.has_env_from() && !data.variables.is_empty();
    if has_kept_mount(pod, container)
        && (has_hidden_variable || condition::is_configured_elsewhere(engine, pod, container, options, script))
    {
        return DataPlace::Unknown;
    }
    DataPlace::Nowhere { directory }
}

/// True when anything that outlives the Pod is mounted, wherever.
pub(super) fn has_kept_mount(pod: Pod<'_>, container: Container<'_>) -> bool {
    container.mounts().any(|mount| is_kept(pod, mount))
}

fn is_kept(pod: Pod<'_>, mount: Node<'_>) -> bool {
    mount.get("name").str().and_then(|name| pod.volume(name)).is_some_and(Volume::is_kept)
}
