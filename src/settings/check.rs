//! What the types of the document cannot say: names that exist, numbers in their bounds, quantities.
use super::{
    API_VERSION, KnownNames,
    document::{DatabasePolicy, LabelSelector, Operator},
    statement::RulesVersion,
};
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
    scope(policy, spec, known)?;
    let days = spec.path("exemptions.maxDays");
    if days.i64().is_some_and(|days| !(1..=3650).contains(&days)) {
        return Err(FieldError::at(days, "must be from 1 to 3650"));
    }
    for (engine, node) in spec.get("engines").fields() {
        if !known.engines.contains(&engine) {
            return Err(FieldError::at(
                node,
                format!("no engine is called {engine:?}{}", nearest(engine, known.engines)),
            ));
        }
        values(node)?;
        fit_together(node, spec.get("defaults"))?;
        classes(node, spec.get("defaults"))?;
    }
    values(spec.get("defaults"))?;
    fit_together(spec.get("defaults"), spec.get("defaults"))?;
    classes(spec.get("defaults"), spec.get("defaults"))
}

/// The rules that are named and unknown: where, and in words, with the nearest name that there is.
pub(super) fn strangers<'p>(root: Node<'p>, known: KnownNames<'_>) -> Vec<(Node<'p>, String)> {
    let rules = root.get("spec").get("rules");
    let exemptible = root.path("spec.exemptions.rules").items().filter_map(|node| Some((node.str()?, node)));
    let strangers = rules.fields().chain(exemptible).filter(|(rule, _)| !known.rules.contains(rule));
    strangers.map(|(rule, node)| (node, format!("no rule is called {rule:?}{}", nearest(rule, known.rules)))).collect()
}

/// Where it holds.
fn scope(policy: &DatabasePolicy, spec: Node<'_>, known: KnownNames<'_>) -> Result<(), FieldError> {
    let version = spec.get("rulesVersion");
    if version.str().is_some_and(|v| RulesVersion::parse(v).is_none()) {
        return Err(FieldError::at(version, "expected a version of Seawall, such as \"0.1\" or \"0.1.0\""));
    }
    if let Some(selector) = &policy.spec.namespace_selector {
        labels(selector, spec.get("namespaceSelector"))?;
    }
    let Some(only) = &policy.spec.only_engines else { return Ok(()) };
    let list = spec.get("onlyEngines");
    if only.is_empty() {
        return Err(FieldError::at(list, "names no engine: leave it out to mean all of them"));
    }
    for (engine, node) in only.iter().zip(list.items()) {
        if !known.engines.contains(&engine.as_str()) {
            let message = format!("no engine is called {engine:?}{}", nearest(engine, known.engines));
            return Err(FieldError::at(node, message));
        }
    }
    for (engine, node) in spec.get("engines").fields() {
        if known.engines.contains(&engine) && !only.iter().any(|o| o == engine) {
            return Err(FieldError::at(node, format!("{engine} is not among onlyEngines")));
        }
    }
    for list in ["skipNamespaces", "restorers", "operatorGroups", "operatorAccounts", "exemptions"] {
        if spec.get(list).is_set() {
            return Err(FieldError::at(
                spec.get(list),
                "is not about engines: put it into a policy without onlyEngines",
            ));
        }
    }
    Ok(())
}

