//! Where other containers of a Pod see a database's files.
use super::{Container, DataPlace, Database, VolumeKind};
use crate::tree::Node;

impl<'t> Database<'t> {
    /// Where a claim is to be mounted, so that the data is on it: beside the data directory itself there are images that want the
    /// folder above, and a directory below a `VOLUME` of the image leaves the root of the volume, with its `lost+found`, alone.
    #[must_use]
    pub fn mount_point(&self) -> Option<&str> {
        let directory = self.data.directory()?;
        let facts = &self.engine.data;
        let around = facts.image_volumes.iter().find(|v| below(directory, v).is_some()).map(String::as_str);
        let stated = facts.mount.as_deref().filter(|_| facts.directory.as_deref() == Some(directory));
        stated.or(around).or(Some(directory))
    }

    /// True when a variable that moves the data directory may come from somewhere that the spec does not show.
    #[must_use]
    pub fn may_be_moved(&self) -> bool {
        self.container.has_env_from() && !self.engine.data.variables.is_empty()
    }

    /// True when the server mounts a claim that its StatefulSet makes for each Pod.
    #[must_use]
    pub fn mounts_claim_template(&self) -> bool {
        let volumes = self.container.mounts().filter_map(|m| self.pod.volume(m.get("name").str()?));
        volumes.into_iter().any(|v| v.kind == VolumeKind::ClaimTemplate)
    }

    /// What the image itself sets a variable to, in a container of the server's image: its data directory.
    #[must_use]
    pub fn image_variable(&self, container: Container<'t>, name: &str) -> Option<&'t str> {
        let facts = &self.engine.data;
        let is_same_image = container.0.get("image").str() == self.container.0.get("image").str();
        facts.directory.as_deref().filter(|_| is_same_image && facts.variables.iter().any(|v| v == name))
    }

    /// The directories of its data as `container`, one of the same Pod, sees them: each once for each mount of its volume that shows
    /// all of it.
    #[must_use]
    pub fn directories_in(&self, container: Container<'t>) -> Vec<String> {
        let DataPlace::On { directory, mount, .. } = &self.data else { return Vec::new() };
        let all = std::iter::once((directory.clone(), *mount)).chain(self.kept_beside());
        if container.0.at == self.container.0.at {
            return all.map(|(directory, _)| directory).collect();
        }
        all.flat_map(|(directory, mount)| shown_in(container, mount, &directory)).collect()
    }

    /// What the database keeps outside of its data directory (a log in a folder of its own), where that outlives the Pod, with the
    /// mounts around it.
    fn kept_beside(&self) -> impl Iterator<Item = (String, Node<'t>)> {
        let facts = &self.engine.data;
        let said = facts.also_by.iter().filter_map(|condition| {
            let by_flag = condition.flag.as_deref().and_then(|flag| self.option(flag)?.value());
            by_flag.or_else(|| self.given(condition.variable.as_deref()?)?.literal())
        });
        let paths = facts.also.iter().map(String::as_str).chain(said).filter(|path| path.starts_with('/'));
        paths.filter_map(|path| Some((path.to_owned(), self.kept_mount(path)?)))
    }

    /// The mount that shows `path` to the server, where what is written there outlives the Pod.
    fn kept_mount(&self, path: &str) -> Option<Node<'t>> {
        let around = |m: &Node<'_>| m.get("mountPath").str().is_some_and(|outer| below(path, outer).is_some());
        let mount = self.container.mounts().filter(around).max_by_key(|m| m.get("mountPath").text().len())?;
        self.pod.volume(mount.get("name").str()?).filter(|volume| volume.is_kept()).map(|_| mount)
    }
}

/// The places at which `container` sees what the server has at `directory`, below `mount`.
fn shown_in(container: Container<'_>, mount: Node<'_>, directory: &str) -> Vec<String> {
    let Some(inside) = within_volume(mount, directory) else { return Vec::new() };
    let volume = mount.get("name").text();
    let others = container.mounts().filter(|m| m.get("name").str() == Some(volume));
    others.filter_map(|other| seen_at(other, &inside)).collect()
}

/// A path of a container as the volume has it, where `mount` is the one around it.
fn within_volume(mount: Node<'_>, path: &str) -> Option<String> {
    let rest = below(path, mount.get("mountPath").str()?)?;
    Some(join(sub_path(mount)?, rest))
}

/// Where a mount shows what the volume has at `inside`.
fn seen_at(mount: Node<'_>, inside: &str) -> Option<String> {
    let rest = below(inside, sub_path(mount)?)?;
    let top = mount.get("mountPath").str()?;
    Some(format!("/{}", join(top, rest)))
}

/// What part of the volume a mount shows; `None` where that differs from Pod to Pod.
fn sub_path(mount: Node<'_>) -> Option<&str> {
    if mount.get("subPathExpr").is_set() { None } else { Some(mount.get("subPath").text()) }
}

/// `path` without the folder `outer` around it.
fn below<'p>(path: &'p str, outer: &str) -> Option<&'p str> {
    let rest = path.trim_matches('/').strip_prefix(outer.trim_matches('/'))?;
    (rest.is_empty() || rest.starts_with('/') || outer.trim_matches('/').is_empty()).then(|| rest.trim_matches('/'))
}

fn join(a: &str, b: &str) -> String {
    let (a, b) = (a.trim_matches('/'), b.trim_matches('/'));
    if a.is_empty() || b.is_empty() { format!("{a}{b}") } else { format!("{a}/{b}") }
}
