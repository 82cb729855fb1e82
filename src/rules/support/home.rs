//! Where on which volume a database's files are.
use crate::{
    tree::Node,
    view::{DataPlace, Database, Volume, VolumeKind},
};

/// A folder on a volume.
#[derive(Debug, Clone)]
pub(in crate::rules) struct Home<'t> {
    /// The mount.
    pub(in crate::rules) mount: Node<'t>,
    volume: Volume<'t>,
    /// Below the volume's root; empty for the root itself.
    folder: String,
}

impl<'t> Home<'t> {
    /// Where a database's files are; `None` where they are on no volume, or nothing says.
    pub(in crate::rules) fn of(database: &Database<'t>) -> Option<Self> {
        let DataPlace::On { directory, mount, volume } = &database.data else { return None };
        let at = mount.get("mountPath").text().trim_end_matches('/');
        let inner = directory.strip_prefix(at).unwrap_or("");
        let sub = mount.get("subPath").str().or_else(|| mount.get("subPathExpr").str()).unwrap_or("");
        let steps = sub.split('/').chain(inner.split('/')).filter(|step| !matches!(*step, "" | "."));
        Some(Self { mount: *mount, volume: *volume, folder: steps.collect::<Vec<_>>().join("/") })
    }

    /// True where a change leaves a database on the volume that it is on.
    pub(in crate::rules) fn stays(old: &Database<'_>, new: &Database<'_>) -> bool {
        Home::of(old).zip(Home::of(new)).is_some_and(|(a, b)| a.shares_volume(&b))
    }

    /// True for the same volume, whatever the Pod calls it.
    pub(in crate::rules) fn shares_volume(&self, other: &Self) -> bool {
        match (self.volume.kind, other.volume.kind) {
            (VolumeKind::Claim(a), VolumeKind::Claim(b)) => a == b,
            (VolumeKind::ClaimTemplate, VolumeKind::ClaimTemplate) => self.template() == other.template(),
            (a, b) if std::mem::discriminant(&a) != std::mem::discriminant(&b) => false,
            _ => source(self.volume.node).same(source(other.volume.node)),
        }
    }

    /// True for the same folder of a volume.
    pub(in crate::rules) fn shares_folder(&self, other: &Self) -> bool {
        self.folder == other.folder
    }

    /// The folder, for a message.
    pub(in crate::rules) fn folder(&self) -> String {
        if self.folder.is_empty() { "the root".to_owned() } else { format!("{:?}", self.folder) }
    }

    /// The volume, for a message.
    pub(in crate::rules) fn volume(&self) -> String {
        let name = match self.volume.kind {
            VolumeKind::Claim(claim) => claim,
            VolumeKind::ClaimTemplate => self.template(),
            VolumeKind::HostPath => self.volume.node.path("hostPath.path").text(),
            _ => self.volume.node.get("name").text(),
        };
        let kind = match self.volume.kind {
            VolumeKind::Claim(_) | VolumeKind::ClaimTemplate => "claim",
            VolumeKind::EmptyDir => "emptyDir",
            VolumeKind::HostPath => "the node's folder",
            _ => "volume",
        };
        format!("{kind} {name:?}")
    }

    /// The claim template, where it is on one.
    pub(in crate::rules) fn claim_template(&self) -> Option<&'t str> {
        matches!(self.volume.kind, VolumeKind::ClaimTemplate).then(|| self.template())
    }

    fn template(&self) -> &'t str {
        self.volume.node.get("metadata").get("name").text()
    }
}

/// What a volume is made of, beside its name.
fn source(volume: Node<'_>) -> Node<'_> {
    volume.fields().find(|(key, value)| *key != "name" && value.is_set()).map_or(volume, |(_, value)| value)
}