fn labels(selector: &LabelSelector, node: Node<'_>) -> Result<(), FieldError> {
    const KEY: &str = "expected a label's key, such as team or example.com/team";
    const VALUE: &str = "expected a label's value: at most 63 letters, digits, `-`, `_` and `.`";
    for (key, value) in node.get("matchLabels").fields() {
        if !is_label_key(key) {
            return Err(FieldError::at(value, KEY));
        }
        if value.str().is_some_and(|v| !is_label_value(v)) {
            return Err(FieldError::at(value, VALUE));
        }
    }
    for (requirement, at) in selector.match_expressions.iter().zip(node.get("matchExpressions").items()) {
        if !is_label_key(&requirement.key) {
            return Err(FieldError::at(at.get("key"), KEY));
        }
        let takes_values = matches!(requirement.operator, Operator::In | Operator::NotIn);
        if takes_values == requirement.values.is_empty() {
            let message =
                if takes_values { "In and NotIn need values" } else { "Exists and DoesNotExist take no values" };
            return Err(FieldError::at(at.get("values"), message));
        }
        if let Some(value) = at.get("values").items().find(|v| v.str().is_some_and(|v| !is_label_value(v))) {
            return Err(FieldError::at(value, VALUE));
        }
    }
    Ok(())
}

fn is_label_key(key: &str) -> bool {
    let (prefix, name) = key.rsplit_once('/').map_or((None, key), |(prefix, name)| (Some(prefix), name));
    prefix.is_none_or(is_name) && !name.is_empty() && is_label_value(name)
}

/// Empty, or at most 63 characters that begin and end with a letter or a digit.
fn is_label_value(value: &str) -> bool {
    let ends = |b: Option<&u8>| b.is_none_or(u8::is_ascii_alphanumeric);
    let bytes = value.as_bytes();
    bytes.len() <= 63
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'_' | b'.'))
        && ends(bytes.first())
        && ends(bytes.last())
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
    Ok(())
}

/// Classes have names of objects; sizes are quantities, each once; and what is given is allowed, wherever that is stated.
fn classes(own: Node<'_>, defaults: Node<'_>) -> Result<(), FieldError> {
    let allowed = own.path("storage.allowedClasses");
    if allowed.is_set() && allowed.items().next().is_none() {
        return Err(FieldError::at(allowed, "names no class: leave it out to allow all of them"));
    }
    if let Some(name) = allowed.items().find(|name| name.str().is_some_and(|n| !n.is_empty() && !is_name(n))) {
        return Err(FieldError::at(name, "expected the name of a StorageClass, or \"\" for none"));
    }
    let allowed = [allowed, defaults.path("storage.allowedClasses")].into_iter().find(|list| list.is_set());
    let sized = own.path("storage.classesBySize").items();
    let mut sizes = Vec::new();
    for (class, size) in std::iter::once((own.path("storage.className"), None))
        .chain(sized.map(|entry| (entry.get("className"), Some(entry.get("atLeast")))))
    {
        if let Some(size) = size {
            match size.str().and_then(Quantity::parse) {
                Some(quantity) if quantity.bytes().is_none_or(|b| b <= 0) => {
                    return Err(FieldError::at(size, "must be above 0"));
                }
                Some(quantity) if sizes.contains(&quantity) => {
                    return Err(FieldError::at(size, "has a class above already: state each size once"));
                }
                Some(quantity) => sizes.push(quantity),
                None => return Err(FieldError::at(size, "expected a quantity such as 100Gi")),
            }
        }
        let Some(name) = class.str() else { continue };
        if !is_name(name) {
            return Err(FieldError::at(class, "expected the name of a StorageClass"));
        }
        if allowed.is_some_and(|list| !lists(list, name)) {
            return Err(FieldError::at(
                class,
                format!("allowedClasses does not list {name:?}: add it there, or give one that it lists"),
            ));
        }
    }
    // What an engine does not say itself, it is given by the defaults.
    let inherited = defaults.path("storage.className").str().filter(|_| !own.path("storage.className").is_set());
    match (own.path("storage.allowedClasses"), inherited) {
        (list, Some(name)) if list.is_set() && !lists(list, name) => {
            let message =
                format!("does not list {name:?}, the class of the defaults: add it, or give className beside this");
            Err(FieldError::at(list, message))
        }
        _ => Ok(()),
    }
}

fn lists(allowed: Node<'_>, class: &str) -> bool {
    allowed.items().any(|item| item.str() == Some(class))
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
