//! The namespaces of a run's documents, and which settings hold in them.

use std::collections::HashMap;
use std::sync::Arc;

use crate::manifest::Manifest;
use crate::settings::{Namespace, Policies, Settings};
use crate::tree::Node;

/// Labels.
type Labels = Vec<(String, String)>;

/// What the documents of a run say about namespaces.
pub(crate) struct Namespaces<'p> {
    policies: &'p Policies,
    /// By set and name.
    own: HashMap<(u32, String), Labels>,
    /// By name alone; `None` where sets disagree.
    any: HashMap<String, Option<Labels>>,
}

impl<'p> Namespaces<'p> {
    /// Reads the Namespaces among documents, each with its set.
    pub(crate) fn of<'m>(placed: impl Iterator<Item = (&'m Manifest, u32)>, policies: &'p Policies) -> Self {
        let mut all = Self { policies, own: HashMap::new(), any: HashMap::new() };
        // Without a selector nobody asks.
        for (manifest, set) in placed.filter(|(m, _)| policies.are_selective() && m.passed_over.is_none()) {
            let object = manifest.object();
            if object.get("kind").text() == "Namespace" && object.get("apiVersion").text() == "v1" {
                all.add(set, object.path("metadata.name").text(), labels(object));
            }
        }
        all
    }

    fn add(&mut self, set: u32, name: &str, labels: Labels) {
        let any = self.any.entry(name.to_owned()).or_insert_with(|| Some(labels.clone()));
        if any.as_ref() != Some(&labels) {
            *any = None;
        }
        self.own.insert((set, name.to_owned()), labels);
    }

    /// The settings for a document of a set. Its namespace's labels are those of the Namespace in the same set, else of the only one that
    /// the run has; else it has none.
    pub(crate) fn settings(&self, manifest: &Manifest, set: u32) -> Arc<Settings> {
        let name = manifest.object().path("metadata.namespace").str().filter(|n| !n.is_empty()).unwrap_or("default");
        let own = self.own.get(&(set, name.to_owned()));
        let labels = own.or_else(|| self.any.get(name)?.as_ref()).map_or(&[][..], Vec::as_slice);
        self.policies.of_namespace(Namespace { name, labels })
    }
}

fn labels(object: Node<'_>) -> Labels {
    let labels = object.path("metadata.labels").fields();
    labels.filter_map(|(key, value)| Some((key.to_owned(), value.str()?.to_owned()))).collect()
}
