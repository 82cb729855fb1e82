//! How Seawall is registered with the control plane of the tests: as `seawall webhooks` prints it. Only where several run side by
//! side, each of another profile, do the entries get names of their own and one more label to select namespaces by.

use k8s_openapi::api::admissionregistration::v1::{MutatingWebhookConfiguration, ValidatingWebhookConfiguration};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use seawall::cluster::registration::Registration;

/// The namespace that Seawall is installed in.
pub const NAMESPACE: &str = "seawall-system";
/// Its Service there.
pub const SERVICE: &str = "seawall";
/// The label that puts a namespace into the reach of one Seawall among several.
pub const INSTANCE: &str = "plane.test/seawall";

/// Both configurations. None: every namespace, as in production. Some: those labelled with this instance.
pub fn configurations(
    registration: &Registration,
    instance: Option<&str>,
) -> (MutatingWebhookConfiguration, ValidatingWebhookConfiguration) {
    let (mut mutating, mut validating) = (registration.mutating(), registration.validating());
    if let Some(instance) = instance {
        for entry in mutating.webhooks.iter_mut().flatten() {
            entry.name = named(&entry.name, Some(instance));
            narrow(&mut entry.namespace_selector, instance);
        }
        for entry in validating.webhooks.iter_mut().flatten() {
            entry.name = named(&entry.name, Some(instance));
            narrow(&mut entry.namespace_selector, instance);
        }
    }
    (mutating, validating)
}

/// Leaves out what is in no namespace: other trials write it, whose calls nobody here knows of.
pub fn leave_out_cluster_wide(validating: &mut ValidatingWebhookConfiguration) {
    for entry in validating.webhooks.iter_mut().flatten() {
        entry.rules.iter_mut().for_each(|rules| rules.retain(|rule| rule.scope.as_deref() == Some("Namespaced")));
    }
}

/// The name of the configurations.
pub fn configuration_name(instance: Option<&str>) -> String {
    instance.map_or_else(|| "seawall".to_owned(), |instance| format!("seawall-{instance}"))
}

/// The name of one webhook, which a denial quotes: `verb` is `mutate`, `validate`, `validate-guarded` or `validate-rest`.
pub fn webhook_name(verb: &str, instance: Option<&str>) -> String {
    named(&format!("{verb}.seawall.dev"), instance)
}

fn named(entry: &str, instance: Option<&str>) -> String {
    match (entry.split_once('.'), instance) {
        (Some((verb, domain)), Some(instance)) => format!("{verb}.{instance}.{domain}"),
        _ => entry.to_owned(),
    }
}

fn narrow(selector: &mut Option<LabelSelector>, instance: &str) {
    let own = LabelSelectorRequirement {
        key: INSTANCE.to_owned(),
        operator: "In".to_owned(),
        values: Some(vec![instance.to_owned()]),
    };
    selector.get_or_insert_default().match_expressions.get_or_insert_default().push(own);
}
