//! PersistentVolumeClaims.
use crate::tree::Node;

/// A claim.
#[derive(Debug, Clone, Copy)]
pub struct Claim<'t>(pub Node<'t>);

const BETA_CLASS: &str = "volume.beta.kubernetes.io/storage-class";

impl<'t> Claim<'t> {
    /// Its name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.0.get("metadata").get("name").text()
    }

    /// Its spec.
    #[must_use]
    pub fn spec(self) -> Node<'t> {
        self.0.get("spec")
    }

    /// `spec.storageClassName`. `""` is a choice: no class.
    #[must_use]
    pub fn class(self) -> Node<'t> {
        self.spec().get("storageClassName")
    }

    /// The class in the old annotation, which counts as one.
    #[must_use]
    pub fn beta_class(self) -> Option<&'t str> {
        self.0.path("metadata.annotations").get(BETA_CLASS).str()
    }

    /// True when its author wrote the class: some entry of `managedFields` owns it. The API server's own defaulting has no entry.
    /// Without `managedFields` a class counts as written.
    #[must_use]
    pub fn class_is_written(self) -> bool {
        if self.beta_class().is_some() {
            return true;
        }
        if !self.class().is_set() {
            return false;
        }
        match self.0.path("metadata.managedFields").unread() {
            // The key cannot stand in this JSON for anything else: field names are prefixed, and values are not listed.
            Some(json) if json != "[]" && json != "null" => json.contains("\"f:storageClassName\""),
            _ => true,
        }
    }

    /// True when it brings data with it, or is for one certain volume: `volumeName`, `selector`, `dataSource`, `dataSourceRef`.
    #[must_use]
    pub fn is_for_something(self) -> bool {
        ["volumeName", "selector", "dataSource", "dataSourceRef"].into_iter().any(|f| self.spec().get(f).is_set())
    }

    /// True when it may be mounted by many nodes at once.
    #[must_use]
    pub fn is_shared(self) -> bool {
        self.spec().get("accessModes").strs().any(|m| m == "ReadWriteMany")
    }

    /// Labels, as pairs.
    pub fn labels(self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        self.0.path("metadata.labels").fields().filter_map(|(k, v)| Some((k, v.str()?)))
    }
}
