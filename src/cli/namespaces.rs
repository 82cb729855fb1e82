//! The namespaces of a run's documents, and which settings hold in them, with the exemptions among the documents.

use std::collections::HashMap;
use std::sync::Arc;

use crate::manifest::{Manifest, ReadError};
use crate::rules;
use crate::settings::{API_VERSION, Exemption, Namespace, Policies, Settings};
use crate::tree::{FieldError, Node};

/// Labels.
type Labels = Vec<(String, String)>;

/// What the documents of a run say about namespaces.
pub(crate) struct Namespaces<'p> {
    policies: &'p Policies,
    /// By set and name.
    own: HashMap<(u32, String), Labels>,
    /// By name alone; `None` where sets disagree.
    any: HashMap<String, Option<Labels>>,
    /// What holds where a set has exemptions, by set and namespace.
    exempting: HashMap<(u32, String), Arc<Settings>>,
    /// Exemptions that exempt nobody, since they make no sense.
    pub(crate) errors: Vec<ReadError>,
}

impl<'p> Namespaces<'p> {
    /// Reads the Namespaces among documents, each with its set.
    pub(crate) fn of<'m>(placed: impl Iterator<Item = (&'m Manifest, u32)>, policies: &'p Policies) -> Self {
        let (own, any, exempting) = (HashMap::new(), HashMap::new(), HashMap::new());
        let mut all = Self { policies, own, any, exempting, errors: Vec::new() };
        let mut exemptions: HashMap<(u32, String), Vec<Exemption>> = HashMap::new();
        for (manifest, set) in placed.filter(|(m, _)| m.passed_over.is_none()) {
            let object = manifest.object();
            match (object.get("kind").text(), object.get("apiVersion").text()) {
                // Without a selector nobody asks.
                ("Namespace", "v1") if policies.are_selective() => {
                    all.add(set, object.path("metadata.name").text(), labels(object));
                }
                ("DatabaseExemption", API_VERSION) => match Exemption::read(object, &rules::names()) {
                    Ok(exemption) => {
                        exemptions.entry((set, namespace_of(manifest).to_owned())).or_default().push(exemption);
                    }
                    Err(error) => all.errors.push(unread(manifest, error)),
                },
                _ => {}
            }
        }
        for ((set, name), own) in exemptions {
            let settings = all.by_labels(&name, set).exempting(&own.into());
            all.exempting.insert((set, name), Arc::new(settings));
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

    /// The settings for a document of a set, with the exemptions of its namespace in the same set.
    pub(crate) fn settings(&self, manifest: &Manifest, set: u32) -> Arc<Settings> {
        let name = namespace_of(manifest);
        let exempting = if self.exempting.is_empty() { None } else { self.exempting.get(&(set, name.to_owned())) };
        exempting.map_or_else(|| self.by_labels(name, set), Arc::clone)
    }

    /// A namespace's labels are those of the Namespace in the same set, else of the only one that the run has; else it has none.
    fn by_labels(&self, name: &str, set: u32) -> Arc<Settings> {
        let own = self.own.get(&(set, name.to_owned()));
        let labels = own.or_else(|| self.any.get(name)?.as_ref()).map_or(&[][..], Vec::as_slice);
        self.policies.of_namespace(Namespace { name, labels })
    }
}

fn namespace_of(manifest: &Manifest) -> &str {
    manifest.object().path("metadata.namespace").str().filter(|n| !n.is_empty()).unwrap_or("default")
}

fn unread(manifest: &Manifest, error: FieldError) -> ReadError {
    let message = if error.field.is_empty() { error.message } else { format!("{}: {}", error.field, error.message) };
    let (file, index) = (manifest.file.clone(), manifest.index.clone());
    ReadError {
        file,
        index,
        line: error.line,
        message,
        help: "correct it, or take it out: as it is it exempts nobody".to_owned(),
    }
}

fn labels(object: Node<'_>) -> Labels {
    let labels = object.path("metadata.labels").fields();
    labels.filter_map(|(key, value)| Some((key.to_owned(), value.str()?.to_owned()))).collect()
}
