//! The labels by which the guards know what holds data, for what existed before Seawall: which are missing, and writing them.
use serde_json::json;

use super::{
    ClaimRef, Cluster, FetchError, again,
    answers::each,
    fetch::{self, object, part},
};
use crate::{
    engines::Catalogue,
    facts::{ClassFacts, NamespaceFacts},
    terms::{Fate, keys},
    tree::{Node, Tree},
    view::{Case, Claim, DataLabel, Database, Kind, Owner, Workload},
};

/// Who changed the labels, for `managedFields`: a person, and Seawall.
pub(super) const BY_HAND: &str = "seawall-protect";
pub(super) const BY_ITSELF: &str = "seawall";

/// The kinds of what is labelled beside StatefulSets.
pub(super) const CLAIM: &str = "PersistentVolumeClaim";
pub(super) const VOLUME: &str = "PersistentVolume";

/// A label that an object is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// `StatefulSet`, `PersistentVolumeClaim` or `PersistentVolume`.
    pub kind: &'static str,
    /// The object's name.
    pub name: String,
    /// The label.
    pub key: &'static str,
    /// What it is to say; `None` where it is to be taken off.
    pub value: Option<&'static str>,
    /// What it says now.
    pub before: Option<String>,
    path: String,
    /// Of the object, as it was read.
    version: String,
}

impl Wanted {
    /// True where the label is there, and true.
    #[must_use]
    pub fn is_there(&self) -> bool {
        self.before.as_deref() == self.value
    }

    pub(super) fn of(
        kind: &'static str,
        folder: &str,
        object: Node<'_>,
        key: &'static str,
        value: Option<&'static str>,
    ) -> Self {
        let name = object.path("metadata.name").text().to_owned();
        let before = object.path("metadata.labels").get(key).str().map(str::to_owned);
        let version = object.path("metadata.resourceVersion").text().to_owned();
        Self { kind, path: format!("{folder}/{name}"), name, key, value, before, version }
    }
}

/// What a namespace lacks.
#[derive(Debug, Default)]
pub struct Unprotected {
    /// Its labels; those that are there as well.
    pub wanted: Vec<Wanted>,
    /// True where it is labelled as guarded.
    pub is_guarded: bool,
    /// True where what becomes of volumes could not be read.
    pub lacks_volumes: bool,
}

/// A workload that may mount claims, as `Claim::database` takes it.
struct Seen {
    workloads: Vec<String>,
    sets: Vec<Wanted>,
}

/// What a claim's volume is to it.
pub(super) struct Backing {
    pub(super) fate: Fate,
    /// The guard that the volume is to have in a guarded namespace.
    pub(super) guard: Option<Wanted>,
}

