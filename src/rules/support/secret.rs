//! The Secret that a workload takes its credentials from, and what to tell its author about it.
use std::collections::{BTreeMap, HashMap};

use serde_json::{Value, json};

use crate::{
    proposal::Proposal,
    rule::Context,
    settings::secret_name,
    terms::keys,
    tree::Node,
    view::{Database, Workload},
};

/// A Secret, and its keys.
#[derive(Debug)]
pub(in crate::rules) struct Source<'c> {
    /// Its name.
    pub(in crate::rules) name: String,
    /// True when the workload names it; otherwise the settings do.
    pub(in crate::rules) is_authors: bool,
    keys: BTreeMap<&'c str, &'c str>,
    context: &'c Context<'c>,
}

/// An annotation of the workload that cannot be read.
#[derive(Debug)]
pub(in crate::rules) struct Unreadable<'c> {
    /// Where.
    pub(in crate::rules) at: Node<'c>,
    /// Which.
    pub(in crate::rules) key: &'static str,
    /// What it should be, to complete "expected ...".
    pub(in crate::rules) expected: &'static str,
}

/// The Secret that the workload names, else the one of the settings; none where neither does, or where the name that comes of the
/// settings is none.
pub(in crate::rules) fn of<'c>(
    database: &Database<'c>,
    context: &'c Context<'c>,
) -> Result<Option<Source<'c>>, Box<Unreadable<'c>>> {
    let workload = database.workload;
    let unreadable = |key, expected| Box::new(Unreadable { at: annotation(workload, key), key, expected });
    let (name, is_authors) = match workload.annotation(keys::CREDENTIALS_SECRET) {
        Some(name) if !is_name(name) => return Err(unreadable(keys::CREDENTIALS_SECRET, "the name of a Secret")),
        Some(name) => (name.to_owned(), true),
        None => {
            let Some(template) = context.settings.secret_name() else { return Ok(None) };
            let replaced = HashMap::from([("workload", workload.name()), ("engine", &*database.engine.name)]);
            let name = secret_name(template.value, &replaced);
            if workload.name().is_empty() || !is_name(&name) {
                return Ok(None);
            }
            (name, false)
        }
    };
    let mut pairs = BTreeMap::new();
    for pair in workload.annotation(keys::CREDENTIALS_KEYS).unwrap_or("").split(',').filter(|p| !p.trim().is_empty()) {
        match pair.split_once('=').map(|(variable, key)| (variable.trim(), key.trim())) {
            Some((variable, key)) if !variable.is_empty() && is_key(key) => pairs.insert(variable, key),
            _ => return Err(unreadable(keys::CREDENTIALS_KEYS, "VARIABLE=key pairs, separated by commas")),
        };
    }
    Ok(Some(Source { name, is_authors, keys: pairs, context }))
}

fn annotation<'t>(workload: Workload<'t>, key: &'static str) -> Node<'t> {
    let of = |object: Node<'t>| object.get("metadata").get("annotations").get(key);
    let own = of(workload.object);
    if own.is_set() { own } else { of(workload.template()) }
}

impl<'c> Source<'c> {
    /// The key under which the Secret holds a variable.
    pub(in crate::rules) fn key(&self, variable: &'c str) -> &'c str {
        self.keys.get(variable).copied().unwrap_or_else(|| self.context.settings.secret_key(variable))
    }

    /// Secret and key, for people.
    pub(in crate::rules) fn shown(&self, variable: &'c str) -> String {
        match self.key(variable) {
            key if key == variable => format!("Secret {:?}", self.name),
            key => format!("key {key:?} of Secret {:?}", self.name),
        }
    }

    /// `secretKeyRef`, as the value of `valueFrom`.
    pub(in crate::rules) fn reference(&self, variable: &'c str) -> Value {
        json!({"secretKeyRef": {"name": self.name, "key": self.key(variable)}})
    }

    /// The variables as elements of `env`, in one line.
    pub(in crate::rules) fn lines(&self, variables: &[&'c str]) -> String {
        let line = |v: &&'c str| {
            let (name, key) = (&self.name, self.key(v));
            format!("- {{name: {v}, valueFrom: {{secretKeyRef: {{name: {name}, key: {key}}}}}}}")
        };
        variables.iter().map(line).collect::<Vec<_>>().join(" ")
    }

    /// True when all keys are ones that a Secret can have.
    pub(in crate::rules) fn can_hold(&self, variables: &[&'c str]) -> bool {
        variables.iter().all(|variable| is_key(self.key(variable)))
    }

    /// Tells the author which Secret must be there, and how to make it. No value is shown, and the placeholders are such that a shell
    /// refuses the line while they stand in it.
    pub(in crate::rules) fn announce(&self, variables: &[&'c str], proposal: &mut Proposal) {
        let mut keys: Vec<&str> = Vec::new();
        for variable in variables {
            let key = self.key(variable);
            if !keys.contains(&key) {
                keys.push(key);
            }
        }
        let namespace = self.context.namespace;
        let literals: String = keys.iter().map(|key| format!(" --from-literal={key}=<value>")).collect();
        proposal.note(format!("new Pods start only when Secret {:?} holds {}", self.name, keys.join(", ")));
        proposal.note(format!("kubectl create secret generic {} -n {namespace}{literals}", self.name));
    }
}

/// A name of an object, as the API server takes it: a DNS subdomain.
fn is_name(name: &str) -> bool {
    let is_edge = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_label = |label: &str| {
        label.bytes().all(|b| is_edge(b) || b == b'-')
            && label.bytes().next().is_some_and(is_edge)
            && label.bytes().last().is_some_and(is_edge)
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

/// A key of a Secret, as the API server takes it.
fn is_key(key: &str) -> bool {
    (1..=253).contains(&key.len())
        && !key.starts_with("..")
        && key != "."
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_keys_are_those_that_the_api_server_takes() {
        for name in ["a", "mysql-credentials", "a.b-c.d0", &"x".repeat(253)] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", "-a", "a-", "a..b", ".a", "A", "a_b", "a b", &"x".repeat(254)] {
            assert!(!is_name(name), "{name}");
        }
        for key in ["MYSQL_ROOT_PASSWORD", "root.password", ".x", "a-b"] {
            assert!(is_key(key), "{key}");
        }
        for key in ["", ".", "..", "..x", "a/b", "a b", "a=b"] {
            assert!(!is_key(key), "{key}");
        }
    }
}
