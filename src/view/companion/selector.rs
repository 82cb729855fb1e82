//! Whom a label selector means, as far as a template shows the labels of its Pods.
use crate::{facts::Pointed, tree::Node};

/// Whether a selector finds the Pods of a workload.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Selects {
    /// It does not.
    No,
    /// It asks for a label that the template does not set, and somebody may: a controller, the database itself, which says who leads.
    Perhaps,
    /// It finds all of them.
    Yes,
}

impl Selects {
    /// Of the pairs of `labels`.
    fn of_pairs(labels: Node<'_>, workload: &Pointed) -> Self {
        let pair = |(key, value): (&str, Node<'_>)| match workload.label(key) {
            Some(own) if value.str() == Some(own) => Self::Yes,
            Some(_) => Self::No,
            None => Self::Perhaps,
        };
        labels.fields().map(pair).min().unwrap_or(Self::Yes)
    }

    /// Of a selector with `matchLabels` and `matchExpressions`; one without a word means all.
    pub(super) fn of(selector: Node<'_>, workload: &Pointed) -> Self {
        let expressions = selector.get("matchExpressions").items().map(|e| Self::of_expression(e, workload)).min();
        Self::of_pairs(selector.get("matchLabels"), workload).min(expressions.unwrap_or(Self::Yes))
    }

    /// Of a Service's selector: pairs alone; without a word nobody is meant.
    pub(super) fn of_service(selector: Node<'_>, workload: &Pointed) -> Self {
        if selector.fields().next().is_none() { Self::No } else { Self::of_pairs(selector, workload) }
    }

    fn of_expression(expression: Node<'_>, workload: &Pointed) -> Self {
        let own = workload.label(expression.get("key").text());
        let is_listed = own.is_some_and(|own| expression.get("values").strs().any(|value| value == own));
        let holds = match expression.get("operator").text() {
            "In" => is_listed,
            "NotIn" => !is_listed,
            "Exists" => own.is_some(),
            "DoesNotExist" => own.is_none(),
            _ => return Self::Perhaps,
        };
        match (own, holds) {
            (None, _) => Self::Perhaps,
            (_, true) => Self::Yes,
            (_, false) => Self::No,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use crate::tree::Tree;

    #[test]
    fn a_selector_finds_what_has_its_labels() {
        let labels = vec![("app".to_owned(), "db".to_owned()), ("tier".to_owned(), "data".to_owned())];
        let workload = Pointed { labels, ..Pointed::default() };
        for (selector, expected) in [
            ("{}", Selects::Yes),
            (r#"{"matchLabels": {"app": "db"}}"#, Selects::Yes),
            (r#"{"matchLabels": {"app": "web"}}"#, Selects::No),
            (r#"{"matchLabels": {"app": "db", "role": "primary"}}"#, Selects::Perhaps),
            (r#"{"matchLabels": {"app": "web", "role": "primary"}}"#, Selects::No),
            (r#"{"matchExpressions": [{"key": "app", "operator": "In", "values": ["a", "db"]}]}"#, Selects::Yes),
            (r#"{"matchExpressions": [{"key": "app", "operator": "NotIn", "values": ["db"]}]}"#, Selects::No),
            (r#"{"matchExpressions": [{"key": "tier", "operator": "Exists"}]}"#, Selects::Yes),
            (r#"{"matchExpressions": [{"key": "role", "operator": "DoesNotExist"}]}"#, Selects::Perhaps),
            (r#"{"matchExpressions": [{"key": "tier", "operator": "Likes"}]}"#, Selects::Perhaps),
        ] {
            let tree = Tree::from_json(selector).unwrap();
            assert_eq!(Selects::of(tree.root(), &workload), expected, "{selector}");
        }
        let none = Tree::from_json("{}").unwrap();
        assert_eq!(Selects::of_service(none.root(), &workload), Selects::No);
    }
}
