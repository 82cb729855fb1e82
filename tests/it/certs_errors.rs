//! What cannot be done or understood in a development folder: the error names the file, and nothing is lost.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "tests"
)]

use std::error::Error as _;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt};
use std::path::Path;

use jiff::Timestamp;
use seawall::pki::{Development, Error, Service, development};

use crate::scratch::Scratch;

fn make(folder: &Path, force: bool) -> Result<Development, Error> {
    let service = Service::new("seawall", "seawall-system").unwrap();
    development(folder, &service, force, Timestamp::from_second(1_900_000_000).unwrap())
}

/// The error as people read it, without the folder's own path.
fn told(folder: &Path, result: Result<Development, Error>) -> String {
    let error = result.expect_err("an error");
    let mut text = error.to_string();
    if let Some(cause) = error.source() {
        text = format!("{text}: {cause}");
    }
    text.replace(&folder.display().to_string(), "DIR")
}

#[test]
fn half_an_authority_is_not_replaced_unasked() {
    for (missing, expected) in
        [("ca.key", "DIR/ca.crt is there without DIR/ca.key"), ("ca.crt", "DIR/ca.key is there without DIR/ca.crt")]
    {
        let folder = Scratch::new();
        make(&folder, false).unwrap();
        fs::remove_file(folder.join(missing)).unwrap();
        assert_eq!(told(&folder, make(&folder, false)), expected);
        assert!(!folder.join(missing).exists());
        make(&folder, true).unwrap();
    }
}

#[test]
fn what_is_not_understood_is_not_replaced_unasked() {
    let other = Scratch::new();
    make(&other, false).unwrap();
    let foreign = |name: &str| fs::read_to_string(other.join(name)).unwrap();
    let damaged = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n".to_owned();
    for (file, text, expected) in [
        ("ca.crt", "hello".to_owned(), "cannot use DIR/ca.crt: it holds no PEM certificate"),
        ("ca.crt", damaged.clone(), "cannot use DIR/ca.crt: its certificate is not X.509"),
        ("ca.crt", foreign("tls.crt"), "cannot use DIR/ca.crt: its certificate is not that of an authority"),
        ("ca.key", foreign("ca.key"), "cannot use DIR/ca.key: its key is not the one in the certificate"),
        ("ca.key", String::new(), "cannot use DIR/ca.key: it holds no private key that can sign"),
        ("tls.crt", damaged, "cannot use DIR/tls.crt: its certificate is not X.509"),
        ("tls.key", "hello".to_owned(), "cannot use DIR/tls.key: it holds no private key that can sign"),
    ] {
        let folder = Scratch::new();
        make(&folder, false).unwrap();
        fs::write(folder.join(file), &text).unwrap();
        assert_eq!(told(&folder, make(&folder, false)), expected);
        assert_eq!(fs::read_to_string(folder.join(file)).unwrap(), text);
        make(&folder, true).unwrap();
    }
}

#[test]
fn a_folder_that_cannot_be_made() {
    let folder = Scratch::new();
    fs::write(folder.join("file"), "").unwrap();
    let told = told(&folder, make(&folder.join("file/tls"), false));
    assert!(told.starts_with("failed to open the certificate folder DIR/file/tls: Not a directory"), "{told}");
}

#[test]
fn a_failed_write_leaves_what_was_there() {
    let folder = Scratch::new();
    make(&folder, false).unwrap();
    let before = fs::read_to_string(folder.join("tls.crt")).unwrap();
    fs::remove_file(folder.join("tls.key")).unwrap();
    fs::create_dir(folder.join("tls.key")).unwrap();

    let told = told(&folder, make(&folder, true));
    assert!(told.starts_with("failed to write DIR/tls.key: "), "{told}");
    assert_eq!(fs::read_to_string(folder.join("tls.crt")).unwrap(), before);
    let drafts = fs::read_dir(&*folder).unwrap().filter(|entry| {
        let name = entry.as_ref().unwrap().file_name();
        name.to_string_lossy().starts_with('.')
    });
    assert_eq!(drafts.count(), 0, "no draft of a key is left behind");
}

#[test]
fn a_folder_that_may_not_be_written_to() {
    let folder = Scratch::new();
    if fs::metadata(&*folder).unwrap().uid() == 0 {
        eprintln!("skipped: root may write everywhere");
        return;
    }
    fs::set_permissions(&*folder, Permissions::from_mode(0o500)).unwrap();
    let told = told(&folder, make(&folder, false));
    fs::set_permissions(&*folder, Permissions::from_mode(0o700)).unwrap();
    assert!(told.starts_with("failed to write DIR/ca.key: Permission denied"), "{told}");
}
