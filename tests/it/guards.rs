//! The guards against deletion, as far as they can be looked at without an API server: the trials `guards::*` run them on one.

use std::collections::BTreeSet;

use seawall::cli::docs;
use seawall::cluster::guards::{self, ACCOUNT, NAMES};
use seawall::terms::keys;

use crate::generated::hold;

#[test]
fn the_chart_has_the_guards_that_the_program_prints() {
    hold("charts/seawall/templates/guards.yaml", &docs::guards_template());
}

#[test]
fn a_guard_refuses_where_it_is_guarded_and_speaks_elsewhere() {
    for (guard, name) in guards::guards(ACCOUNT).iter().zip(NAMES) {
        assert_eq!(guard.policy.metadata.name.as_deref(), Some(name));
        let mut actions = BTreeSet::new();
        for binding in &guard.bindings {
            let spec = binding.spec.as_ref().expect("a spec");
            assert_eq!(spec.policy_name.as_deref(), Some(name));
            let all = spec.validation_actions.as_deref().expect("actions");
            assert_eq!(all.get(1).map(String::as_str), Some("Audit"), "{name}: what is said is recorded");
            let selector = spec.match_resources.as_ref().and_then(|m| m.namespace_selector.as_ref());
            let operators: Vec<_> = selector
                .iter()
                .flat_map(|s| s.match_expressions.iter().flatten())
                .filter(|e| e.key == keys::GUARD)
                .map(|e| e.operator.as_str())
                .collect();
            actions.insert((all[0].clone(), operators.concat()));
        }
        let expected: &[(&str, &str)] = match name {
            "claims.guard.seawall.dev" | "statefulsets.guard.seawall.dev" => &[("Deny", "In"), ("Warn", "NotIn")],
            "storageclasses.guard.seawall.dev" => &[("Warn", "")],
            _ => &[("Deny", "")],
        };
        let expected: BTreeSet<_> = expected.iter().map(|(a, o)| ((*a).to_owned(), (*o).to_owned())).collect();
        assert_eq!(actions, expected, "{name}");
    }
}

/// What an expression may not do: an API server of the oldest supported version has no later function, and a message that asks for
/// somebody's rights fails when it is made.
#[test]
fn messages_are_one_line_and_ask_for_no_rights() {
    for guard in guards::guards(ACCOUNT) {
        let spec = guard.policy.spec.expect("a spec");
        for validation in spec.validations.expect("validations") {
            let spelled = validation.message_expression.expect("a message");
            assert!(!spelled.contains("authorizer") && !spelled.contains("variables."), "{spelled}");
            let plain = validation.message.expect("a plain message");
            assert!(plain.chars().count() <= 120 && !plain.ends_with('.') && !plain.contains('\n'), "{plain}");
            assert_eq!(validation.reason.as_deref(), Some("Forbidden"));
        }
        assert!(spec.match_conditions.expect("conditions").iter().all(|c| !c.expression.contains("namespaceObject")));
    }
}
