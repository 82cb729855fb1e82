//! Policies as a cluster stores them. What of one cannot be understood (another version of Seawall may have taken it) is left out and told;
//! the rest of it holds, and so do all others.
use serde_json::{Value, json};

use super::{
    API_VERSION, KnownNames, check,
    document::{DatabasePolicy, PolicySpec},
    merge::Policy,
    statement::statements,
};
use crate::{
    engines::Catalogue,
    text::quantity::Quantity,
    tree::{FieldError, Node, Tree, from_node},
};

/// The most faults of one policy that are told; after them nothing of it is taken.
const MOST_FAULTS: usize = 32;

/// Fields without which nobody knows where a policy holds: with one of them wrong, it holds nowhere.
const SCOPE: [&str; 3] = ["spec.namespaceSelector", "spec.onlyEngines", "spec.priority"];

/// A policy as far as it can be understood.
#[derive(Debug, Clone)]
pub struct Understood {
    pub(super) policy: Option<Policy>,
    /// What is wrong with it, each with its field.
    pub faults: Vec<String>,
}

impl Understood {
    /// True where all of it was understood.
    #[must_use]
    pub fn is_whole(&self) -> bool {
        self.faults.is_empty()
    }

    /// True where some of it holds.
    #[must_use]
    pub const fn holds(&self) -> bool {
        self.policy.is_some()
    }
}

/// Reads a policy of a cluster. `generation` is its metadata's, `spec` what stands under `spec`.
#[must_use]
pub fn understood(
    name: &str,
    generation: i64,
    spec: Node<'_>,
    known: KnownNames<'_>,
    catalogue: &Catalogue,
) -> Understood {
    let mut faults = Vec::new();
    let mut document = json!({
        "apiVersion": API_VERSION, "kind": "DatabasePolicy", "metadata": { "name": name }, "spec": spec.to_json(),
    });
    while faults.len() < MOST_FAULTS {
        let text = document.to_string();
        let Ok(tree) = Tree::from_json(&text) else { break };
        let error = match read(&tree, known, catalogue) {
            Ok(policy) => {
                let policy = policy_of(name, generation, &policy, tree.root());
                return Understood { policy: Some(policy), faults };
            }
            Err(error) => error,
        };
        faults.push(format!("{}: {}", error.field, error.message));
        if SCOPE.iter().any(|field| error.field.starts_with(field)) || !remove(&mut document, &error.field) {
            break;
        }
    }
    Understood { policy: None, faults }
}

fn read(tree: &Tree<'_>, known: KnownNames<'_>, catalogue: &Catalogue) -> Result<DatabasePolicy, FieldError> {
    let root = tree.root();
    let policy: DatabasePolicy = from_node(root)?;
    check::policy(&policy, root, known)?;
    if let Some((at, words)) = check::strangers(root, known).into_iter().next() {
        return Err(FieldError::at(at, words));
    }
    enough(&policy.spec, root.get("spec"), catalogue)?;
    Ok(policy)
}

/// No engine is given less memory than it starts with.
fn enough(spec: &PolicySpec, node: Node<'_>, catalogue: &Catalogue) -> Result<(), FieldError> {
    for (name, values) in &spec.engines {
        let least = catalogue
            .engines()
            .iter()
            .find(|e| *e.name == **name)
            .and_then(|e| e.memory.as_ref()?.refuses_below.as_ref());
        let limit = values.memory.as_ref().and_then(|memory| memory.limit.as_ref());
        let (Some(least), Some(limit)) = (least, limit) else { continue };
        if let (Some(needed), Some(given)) = (Quantity::parse(least), Quantity::parse(limit))
            && given < needed
        {
            let at = node.get("engines").fields().find(|(key, _)| key == name).map_or(node, |(_, at)| at);
            let message = format!("{name} does not start in {limit}: it needs {least} at least");
            return Err(FieldError::at(at.path("memory.limit"), message));
        }
    }
    Ok(())
}

fn policy_of(name: &str, generation: i64, policy: &DatabasePolicy, root: Node<'_>) -> Policy {
    Policy {
        name: name.to_owned(),
        version: format!("{name}@{generation}"),
        priority: policy.spec.priority,
        selector: policy.spec.namespace_selector.clone(),
        only_engines: policy.spec.only_engines.clone(),
        statements: statements(policy, "", root),
    }
}

/// Takes a field out, or, where its name is none that dots divide, all that is set beside it; false where nothing is left to take out.
fn remove(document: &mut Value, field: &str) -> bool {
    let steps: Vec<&str> = field.split('.').collect();
    let exact = steps.split_last().and_then(|(last, before)| {
        let parent = before.iter().try_fold(&mut *document, |at, step| at.get_mut(step))?;
        parent.as_object_mut()?.remove(*last)
    });
    if exact.is_some() {
        return steps.len() > 1;
    }
    let top = steps.get(1).map(|step| step.split('[').next().unwrap_or(step));
    let spec = document.get_mut("spec").and_then(Value::as_object_mut);
    spec.zip(top).is_some_and(|(spec, top)| spec.remove(top).is_some())
}
