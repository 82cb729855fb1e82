//! Exemptions: whom they mean, and whether they still do. Pure: the time is that of the request, so one that expired stops at once.
use std::sync::Arc;

use super::{
    API_VERSION, Settings,
    document::{LabelSelector, exemption::DatabaseExemption},
};
use crate::{
    facts::Seconds,
    tree::{FieldError, Node, from_node, nearest},
};

/// A day, in seconds.
pub const DAY: Seconds = 24 * 60 * 60;

/// An exemption that is read whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Exemption {
    /// Its name.
    pub name: String,
    /// Its namespace; empty where a document names none.
    pub namespace: String,
    /// The rules.
    pub rules: Vec<String>,
    /// The workload's name, where it is meant by its name.
    pub workload: Option<String>,
    selector: Option<LabelSelector>,
    /// Why.
    pub reason: String,
    /// Where it was decided; empty where nothing is said.
    pub ticket: String,
    /// When it was created; `None` where no cluster has it yet.
    pub created: Option<Seconds>,
    /// When it ends by its own word.
    pub expires: Seconds,
}

/// What policies allow exemptions to be.
#[derive(Debug, Clone, Copy, Default)]
pub struct Allowed<'s> {
    /// The rules that may be exempted at all; `None` for all.
    pub rules: Option<&'s [String]>,
    /// For how many days at most.
    pub most_days: Option<i64>,
}

impl Allowed<'_> {
    /// True for a rule that may be exempted.
    #[must_use]
    pub fn rule(&self, rule: &str) -> bool {
        self.rules.is_none_or(|rules| rules.iter().any(|r| r == rule))
    }
}

impl Exemption {
    /// Reads a document; `rules` are those that there are.
    ///
    /// # Errors
    /// With the field, where one is missing, unknown or wrong, or a rule is not known.
    pub fn read(root: Node<'_>, rules: &[&str]) -> Result<Self, FieldError> {
        if root.get("apiVersion").text() != API_VERSION || root.get("kind").text() != "DatabaseExemption" {
            return Err(FieldError::at(root.get("kind"), format!("expected a DatabaseExemption of {API_VERSION}")));
        }
        Self::of_list(root, rules)
    }

    /// Reads an item of a list, which need not say what it is.
    ///
    /// # Errors
    /// As [`Exemption::read`].
    pub fn of_list(root: Node<'_>, rules: &[&str]) -> Result<Self, FieldError> {
        let DatabaseExemption { metadata, spec } = from_node(root)?;
        let at = root.get("spec");
        for (rule, node) in spec.rules.iter().zip(at.get("rules").items()) {
            if !rules.contains(&rule.as_str()) {
                return Err(FieldError::at(node, format!("no rule is called {rule:?}{}", nearest(rule, rules))));
            }
        }
        if spec.rules.is_empty() {
            return Err(FieldError::at(at.get("rules"), "names no rule"));
        }
        if spec.name.is_some() == spec.selector.is_some() {
            return Err(FieldError::at(at, "needs either name or selector"));
        }
        if spec.reason.trim().is_empty() {
            return Err(FieldError::at(at.get("reason"), "says nothing"));
        }
        let Some(expires) = seconds(&spec.expires) else {
            return Err(FieldError::at(at.get("expires"), "expected a time such as 2026-12-31T00:00:00Z"));
        };
        Ok(Self {
            name: metadata.name,
            namespace: metadata.namespace.unwrap_or_default(),
            rules: spec.rules,
            workload: spec.name,
            selector: spec.selector,
            reason: spec.reason,
            ticket: spec.ticket.unwrap_or_default(),
            created: root.path("metadata.creationTimestamp").str().and_then(seconds),
            expires,
        })
    }

    /// When it ends: by its own word, or by that of policies.
    #[must_use]
    pub fn end(&self, allowed: Allowed<'_>) -> Seconds {
        let most = self.created.zip(allowed.most_days);
        most.map_or(self.expires, |(created, days)| self.expires.min(created.saturating_add(days.saturating_mul(DAY))))
    }

    /// True while a rule is not enforced for an object.
    #[must_use]
    pub fn holds(&self, rule: &str, object: Node<'_>, now: Seconds, allowed: Allowed<'_>) -> bool {
        now < self.end(allowed) && self.rules.iter().any(|r| r == rule) && allowed.rule(rule) && self.means(object)
    }

    fn means(&self, object: Node<'_>) -> bool {
        let metadata = object.get("metadata");
        match (&self.workload, &self.selector) {
            (Some(name), _) => metadata.get("name").str() == Some(name),
            (None, Some(selector)) => {
                let labels = metadata.get("labels");
                selector.means(|key| labels.fields().find(|(k, _)| *k == key).and_then(|(_, value)| value.str()))
            }
            (None, None) => false,
        }
    }

    /// Whom it means, for people.
    #[must_use]
    pub fn target(&self) -> String {
        match (&self.workload, &self.selector) {
            (Some(name), _) => name.clone(),
            (None, Some(selector)) => selector.to_string(),
            (None, None) => String::new(),
        }
    }
}

