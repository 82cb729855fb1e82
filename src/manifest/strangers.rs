//! What lies in folders beside manifests: values, charts, pipelines, templates that nobody has rendered.
//!
//! Who names a file means it to be judged, and is told why it cannot be. In a folder a document is passed over where it is no Kubernetes
//! object and not meant to be one: passing over what somebody got wrong would pass for judging it.
use super::mistakes;
use crate::tree::{Node, Type, yaml};

/// Why a document was passed over.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum PassedOver {
    /// It is no Kubernetes object: a chart's values, a compose file, a pipeline.
    NoObject,
    /// It is a template, which is no YAML before it is rendered.
    Template,
}

/// True for a document that is a Kubernetes object, or was meant to be one: it says which version or kind it is (perhaps under a misspelt
/// key), and has what every object has. `Chart.yaml` has a version alone, values may have a kind.
pub(super) fn is_meant(document: Node<'_>) -> bool {
    let is_text = |field: &'static str| document.get(field).str().is_some();
    if is_text("apiVersion") && is_text("kind") {
        return true;
    }
    let says = |field: &'static str| document.get(field).is_set() || mistakes::near_node(document, field).is_some();
    let has = |field: &'static str| document.get(field).type_of() == Type::Map;
    (says("apiVersion") || says("kind")) && (has("metadata") || has("spec"))
}

/// Why a text that is no YAML may be passed over; `None` for one that was meant to be a Kubernetes object.
pub(super) fn unreadable(text: &str) -> Option<PassedOver> {
    if yaml::is_template(text) {
        return Some(PassedOver::Template);
    }
    let says = |line: &str| {
        let word = line.trim_start_matches([' ', '\t', '{', '-', '"', '\'']);
        let starts_with = |key: &str| word.get(..key.len()).is_some_and(|start| start.eq_ignore_ascii_case(key));
        starts_with("apiVersion") || (starts_with("kind") && !line.starts_with([' ', '\t']))
    };
    (!yaml::code_lines(text).any(says)).then_some(PassedOver::NoObject)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn what_is_meant_to_be_an_object() {
        for (text, meant) in [
            ("apiVersion: v1\nkind: Pod", true),
            ("apiVersion: v1\nmetadata: {name: x}", true),
            ("kind: Pod\nspec: {}", true),
            ("apiVersoin: v1\nkind: Pod\nmetadata: {name: x}", true),
            ("ApiVersion: v1\nKind: Pod\nspec: {}", true),
            ("apiVersion: 1\nkind: Pod\nmetadata: {}", true),
            ("apiVersion: v2\nname: chart\nversion: 0.1.0", false),
            ("apiVersion: 1\ndatasources: []", false),
            ("kind: DaemonSet\nreplicas: 1", false),
            ("kind: x\nmetadata: text", false),
            ("resources: [a.yaml]", false),
            ("metadata: {name: x}\nspec: {}", false),
            ("- apiVersion: v1", false),
            ("text", false),
        ] {
            assert_eq!(is_meant(Tree::one_from_yaml(text).unwrap().root()), meant, "{text}");
        }
    }

    #[test]
    fn what_is_no_yaml() {
        for (text, expected) in [
            ("a: [1, 2\nb: 3", Some(PassedOver::NoObject)),
            ("// for an editor\n{\"compilerOptions\": {}}", Some(PassedOver::NoObject)),
            ("steps:\n\t- kind: x", Some(PassedOver::NoObject)),
            ("text: |\n  apiVersion: v1\nb: [", Some(PassedOver::NoObject)),
            ("# apiVersion: v1\nb: [", Some(PassedOver::NoObject)),
            ("apiVersion: v1 // the first\nkind: Pod // of them", None),
            ("  {\n\t\"apiVersion\": \"v1\",", None),
            ("kind: Pod\n\tmetadata:", None),
            ("{{- if .Values.on }}\nkind: Pod\n{{- end }}", Some(PassedOver::Template)),
            ("kind: Pod\nmetadata:\n  name: {{ .Release.Name }}", Some(PassedOver::Template)),
            ("kind: Pod\n{% if on %}\n", Some(PassedOver::Template)),
            ("kind: Pod\nmetadata:\n  name: \"{{ quoted }}\"\n  x: [", None),
            ("kind: Pod\nmetadata:\n  name: x\n  note: |\n    {{ told }}\n  x: [", None),
        ] {
            assert_eq!(unreadable(text), expected, "{text}");
        }
    }
}