impl Cluster {
    /// All namespaces that are not being deleted.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub async fn namespaces(&self) -> Result<Vec<String>, FetchError> {
        again::patiently(async || {
            let mut names = Vec::new();
            each(&self.client, "/api/v1/namespaces", &[], |namespace| {
                if !namespace.path("metadata.deletionTimestamp").is_set() {
                    names.push(namespace.path("metadata.name").text().to_owned());
                }
            })
            .await?;
            Ok(names)
        })
        .await
    }

    /// The labels that the databases of a namespace are to have; `None` where there is no such namespace.
    ///
    /// # Errors
    /// When its workloads or claims cannot be read.
    pub async fn unprotected(&self, namespace: &str, catalogue: &Catalogue) -> Result<Option<Unprotected>, FetchError> {
        part(namespace)?;
        let Some(facts) = self.namespace_facts(namespace).await? else { return Ok(None) };
        let is_guarded = facts.labels.iter().any(|(k, v)| k == keys::GUARD && v == keys::ENFORCED);
        let Seen { workloads, sets } = self.workloads(namespace, catalogue).await?;
        let mut all = Unprotected { wanted: sets, is_guarded, lacks_volumes: false };
        let folder = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims");
        let mut claims = Vec::new();
        each(&self.client, &folder, &[], |claim| {
            let is_databases =
                Claim(claim).is_of_a_database() || Claim(claim).database(&workloads, catalogue).is_some();
            let is_meant_to_go = matches!(Claim(claim).data_label(), Some(DataLabel::Ephemeral | DataLabel::Cache));
            if is_databases && !is_meant_to_go && !claim.path("metadata.deletionTimestamp").is_set() {
                let volume = claim.path("spec.volumeName").str().filter(|name| !name.is_empty()).map(str::to_owned);
                let class = Claim(claim).class_name().map(str::to_owned);
                let wanted = Wanted::of(CLAIM, &folder, claim, keys::HOLDS_DATA, None);
                claims.push((wanted, ClaimRef::to(claim), volume, class));
            }
        })
        .await?;
        let classes =
            if claims.iter().any(|(_, _, volume, _)| volume.is_none()) { self.classes().await } else { Vec::new() };
        for (mut claim, own, volume, class) in claims {
            let backing = match volume {
                Some(volume) => self.backing(&volume, &own).await,
                None => Ok(Backing { fate: ClassFacts::fate(class.as_deref(), &classes), guard: None }),
            };
            let fate = match backing {
                Ok(backing) => {
                    all.wanted.extend(backing.guard.filter(|_| is_guarded));
                    backing.fate
                }
                // What is known of it already is worth more than what this person may not read.
                Err(error) if error.is_forbidden() => {
                    all.lacks_volumes = true;
                    claim.before.as_deref().and_then(|before| before.parse().ok()).unwrap_or(Fate::Unknown)
                }
                Err(error) => return Err(error),
            };
            claim.value = Some(fate.as_str());
            all.wanted.push(claim);
        }
        Ok(Some(all))
    }

    /// Writes a label, or has the API server say whether it would take it.
    ///
    /// # Errors
    /// When it does not.
    pub async fn protect(&self, wanted: &Wanted, dry_run: bool) -> Result<(), FetchError> {
        let dry = if dry_run { "&dryRun=All" } else { "" };
        self.label(wanted, &format!("fieldManager={BY_HAND}{dry}"), None).await
    }

    /// Writes a label on behalf of nobody: only if the object is as it was read.
    ///
    /// # Errors
    /// When it is not any more, or the API server does not take it.
    pub(super) async fn correct(&self, wanted: &Wanted) -> Result<(), FetchError> {
        self.label(wanted, &format!("fieldManager={BY_ITSELF}"), Some(&wanted.version)).await
    }

    async fn label(&self, wanted: &Wanted, query: &str, version: Option<&str>) -> Result<(), FetchError> {
        let path = format!("{}?{query}", wanted.path);
        let mut metadata = serde_json::Map::new();
        metadata.insert("labels".to_owned(), json!({wanted.key: wanted.value}));
        metadata.extend(version.map(|version| ("resourceVersion".to_owned(), version.into())));
        let patch = json!({"metadata": metadata});
        let write = async || {
            fetch::write(&self.client, http::Method::PATCH, &path, "application/merge-patch+json", &patch).await
        };
        again::patiently(write).await.map(drop)
    }

    async fn namespace_facts(&self, namespace: &str) -> Result<Option<NamespaceFacts>, FetchError> {
        let question = crate::facts::Question::Namespace(namespace.to_owned());
        Ok(match self.ask(&question, 0).await? {
            crate::facts::Known::Found(crate::facts::Answer::Namespace(facts)) => Some(facts),
            _ => None,
        })
    }

    /// What may mount claims: StatefulSets, Deployments, and the Pods that neither these nor Jobs make.
    async fn workloads(&self, namespace: &str, catalogue: &Catalogue) -> Result<Seen, FetchError> {
        let mut seen = Seen { workloads: Vec::new(), sets: Vec::new() };
        let kinds = [
            ("apps/v1", "statefulsets", Kind::StatefulSet),
            ("apps/v1", "deployments", Kind::Deployment),
            ("v1", "pods", Kind::Pod),
        ];
        for (version, plural, kind) in kinds {
            let api = if version == "v1" { "/api/v1".to_owned() } else { format!("/apis/{version}") };
            let folder = format!("{api}/namespaces/{namespace}/{plural}");
            each(&self.client, &folder, &[], |workload| {
                if kind == Kind::Pod && Owner::of(workload).is_some_and(Owner::is_builtin) {
                    return;
                }
                let case = Case::of(Workload { kind, object: workload }, catalogue);
                if !case.servers().any(Database::keeps_data) {
                    return;
                }
                if kind == Kind::StatefulSet && !workload.path("metadata.deletionTimestamp").is_set() {
                    seen.sets.push(Wanted::of("StatefulSet", &folder, workload, keys::HOLDS_DATA, Some("true")));
                }
                let mut json = workload.to_json();
                if let Some(map) = json.as_object_mut() {
                    map.insert("kind".to_owned(), kind.as_str().into());
                    map.insert("apiVersion".to_owned(), version.into());
                }
                seen.workloads.push(json.to_string());
            })
            .await?;
        }
        Ok(seen)
    }

    /// Looks at the volume that a claim names.
    pub(super) async fn backing(&self, volume: &str, claim: &ClaimRef) -> Result<Backing, FetchError> {
        let path = format!("/api/v1/persistentvolumes/{}", part(volume)?);
        let Some(text) = again::patiently(async || object(&self.client, &path).await).await? else {
            return Ok(Backing { fate: Fate::Unknown, guard: None });
        };
        let tree = Tree::from_json(&text)?;
        let fate = Fate::of(tree.root().path("spec.persistentVolumeReclaimPolicy").text());
        let folder = "/api/v1/persistentvolumes";
        let wanted = Wanted::of(VOLUME, folder, tree.root(), keys::GUARD, Some(keys::ENFORCED));
        // Anybody who may make a claim may have it name any volume: that is not yet a reason to guard it.
        Ok(Backing { fate, guard: claim.owns(tree.root()).then_some(wanted) })
    }

    /// Not everybody may list them; what they say of a claim without a volume is unknown then.
    pub(super) async fn classes(&self) -> Vec<ClassFacts> {
        match self.ask(&crate::facts::Question::StorageClasses, 0).await {
            Ok(crate::facts::Known::Found(crate::facts::Answer::StorageClasses(all))) => all,
            _ => Vec::new(),
        }
    }
}
