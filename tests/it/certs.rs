//! A development folder: what is in it, what is kept, what is made anew and why.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing, reason = "tests")]

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use jiff::{SignedDuration, Timestamp};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use seawall::pki::{Development, Renew, Service, development};
use x509_parser::prelude::{FromDer, GeneralName, ParsedExtension, X509Certificate};

use crate::scratch::Scratch;

const DAY: SignedDuration = SignedDuration::from_hours(24);

/// Noon of some day; nothing here asks for the real time.
fn noon() -> Timestamp {
    "2030-05-17T12:00:00Z".parse().unwrap()
}

fn make(folder: &Path, force: bool, now: Timestamp) -> Development {
    let service = Service::new("seawall", "seawall-system").unwrap();
    development(folder, &service, force, now).unwrap()
}

fn reasons(made: &Development) -> (Option<Renew>, Option<Renew>) {
    (made.authority.made.clone(), made.serving.made.clone())
}

/// What the four files hold: ca.crt, ca.key, tls.crt, tls.key.
fn contents(folder: &Path) -> [String; 4] {
    ["ca.crt", "ca.key", "tls.crt", "tls.key"].map(|name| fs::read_to_string(folder.join(name)).unwrap())
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

fn der(path: &Path) -> CertificateDer<'static> {
    CertificateDer::from_pem_file(path).unwrap()
}

fn read<'a>(der: &'a CertificateDer<'_>) -> X509Certificate<'a> {
    X509Certificate::from_der(der).unwrap().1
}

#[test]
fn four_files_and_only_their_owner_reads_the_keys() {
    let scratch = Scratch::new();
    let folder = scratch.join("deep/er");
    let made = make(&folder, false, noon());
    assert_eq!(reasons(&made), (Some(Renew::Missing), Some(Renew::Missing)));

    let mut names: Vec<_> = fs::read_dir(&folder).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    assert_eq!(names, ["ca.crt", "ca.key", "tls.crt", "tls.key"]);
    assert_eq!(mode(&folder), 0o700);
    for (name, expected) in [("ca.key", 0o600), ("tls.key", 0o600), ("ca.crt", 0o644), ("tls.crt", 0o644)] {
        assert_eq!(mode(&folder.join(name)), expected, "{name}");
    }
    let [ca, ca_key, tls, tls_key] = contents(&folder);
    assert!(!ca.contains("PRIVATE") && !tls.contains("PRIVATE"));
    assert_ne!(ca_key, tls_key);
}

#[test]
fn the_serving_certificate_says_what_an_api_server_checks() {
    let folder = Scratch::new();
    let made = make(&folder, false, noon());
    let (ca, leaf) = (der(&made.authority.certificate), der(&made.serving.certificate));
    let (ca, leaf) = (read(&ca), read(&leaf));

    let names = leaf.subject_alternative_name().unwrap().expect("alternative names");
    let expected = [
        GeneralName::DNSName("seawall.seawall-system.svc"),
        GeneralName::DNSName("seawall.seawall-system.svc.cluster.local"),
        GeneralName::DNSName("seawall.seawall-system"),
        GeneralName::DNSName("seawall"),
        GeneralName::DNSName("localhost"),
        GeneralName::IPAddress(&[127, 0, 0, 1]),
    ];
    assert_eq!(names.value.general_names, expected);

    let usage = leaf.extended_key_usage().unwrap().expect("extended key usage").value;
    assert!(usage.server_auth && !usage.client_auth && !usage.any);
    let usage = leaf.key_usage().unwrap().expect("key usage").value;
    assert!(usage.digital_signature() && !usage.key_cert_sign());
    assert!(!leaf.is_ca() && ca.is_ca());
    assert_eq!(ca.basic_constraints().unwrap().unwrap().value.path_len_constraint, Some(0));
    assert!(ca.key_usage().unwrap().unwrap().value.key_cert_sign());

    let (mut vouched, mut own) = (None, None);
    for extension in leaf.extensions() {
        if let ParsedExtension::AuthorityKeyIdentifier(id) = extension.parsed_extension() {
            vouched = id.key_identifier.as_ref().map(|id| id.0);
        }
    }
    for extension in ca.extensions() {
        if let ParsedExtension::SubjectKeyIdentifier(id) = extension.parsed_extension() {
            own = Some(id.0);
        }
    }
    assert!(own.is_some() && own == vouched, "{own:?} {vouched:?}");

    let seconds = |certificate: &X509Certificate<'_>| {
        let validity = certificate.validity();
        (validity.not_before.timestamp() - noon().as_second(), validity.not_after.timestamp() - noon().as_second())
    };
    assert_eq!(seconds(&leaf), (-3600, 90 * 86_400));
    assert_eq!(seconds(&ca), (-3600, 365 * 86_400));
}

