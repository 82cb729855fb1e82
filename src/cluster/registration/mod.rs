//! The webhook configurations by which an API server asks Seawall: the one place that spells them.
//!
//! `seawall webhooks` prints them, the chart installs them, and the tests register them. What a request has to be like to reach an
//! entry is in `conditions`; every request meets at most one validating entry, so that nobody is told anything twice.
pub(super) mod conditions;
mod rules;

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhook, MutatingWebhookConfiguration, ServiceReference, ValidatingWebhook, ValidatingWebhookConfiguration,
    WebhookClientConfig,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement, ObjectMeta};

use crate::terms::keys::{self, ENFORCED};

/// The mutating entry.
pub const MUTATE: &str = "mutate.seawall.dev";
/// The validating entry of the namespaces that nobody asked to guard.
pub const VALIDATE: &str = "validate.seawall.dev";
/// The entry that fails closed: what people send to guarded namespaces.
pub const GUARDED: &str = "validate-guarded.seawall.dev";
/// The entry of everything else in guarded namespaces, which fails open.
pub const REST: &str = "validate-rest.seawall.dev";

/// The label by which namespaces are told apart without anybody's doing: Kubernetes writes it itself.
const NAME: &str = "kubernetes.io/metadata.name";

/// Whether `/mutate` is called again after another webhook has changed the object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reinvocation {
    /// No.
    Never,
    /// Yes.
    IfNeeded,
}

impl Reinvocation {
    /// As the API spells it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Never => "Never",
            Self::IfNeeded => "IfNeeded",
        }
    }
}

/// How one Seawall is registered.
#[derive(Debug, Clone)]
pub struct Registration {
    /// The name of both configurations.
    pub name: String,
    /// The namespace that Seawall runs in; it is never asked about.
    pub namespace: String,
    /// Its Service there.
    pub service: String,
    /// The port at the Service.
    pub port: u16,
    /// The PEM certificates that its own is verified by; without any, somebody else has to write them.
    pub ca: Option<Vec<u8>>,
    /// How long the API server waits for `/mutate`, in seconds.
    pub mutate_seconds: u8,
    /// How long it waits for `/validate`, in seconds.
    pub validate_seconds: u8,
    /// Whether `/mutate` is called again.
    pub reinvocation: Reinvocation,
}

impl Default for Registration {
    fn default() -> Self {
        Self {
            name: "seawall".to_owned(),
            namespace: "seawall-system".to_owned(),
            service: "seawall".to_owned(),
            port: 443,
            ca: None,
            // Mutating webhooks are called one after the other, validating ones together.
            mutate_seconds: 2,
            validate_seconds: 3,
            reinvocation: Reinvocation::IfNeeded,
        }
    }
}

impl Registration {
    /// What `/mutate` is called for. It fails open: without it a database is created as its author wrote it.
    #[must_use]
    pub fn mutating(&self) -> MutatingWebhookConfiguration {
        let webhook = MutatingWebhook {
            name: MUTATE.to_owned(),
            admission_review_versions: versions(),
            client_config: self.client("/mutate"),
            failure_policy: Some("Ignore".to_owned()),
            match_conditions: Some(conditions::noise()),
            match_policy: Some("Equivalent".to_owned()),
            namespace_selector: Some(self.namespaces(None)),
            reinvocation_policy: Some(self.reinvocation.as_str().to_owned()),
            rules: Some(rules::mutated()),
            side_effects: "None".to_owned(),
            timeout_seconds: Some(self.mutate_seconds.into()),
            ..MutatingWebhook::default()
        };
        MutatingWebhookConfiguration { metadata: self.metadata(), webhooks: Some(vec![webhook]) }
    }

    /// What `/validate` is called for, in three entries of which a request meets one.
    #[must_use]
    pub fn validating(&self) -> ValidatingWebhookConfiguration {
        let entry = |name: &str, failure_policy: &str, guarded, rules, more: Vec<_>| ValidatingWebhook {
            name: name.to_owned(),
            admission_review_versions: versions(),
            client_config: self.client("/validate"),
            failure_policy: Some(failure_policy.to_owned()),
            match_conditions: Some(
                conditions::noise().into_iter().chain([conditions::controllers()]).chain(more).collect(),
            ),
            match_policy: Some("Equivalent".to_owned()),
            namespace_selector: Some(self.namespaces(Some(guarded))),
            rules: Some(rules),
            side_effects: "None".to_owned(),
            timeout_seconds: Some(self.validate_seconds.into()),
            ..ValidatingWebhook::default()
        };
        let webhooks = vec![
            entry(
                VALIDATE,
                "Ignore",
                false,
                [rules::people(), rules::rest(), rules::ours()].concat(),
                vec![conditions::forced()],
            ),
            entry(GUARDED, "Fail", true, rules::people(), vec![conditions::uncontrolled()]),
            entry(
                REST,
                "Ignore",
                true,
                [rules::controllable(), rules::rest()].concat(),
                vec![conditions::controlled(), conditions::forced()],
            ),
        ];
        ValidatingWebhookConfiguration { metadata: self.metadata(), webhooks: Some(webhooks) }
    }

    fn metadata(&self) -> ObjectMeta {
        ObjectMeta { name: Some(self.name.clone()), ..ObjectMeta::default() }
    }

    fn client(&self, path: &str) -> WebhookClientConfig {
        WebhookClientConfig {
            ca_bundle: self.ca.clone().map(ByteString),
            service: Some(ServiceReference {
                name: self.service.clone(),
                namespace: self.namespace.clone(),
                path: Some(path.to_owned()),
                port: Some(self.port.into()),
            }),
            url: None,
        }
    }

    /// All namespaces but those that must start without Seawall; of these the guarded ones, the others, or all.
    fn namespaces(&self, guarded: Option<bool>) -> LabelSelector {
        let requirement = |key: &str, operator: &str, values: &[&str]| LabelSelectorRequirement {
            key: key.to_owned(),
            operator: operator.to_owned(),
            values: Some(values.iter().map(|value| (*value).to_owned()).collect()),
        };
        let mut all = vec![requirement(NAME, "NotIn", &["kube-system", &self.namespace])];
        all.extend(guarded.map(|guarded| requirement(keys::GUARD, if guarded { "In" } else { "NotIn" }, &[ENFORCED])));
        LabelSelector { match_expressions: Some(all), match_labels: None }
    }
}

fn versions() -> Vec<String> {
    vec!["v1".to_owned()]
}
