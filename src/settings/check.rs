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
    for (rule, node) in spec.get("rules").fields() {
        if !known.rules.contains(&rule) {
            return Err(FieldError::at(node, format!("no rule is called {rule:?}{}", nearest(rule, known.rules))));
        }
    }
    for (engine, node) in spec.get("engines").fields() {
        if !known.engines.contains(&engine) {
            return Err(FieldError::at(
                node,
                format!("no engine is called {engine:?}{}", nearest(engine, known.engines)),
            ));
        }
        values(node)?;
    }
    values(spec.get("defaults"))
}

fn values(values: Node<'_>) -> Result<(), FieldError> {
    for place in ["memory.limit", "memory.request", "cpu.request"] {
        let node = values.path(place);
        if node.str().is_some_and(|q| Quantity::parse(q).is_none()) {
            return Err(FieldError::at(node, "expected a quantity such as 1Gi or 500m"));
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
    let (limit, request) = (values.path("memory.limit"), values.path("memory.request"));
    if let (Some(l), Some(r)) = (limit.str().and_then(Quantity::parse), request.str().and_then(Quantity::parse))
        && r > l
    {
        return Err(FieldError::at(request, "must not be above the limit"));
    }
    let name = values.path("credentials.secretName");
    if let Some(template) = name.str() {
        let bare = template.replace("{workload}", "x").replace("{engine}", "x");
        if bare.is_empty()
            || !bare.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || matches!(b, b'-' | b'.'))
        {
            return Err(FieldError::at(
                name,
                "expected a Secret's name, in which {workload} and {engine} are replaced",
            ));
        }
    }
    Ok(())
}
