//! Whether a policy's selector means a namespace.
use super::document::{NamespaceSelector, Operator, Requirement};

/// The label with its name that the API server gives to every namespace.
const NAME: &str = "kubernetes.io/metadata.name";

/// A namespace, as selectors see it.
#[derive(Debug, Clone, Copy)]
pub struct Namespace<'n> {
    /// Its name, which is a label of it, too.
    pub name: &'n str,
    /// The labels that are known of it.
    pub labels: &'n [(String, String)],
}

impl<'n> Namespace<'n> {
    fn label(self, key: &str) -> Option<&'n str> {
        let own = self.labels.iter().find(|(k, _)| k == key).map(|(_, value)| value.as_str());
        own.or_else(|| (key == NAME).then_some(self.name))
    }
}

impl NamespaceSelector {
    /// True for a namespace that is meant. A selector without a word means all.
    #[must_use]
    pub fn means(&self, namespace: Namespace<'_>) -> bool {
        self.match_labels.iter().all(|(key, value)| namespace.label(key) == Some(value))
            && self.match_expressions.iter().all(|r| r.holds(namespace.label(&r.key)))
    }

    /// False where no namespace can be meant by both; there may be none where it is true.
    pub(super) fn may_meet(&self, other: &Self) -> bool {
        let wants = |a: &Self, b: &Self| {
            a.match_labels.iter().all(|(key, value)| {
                b.match_labels.get(key).is_none_or(|v| v == value)
                    && b.match_expressions.iter().filter(|r| r.key == *key).all(|r| r.holds(Some(value)))
            })
        };
        wants(self, other) && wants(other, self)
    }
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        let is_one = value.is_some_and(|value| self.values.iter().any(|v| v == value));
        match self.operator {
            Operator::In => is_one,
            Operator::NotIn => !is_one,
            Operator::Exists => value.is_some(),
            Operator::DoesNotExist => value.is_none(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn selector(text: &str) -> NamespaceSelector {
        let tree = crate::tree::Tree::one_from_yaml(text).unwrap();
        crate::tree::from_node(tree.root()).unwrap()
    }

    #[test]
    fn labels_are_selected_as_in_kubernetes() {
        let labels = [("stage".to_owned(), "live".to_owned()), ("empty".to_owned(), String::new())];
        let namespace = Namespace { name: "shop", labels: &labels };
        for (text, expected) in [
            ("{}", true),
            ("matchLabels: {stage: live}", true),
            ("matchLabels: {stage: test}", false),
            ("matchLabels: {stage: live, team: shop}", false),
            ("matchLabels: {empty: ''}", true),
            ("matchLabels: {kubernetes.io/metadata.name: shop}", true),
            ("matchLabels: {kubernetes.io/metadata.name: bank}", false),
            ("matchExpressions: [{key: stage, operator: In, values: [test, live]}]", true),
            ("matchExpressions: [{key: stage, operator: In, values: [test]}]", false),
            ("matchExpressions: [{key: team, operator: In, values: [test]}]", false),
            ("matchExpressions: [{key: stage, operator: NotIn, values: [live]}]", false),
            ("matchExpressions: [{key: stage, operator: NotIn, values: [test]}]", true),
            ("matchExpressions: [{key: team, operator: NotIn, values: [test]}]", true),
            ("matchExpressions: [{key: empty, operator: Exists}]", true),
            ("matchExpressions: [{key: team, operator: Exists}]", false),
            ("matchExpressions: [{key: team, operator: DoesNotExist}]", true),
            ("matchExpressions: [{key: stage, operator: DoesNotExist}]", false),
            ("{matchLabels: {stage: live}, matchExpressions: [{key: team, operator: Exists}]}", false),
        ] {
            assert_eq!(selector(text).means(namespace), expected, "{text}");
        }
    }

    #[test]
    fn selectors_that_contradict_each_other_never_meet() {
        let live = selector("matchLabels: {stage: live}");
        for (text, expected) in [
            ("{}", true),
            ("matchLabels: {team: shop}", true),
            ("matchLabels: {stage: test}", false),
            ("matchExpressions: [{key: stage, operator: NotIn, values: [live]}]", false),
            ("matchExpressions: [{key: stage, operator: DoesNotExist}]", false),
            ("matchExpressions: [{key: stage, operator: Exists}]", true),
        ] {
            let other = selector(text);
            assert_eq!((live.may_meet(&other), other.may_meet(&live)), (expected, expected), "{text}");
        }
    }
}
