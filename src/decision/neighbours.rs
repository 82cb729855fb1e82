//! The documents of one run, as answers to what is asked about each other. What the run does not contain is unknown, never missing.
use std::{collections::HashMap, sync::Arc};

use super::{Deliberation, Request, World};
use crate::{
    facts::{
        Answer, ClaimUser, ClassFacts, ConfigMapFacts, ConfigUser, DataClaimFacts, Facts, Known, Question,
        WorkloadFacts,
    },
    view::{Companion, Subject},
};

/// The most documents that one answer is made of; documented in `docs/limits.md`. With more of them nothing is known, so that a run
/// never costs the square of its documents.
pub const MOST_NEIGHBOURS: usize = 100;

/// Longer texts of ConfigMaps are not read; documented in `docs/limits.md`.
pub const LONGEST_TEXT: usize = 64 << 10;

/// Which of a run's sets of documents, and which namespace.
type Scope = (u32, String);

/// The documents of a run, by what others point at them with.
#[derive(Debug, Default)]
pub struct Neighbours {
    workloads: Vec<(WorkloadFacts, Vec<(String, String)>)>,
    by_label: HashMap<(Scope, String, String), Vec<usize>>,
    by_name: HashMap<(Scope, String, String), usize>,
    claim_users: HashMap<(Scope, String), Vec<ClaimUser>>,
    config_maps: HashMap<(Scope, String), Arc<ConfigMapFacts>>,
    config_users: HashMap<(Scope, String), Vec<ConfigUser>>,
    claims: HashMap<(Scope, String), DataClaimFacts>,
    services: HashMap<Scope, Vec<String>>,
    /// They are in no namespace.
    classes: HashMap<u32, Vec<ClassFacts>>,
}

impl Neighbours {
    /// Adds a document. Those of one `set` are taken to be meant for one cluster.
    pub fn add(&mut self, set: u32, request: Request<'_>, world: World<'_>) {
        if (request.kind, request.group) == ("StorageClass", "storage.k8s.io") {
            return push(self.classes.entry(set).or_default(), ClassFacts::of(request.object));
        }
        if !request.is_ours() || world.settings.skips(request.namespace) {
            return;
        }
        let scope = || (set, request.namespace.to_owned());
        match world.subject(request.kind, request.object) {
            Subject::Companion(Companion::ConfigMap(map)) => {
                let texts = map.texts().filter_map(|(key, text)| Some((key, text.str()?)));
                let read = texts.filter(|(_, text)| text.len() <= LONGEST_TEXT);
                let data = read.map(|(key, text)| (key.to_owned(), text.to_owned())).collect();
                self.config_maps.insert((scope(), map.name().to_owned()), Arc::new(ConfigMapFacts { data }));
            }
            Subject::Companion(Companion::Service(service)) if service.gives_variables() => {
                push(self.services.entry(scope()).or_default(), service.name().to_owned());
            }
            Subject::Claim(claim) => {
                let name = claim.name().to_owned();
                self.claims.insert((scope(), name), DataClaimFacts::of(request.object, None));
            }
            Subject::Workload(case) if case.workload.stands_alone() => {
                for (name, user) in case.claim_uses() {
                    push(self.claim_users.entry((scope(), name)).or_default(), user);
                }
                for (name, user) in case.config_uses() {
                    push(self.config_users.entry((scope(), name)).or_default(), user);
                }
                let (at, facts) = (self.workloads.len(), case.facts());
                let mut labels = Vec::new();
                for (key, value) in case.workload.pod_labels() {
                    push(self.by_label.entry((scope(), key.to_owned(), value.to_owned())).or_default(), at);
                    labels.push((key.to_owned(), value.to_owned()));
                }
                self.by_name.insert((scope(), facts.kind.clone(), facts.name.clone()), at);
                self.workloads.push((facts, labels));
            }
            _ => {}
        }
    }

    /// What the documents of `set` say about what is asked about one of them.
    #[must_use]
    pub fn facts(&self, set: u32, deliberation: &Deliberation<'_>) -> Facts {
        let mut facts = Facts::empty_namespace();
        for question in deliberation.questions_beside() {
            if let Some(answer) = self.answer(set, &question) {
                facts.put(question, Known::Found(answer));
            }
        }
        facts
    }

    pub(super) fn answer(&self, set: u32, question: &Question) -> Option<Answer> {
        let scope = |namespace: &String| (set, namespace.clone());
        match question {
            Question::Selected { namespace, selector } => {
                let found = self.selected(&scope(namespace), selector)?;
                (!found.is_empty()).then_some(Answer::Workloads(found))
            }
            Question::Target { namespace, kind, name } => {
                let at = self.by_name.get(&(scope(namespace), kind.clone(), name.clone()))?;
                Some(Answer::Workloads(vec![self.workloads.get(*at)?.0.clone()]))
            }
            Question::ClaimUsers { namespace, name } => {
                let of = |name: &str| few(self.claim_users.get(&(scope(namespace), name.to_owned())));
                // A claim that a StatefulSet makes is called as its template and its Pod are, with an ordinal.
                let made = of(name.trim_end_matches(|c: char| c.is_ascii_digit()));
                let users: Vec<ClaimUser> = of(name).iter().chain(made).cloned().collect();
                (!users.is_empty()).then_some(Answer::ClaimUsers(users))
            }
            Question::ConfigMap { namespace, name } => {
                self.config_maps.get(&(scope(namespace), name.clone())).cloned().map(Answer::ConfigMap)
            }
            Question::ConfigUsers { namespace, name } => {
                let users = few(self.config_users.get(&(scope(namespace), name.clone())));
                (!users.is_empty()).then(|| Answer::ConfigUsers(users.to_vec()))
            }
            Question::DataClaim { namespace, name } => {
                self.claims.get(&(scope(namespace), name.clone())).cloned().map(Answer::DataClaim)
            }
            Question::ServiceNames(namespace) => {
                let names = few(self.services.get(&scope(namespace)));
                (!names.is_empty()).then(|| Answer::Names(names.to_vec()))
            }
            Question::StorageClasses => {
                let classes = few(self.classes.get(&set));
                (!classes.is_empty()).then(|| Answer::StorageClasses(classes.to_vec()))
            }
            _ => None,
        }
    }

    /// The workloads that have all of these labels; `None` where they are too many to look at.
    fn selected(&self, scope: &Scope, selector: &[(String, String)]) -> Option<Vec<WorkloadFacts>> {
        let with = |(key, value): &(String, String)| {
            self.by_label.get(&(scope.clone(), key.clone(), value.clone())).map_or(&[][..], Vec::as_slice)
        };
        // The rarest label is looked through for the others.
        let rarest = selector.iter().map(with).min_by_key(|at| at.len())?;
        if rarest.len() > MOST_NEIGHBOURS {
            return None;
        }
        let has_all = |labels: &[(String, String)]| selector.iter().all(|pair| labels.contains(pair));
        let found = rarest.iter().filter_map(|at| self.workloads.get(*at)).filter(|(_, labels)| has_all(labels));
        Some(found.map(|(facts, _)| facts.clone()).collect())
    }
}

/// Adds to a list that says by its length when it has too many.
fn push<T>(list: &mut Vec<T>, value: T) {
    if list.len() <= MOST_NEIGHBOURS {
        list.push(value);
    }
}

/// A list, or nothing where it has too many.
fn few<T>(list: Option<&Vec<T>>) -> &[T] {
    list.map_or(&[], |list| if list.len() > MOST_NEIGHBOURS { &[] } else { list })
}
