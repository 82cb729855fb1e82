//! Which documents of a run are meant for one cluster.
//!
//! Nobody applies two objects of one name together. So a folder that holds such a pair is several sets: each of its folders, and the
//! files beside those; where these clash as well, each file is one.
use std::{
    collections::{BTreeMap, HashSet},
    path::{Component, Path},
};

use super::Manifest;

/// Of each document the number of its set.
#[must_use]
pub fn sets(objects: &[Manifest]) -> Vec<u32> {
    let identities: Vec<_> = objects.iter().map(identity).collect();
    let mut files: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, manifest) in objects.iter().enumerate() {
        files.entry(&manifest.file).or_default().push(at);
    }
    let all = files.into_iter().map(|(file, documents)| File { steps: steps(file), documents }).collect();
    let mut split = Split { identities, sets: vec![0; objects.len()], next: 0 };
    split.folder(all, 0);
    split.sets
}

/// Kind, namespace and name; `None` for what has no name yet, and for kinds that often stand in several places.
type Identity<'m> = Option<(&'m str, &'m str, &'m str)>;

fn identity(manifest: &Manifest) -> Identity<'_> {
    let object = manifest.object();
    let (kind, metadata) = (object.get("kind").text(), object.get("metadata"));
    let is_repeated = matches!(kind, "Namespace" | "Secret" | "ServiceAccount" | "StorageClass" | "Kustomization");
    let name = metadata.get("name").str().filter(|name| !name.is_empty() && !is_repeated)?;
    let namespace = metadata.get("namespace").str().filter(|n| !n.is_empty()).unwrap_or("default");
    Some((kind, namespace, name))
}

struct File<'m> {
    steps: Vec<&'m str>,
    documents: Vec<usize>,
}

fn steps(file: &str) -> Vec<&str> {
    let normal = |step: Component<'_>| matches!(step, Component::Normal(_) | Component::ParentDir);
    // A name that is no UTF-8 was shown as text before, and is text here.
    Path::new(file).components().filter(|s| normal(*s)).filter_map(|s| s.as_os_str().to_str()).collect()
}

struct Split<'m> {
    identities: Vec<Identity<'m>>,
    sets: Vec<u32>,
    next: u32,
}

impl Split<'_> {
    /// Files that have their first `depth` steps in common.
    fn folder(&mut self, files: Vec<File<'_>>, depth: usize) {
        if !self.clashes(&files) {
            return self.one(&files);
        }
        let mut own = Vec::new();
        let mut inner: BTreeMap<&str, Vec<File<'_>>> = BTreeMap::new();
        for file in files {
            match file.steps.get(depth) {
                Some(step) if depth + 1 < file.steps.len() => inner.entry(step).or_default().push(file),
                _ => own.push(file),
            }
        }
        if self.clashes(&own) {
            own.into_iter().for_each(|file| self.one(&[file]));
        } else {
            self.one(&own);
        }
        inner.into_values().for_each(|files| self.folder(files, depth + 1));
    }

    /// True where two of the files hold the same object; within one file the last one counts, as for `kubectl apply`.
    fn clashes(&self, files: &[File<'_>]) -> bool {
        let mut seen = HashSet::new();
        files.iter().any(|file| {
            let own: HashSet<_> = file.documents.iter().filter_map(|at| self.identities.get(*at)?.as_ref()).collect();
            own.into_iter().any(|identity| !seen.insert(identity))
        })
    }

    fn one(&mut self, files: &[File<'_>]) {
        for at in files.iter().flat_map(|file| &file.documents) {
            if let Some(set) = self.sets.get_mut(*at) {
                *set = self.next;
            }
        }
        self.next += 1;
    }
}
