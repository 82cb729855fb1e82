//! Slips that make an object something else than its author meant, told in one line with the remedy.
use crate::{
    tree::{Node, Type, nearest},
    view::{Kind, Workload},
};

type Mistake = (Option<u32>, String, String);

/// The first slip of an object; `None` for one that can be judged.
pub(super) fn find(object: Node<'_>) -> Option<Mistake> {
    for field in ["apiVersion", "kind"] {
        let node = object.get(field);
        if !node.is_set() {
            let near = near_miss(object, field);
            let message = format!("{field} is missing: this is no Kubernetes object");
            return Some((
                object.line(),
                message,
                near.unwrap_or_else(|| format!("write {field} at the top of the object")),
            ));
        }
        if node.str().is_none() {
            return Some((node.line(), format!("{field} is no text"), format!("write {field} as text")));
        }
    }
    let kind_node = object.get("kind");
    let Some(kind) = Kind::of(kind_node.text()) else {
        // The API knows kinds by their exact spelling.
        let meant = Kind::ALL.iter().find(|k| k.as_str().eq_ignore_ascii_case(kind_node.text()))?;
        let message = format!("kind {:?} does not exist", kind_node.text());
        return Some((kind_node.line(), message, format!("write {:?}", meant.as_str())));
    };
    let workload = Workload { kind, object };
    let spec = workload.spec();
    for (parent, field) in [
        (object, "spec"),
        (if kind == Kind::CronJob { spec.path("jobTemplate.spec") } else { spec }, "template"),
        (workload.template(), "spec"),
        (workload.pod().spec, "containers"),
    ] {
        if kind == Kind::Pod && field == "template" {
            continue;
        }
        if parent.is_set()
            && !parent.get(field).is_set()
            && let Some(help) = near_miss(parent, field)
        {
            let at = near_node(parent, field).map_or(parent, |n| n);
            return Some((at.line(), format!("{} is missing", parent.get(field).stable()), help));
        }
    }
    let containers = workload.pod().spec.get("containers");
    if containers.is_set() && containers.type_of() != Type::List {
        let message = format!("{} is no list", containers.stable());
        return Some((containers.line(), message, "begin each container with `- name:`".to_owned()));
    }
    None
}

/// The value under a key that is nearly `field`.
pub(super) fn near_node<'t>(parent: Node<'t>, field: &str) -> Option<Node<'t>> {
    parent.fields().find(|(key, _)| *key != field && !nearest(key, &[field]).is_empty()).map(|(_, node)| node)
}

/// What to rename, where a key of `parent` is nearly `field`.
fn near_miss(parent: Node<'_>, field: &str) -> Option<String> {
    let node = near_node(parent, field)?;
    Some(format!("rename {:?} to {field:?}", node.key()?))
}
