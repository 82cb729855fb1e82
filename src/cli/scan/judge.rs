//! The objects of one namespace, judged under every profile as if each were new.

use std::cell::RefCell;
use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use super::Note;
use super::claims::Claims;
use super::entry::{self, ByProfile, DatabaseEntry, Entry};
use super::tally::{Counts, Tally};
use super::text::why;
use crate::cli::outcome::Outcome;
use crate::cluster::inventory::{Inventory, Item, Part, Portion};
use crate::cluster::{Cluster, FetchError};
use crate::decision::{Deliberation, MOST_NEIGHBOURS, Neighbours, Request, World};
use crate::engines::Catalogue;
use crate::facts::{Answer, Facts, Known, NamespaceFacts, Question, Seconds};
use crate::rules;
use crate::settings::{InForce, Namespace, Policies, Settings};
use crate::terms::{self, Profile};
use crate::tree::Tree;
use crate::view::{Case, Claim, Kind, Workload};

/// What is known before the first namespace.
pub(super) struct Judge<'c> {
    catalogue: &'c Catalogue,
    policies: &'c Policies,
    /// The profile whose findings are kept, where it is not that of the policies.
    as_profile: Option<Profile>,
    kubernetes_minor: Option<u32>,
    now: Seconds,
    /// `None` where they could not be listed.
    namespaces: Option<HashMap<String, NamespaceFacts>>,
    /// Classes, and whether a volume waits for a claim.
    storage: Vec<(Question, Known<Answer>)>,
    /// What a running Seawall goes by, exemptions among it.
    in_force: Option<Arc<InForce>>,
}

/// The settings of a namespace.
pub(super) struct Ground {
    own: Arc<Settings>,
    /// The same under every profile.
    under: Vec<Settings>,
}

impl Ground {
    /// True where nothing is judged.
    pub(super) fn skips(&self, namespace: &str) -> bool {
        self.own.skips(namespace)
    }
}

/// What is known in one namespace.
struct Around<'a> {
    claims: Claims,
    /// As a profile sees them that believes labels, and as one that does not.
    believing: Neighbours,
    doubting: Neighbours,
    namespace: &'a str,
    has_all_workloads: bool,
}

impl<'c> Judge<'c> {
    pub(super) fn new(
        catalogue: &'c Catalogue,
        policies: &'c Policies,
        as_profile: Option<Profile>,
        kubernetes_minor: Option<u32>,
        now: Seconds,
    ) -> Self {
        Self {
            catalogue,
            policies,
            as_profile,
            kubernetes_minor,
            now,
            namespaces: None,
            storage: Vec::new(),
            in_force: None,
        }
    }

    /// Judges by what is in force, where that is known of a namespace.
    pub(super) fn go_by(&mut self, in_force: Arc<InForce>) {
        self.in_force = Some(in_force);
    }

    /// Asks for what is the same for all namespaces. What is not answered is unknown, and told.
    pub(super) async fn look_around(&mut self, cluster: &Cluster, inventory: &Inventory<'_>) -> Vec<Note> {
        let mut notes = Vec::new();
        match inventory.namespaces().await {
            Ok(namespaces) => self.namespaces = Some(namespaces.into_iter().collect()),
            Err(error) => {
                let what = if self.policies.are_selective() {
                    "which policies hold in a namespace, and whether it is labelled seawall.dev/data, is not known"
                } else {
                    "whether a namespace is labelled seawall.dev/data is not known"
                };
                notes.push(Note::of("namespaces", &error, what));
            }
        }
        for (question, resource, what) in [
            (
                Question::StorageClasses,
                "storageclasses.storage.k8s.io",
                "which class claims would be given is not known",
            ),
            (Question::LooseVolumes, "persistentvolumes", "which class claims would be given is not known"),
        ] {
            let answer = cluster.ask(&question, self.now).await;
            let known = answer.unwrap_or_else(|error| {
                notes.push(Note::of(resource, &error, what));
                Known::Unknown
            });
            self.storage.push((question, known));
        }
        notes
    }

