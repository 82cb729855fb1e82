//! The Secret: what is read out of it, and what is written into it.

use std::collections::BTreeMap;

use base64::{Engine as _, engine::general_purpose::STANDARD};
use jiff::Timestamp;
use k8s_openapi::api::core::v1::Secret;
use serde_json::{Map, Value, json};

use super::super::{CA_CERTIFICATE, CA_KEY, TLS_CERTIFICATE, TLS_KEY, Unusable};
use super::contents::{Asked, Cert, Contents};
use super::pair::Pair;
use super::rotation::Stored;

/// The label that makes a Secret ours: no other is ever written to.
pub const LABEL: (&str, &str) = ("seawall.dev/certificates", "self-managed");
/// The annotation by which somebody asks for a new certificate: `leaf` or `ca`.
pub const ROTATE: &str = "seawall.dev/rotate";

/// Since when all bundles have the next authority.
const ANNOUNCED: &str = "seawall.dev/next-ca-announced";
/// Since when the authority signs.
const SWITCHED: &str = "seawall.dev/ca-since";
const NEXT_CERTIFICATE: &str = "next-ca.crt";
const NEXT_KEY: &str = "next-ca.key";
const TYPE: &str = "kubernetes.io/tls";

/// What a Secret holds.
pub(super) fn read(secret: Option<&Secret>) -> Stored<Pair> {
    let Some(secret) = secret else { return Stored::Missing };
    let label = secret.metadata.labels.as_ref().and_then(|labels| labels.get(LABEL.0));
    if label.map(String::as_str) != Some(LABEL.1) {
        return Stored::Foreign(format!("it lacks the label {}={}", LABEL.0, LABEL.1));
    }
    match secret.type_.as_deref() {
        Some(TYPE) => {}
        other => return Stored::Foreign(format!("it is of type {}, and not {TYPE}", other.unwrap_or("Opaque"))),
    }
    if secret.immutable == Some(true) {
        return Stored::Foreign("it is immutable".to_owned());
    }
    let texts = Texts { secret };
    if [CA_CERTIFICATE, CA_KEY, TLS_CERTIFICATE, TLS_KEY].iter().all(|key| texts.get(key).is_empty()) {
        return Stored::Missing;
    }
    match texts.contents() {
        Ok(contents) => Stored::Held(contents),
        Err((key, why)) => Stored::Broken(format!("{key}: {why}")),
    }
}

struct Texts<'a> {
    secret: &'a Secret,
}

impl Texts<'_> {
    /// A value of it; nothing where it is missing or no text.
    fn get(&self, key: &str) -> &str {
        let bytes = self.secret.data.as_ref().and_then(|data| data.get(key));
        bytes.and_then(|bytes| std::str::from_utf8(&bytes.0).ok()).unwrap_or_default()
    }

    fn pair(
        &self,
        (certificate, key): (&'static str, &'static str),
        read: fn(&str, &str) -> Result<Pair, Unusable>,
    ) -> Result<Option<Pair>, (&'static str, Unusable)> {
        match (self.get(certificate), self.get(key)) {
            ("", "") => Ok(None),
            (text, secret) => read(text, secret).map(Some).map_err(|error| match error {
                Unusable::NoKey(_) | Unusable::OtherKey => (key, error),
                _ => (certificate, error),
            }),
        }
    }

    fn contents(&self) -> Result<Contents<Pair>, (&'static str, Unusable)> {
        let mut retired = Pair::read_bundle(self.get(CA_CERTIFICATE)).map_err(|error| (CA_CERTIFICATE, error))?;
        let authority = match self.get(CA_KEY) {
            "" => None,
            _ => self.pair((CA_CERTIFICATE, CA_KEY), Pair::read_authority)?,
        };
        retired.retain(|other| authority.as_ref().is_none_or(|authority| authority.id() != other.id()));
        let next = self.pair((NEXT_CERTIFICATE, NEXT_KEY), Pair::read_authority)?;
        let leaf = self.pair((TLS_CERTIFICATE, TLS_KEY), Pair::read)?;
        let mut contents = Contents { authority, next, retired, ..Contents::empty() };
        if let Some(leaf) = leaf {
            let leaf = leaf.signed_by(contents.trusted());
            if leaf.issuer().is_none() {
                return Err((TLS_CERTIFICATE, Unusable::OtherAuthority));
            }
            contents.leaf = Some(leaf);
        }
        let annotation = |key| self.secret.metadata.annotations.as_ref()?.get(key).map(String::as_str);
        let time = |key| annotation(key)?.parse().ok();
        (contents.announced, contents.switched) = (time(ANNOUNCED), time(SWITCHED));
        contents.asked = match annotation(ROTATE) {
            Some("leaf") => Some(Asked::Leaf),
            Some("ca") => Some(Asked::Authority),
            _ => None,
        };
        Ok(contents)
    }
}

