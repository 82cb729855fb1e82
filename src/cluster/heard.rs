//! What is heard of the objects that are followed: of each what is of interest, and no more.
use std::collections::BTreeMap;

use serde::de::DeserializeOwned;

use super::watch::Told;
use crate::{
    engines::Catalogue,
    settings::{
        Exemption, KnownNames, Understood,
        document::{definition::PolicyStatus, exemption::ExemptionStatus},
        understood,
    },
    terms::keys,
    tree::{Node, Tree, from_node},
};

/// A policy as the cluster stores it.
#[derive(Debug)]
pub(super) struct Stored {
    pub(super) name: String,
    /// Tells one from another that had the same name before.
    pub(super) uid: String,
    pub(super) generation: i64,
    pub(super) understood: Understood,
    /// What its status says.
    pub(super) status: PolicyStatus,
}

/// A namespace and its labels.
#[derive(Debug)]
pub(super) struct Labelled {
    pub(super) name: String,
    pub(super) labels: Vec<(String, String)>,
}

/// An exemption, as far as it can be read.
#[derive(Debug)]
pub(super) struct Exempting {
    /// Namespace and name.
    pub(super) key: String,
    pub(super) read: Result<Exemption, String>,
    /// What its status says.
    pub(super) status: ExemptionStatus,
}

/// What the switch's ConfigMap says.
#[derive(Debug)]
pub(super) struct Mode(pub(super) String);

#[derive(Debug)]
pub(super) enum Heard {
    Policies(Box<Told<Stored>>),
    Namespaces(Told<Labelled>),
    Exemptions(Box<Told<Exempting>>),
    Switch(Told<Mode>),
}

impl From<Told<Stored>> for Heard {
    fn from(told: Told<Stored>) -> Self {
        Self::Policies(Box::new(told))
    }
}

impl From<Told<Labelled>> for Heard {
    fn from(told: Told<Labelled>) -> Self {
        Self::Namespaces(told)
    }
}

impl From<Told<Mode>> for Heard {
    fn from(told: Told<Mode>) -> Self {
        Self::Switch(told)
    }
}

impl From<Told<Exempting>> for Heard {
    fn from(told: Told<Exempting>) -> Self {
        Self::Exemptions(Box::new(told))
    }
}

pub(super) fn stored(object: Node<'_>, rules: &[&str], catalogue: &Catalogue) -> Stored {
    let metadata = object.get("metadata");
    let (name, generation) = (metadata.get("name").text(), metadata.get("generation").i64().unwrap_or_default());
    let known = KnownNames { rules, engines: &catalogue.names() };
    Stored {
        name: name.to_owned(),
        uid: metadata.get("uid").text().to_owned(),
        generation,
        understood: understood(name, generation, object.get("spec"), known, catalogue),
        status: status(object),
    }
}

/// What a status says. Whatever else it may be, it is not what we would write.
fn status<T: DeserializeOwned + Default>(object: Node<'_>) -> T {
    let status = object.get("status");
    let read = match status.unread().map(Tree::from_json) {
        Some(Ok(tree)) => from_node(tree.root()),
        _ => from_node(status),
    };
    read.unwrap_or_default()
}

pub(super) fn labelled(object: Node<'_>) -> Labelled {
    let metadata = object.get("metadata");
    let labels = metadata.get("labels").fields();
    // This one is the name itself.
    let labels = labels.filter(|(key, _)| *key != "kubernetes.io/metadata.name");
    let labels = labels.filter_map(|(key, value)| Some((key.to_owned(), value.str()?.to_owned()))).collect();
    Labelled { name: metadata.get("name").text().to_owned(), labels }
}

/// The labels of every namespace, by its name.
pub(super) type Namespaces = BTreeMap<String, Vec<(String, String)>>;

/// The guarded ones among them.
pub(super) fn guarded(namespaces: &Namespaces) -> impl Iterator<Item = &String> {
    namespaces.iter().filter(|(_, labels)| is_guarded(labels)).map(|(name, _)| name)
}

/// True for the labels of a guarded namespace.
pub(super) fn is_guarded(labels: &[(String, String)]) -> bool {
    labels.iter().any(|(key, value)| key == keys::GUARD && value == keys::ENFORCED)
}

pub(super) fn exempting(object: Node<'_>, rules: &[&str]) -> Exempting {
    let metadata = object.get("metadata");
    let key = format!("{}/{}", metadata.get("namespace").text(), metadata.get("name").text());
    // Items of a list say neither kind nor version: the list does.
    let read = Exemption::of_list(object, rules).map_err(|error| format!("{}: {}", error.field, error.message));
    Exempting { key, read, status: status(object) }
}
