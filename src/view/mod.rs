//! Read-only lenses: what an object is, as its author would say it. All are small and borrow from the tree.
mod beside;
mod claim;
mod companion;
mod condition;
mod configuration;
mod container;
mod credentials;
mod data;
mod database;
mod deletion;
mod detect;
mod directories;
mod door;
mod execution;
mod layout;
mod listen;
mod members;
mod memory;
mod options;
mod owner;
mod placement;
mod privileges;
mod probe;
mod sight;
mod stop;
mod storage;
mod supply;
mod switch;
#[cfg(test)]
mod tests;
mod upgrade;
mod user;
mod workload;

use crate::{engines::Catalogue, tree::Node};

pub use claim::Claim;
pub use companion::{Autoscaler, Budget, Companion, ConfigMap, Service, ServicePort, VerticalAutoscaler};
pub use configuration::ConfigLook;
pub use container::{Container, MOST_MOUNTS, Var, quantity};
pub use credentials::Lacking;
pub use data::{DataPlace, Volume, VolumeKind};
pub use database::{DataLabel, Database};
pub use deletion::{Confirmation, Deleted, Deletion};
pub use detect::{Detected, Evidence, Verdict};
pub use execution::{Execution, Executions, Occasion};
pub use layout::LayoutChange;
pub use memory::{Fit, MemoryNeed, MemoryPart, MemorySource, SessionNeed};
pub use options::{Options, Setting};
pub use owner::{Owner, Ownership, has_operator_label};
pub use placement::Spot;
pub use probe::Probe;
pub use stop::{DEFAULT_GRACE_SECONDS, PreStopHook, SignalPath};
pub use storage::unsafe_mount_option;
pub use switch::Thrown;
pub use upgrade::Move;
pub use user::{RunsAs, sorts_otherwise};
pub use workload::{Kind, MOST_VOLUMES, Pod, Workload};

/// One object, as what it is.
#[derive(Debug)]
pub enum Subject<'t> {
    /// Something that is a Pod, or makes Pods.
    Workload(Case<'t>),
    /// A PersistentVolumeClaim.
    Claim(Claim<'t>),
    /// A Service, a budget, an autoscaler, a ConfigMap.
    Companion(Companion<'t>),
    /// Anything else.
    Other,
}

impl<'t> Subject<'t> {
    /// What the object of `kind` at `object` is.
    #[must_use]
    pub fn of(kind: &str, object: Node<'t>, catalogue: &'t Catalogue) -> Self {
        if !object.is_set() {
            return Self::Other;
        }
        if let Some(kind) = Kind::of(kind) {
            return Self::Workload(Case::of(Workload { kind, object }, catalogue));
        }
        if kind == "PersistentVolumeClaim" {
            return Self::Claim(Claim(object));
        }
        Companion::of(kind, object).map_or(Self::Other, Self::Companion)
    }
}

/// The most databases of one Pod that are looked at; documented in `docs/limits.md`. Rules compare each with its neighbours, so that many
/// cost as much as their square; nobody runs a tenth as many in one Pod.
pub const MOST_DATABASES: usize = 100;

/// A workload and the databases in it.
#[derive(Debug)]
pub struct Case<'t> {
    /// The workload.
    pub workload: Workload<'t>,
    /// Its containers that belong to an engine, in any role; at most [`MOST_DATABASES`].
    pub databases: Vec<Database<'t>>,
    /// What was looked at, container by container, for `inspect`.
    pub detected: Vec<Detected<'t>>,
}

impl<'t> Case<'t> {
    /// Looks for databases in a workload.
    #[must_use]
    pub fn of(workload: Workload<'t>, catalogue: &'t Catalogue) -> Self {
        let mut databases = Vec::new();
        let look = |container| {
            let detected = detect::one(workload, container, catalogue);
            if databases.len() < MOST_DATABASES {
                databases.extend(Database::of(workload, &detected, catalogue));
            }
            detected
        };
        let detected = workload.pod().running().map(look).collect();
        Self { workload, databases, detected }
    }

    /// All containers, init containers too, and what their spec has them run: read anew at each call.
    #[must_use]
    pub fn executions(&self) -> Vec<Executions<'t>> {
        // Those that were looked at come first, in the same order.
        let mut detected = self.detected.iter().enumerate();
        self.workload.pod().containers().map(|container| Executions::of(container, detected.next())).collect()
    }

    /// For a profile that believes no label: what is a cache by its label alone is a server.
    #[must_use]
    pub fn without_labels(mut self) -> Self {
        self.databases.iter_mut().for_each(Database::forget_label);
        self
    }

    /// The containers that hold a data set, in memory or on disk.
    pub fn servers(&self) -> impl Iterator<Item = &Database<'t>> {
        self.databases.iter().filter(|d| d.role.is_server())
    }

    /// True when it runs a database.
    #[must_use]
    pub fn has_database(&self) -> bool {
        self.servers().next().is_some()
    }
}

/// An UPDATE of a workload.
#[derive(Debug, Clone, Copy)]
pub struct Change<'c, 't> {
    /// What it was.
    pub old: &'c Case<'t>,
    /// What it will be.
    pub new: &'c Case<'t>,
}
