//! Policies and bindings as the API has them.
use k8s_openapi::api::admissionregistration::v1::{
    MatchCondition, MatchResources, NamedRuleWithOperations, ValidatingAdmissionPolicy,
    ValidatingAdmissionPolicyBinding, ValidatingAdmissionPolicyBindingSpec, ValidatingAdmissionPolicySpec, Validation,
    Variable,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};

use super::{Guard, expressions::Resource};
use crate::{
    cluster::registration::conditions,
    terms::keys::{self, ENFORCED},
};

/// The label by which namespaces are told apart without anybody's doing: Kubernetes writes it itself.
const NAMESPACE_NAME: &str = "kubernetes.io/metadata.name";

/// What one policy says.
pub(super) struct Rules {
    /// What it is about.
    pub(super) resource: Resource,
    /// `UPDATE`, `DELETE`.
    pub(super) operations: &'static [&'static str],
    /// The label that an object has before or after the request, or it is none of ours.
    pub(super) label: Option<&'static str>,
    /// Named parts of the expressions.
    pub(super) variables: Vec<(&'static str, String)>,
    /// What must be true; what it means where it is not, as it is said where the other cannot be made; and that as CEL.
    pub(super) validations: Vec<(String, &'static str, String)>,
}

/// What is done where something is not true.
#[derive(Debug, Clone, Copy)]
pub(super) enum Holds {
    /// Refused in guarded namespaces, a warning elsewhere.
    ByNamespace,
    /// Refused: its own label says that it is guarded.
    Everywhere,
    /// Said.
    AsWarning,
}

impl Rules {
    /// The policy of this name, and its bindings.
    pub(super) fn guard(self, name: &str, holds: Holds, account: &str) -> Guard {
        let bindings = match holds {
            Holds::ByNamespace => vec![
                binding(name, name, "Deny", vec![guarded("In")]),
                binding(
                    &name.replacen(".guard.", ".warn.", 1),
                    name,
                    "Warn",
                    vec![guarded("NotIn"), not_the_systems()],
                ),
            ],
            Holds::Everywhere => vec![binding(name, name, "Deny", Vec::new())],
            Holds::AsWarning => vec![binding(name, name, "Warn", Vec::new())],
        };
        Guard { policy: self.policy(name, account), bindings }
    }

    fn policy(self, name: &str, account: &str) -> ValidatingAdmissionPolicy {
        let variables = self.variables.into_iter();
        let validations = self.validations.into_iter().map(|(expression, message, spelled)| Validation {
            expression,
            message: Some(message.to_owned()),
            message_expression: Some(spelled),
            // What kubectl prints as `Forbidden`.
            reason: Some("Forbidden".to_owned()),
        });
        let spec = ValidatingAdmissionPolicySpec {
            // An expression that cannot be evaluated refuses where the binding refuses, and is said where it is said.
            failure_policy: Some("Fail".to_owned()),
            match_conditions: Some(vec![
                conditions::controllers(),
                condition("not-terminating", "oldObject == null || !has(oldObject.metadata.deletionTimestamp)"),
                condition("not-seawalls-own", &format!("request.userInfo.username != '{account}'")),
            ]),
            match_constraints: Some(MatchResources {
                match_policy: Some("Equivalent".to_owned()),
                object_selector: self.label.map(|label| selector(vec![requirement(label, "Exists", None)])),
                resource_rules: Some(vec![NamedRuleWithOperations {
                    api_groups: Some(vec![self.resource.group.to_owned()]),
                    api_versions: Some(vec!["v1".to_owned()]),
                    operations: Some(self.operations.iter().map(|o| (*o).to_owned()).collect()),
                    resources: Some(vec![self.resource.plural.to_owned()]),
                    scope: Some(if self.resource.is_namespaced { "Namespaced" } else { "Cluster" }.to_owned()),
                    ..NamedRuleWithOperations::default()
                }]),
                ..MatchResources::default()
            }),
            variables: Some(
                variables.map(|(name, expression)| Variable { name: name.to_owned(), expression }).collect(),
            ),
            validations: Some(validations.collect()),
            ..ValidatingAdmissionPolicySpec::default()
        };
        ValidatingAdmissionPolicy { metadata: named(name), spec: Some(spec), status: None }
    }
}

fn binding(
    name: &str,
    policy: &str,
    action: &str,
    namespaces: Vec<LabelSelectorRequirement>,
) -> ValidatingAdmissionPolicyBinding {
    let match_resources =
        MatchResources { namespace_selector: Some(selector(namespaces)), ..MatchResources::default() };
    let spec = ValidatingAdmissionPolicyBindingSpec {
        match_resources: match_resources.namespace_selector.as_ref().is_some_and(is_narrow).then_some(match_resources),
        policy_name: Some(policy.to_owned()),
        validation_actions: Some(vec![action.to_owned(), "Audit".to_owned()]),
        ..ValidatingAdmissionPolicyBindingSpec::default()
    };
    ValidatingAdmissionPolicyBinding { metadata: named(name), spec: Some(spec) }
}

fn is_narrow(selector: &LabelSelector) -> bool {
    selector.match_expressions.as_ref().is_some_and(|all| !all.is_empty())
}

fn guarded(operator: &str) -> LabelSelectorRequirement {
    requirement(keys::GUARD, operator, Some(&[ENFORCED]))
}

/// What Kubernetes runs on is nobody's database.
fn not_the_systems() -> LabelSelectorRequirement {
    requirement(NAMESPACE_NAME, "NotIn", Some(&["kube-system"]))
}

fn selector(all: Vec<LabelSelectorRequirement>) -> LabelSelector {
    LabelSelector { match_expressions: Some(all), match_labels: None }
}

fn requirement(key: &str, operator: &str, values: Option<&[&str]>) -> LabelSelectorRequirement {
    LabelSelectorRequirement {
        key: key.to_owned(),
        operator: operator.to_owned(),
        values: values.map(|values| values.iter().map(|value| (*value).to_owned()).collect()),
    }
}

fn condition(name: &str, expression: &str) -> MatchCondition {
    MatchCondition { name: name.to_owned(), expression: expression.to_owned() }
}

fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}
