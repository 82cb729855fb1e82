//! Who is in charge of an object.
use crate::{engines::Operators, tree::Node};

/// The controller that an object names.
#[derive(Debug, Clone, Copy)]
pub struct Owner<'t> {
    /// `apps/v1`.
    pub api_version: &'t str,
    /// `StatefulSet`.
    pub kind: &'t str,
    /// Name.
    pub name: &'t str,
}

impl<'t> Owner<'t> {
    /// The owner reference with `controller: true`.
    #[must_use]
    pub fn of(object: Node<'t>) -> Option<Self> {
        Self::node(object).map(|o| Self {
            api_version: o.get("apiVersion").text(),
            kind: o.get("kind").text(),
            name: o.get("name").text(),
        })
    }

    /// The same as it stands there.
    #[must_use]
    pub fn node(object: Node<'t>) -> Option<Node<'t>> {
        object.path("metadata.ownerReferences").items().find(|o| o.get("controller").bool() == Some(true))
    }

    /// The API group: `apps`; empty for the core.
    #[must_use]
    pub fn group(self) -> &'t str {
        self.api_version.split_once('/').map_or("", |(group, _)| group)
    }

    /// True for the controllers of Kubernetes itself.
    #[must_use]
    pub fn is_builtin(self) -> bool {
        matches!(self.group(), "" | "apps" | "batch")
    }
}

/// What the object itself says about who is in charge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ownership {
    /// Nobody but its author.
    Author,
    /// A controller of Kubernetes; the chain goes on there.
    Controller,
    /// A controller of a group that is known to make databases, or any other group that is not Kubernetes' own.
    Operator {
        /// True when the group is in the catalogue or the settings.
        known: bool,
    },
}

impl Ownership {
    /// Reads the controller reference.
    #[must_use]
    pub fn of(object: Node<'_>, operators: &Operators, more_groups: &[String]) -> Self {
        match Owner::of(object) {
            None => Self::Author,
            Some(owner) if owner.is_builtin() => Self::Controller,
            Some(owner) => {
                let group = owner.group();
                Self::Operator { known: operators.owns(group) || more_groups.iter().any(|g| g == group) }
            }
        }
    }
}

/// True when a label of the object, or of its template, is one that operators of databases set.
#[must_use]
pub fn has_operator_label(labels: Node<'_>, operators: &Operators) -> bool {
    labels.fields().any(|(key, value)| operators.labels(key, value.text()))
}