/// The values, each with the key that it stands under; an empty one is not to be there.
fn values(contents: &Contents<Pair>) -> [(&'static str, String); 6] {
    let pem = |pair: &Option<Pair>| pair.as_ref().map(|pair| pair.pem().to_owned()).unwrap_or_default();
    let key = |pair: &Option<Pair>| pair.as_ref().map(|pair| pair.key().to_owned()).unwrap_or_default();
    let signed: String = contents.authority.iter().chain(&contents.retired).map(Pair::pem).collect();
    [
        (TLS_CERTIFICATE, pem(&contents.leaf)),
        (TLS_KEY, key(&contents.leaf)),
        (CA_CERTIFICATE, signed),
        (CA_KEY, key(&contents.authority)),
        (NEXT_CERTIFICATE, pem(&contents.next)),
        (NEXT_KEY, key(&contents.next)),
    ]
}

fn annotations(contents: &Contents<Pair>) -> [(&'static str, Option<String>); 3] {
    let asked = contents.asked.map(|asked| match asked {
        Asked::Leaf => "leaf".to_owned(),
        Asked::Authority => "ca".to_owned(),
    });
    let time = |time: Option<Timestamp>| time.map(|time| time.to_string());
    [(ANNOUNCED, time(contents.announced)), (SWITCHED, time(contents.switched)), (ROTATE, asked)]
}

/// A merge patch that makes a Secret hold this, if it is still of this version; what else is in it stays.
pub(super) fn patch(contents: &Contents<Pair>, version: &str) -> Value {
    let data: Map<String, Value> = values(contents)
        .into_iter()
        .map(|(key, text)| {
            // A Secret of this type must have both, even where there is nothing to say.
            let must = [TLS_CERTIFICATE, TLS_KEY].contains(&key);
            let value = if text.is_empty() && !must { Value::Null } else { STANDARD.encode(text).into() };
            (key.to_owned(), value)
        })
        .collect();
    let annotations: BTreeMap<&str, Option<String>> = annotations(contents).into_iter().collect();
    json!({"metadata": {"resourceVersion": version, "annotations": annotations}, "data": data})
}

/// A Secret that holds this.
pub(super) fn fresh(contents: &Contents<Pair>, name: &str) -> Secret {
    let must = |key: &str| [TLS_CERTIFICATE, TLS_KEY].contains(&key);
    let data = values(contents).into_iter().filter(|(key, text)| !text.is_empty() || must(key));
    let annotations = annotations(contents).into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?)));
    Secret {
        metadata: kube::core::ObjectMeta {
            name: Some(name.to_owned()),
            labels: Some(BTreeMap::from([(LABEL.0.to_owned(), LABEL.1.to_owned())])),
            annotations: Some(annotations.collect()),
            ..kube::core::ObjectMeta::default()
        },
        type_: Some(TYPE.to_owned()),
        data: Some(data.map(|(key, text)| (key.to_owned(), k8s_openapi::ByteString(text.into_bytes()))).collect()),
        ..Secret::default()
    }
}