impl Settings {
    /// The same with the exemptions of a namespace.
    #[must_use]
    pub fn exempting(&self, exemptions: &Arc<[Exemption]>) -> Self {
        let stricter = self.stricter.as_ref().map(|stricter| {
            let own = stricter.iter().map(|settings| settings.exempting(exemptions));
            own.collect::<Vec<_>>()
        });
        let stricter: Option<Arc<[Self; 2]>> = stricter.and_then(|all| all.try_into().ok()).map(Arc::new);
        self.with(&|settings| {
            settings.exemptions = Arc::clone(exemptions);
            settings.stricter.clone_from(&stricter);
        })
    }

    /// What policies allow exemptions to be.
    #[must_use]
    pub fn exemptions_allowed(&self) -> Allowed<'_> {
        Allowed { rules: self.values.exemptible.as_deref(), most_days: self.values.exemption_days }
    }

    /// True where an object is exempted from anything now.
    #[must_use]
    pub fn exempts(&self, object: Node<'_>, now: Seconds) -> bool {
        let allowed = self.exemptions_allowed();
        self.exemptions.iter().any(|e| e.rules.iter().any(|rule| e.holds(rule, object, now, allowed)))
    }

    /// The exemption that holds longest, of those that exempt an object from a rule now, and when it ends.
    #[must_use]
    pub fn exempted(&self, rule: &str, object: Node<'_>, now: Seconds) -> Option<(&Exemption, Seconds)> {
        if self.exemptions.is_empty() {
            return None;
        }
        let allowed = self.exemptions_allowed();
        let holding = self.exemptions.iter().filter(|e| e.holds(rule, object, now, allowed));
        holding.map(|e| (e, e.end(allowed))).max_by_key(|(_, end)| *end)
    }
}

fn seconds(time: &str) -> Option<Seconds> {
    time.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_second)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::Tree;

    const RULES: [&str; 2] = ["ephemeral-data", "floating-tag"];

    fn read(spec: &str) -> Result<Exemption, String> {
        let text = format!(
            "{{apiVersion: seawall.dev/v1alpha1, kind: DatabaseExemption, metadata: {{name: e, namespace: shop, \
             creationTimestamp: '2026-01-01T00:00:00Z'}}, spec: {{{spec}}}}}"
        );
        let tree = Tree::one_from_yaml(&text).unwrap();
        Exemption::read(tree.root(), &RULES).map_err(|error| error.message)
    }

    const WHOLE: &str = "rules: [ephemeral-data], name: cart, reason: it is a demo, expires: '2026-02-01T00:00:00Z'";

    #[test]
    fn what_is_missing_or_wrong_is_told() {
        assert!(read(WHOLE).is_ok());
        for (from, to, words) in [
            (
                "ephemeral-data",
                "ephemeral-date",
                "no rule is called \"ephemeral-date\"; did you mean \"ephemeral-data\"?",
            ),
            ("[ephemeral-data]", "[]", "names no rule"),
            ("name: cart, ", "", "needs either name or selector"),
            ("name: cart", "name: cart, selector: {}", "needs either name or selector"),
            ("it is a demo", "' '", "says nothing"),
            ("'2026-02-01T00:00:00Z'", "tomorrow", "expected a time such as 2026-12-31T00:00:00Z"),
            (", expires: '2026-02-01T00:00:00Z'", "", "field \"expires\" is missing"),
            ("reason: it is a demo, ", "", "field \"reason\" is missing"),
        ] {
            assert_eq!(read(&WHOLE.replace(from, to)).unwrap_err(), words);
        }
    }

    #[test]
    fn it_holds_for_whom_it_means_and_until_it_ends() {
        let by_name = read(WHOLE).unwrap();
        let by_label = read(&WHOLE.replace("name: cart", "selector: {matchLabels: {app: cart}}")).unwrap();
        let (day, end) = (DAY, by_name.expires);
        let none = Allowed::default();
        let others = ["floating-tag".to_owned()];
        for (exemption, object, rule, now, allowed, expected) in [
            (&by_name, "{metadata: {name: cart}}", "ephemeral-data", end - 1, none, true),
            (&by_name, "{metadata: {name: cart}}", "ephemeral-data", end, none, false),
            (&by_name, "{metadata: {name: cart}}", "floating-tag", end - 1, none, false),
            (&by_name, "{metadata: {name: orders}}", "ephemeral-data", end - 1, none, false),
            (&by_name, "{metadata: {generateName: cart}}", "ephemeral-data", end - 1, none, false),
            (&by_label, "{metadata: {name: x, labels: {app: cart}}}", "ephemeral-data", end - 1, none, true),
            (&by_label, "{metadata: {name: cart, labels: {app: x}}}", "ephemeral-data", end - 1, none, false),
            // What policies say holds for those that are there already.
            (
                &by_name,
                "{metadata: {name: cart}}",
                "ephemeral-data",
                end - 1,
                Allowed { most_days: Some(30), ..none },
                false,
            ),
            (
                &by_name,
                "{metadata: {name: cart}}",
                "ephemeral-data",
                end - 2 * day,
                Allowed { most_days: Some(30), ..none },
                true,
            ),
            (
                &by_name,
                "{metadata: {name: cart}}",
                "ephemeral-data",
                end - 1,
                Allowed { rules: Some(&others), ..none },
                false,
            ),
        ] {
            let tree = Tree::one_from_yaml(object).unwrap();
            assert_eq!(exemption.holds(rule, tree.root(), now, allowed), expected, "{object} {rule} {now} {allowed:?}");
        }
    }
}
