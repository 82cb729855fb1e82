//! Everything that the laws are held against: the fixtures of all rules, the bases, the manifests under `examples/`, the examples in the
//! documentation of the rules, and a Pod as a controller would make it of each of their workloads. What is added there is covered here.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::OnceLock,
};

use seawall::{
    facts::Facts,
    rule::{Rule, Validate},
    rules,
    tree::yaml,
};
use serde_json::{Value, json};

use crate::fixture::{Case, FixtureFile, Outcome, tests};

/// What a fixture's name promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Promise {
    Pass,
    Fail,
    Fix,
}

/// One request, and where it comes from.
#[derive(Debug)]
pub(crate) struct Specimen {
    /// For people.
    pub(crate) name: String,
    /// The rule whose fixture it is, and what it promises; `None` for all others.
    pub(crate) of: Option<(&'static Rule, Promise)>,
    /// The request.
    pub(crate) case: Case,
    usual: OnceLock<(Facts, Outcome)>,
}

/// All of them.
pub(crate) fn all() -> &'static [Specimen] {
    static ALL: OnceLock<Vec<Specimen>> = OnceLock::new();
    ALL.get_or_init(|| {
        let mut all: Vec<_> = fixtures().into_iter().chain(bases()).chain(examples()).chain(documented()).collect();
        // The Pods of fixtures that are not mended differ in nothing that is written at their CREATE.
        let mended = all.iter().filter(|s| s.of.is_none_or(|(_, promise)| promise == Promise::Fix));
        let pods: Vec<_> = mended.filter_map(Specimen::pod).collect();
        all.extend(pods);
        assert!(all.len() > 300, "only {} specimens were found", all.len());
        all
    })
}

/// Runs a law on each; fails with the names of all that break it.
pub(crate) fn each(law: impl Fn(&Specimen)) {
    crate::rules::each(all().iter().map(|s| (s.name.clone(), s)), law);
}

/// The files below a folder that end in `.yaml`, sorted.
pub(crate) fn yaml_files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(yaml_files(&path));
        } else if path.extension().is_some_and(|e| e == "yaml") {
            found.push(path);
        }
    }
    found.sort();
    found
}

fn named(path: &Path) -> String {
    path.strip_prefix(env!("CARGO_MANIFEST_DIR")).unwrap().display().to_string()
}

fn fixtures() -> Vec<Specimen> {
    let files = yaml_files(&tests().join("rules"));
    let specimen = |path: PathBuf| {
        let folder = path.parent().unwrap().file_name().unwrap().to_str().unwrap();
        let rule = rules::named(folder).unwrap_or_else(|| panic!("{}: there is no such rule", path.display()));
        let promise = match path.file_name().unwrap().to_str().unwrap().split_once('_') {
            Some(("pass", _)) => Promise::Pass,
            Some(("fail", _)) => Promise::Fail,
            Some(("fix", _)) => Promise::Fix,
            _ => panic!("{}: is it pass_, fail_ or fix_?", path.display()),
        };
        Specimen::new(named(&path), Some((rule, promise)), FixtureFile::read(&path).case())
    };
    files.into_iter().map(specimen).collect()
}

fn bases() -> Vec<Specimen> {
    let files = yaml_files(&tests().join("bases"));
    files.iter().flat_map(|path| documents(&named(path), &fs::read_to_string(path).unwrap())).collect()
}

/// The manifests that a newcomer is shown, under the settings that stand beside them. Those under `mistakes/` are no manifests.
fn examples() -> Vec<Specimen> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let text = |path: &Path| fs::read_to_string(path).unwrap();
    let policy = values(&text(&folder.join("settings.yaml"))).remove(0);
    let mut found = Vec::new();
    for path in ["unsafe", "careless", "safe"].iter().flat_map(|kind| yaml_files(&folder.join(kind))) {
        for mut specimen in documents(&named(&path), &text(&path)) {
            specimen.case = specimen.case.under(Some(policy["spec"].clone()));
            found.push(specimen);
        }
    }
    found
}

fn documented() -> Vec<Specimen> {
    let mut found = Vec::new();
    for rule in rules::ALL {
        for section in ["Example", "Use instead"] {
            let name = format!("{}, {section}", rule.name);
            for block in rule.documentation().blocks(section) {
                match (rule.validate, &values(&block)[..]) {
                    (Some(Validate::Change(_) | Validate::Refused(_)), [old, new]) => {
                        let case = Case::of(new.clone(), Some(old.clone()));
                        found.push(Specimen::new(name.clone(), None, case));
                    }
                    (Some(Validate::Deletion(_)), [object]) => {
                        found.push(Specimen::new(name.clone(), None, Case::deleting(object.clone())));
                    }
                    _ => found.extend(documents(&name, &block)),
                }
            }
        }
    }
    found
}

fn values(text: &str) -> Vec<Value> {
    let read = |document: yaml::Document| match document.tree {
        Ok(tree) => tree.root().to_json(),
        Err(error) => panic!("line {}: {}\n{text}", error.line, error.message),
    };
    yaml::documents(text).map(read).filter(|value| !value.is_null()).collect()
}

fn documents(name: &str, text: &str) -> Vec<Specimen> {
    let run = values(text);
    let specimen = |(at, object): (usize, &Value)| {
        let beside = run.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, o)| o.clone()).collect();
        Specimen::new(name.to_owned(), None, Case::of(object.clone(), None).beside(beside))
    };
    run.iter().enumerate().map(specimen).collect()
}

impl Specimen {
    fn new(name: String, of: Option<(&'static Rule, Promise)>, case: Case) -> Self {
        Self { name, of, case, usual: OnceLock::new() }
    }

    fn usual(&self) -> &(Facts, Outcome) {
        self.usual.get_or_init(|| {
            let facts = self.case.facts();
            let outcome = self.case.outcome_under(rules::ALL, &facts);
            (facts, outcome)
        })
    }

    /// What is known about the cluster.
    pub(crate) fn facts(&self) -> &Facts {
        &self.usual().0
    }

    /// What Seawall makes of it under all rules.
    pub(crate) fn outcome(&self) -> &Outcome {
        &self.usual().1
    }

    /// The Pod that a controller makes of this workload, as the API server sends it.
    fn pod(&self) -> Option<Self> {
        let object = &self.case.object;
        let template =
            object.pointer("/spec/template").or_else(|| object.pointer("/spec/jobTemplate/spec/template"))?;
        let mut pod = template.clone();
        pod["apiVersion"] = json!("v1");
        pod["kind"] = json!("Pod");
        let metadata = pod.as_object_mut()?.entry("metadata").or_insert_with(|| json!({})).as_object_mut()?;
        let owner = json!({
            "apiVersion": object["apiVersion"], "kind": object["kind"], "name": object["metadata"]["name"],
            "uid": "5b6b0c0e-7f3a-4b0f-8f0e-6d1f3f0f2a11", "controller": true, "blockOwnerDeletion": true,
        });
        metadata.insert("generateName".to_owned(), json!("made-"));
        metadata.insert("ownerReferences".to_owned(), json!([owner]));
        let case = self.case.creating(pod);
        Some(Self::new(format!("{}, its Pod", self.name), None, case))
    }
}