#[test]
fn no_two_authorities_share_a_name() {
    let (one, other) = (Scratch::new(), Scratch::new());
    let (one, other) = (make(&one, false, noon()).authority, make(&other, false, noon()).authority);
    let (one, other) = (der(&one.certificate), der(&other.certificate));
    let (one, other) = (read(&one), read(&other));
    assert!(one.subject().to_string().contains("2030-05-17"), "{}", one.subject());
    assert_ne!(one.subject(), other.subject());
    assert_ne!(one.raw_serial(), other.raw_serial());
}

#[test]
fn what_is_good_is_kept_and_force_replaces_it() {
    let folder = Scratch::new();
    make(&folder, false, noon());
    let before = contents(&folder);

    assert_eq!(reasons(&make(&folder, false, noon() + DAY)), (None, None));
    assert_eq!(contents(&folder), before);

    assert_eq!(reasons(&make(&folder, true, noon() + DAY)), (Some(Renew::Forced), Some(Renew::Forced)));
    for (before, after) in before.iter().zip(contents(&folder)) {
        assert_ne!(*before, after);
    }
}

#[test]
fn the_authority_outlives_the_certificate() {
    let folder = Scratch::new();
    let first = make(&folder, false, noon());
    let before = contents(&folder);

    let now = noon() + DAY * 61;
    let renewed = make(&folder, false, now);
    assert_eq!(reasons(&renewed), (None, Some(Renew::ExpiresSoon(first.serving.not_after))));
    assert_eq!(renewed.serving.not_after, now + DAY * 90);
    let after = contents(&folder);
    assert_eq!(before[..2], after[..2], "the authority");
    assert_ne!(before[2], after[2]);
    assert_ne!(before[3], after[3], "a renewal has a key of its own");

    // Near the end of the authority's year a certificate ends with it, and never later.
    let late = make(&folder, false, noon() + DAY * 300);
    assert_eq!(reasons(&late).0, None);
    assert_eq!(late.serving.not_after, first.authority.not_after);

    let last = make(&folder, false, noon() + DAY * 336);
    let (authority, serving) = reasons(&last);
    assert_eq!(authority, Some(Renew::ExpiresSoon(first.authority.not_after)));
    assert_eq!(serving, Some(Renew::OtherAuthority));
}

#[test]
fn another_service_gets_another_certificate_from_the_same_authority() {
    let folder = Scratch::new();
    make(&folder, false, noon());
    let before = contents(&folder);
    let service = Service::new("guard", "databases").unwrap();
    let made = development(&folder, &service, false, noon()).unwrap();
    assert_eq!(reasons(&made), (None, Some(Renew::Name("guard.databases.svc".to_owned()))));
    assert_eq!(contents(&folder)[..2], before[..2]);
}

#[test]
fn an_interrupted_write_is_mended() {
    let folder = Scratch::new();
    make(&folder, false, noon());
    let other = Scratch::new();
    make(&other, false, noon());

    fs::copy(other.join("tls.key"), folder.join("tls.key")).unwrap();
    assert_eq!(reasons(&make(&folder, false, noon())), (None, Some(Renew::OtherKey)));
    fs::remove_file(folder.join("tls.crt")).unwrap();
    assert_eq!(reasons(&make(&folder, false, noon())), (None, Some(Renew::Missing)));
    assert_eq!(reasons(&make(&folder, false, noon())), (None, None));
}

#[test]
fn keys_that_others_could_read_are_closed() {
    let folder = Scratch::new();
    make(&folder, false, noon());
    for key in ["ca.key", "tls.key"] {
        fs::set_permissions(folder.join(key), Permissions::from_mode(0o644)).unwrap();
    }
    assert_eq!(reasons(&make(&folder, false, noon())), (None, None));
    assert_eq!((mode(&folder.join("ca.key")), mode(&folder.join("tls.key"))), (0o600, 0o600));
}

#[test]
fn two_at_once_take_turns() {
    let folder = Scratch::new();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| make(&folder, true, noon()));
        }
    });
    // Whoever was last, what is there belongs together.
    assert_eq!(reasons(&make(&folder, false, noon())), (None, None));
}
