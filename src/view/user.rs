//! The user that a server runs as, and whose its files are.
use super::Database;
use crate::{engines::schema::User, tree::Node};

/// A user other than root.
#[derive(Debug, Clone, Copy)]
pub struct RunsAs<'t> {
    /// The user id.
    pub id: i64,
    /// Where the spec says so; the image, where it does not.
    pub place: Node<'t>,
}

/// Releases of the distribution that images name in their tags, each with a C library of its own.
const RELEASES: [&str; 6] = ["alpine", "stretch", "buster", "bullseye", "bookworm", "trixie"];

impl<'t> Database<'t> {
    /// The user id that its files belong to, as far as spec and image tell.
    #[must_use]
    pub fn files_owner(&self) -> Option<i64> {
        match self.run_as_user().i64() {
            Some(id) if id != 0 => Some(id),
            // The image's entrypoint drops to its own user.
            given => {
                self.image_user().filter(|user| given.is_none() || user.starts_as_root).map(|user| self.id_of(user))
            }
        }
    }

    /// The user that it runs as, where it does not start as root: a container that does gives the files to its user first.
    #[must_use]
    pub fn user_without_root(&self) -> Option<RunsAs<'t>> {
        let place = self.run_as_user();
        match place.i64() {
            Some(id) => (id != 0).then_some(RunsAs { id, place }),
            None => {
                let user = self.image_user().filter(|user| !user.starts_as_root && user.uid != 0)?;
                Some(RunsAs { id: self.id_of(user), place: self.container.0.get("image") })
            }
        }
    }

    /// The distribution's release that the tag names, else what the image is built upon: its C library decides how text is sorted.
    /// `debian` where nothing says.
    #[must_use]
    pub fn c_library(&self) -> Option<&'t str> {
        let tag = self.container.image().tag.filter(|_| self.image_is_known)?;
        let by_version = self
            .engine
            .packaging
            .built_upon
            .iter()
            .find(|built| self.version.as_ref().and_then(|version| built.versions.contains(version)) == Some(true));
        let usual = by_version.map(|built| built.release.as_str()).or(self.engine.facts.distribution.as_deref());
        let usual = usual.filter(|_| self.packaging_is_known);
        Some(RELEASES.into_iter().find(|release| tag.contains(release)).or(usual).unwrap_or("debian"))
    }

    /// True where `fsGroup` lets any user of the group work with the files: the kubelet gives them to the group at each start, and the server
    /// does not insist on being their owner.
    #[must_use]
    pub fn shares_by_group(&self) -> bool {
        let context = self.pod.security();
        let at_each_start = context.get("fsGroupChangePolicy").str() != Some("OnRootMismatch");
        let insists = self.engine.facts.user.is_none_or(|user| user.must_own);
        context.get("fsGroup").is_set() && at_each_start && !insists
    }

    fn image_user(&self) -> Option<User> {
        self.engine.facts.user.filter(|_| self.packaging_is_known && self.image_is_known)
    }

    fn id_of(&self, user: User) -> i64 {
        user.alpine_uid.filter(|_| self.c_library() == Some("alpine")).unwrap_or(user.uid)
    }
}

/// True where text sorts otherwise: on Alpine and elsewhere, or in two releases that both tags name.
#[must_use]
pub fn sorts_otherwise(before: &str, after: &str) -> bool {
    let is_vague = |release: &str| release == "debian";
    before != after && (before == "alpine" || after == "alpine" || !(is_vague(before) || is_vague(after)))
}
