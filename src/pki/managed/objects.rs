//! What stands in the objects of a cluster, with real certificates.

use jiff::Timestamp;
use k8s_openapi::{
    ByteString,
    api::{admissionregistration::v1::MutatingWebhookConfiguration, core::v1::Secret},
};
use serde_json::{Value, json};

use super::{
    super::Service,
    bundle,
    contents::{Asked, Contents},
    pair::{Mint, Pair},
    rotation::{Stored, Times},
    secret, verify,
};

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_000_000 + second).unwrap()
}

/// Real certificates in the middle of a rotation, with everything that a Secret can hold.
fn real() -> (Service, Contents<Pair>) {
    let service = Service::new("guard", "shop").unwrap();
    let times = Times::default();
    let mut mint = Mint { service: &service, times: &times, now: at(0) };
    let contents = Contents::begun(&mut mint, at(0)).unwrap().prepared(&mut mint).unwrap();
    let contents = contents.switched(&mut mint, at(1)).unwrap().prepared(&mut mint).unwrap().announced(Some(at(2)));
    (service, Contents { asked: Some(Asked::Leaf), ..contents })
}

fn held(secret: &Secret) -> Contents<Pair> {
    match secret::read(Some(secret)) {
        Stored::Held(contents) => contents,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_secret_holds_what_was_written_and_others_see_usual_keys() {
    let (_, contents) = real();
    let mut secret = secret::fresh(&contents, "tls");
    assert!(held(&secret) == contents, "{:?}", held(&secret));
    assert_eq!(contents.retired.len(), 1);
    let text = |secret: &Secret, key: &str| String::from_utf8(secret.data.as_ref().unwrap()[key].0.clone()).unwrap();
    assert_eq!(text(&secret, "tls.crt").matches("BEGIN CERTIFICATE").count(), 1);
    assert_eq!(text(&secret, "ca.crt").matches("BEGIN CERTIFICATE").count(), 2, "who reads it trusts both");
    // The same by a patch on top of it, with what is over taken out.
    let after = Contents { next: None, announced: None, asked: None, ..contents }.dropped();
    let patch = secret::patch(&after, "7");
    assert_eq!(patch["metadata"]["resourceVersion"], "7");
    assert_eq!(patch["data"]["next-ca.key"], Value::Null);
    let mut whole = serde_json::to_value(&secret).unwrap();
    json_patch::merge(&mut whole, &patch);
    secret = serde_json::from_value(whole).unwrap();
    assert!(held(&secret) == after, "{:?}", held(&secret));
}

#[test]
fn a_secret_of_somebody_else_or_in_disorder_is_told_from_an_empty_one() {
    let (_, contents) = real();
    let good = secret::fresh(&contents, "tls");
    let told = |change: &dyn Fn(&mut Secret)| {
        let mut secret = good.clone();
        change(&mut secret);
        match secret::read(Some(&secret)) {
            Stored::Missing => "missing".to_owned(),
            Stored::Broken(why) => format!("broken: {why}"),
            Stored::Foreign(why) => format!("foreign: {why}"),
            Stored::Held(_) => "held".to_owned(),
        }
    };
    let set = |secret: &mut Secret, key: &str, text: &str| {
        secret.data.as_mut().unwrap().insert(key.to_owned(), ByteString(text.as_bytes().to_vec()));
    };
    let other = secret::fresh(&real().1, "tls").data.unwrap();
    let copy =
        |secret: &mut Secret, key: &str| drop(secret.data.as_mut().unwrap().insert(key.to_owned(), other[key].clone()));
    assert_eq!(told(&|_| {}), "held");
    assert_eq!(
        told(&|s| s.metadata.labels = None),
        "foreign: it lacks the label seawall.dev/certificates=self-managed"
    );
    assert_eq!(
        told(&|s| s.type_ = Some("Opaque".to_owned())),
        "foreign: it is of type Opaque, and not kubernetes.io/tls"
    );
    assert_eq!(told(&|s| s.immutable = Some(true)), "foreign: it is immutable");
    assert_eq!(told(&|s| s.data = None), "missing");
    assert_eq!(told(&|s| s.data.as_mut().unwrap().values_mut().for_each(|v| v.0.clear())), "missing");
    assert_eq!(told(&|s| set(s, "tls.crt", "x")), "broken: tls.crt: it holds no PEM certificate");
    assert_eq!(told(&|s| set(s, "tls.key", "x")), "broken: tls.key: it holds no private key that can sign");
    assert_eq!(told(&|s| copy(s, "tls.key")), "broken: tls.key: its key is not the one in the certificate");
    assert_eq!(told(&|s| copy(s, "ca.key")), "broken: ca.key: its key is not the one in the certificate");
    let leaf = |s: &mut Secret| ["tls.crt", "tls.key"].into_iter().for_each(|key| copy(s, key));
    assert_eq!(told(&leaf), "broken: tls.crt: none of the CAs beside it signed it");
    let no_ca = |s: &mut Secret| {
        let leaf = s.data.as_ref().unwrap()["tls.crt"].clone();
        s.data.as_mut().unwrap().insert("ca.crt".to_owned(), leaf);
    };
    assert_eq!(told(&no_ca), "broken: ca.crt: its certificate is not that of an authority");
}

fn configuration(bundle: &str) -> MutatingWebhookConfiguration {
    let entry = |name: &str, service: &str, namespace: &str| {
        json!({
            "name": name, "sideEffects": "None", "admissionReviewVersions": ["v1"],
            "clientConfig": {"service": {"name": service, "namespace": namespace}, "caBundle": ByteString(bundle.into())},
        })
    };
    serde_json::from_value(json!({
        "metadata": {"name": "w", "resourceVersion": "5"},
        "webhooks": [entry("a", "guard", "shop"), entry("b", "guard", "bank"), entry("c", "other", "shop")],
    }))
    .unwrap()
}

#[test]
fn only_the_bundles_of_entries_that_call_our_service_are_ours() {
    let (service, contents) = real();
    let trusted: Vec<Pair> = contents.trusted().cloned().collect();
    let text: String = trusted.iter().map(Pair::pem).collect();
    let found = bundle::entries(&configuration(&text), &service);
    assert_eq!((found.version.as_str(), found.entries.len(), found.injected), ("5", 1, false));
    assert_eq!(found.entries[0].name, "a");
    assert!(bundle::fits(&found.entries[0].bundle, &trusted));
    assert!(!bundle::fits(&found.entries[0].bundle, &trusted[1..]), "one too many");
    let (doubled, broken) =
        (format!("{text}{text}"), format!("{text}-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"));
    for (what, text, fits) in [("none", "", false), ("twice", &doubled, true), ("garbage beside it", &broken, false)] {
        let found = bundle::entries(&configuration(text), &service);
        assert_eq!(bundle::fits(&found.entries[0].bundle, &trusted), fits, "{what}");
    }
    let patch = bundle::patch("5", ["a"].into_iter(), &trusted);
    let written =
        serde_json::from_value::<ByteString>(patch["webhooks"][0]["clientConfig"]["caBundle"].clone()).unwrap();
    assert_eq!(written.0, text.into_bytes());
    assert_eq!(patch["webhooks"][0].as_object().unwrap().len(), 2, "the name and the bundle, and nothing else");
    let mut injected = configuration("");
    injected.metadata.annotations = Some([("cert-manager.io/inject-ca-from".to_owned(), "n/c".to_owned())].into());
    assert!(bundle::entries(&injected, &service).injected);
}

#[test]
fn a_leaf_is_accepted_by_who_trusts_its_authority_for_its_name_in_its_time() {
    let (service, contents) = real();
    let leaf = contents.leaf.as_ref().unwrap().certificate();
    let (own, retired) = (contents.authority.as_ref().unwrap(), &contents.retired[0]);
    let accepts = |by: &[&Pair], host: &str, second| {
        verify::accepts(by.iter().map(|pair| pair.certificate()), leaf, host, at(second))
    };
    assert!(accepts(&[own], &service.host(), 5));
    assert!(accepts(&[retired, own], &service.host(), 5));
    assert!(!accepts(&[retired], &service.host(), 5));
    assert!(!accepts(&[], &service.host(), 5));
    assert!(!accepts(&[own], "guard.bank.svc", 5));
    assert!(!accepts(&[own], &service.host(), 91 * 24 * 3600));
}