    /// True where the API server says that there is no such namespace.
    pub(super) fn is_missing(&self, namespace: &str) -> bool {
        self.namespaces.as_ref().is_some_and(|known| !known.contains_key(namespace))
    }

    /// The settings that hold in a namespace. Without its labels only its name is selected by.
    pub(super) fn ground(&self, namespace: &str) -> Ground {
        let facts = self.namespaces.as_ref().and_then(|all| all.get(namespace));
        let labels = facts.map_or(&[][..], |facts| facts.labels.as_slice());
        let in_force = self.in_force.as_ref().and_then(|in_force| in_force.of_namespace(namespace));
        let own =
            in_force.map_or_else(|| self.policies.of_namespace(Namespace { name: namespace, labels }), Arc::clone);
        let under = Profile::ALL.iter().map(|profile| own.under(*profile)).collect();
        Ground { own, under }
    }

    fn world<'w>(&'w self, settings: &'w Settings) -> World<'w> {
        let (catalogue, kubernetes_minor) = (self.catalogue, self.kubernetes_minor);
        World { catalogue, settings, rules: rules::ALL, kubernetes_minor }
    }

    /// The profile whose findings are kept of an object.
    fn shown(&self, request: Request<'_>, ground: &Ground) -> Profile {
        self.as_profile.unwrap_or_else(|| {
            let deliberation = Deliberation::of(request, self.world(&ground.own), self.now);
            deliberation.map_or_else(|| ground.own.profile(), |d| d.settings().profile())
        })
    }

    /// The ConfigMaps that the databases of a namespace use.
    pub(super) fn config_maps(&self, portion: &Portion) -> Vec<String> {
        let mut names = BTreeSet::new();
        for item in &portion.items {
            let (Some(kind), Ok(tree)) = (Kind::of(item.sort.kind), Tree::from_json(&item.text)) else { continue };
            let case = Case::of(Workload { kind, object: tree.root() }, self.catalogue);
            for question in case.questions_beside(&item.namespace) {
                if let Question::ConfigMap { name, .. } = question {
                    names.insert(name);
                }
            }
        }
        names.into_iter().take(MOST_NEIGHBOURS).collect()
    }

    /// Judges a namespace.
    pub(super) fn judge(
        &self,
        portion: Portion,
        config_maps: Vec<Item>,
        ground: &Ground,
        has_all_workloads: bool,
        tally: &mut Tally,
        entries: &mut Vec<Entry>,
    ) {
        let Portion { namespace, mut items } = portion;
        items.extend(config_maps);
        let mut around = Around {
            claims: Claims::default(),
            believing: Neighbours::default(),
            doubting: Neighbours::default(),
            namespace: &namespace,
            has_all_workloads,
        };
        items.iter().for_each(|item| self.look_at(item, ground, &mut around));
        if terms::UNGUARDED.contains(&namespace.as_str()) {
            let found = items.iter().filter_map(|item| self.entry(item, ground, &around, &mut Tally::default()));
            let found = found.filter(|entry| entry.servers().next().is_some()).map(Entry::unguarded);
            let before = entries.len();
            entries.extend(found);
            tally.unguarded += entries.get(before..).unwrap_or_default().iter().flat_map(Entry::servers).count() as u64;
            return;
        }
        let before = entries.len();
        for item in &items {
            entries.extend(self.entry(item, ground, &around, tally));
        }
        let databases = entries.get(before..).unwrap_or_default().iter().flat_map(Entry::servers).count();
        tally.databases += databases as u64;
        tally.namespaces += 1;
    }

