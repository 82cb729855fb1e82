//! What the types of the document cannot say: names that exist, numbers in their bounds, quantities.
use super::{API_VERSION, KnownNames, document::DatabasePolicy};
use crate::{
    text::quantity::Quantity,
    tree::{FieldError, Node, nearest},
};

/// Checks a whole document; the error is about the first field that is wrong.
pub(super) fn policy(policy: &DatabasePolicy, root: Node<'_>, known: KnownNames<'_>) -> Result<(), FieldError> {
    if policy.api_version != API_VERSION {
        return Err(FieldError::at(root.get("apiVersion"), format!("expected {API_VERSION}")));
    }
    if policy.kind != "DatabasePolicy" {
        return Err(FieldError::at(root.get("kind"), "expected DatabasePolicy"));
    }
    let spec = root.get("spec");
    for (engine, node) in spec.get("engines").fields() {
        if !known.engines.contains(&engine) {
            return Err(FieldError::at(
                node,
                format!("no engine is called {engine:?}{}", nearest(engine, known.engines)),
            ));
        }
        values(node)?;
        fit_together(node, spec.get("defaults"))?;
    }
    values(spec.get("defaults"))?;
    fit_together(spec.get("defaults"), spec.get("defaults"))
}

/// The rules that are named and unknown: where, and in words, with the nearest name that there is.
pub(super) fn strangers<'p>(root: Node<'p>, known: KnownNames<'_>) -> Vec<(Node<'p>, String)> {
    let rules = root.get("spec").get("rules");
    let strangers = rules.fields().filter(|(rule, _)| !known.rules.contains(rule));
    strangers.map(|(rule, node)| (node, format!("no rule is called {rule:?}{}", nearest(rule, known.rules)))).collect()
}

/// A request fits below its limit, wherever that one is stated. A limit that undercuts the defaults' request takes it along: no more
/// than the limit is requested.
fn fit_together(own: Node<'_>, defaults: Node<'_>) -> Result<(), FieldError> {
    let request = own.path("memory.request");
    let limit = [own.path("memory.limit"), defaults.path("memory.limit")].into_iter().find(|n| n.is_set());
    let read = |node: Node<'_>| node.str().and_then(Quantity::parse);
    match (limit.and_then(read), read(request)) {
        (Some(most), Some(wanted)) if wanted > most => Err(FieldError::at(request, "must not be above the limit")),
        _ => Ok(()),
    }
}

fn values(values: Node<'_>) -> Result<(), FieldError> {
    for place in ["memory.limit", "memory.request", "cpu.request"] {
        let node = values.path(place);
        let Some(text) = node.str() else { continue };
        match Quantity::parse(text) {
            None => return Err(FieldError::at(node, "expected a quantity such as 1Gi or 500m")),
            Some(quantity) if Quantity::parse("0").is_some_and(|nothing| quantity <= nothing) => {
                return Err(FieldError::at(node, "must be above 0"));
            }
            Some(_) => {}
        }
    }
    let grace = values.get("terminationGracePeriodSeconds");
    if grace.i64().is_some_and(|s| !(1..=600).contains(&s)) {
        return Err(FieldError::at(grace, "must be from 1 to 600: node drains give up after 600 seconds"));
    }
    let drain = values.get("drainSeconds");
    if drain.i64().is_some_and(|s| !(1..=120).contains(&s)) {
        return Err(FieldError::at(drain, "must be from 1 to 120"));
    }
    let name = values.path("credentials.secretName");
    let bare = |template: &str| template.replace("{workload}", "x").replace("{engine}", "x");
    if name.str().is_some_and(|template| !is_name(&bare(template))) {
        return Err(FieldError::at(name, "expected a Secret's name, in which {workload} and {engine} are replaced"));
    }
    for (_, key) in values.path("credentials.keys").fields() {
        if key.str().is_some_and(|k| !is_key(k)) {
            return Err(FieldError::at(key, "expected a Secret's key: letters, digits, `-`, `_` and `.`"));
        }
    }
    let class = values.path("storage.className");
    if class.str().is_some_and(|c| !is_name(c)) {
        return Err(FieldError::at(class, "expected the name of a StorageClass"));
    }
    Ok(())
}

/// A name of an object, as the API server takes it: a DNS subdomain.
fn is_name(name: &str) -> bool {
    let is_letter = |b: &u8| b.is_ascii_lowercase() || b.is_ascii_digit();
    let is_label = |label: &str| {
        let label = label.as_bytes();
        label.iter().all(|b| is_letter(b) || *b == b'-')
            && label.first().is_some_and(is_letter)
            && label.last().is_some_and(is_letter)
    };
    name.len() <= 253 && name.split('.').all(is_label)
}

fn is_key(key: &str) -> bool {
    !key.is_empty()
        && key.len() <= 253
        && !matches!(key, "." | "..")
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
}
