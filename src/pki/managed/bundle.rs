//! The caBundles of the webhook entries that call our Service.

use k8s_openapi::ByteString;
use k8s_openapi::api::admissionregistration::v1::{
    MutatingWebhookConfiguration, ValidatingWebhookConfiguration, WebhookClientConfig,
};
use kube::core::ObjectMeta;
use rustls::pki_types::{CertificateDer, pem::PemObject};
use serde_json::{Value, json};

use super::super::{Certificate, Fingerprint, Service};
use super::contents::Cert as _;
use super::pair::Pair;
use super::rotation::Bundle;

/// The annotations by which cert-manager is told to write a caBundle; two who write it would never come to an end.
const INJECTED: [&str; 3] =
    ["cert-manager.io/inject-ca-from", "cert-manager.io/inject-ca-from-secret", "cert-manager.io/inject-apiserver-ca"];

/// A webhook configuration, of either kind.
pub(crate) trait Configuration {
    /// Its metadata.
    fn metadata(&self) -> &ObjectMeta;
    /// The name of each entry, and whom it calls.
    fn entries(&self) -> impl Iterator<Item = (&str, &WebhookClientConfig)>;
}

impl Configuration for MutatingWebhookConfiguration {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
    fn entries(&self) -> impl Iterator<Item = (&str, &WebhookClientConfig)> {
        self.webhooks.iter().flatten().map(|entry| (entry.name.as_str(), &entry.client_config))
    }
}

impl Configuration for ValidatingWebhookConfiguration {
    fn metadata(&self) -> &ObjectMeta {
        &self.metadata
    }
    fn entries(&self) -> impl Iterator<Item = (&str, &WebhookClientConfig)> {
        self.webhooks.iter().flatten().map(|entry| (entry.name.as_str(), &entry.client_config))
    }
}

/// What an entry of ours trusts.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) name: String,
    pub(super) bundle: Bundle,
    pub(super) authorities: Vec<Certificate>,
}

/// The entries that call our Service, and how they are told what to trust.
#[derive(Debug, Clone, Default)]
pub(super) struct Entries {
    pub(super) version: String,
    pub(super) entries: Vec<Entry>,
    /// Somebody else writes them.
    pub(super) injected: bool,
}

/// Those of one configuration.
pub(super) fn entries(configuration: &impl Configuration, service: &Service) -> Entries {
    let metadata = configuration.metadata();
    let is_ours = |config: &WebhookClientConfig| {
        config
            .service
            .as_ref()
            .is_some_and(|called| called.name == service.name() && called.namespace == service.namespace())
    };
    let ours = configuration.entries().filter(|(_, config)| is_ours(config));
    Entries {
        version: metadata.resource_version.clone().unwrap_or_default(),
        entries: ours.map(|(name, config)| entry(name, config.ca_bundle.as_ref())).collect(),
        injected: metadata.annotations.iter().flatten().any(|(key, _)| INJECTED.contains(&key.as_str())),
    }
}

fn entry(name: &str, bundle: Option<&ByteString>) -> Entry {
    let bytes = bundle.map(|bundle| bundle.0.as_slice()).unwrap_or_default();
    let mut whole = true;
    let mut authorities: Vec<Certificate> = Vec::new();
    for der in CertificateDer::pem_slice_iter(bytes) {
        match der.ok().and_then(|der| Certificate::from_der(der).ok()) {
            Some(certificate) => authorities.push(certificate),
            None => whole = false,
        }
    }
    let mut trusts: Vec<Fingerprint> = authorities.iter().map(|ca| ca.fingerprint().clone()).collect();
    trusts.sort();
    trusts.dedup();
    Entry { name: name.to_owned(), bundle: Bundle { trusts, whole }, authorities }
}

/// A strategic merge patch that gives entries these authorities, if the configuration is still of this version. It
/// names nothing else, so whoever manages the rest is not disturbed.
pub(super) fn patch<'a>(version: &str, entries: impl Iterator<Item = &'a str>, trusted: &[Pair]) -> Value {
    let text: String = trusted.iter().map(Pair::pem).collect();
    let bundle = ByteString(text.into_bytes());
    let webhooks: Vec<Value> =
        entries.map(|name| json!({"name": name, "clientConfig": {"caBundle": bundle}})).collect();
    json!({"metadata": {"resourceVersion": version}, "webhooks": webhooks})
}

/// Whether exactly these are trusted.
pub(super) fn fits(bundle: &Bundle, trusted: &[Pair]) -> bool {
    bundle.whole
        && bundle.trusts.len() == trusted.len()
        && trusted.iter().all(|authority| bundle.trusts.contains(authority.id()))
}