    /// What an object tells those beside it.
    fn look_at(&self, item: &Item, ground: &Ground, around: &mut Around<'_>) {
        let Ok(tree) = Tree::from_json(&item.text) else { return };
        let object = tree.root();
        match item.sort.part {
            Part::Claim => around.claims.add(Claim(object)),
            Part::Workload => around.claims.add_user(item, object),
            Part::Companion | Part::Namespace => {}
        }
        let request = Request::of_document(object, &tree);
        for (neighbours, profile) in
            [(&mut around.believing, Profile::Baseline), (&mut around.doubting, Profile::Production)]
        {
            if let Some(settings) = ground.under.iter().find(|settings| settings.profile() == profile) {
                neighbours.add(0, request, self.world(settings));
            }
        }
    }

    /// What every profile would make of an object; `None` where there is nothing to say about it.
    fn entry(&self, item: &Item, ground: &Ground, around: &Around<'_>, tally: &mut Tally) -> Option<Entry> {
        let tree = Tree::from_json(&item.text).ok()?;
        let object = tree.root();
        let request = Request::of_document(object, &tree);
        tally.objects += 1;
        let profile_shown = self.shown(request, ground);
        let (mut shown, mut profiles) = (Outcome::default(), ByProfile::default());
        let storage = RefCell::new(Vec::new());
        for settings in &ground.under {
            let profile = settings.profile();
            let outcome = Outcome::of(request, self.world(settings), self.now, |deliberation| {
                if profile == profile_shown {
                    storage.replace(entry::storage(deliberation, &around.claims));
                }
                self.facts(item, deliberation, around, profile)
            });
            tally.add(profile, &outcome);
            *profiles.of_mut(profile) = Counts::of(&outcome);
            if profile == profile_shown {
                shown = outcome;
            }
        }
        let Outcome { databases, findings, mends, .. } = shown;
        let storage = storage.into_inner().into_iter().chain(std::iter::repeat(None));
        let databases = databases.into_iter().zip(storage);
        let databases: Vec<_> = databases.map(|(report, storage)| DatabaseEntry { report, storage }).collect();
        let is_quiet = Profile::ALL.iter().all(|profile| profiles.of(*profile) == Counts::default());
        if is_quiet && !databases.iter().any(DatabaseEntry::is_server) {
            return None;
        }
        let workload = Kind::of(item.sort.kind).map(|kind| Workload { kind, object });
        Some(Entry {
            api_version: item.sort.api_version(),
            kind: item.sort.kind,
            namespace: item.namespace.clone(),
            is_guarded: true,
            name: item.name.clone(),
            owner: entry::owner(object),
            replicas: item.pods.or_else(|| workload.map(Workload::replicas)),
            databases,
            findings,
            mends,
            profile: profile_shown,
            profiles,
        })
    }

    /// What is known about an object that is judged as new: nothing of it exists, and beside it stands what stands there.
    fn facts(&self, item: &Item, deliberation: &Deliberation<'_>, around: &Around<'_>, profile: Profile) -> Facts {
        let neighbours = if profile.honours_data_label() { &around.believing } else { &around.doubting };
        let mut facts = neighbours.facts(0, deliberation);
        if let Some(namespaces) = &self.namespaces {
            let question = Question::Namespace(around.namespace.to_owned());
            let namespace = namespaces.get(around.namespace).cloned().unwrap_or_default();
            facts.put(question, Known::Found(Answer::Namespace(namespace)));
        }
        if !around.has_all_workloads {
            // What selects some workloads that were seen may select others that were not.
            for question in deliberation.questions_beside() {
                if matches!(question, Question::Selected { .. }) {
                    facts.put(question, Known::Unknown);
                }
            }
        }
        if item.sort.part == Part::Claim && around.has_all_workloads {
            for question in deliberation.questions_to_mend() {
                let answer = around.claims.answer(&question);
                facts.put(question, answer);
            }
        }
        for (question, known) in &self.storage {
            facts.put(question.clone(), known.clone());
        }
        facts
    }
}

impl Note {
    pub(super) fn of(resource: &str, error: &FetchError, what: &'static str) -> Self {
        Self { resource: resource.to_owned(), is_forbidden: error.is_forbidden(), why: why(error), what }
    }
}
