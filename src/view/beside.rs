//! What other objects of a run are told about a workload.
use super::{Case, Container, Database, Kind, Owner, Var, Volume, VolumeKind, Workload};
use crate::{
    engines::schema::Condition,
    facts::{Around, ClaimUser, ConfigReading, ConfigUser, DatabaseFacts, Pointed, Question, WorkloadFacts},
    tree::Node,
};

impl<'t> Workload<'t> {
    /// True for what stands for itself in a set of documents: not what a controller made, and not what is meant to end.
    #[must_use]
    pub fn stands_alone(self) -> bool {
        Owner::of(self.object).is_none()
            && !self.kind.runs_to_completion()
            && (self.kind != Kind::Pod || self.pod().restart_policy() == "Always")
            && self.replicas() > 0
    }

    /// What others point at it with.
    #[must_use]
    pub fn pointed(self) -> Pointed {
        let mut labels: Vec<_> = self.pod_labels().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        labels.sort();
        let (kind, name) = (self.kind.as_str().to_owned(), self.name().to_owned());
        Pointed { kind, name, labels, claims: self.claim_names() }
    }

    /// The question which objects of a kind point at it.
    #[must_use]
    pub fn around(self, what: Around, namespace: &str) -> Question {
        Question::Around { what, namespace: namespace.to_owned(), workload: self.pointed() }
    }

    /// The labels of its Pods.
    pub fn pod_labels(self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        self.template().path("metadata.labels").fields().filter_map(|(k, v)| Some((k, v.str()?)))
    }
}

impl<'t> Case<'t> {
    /// What a selector's owner is told.
    #[must_use]
    pub fn facts(&self) -> WorkloadFacts {
        let workload = self.workload;
        WorkloadFacts {
            kind: workload.kind.as_str().to_owned(),
            name: workload.name().to_owned(),
            replicas: workload.replicas(),
            governing_service: workload.spec().get("serviceName").text().to_owned(),
            containers: workload.pod().running().count(),
            databases: self.servers().map(database_facts).collect(),
        }
    }

    /// The claims that it may write to, and what for.
    #[must_use]
    pub fn claim_uses(&self) -> Vec<(String, ClaimUser)> {
        let pod = self.workload.pod();
        let mut uses = Vec::new();
        for container in pod.running() {
            for mount in container.mounts() {
                let Some(volume) = mount.get("name").str().and_then(|name| pod.volume(name)) else { continue };
                let Some(claim) = self.claim_of(volume).filter(|_| !is_read_only(mount, volume)) else { continue };
                // What is mounted differs from Pod to Pod.
                if mount.get("subPathExpr").is_set() {
                    continue;
                }
                let holds = |d: &&Database<'_>| d.data_mount().is_some_and(|m| m.is(mount));
                let user = ClaimUser {
                    kind: self.workload.kind.as_str().to_owned(),
                    name: self.workload.name().to_owned(),
                    engine: self.servers().find(holds).map(|d| d.engine.name.to_string()),
                    sub_path: mount.get("subPath").text().trim_matches('/').to_owned(),
                };
                uses.push((claim, user));
            }
        }
        uses
    }

    fn claim_of(&self, volume: Volume<'_>) -> Option<String> {
        match volume.kind {
            VolumeKind::Claim(name) if !name.is_empty() => Some(name.to_owned()),
            VolumeKind::ClaimTemplate => {
                let template = volume.node.path("metadata.name").text();
                Some(format!("{template}-{}-", self.workload.name()))
            }
            _ => None,
        }
    }

    /// The ConfigMaps that its databases read, by name.
    #[must_use]
    pub fn config_uses(&self) -> Vec<(String, ConfigUser)> {
        let mut uses = Vec::new();
        for database in self.servers() {
            let user = |reads| ConfigUser {
                kind: self.workload.kind.as_str().to_owned(),
                name: self.workload.name().to_owned(),
                engine: database.engine.name.to_string(),
                reads,
            };
            let variables = database.container.config_maps_as_variables().map(|(name, _)| name);
            uses.extend(variables.map(|name| (name.to_owned(), user(ConfigReading::Variables))));
            for mount in database.container.mounts() {
                let Some(volume) = mount.get("name").str().and_then(|name| database.pod.volume(name)) else { continue };
                let Some(source) = config_map_of(volume) else { continue };
                let keys = match (mount.get("subPath").str(), source.get("items").items().next()) {
                    (Some(path), None) => Some(vec![path.to_owned()]),
                    (_, Some(_)) => Some(source.get("items").items().map(|i| i.get("key").text().to_owned()).collect()),
                    (None, None) => None,
                };
                uses.push((source.get("name").text().to_owned(), user(ConfigReading::Files(keys))));
            }
        }
        uses
    }

    /// What is asked about the classes and claims that its databases keep their data on.
    #[must_use]
    pub fn storage_questions(&self, namespace: &str) -> Vec<Question> {
        let volumes = || self.servers().filter_map(|d| d.data.volume()).filter(|volume| volume.is_claim());
        let claims = volumes().filter_map(|volume| self.workload.first_claim(volume));
        let claims = claims.map(|name| Question::DataClaim { namespace: namespace.to_owned(), name });
        let classes = volumes().next().map(|_| Question::StorageClasses);
        claims.chain(classes).collect()
    }

