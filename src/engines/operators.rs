//! Operators: who makes databases on others' behalf, and is never worked against.
use serde::Deserialize;

use super::document;
use crate::tree::FileError;

/// The file `operators.yaml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operators {
    /// API groups; one that begins with `*.` stands for all below it.
    groups: Vec<String>,
    /// Labels that their objects carry.
    labels: Vec<Label>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Label {
    /// The key; one that ends in `/*` stands for all with that prefix.
    key: String,
    /// A text that the value contains; without it any value.
    #[serde(default)]
    contains: Option<String>,
}

impl Operators {
    pub(super) fn read(text: &str) -> Result<Self, FileError> {
        document("operators.yaml", text)
    }

    /// True when objects of this API group own databases.
    #[must_use]
    pub fn owns(&self, group: &str) -> bool {
        self.groups.iter().any(|known| match known.strip_prefix('*') {
            Some(suffix) => group.ends_with(suffix) || Some(group) == suffix.strip_prefix('.'),
            None => known == group,
        })
    }

    /// True when a label is one that operators set.
    #[must_use]
    pub fn labels(&self, key: &str, value: &str) -> bool {
        self.labels.iter().any(|label| {
            let named = match label.key.strip_suffix('*') {
                Some(prefix) => key.starts_with(prefix),
                None => label.key == key,
            };
            named && label.contains.as_ref().is_none_or(|part| value.contains(part.as_str()))
        })
    }
}
