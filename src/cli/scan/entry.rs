//! What is said about one object.

use serde::Serialize;

use super::claims::{Claims, Kept};
use super::tally::Counts;
use crate::cli::outcome::{DatabaseReport, FindingReport, MendReport};
use crate::decision::Deliberation;
use crate::terms::{Profile, Role};
use crate::tree::Node;
use crate::view::{Claim, Database, Owner, VolumeKind};

/// Says in whose care a workload is; set by Helm and many others.
const MANAGED_BY: &str = "app.kubernetes.io/managed-by";
const HELM_RELEASE: &str = "meta.helm.sh/release-name";

/// One object.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Entry {
    pub(super) api_version: String,
    pub(super) kind: &'static str,
    pub(super) namespace: String,
    /// False where Seawall is not asked about what is created.
    pub(super) is_guarded: bool,
    pub(super) name: String,
    pub(super) owner: Option<String>,
    pub(super) replicas: Option<i64>,
    pub(super) databases: Vec<DatabaseEntry>,
    pub(super) findings: Vec<FindingReport>,
    pub(super) mends: Vec<MendReport>,
    /// The one whose findings these are.
    pub(super) profile: Profile,
    pub(super) profiles: ByProfile,
}

/// What each profile would make of it.
#[derive(Debug, Default, Serialize)]
pub(super) struct ByProfile {
    pub(super) observe: Counts,
    pub(super) advise: Counts,
    pub(super) baseline: Counts,
    pub(super) production: Counts,
}

/// One container that belongs to an engine.
#[derive(Debug, Serialize)]
pub(super) struct DatabaseEntry {
    #[serde(flatten)]
    pub(super) report: DatabaseReport,
    pub(super) storage: Option<Storage>,
}

/// What its data lies on, as far as claims are concerned.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Storage {
    /// How many there are, or will be.
    pub(super) claims: usize,
    /// What all of them keep; `null` where one of them does not say.
    pub(super) bytes: Option<i64>,
    /// Their classes.
    pub(super) classes: Vec<String>,
}

impl Entry {
    /// The same where nobody asks Seawall: it is there, and nothing becomes of it.
    pub(super) fn unguarded(self) -> Self {
        let (findings, mends, profiles) = (Vec::new(), Vec::new(), ByProfile::default());
        Self { is_guarded: false, findings, mends, profiles, ..self }
    }

    /// The containers that hold a data set.
    pub(super) fn servers(&self) -> impl Iterator<Item = &DatabaseEntry> {
        self.databases.iter().filter(|d| d.is_server())
    }
}

impl DatabaseEntry {
    pub(super) fn is_server(&self) -> bool {
        self.report.role.parse().is_ok_and(Role::is_server)
    }
}

/// Who is in charge of an object: its controller, else the tool that says so.
pub(super) fn owner(object: Node<'_>) -> Option<String> {
    if let Some(owner) = Owner::of(object) {
        return Some(format!("{}/{}", owner.kind, owner.name));
    }
    let metadata = object.get("metadata");
    let tool = metadata.get("labels").get(MANAGED_BY).str()?;
    match metadata.get("annotations").get(HELM_RELEASE).str() {
        Some(release) => Some(format!("{tool}/{release}")),
        None => Some(tool.to_owned()),
    }
}

/// What the databases of a workload keep their data on, in their order.
pub(super) fn storage(deliberation: &Deliberation<'_>, claims: &Claims) -> Vec<Option<Storage>> {
    let databases = deliberation.case().map_or(&[][..], |case| case.databases.as_slice());
    databases.iter().map(|database| of_database(database, claims)).collect()
}

fn of_database(database: &Database<'_>, claims: &Claims) -> Option<Storage> {
    let volume = database.data.volume()?;
    match volume.kind {
        VolumeKind::ClaimTemplate => {
            let template = Claim(volume.node);
            let made: Vec<&Kept> = claims.made(&format!("{}-{}-", template.name(), database.workload.name())).collect();
            if !made.is_empty() {
                return Some(sum(&made));
            }
            // None was made yet.
            let wanted = Kept { bytes: template.bytes(), class: template.class().str().map(str::to_owned) };
            let replicas = usize::try_from(database.workload.replicas()).unwrap_or(0);
            (replicas > 0).then(|| sum(&vec![&wanted; replicas.min(MOST_REPLICAS)]))
        }
        VolumeKind::Claim(name) => claims.named(name).map(|kept| sum(&[kept])),
        _ => None,
    }
}

/// Nobody runs more; a spec can ask for any number.
const MOST_REPLICAS: usize = 10_000;

fn sum(claims: &[&Kept]) -> Storage {
    let mut classes: Vec<String> = claims.iter().filter_map(|kept| kept.class.clone()).collect();
    classes.sort_unstable();
    classes.dedup();
    let bytes = claims.iter().map(|kept| kept.bytes).try_fold(0_i64, |sum, bytes| sum.checked_add(bytes?));
    Storage { claims: claims.len(), bytes, classes }
}
