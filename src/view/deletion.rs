//! What somebody deletes, as it was.
use super::{Claim, DataLabel, Owner};
use crate::{
    facts::{Question, Seconds},
    terms::{
        Fate,
        keys::{self, ENFORCED},
    },
    tree::Node,
};

/// How long before its end a confirmation may be written, in seconds; and a minute for clocks that differ.
const LONGEST_CONFIRMATION: Seconds = 10 * 60 + 60;

/// Something that may hold data.
#[derive(Debug, Clone, Copy)]
pub struct Deletion<'t> {
    /// What it is.
    pub kind: Deleted,
    /// As it was.
    pub object: Node<'t>,
}

/// What can be deleted and may hold data.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Deleted {
    /// A PersistentVolumeClaim.
    Claim,
    /// A StatefulSet whose claims go with it.
    Set,
    /// A Namespace.
    Namespace,
}

/// Whether somebody said that the deletion is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// Nobody did, or of something else.
    None,
    /// Somebody did, just now.
    Given,
    /// Somebody did, too long ago or for too long.
    OutOfDate,
}

impl<'t> Deletion<'t> {
    /// A deletion that may take data along; `None` for any other. `orphans` leaves what belongs to the object where it is.
    #[must_use]
    pub fn of(group: &str, kind: &str, object: Node<'t>, orphans: bool) -> Option<Self> {
        let kind = match (group, kind) {
            ("", "PersistentVolumeClaim") => Deleted::Claim,
            ("apps", "StatefulSet") => Deleted::Set,
            ("", "Namespace") => Deleted::Namespace,
            _ => return None,
        };
        let deletion = Self { kind, object };
        let goes = match kind {
            // A Pod's own claim goes with it by design.
            Deleted::Claim => !Owner::of(object).is_some_and(|owner| owner.group().is_empty() && owner.kind == "Pod"),
            Deleted::Set => {
                let policy = object.path("spec.persistentVolumeClaimRetentionPolicy.whenDeleted").str();
                policy == Some("Delete") && !orphans
            }
            Deleted::Namespace => true,
        };
        goes.then_some(deletion)
    }

    /// Its name.
    #[must_use]
    pub fn name(self) -> &'t str {
        self.object.path("metadata.name").text()
    }

    /// As kubectl takes it.
    #[must_use]
    pub const fn resource(self) -> &'static str {
        match self.kind {
            Deleted::Claim => "persistentvolumeclaim",
            Deleted::Set => "statefulset",
            Deleted::Namespace => "namespace",
        }
    }

    /// What the label says about its data; `None` without it.
    #[must_use]
    pub fn holds_data(self) -> Option<&'t str> {
        self.object.path("metadata.labels").get(keys::HOLDS_DATA).str()
    }

    /// What the label says becomes of a claim's volume; `None` where it says nothing of the kind.
    #[must_use]
    pub fn fate(self) -> Option<Fate> {
        self.holds_data()?.parse().ok()
    }

    /// True for a guarded namespace.
    #[must_use]
    pub fn is_guarded_namespace(self) -> bool {
        self.kind == Deleted::Namespace && self.object.path("metadata.labels").get(keys::GUARD).str() == Some(ENFORCED)
    }

    /// True where its author says that losing the data is meant.
    #[must_use]
    pub fn is_meant_to_go(self) -> bool {
        matches!(Claim(self.object).data_label(), Some(DataLabel::Ephemeral | DataLabel::Cache))
    }

    /// The claims of a StatefulSet, as names that end in `-` and stand for all with an ordinal after them.
    fn claims(self) -> Vec<String> {
        let templates = self.object.path("spec.volumeClaimTemplates").items();
        let names = templates.filter_map(|template| template.path("metadata.name").str());
        let mut names: Vec<String> = names.map(|template| format!("{template}-{}-", self.name())).collect();
        names.sort();
        names
    }

    /// What is asked about its claims; of a namespace about all that are labelled.
    #[must_use]
    pub fn storage(self, namespace: &str) -> Question {
        let names = match self.kind {
            Deleted::Claim => vec![self.name().to_owned()],
            Deleted::Set => self.claims(),
            Deleted::Namespace => Vec::new(),
        };
        Question::Storage { namespace: namespace.to_owned(), names }
    }

    /// What its annotation says: the object's own name, `@`, and until when it counts.
    #[must_use]
    pub fn confirmation(self, now: Seconds) -> Confirmation {
        let said = self.object.path("metadata.annotations").get(keys::CONFIRM_DELETE).text();
        let until = said.strip_prefix(self.name()).and_then(|rest| rest.strip_prefix('@'));
        match until.and_then(|time| time.parse::<jiff::Timestamp>().ok()).map(jiff::Timestamp::as_second) {
            None => Confirmation::None,
            Some(until) if (now..=now + LONGEST_CONFIRMATION).contains(&until) => Confirmation::Given,
            Some(_) => Confirmation::OutOfDate,
        }
    }
}