    /// The question which Services there are, where one of its databases takes some of their variables for settings.
    #[must_use]
    pub fn service_names_question(&self, namespace: &str) -> Option<Question> {
        let is_told = |d: &&Database<'_>| d.takes_service_variables();
        self.servers().find(is_told).map(|_| Question::ServiceNames(namespace.to_owned()))
    }

    /// What is asked about a workload beside other objects.
    #[must_use]
    pub fn questions_beside(&self, namespace: &str) -> Vec<Question> {
        let mut questions = Vec::new();
        if self.workload.stands_alone() {
            // Nobody names a claim that a template makes but the one who mounts it beside its owner.
            let claims = self.claim_uses().into_iter().map(|(name, _)| name).filter(|name| !name.ends_with('-'));
            questions.extend(claims.map(|name| Question::ClaimUsers { namespace: namespace.to_owned(), name }));
        }
        questions.extend(self.storage_questions(namespace));
        let maps = self.config_uses().into_iter().map(|(name, _)| name);
        let own = self.servers().flat_map(|d| d.container.env().filter_map(Var::config_map_source));
        let named = own.map(|(name, _)| name.to_owned());
        questions.extend(self.service_names_question(namespace));
        questions.extend(maps.chain(named).map(|name| Question::ConfigMap { namespace: namespace.to_owned(), name }));
        questions.sort_unstable();
        questions.dedup();
        questions
    }
}

impl<'t> Workload<'t> {
    /// The name of a claim behind a volume; of those that a StatefulSet makes the first one's.
    #[must_use]
    pub fn first_claim(self, volume: Volume<'_>) -> Option<String> {
        match volume.kind {
            VolumeKind::Claim(name) if !name.is_empty() => Some(name.to_owned()),
            VolumeKind::ClaimTemplate => {
                let template = volume.node.path("metadata.name").text();
                let first = self.spec().path("ordinals.start").i64().unwrap_or(0);
                Some(format!("{template}-{}-{first}", self.name()))
            }
            _ => None,
        }
    }
}

impl<'t> Database<'t> {
    /// True where variables that Services bring into its Pods count as settings.
    #[must_use]
    pub fn takes_service_variables(&self) -> bool {
        self.engine.facts.settings_prefix.is_some() && self.pod.spec.get("enableServiceLinks").bool() != Some(false)
    }

    /// The mount that its data is on.
    #[must_use]
    pub const fn data_mount(&self) -> Option<Node<'t>> {
        match &self.data {
            super::DataPlace::On { mount, .. } => Some(*mount),
            _ => None,
        }
    }
}

impl<'t> Container<'t> {
    /// ConfigMaps of which all keys are variables, with what stands before their names.
    pub fn config_maps_as_variables(self) -> impl Iterator<Item = (&'t str, &'t str)> + use<'t> {
        let from = |source: Node<'t>| Some((source.path("configMapRef.name").str()?, source.get("prefix").text()));
        self.0.get("envFrom").items().filter_map(from)
    }
}

impl<'t> Var<'t> {
    /// ConfigMap and key that it takes its value from.
    #[must_use]
    pub fn config_map_source(self) -> Option<(&'t str, &'t str)> {
        let reference = self.config_map_ref();
        Some((reference.get("name").str()?, reference.get("key").text()))
    }
}

/// The ConfigMap behind a volume.
pub(super) fn config_map_of<'t>(volume: Volume<'t>) -> Option<Node<'t>> {
    let source = volume.node.get("configMap");
    source.get("name").str().map(|_| source)
}

fn is_read_only(mount: Node<'_>, volume: Volume<'_>) -> bool {
    let source = volume.node.get("persistentVolumeClaim");
    [mount.get("readOnly"), source.get("readOnly")].iter().any(|n| n.bool() == Some(true))
}

/// True where the spec makes a follower of every replica: none of them takes writes.
fn all_follow(database: &Database<'_>) -> bool {
    let is_told = |flag: &String| {
        let name =
            |word: Node<'_>| word.str().is_some_and(|w| w.split('=').next().is_some_and(|name| same_flag(name, flag)));
        database.container.argv().any(name)
    };
    let follows = |sign: &Condition| database.holds(sign) && sign.flag.as_ref().is_none_or(is_told);
    database.engine.facts.cluster.as_ref().is_some_and(|cluster| cluster.followers_by.iter().any(follows))
}

/// `--super_read_only` is `--super-read-only`.
fn same_flag(written: &str, flag: &str) -> bool {
    written.eq_ignore_ascii_case(flag) || written.replace('_', "-").eq_ignore_ascii_case(flag)
}

fn database_facts(database: &Database<'_>) -> DatabaseFacts {
    let ports = database.container.0.get("ports").items();
    let cluster = database.engine.facts.cluster.as_ref();
    DatabaseFacts {
        container: database.name().to_owned(),
        engine: database.engine.name.to_string(),
        role: database.role,
        ports: ports.filter_map(|p| Some((p.get("name").text().to_owned(), p.get("containerPort").i64()?))).collect(),
        is_voting: cluster.is_some_and(|c| c.quorum && c.joined_by.iter().any(|sign| database.holds(sign))),
        has_one_writer: cluster
            .is_some_and(|c| c.one_writer && !c.many_writers_by.iter().any(|sign| database.holds(sign)))
            && database.is_member()
            && !all_follow(database),
        copies: cluster.and_then(|c| c.copies),
    }
}
