//! Writing files whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use super::plan::{Plan, Sources};
use super::show::Done;
use crate::manifest::ReadError;

/// Why a file was left alone.
#[derive(Debug, thiserror::Error)]
pub(super) enum StoreError {
    #[error("changed while it was read: it is left alone")]
    Changed,
    #[error("is there already: it is left alone")]
    Exists,
    #[error("failed to write: it is left alone")]
    Io(#[from] io::Error),
}

/// Writes what changed, and Secrets' manifests; each file by itself.
pub(super) fn all(sources: &Sources, plan: &Plan) -> Done {
    let mut done = Done::default();
    for source in sources.files.iter().filter(|source| source.text != source.original) {
        match replace(Path::new(&source.name), &source.original, &source.text) {
            Ok(()) => done.written += 1,
            Err(error) => done.failed.push(failed(&source.name, &error)),
        }
    }
    for secret in &plan.secrets {
        match create(&secret.file, &secret.text) {
            Ok(()) => done.made += 1,
            Err(error) => done.failed.push(failed(&secret.file.display().to_string(), &error)),
        }
    }
    done
}

fn failed(file: &str, error: &StoreError) -> ReadError {
    let (message, help) = match error {
        StoreError::Changed => (error.to_string(), "run it again"),
        StoreError::Exists => (error.to_string(), "see that it holds every key that the manifests refer to"),
        StoreError::Io(cause) => (format!("{error}: {cause}"), ""),
    };
    ReadError { file: file.to_owned(), index: String::new(), line: None, message, help: help.to_owned() }
}

/// Puts `after` in the place of a file that still holds `before`. A link stays a link, and permissions stay.
fn replace(file: &Path, before: &str, after: &str) -> Result<(), StoreError> {
    let real = fs::canonicalize(file)?;
    let permissions = fs::metadata(&real)?.permissions();
    let beside = beside(&real);
    let written = (|| {
        let mut new = OpenOptions::new().write(true).create_new(true).open(&beside)?;
        new.write_all(after.as_bytes())?;
        new.set_permissions(permissions)?;
        new.sync_all()?;
        // As late as can be: whoever saves it in the moment that is left is not waited for by anybody.
        if fs::read(&real)? != before.as_bytes() {
            return Err(StoreError::Changed);
        }
        Ok(fs::rename(&beside, &real)?)
    })();
    if written.is_err() {
        // What could not be made need not be removed.
        let _ = fs::remove_file(&beside);
    }
    written
}

/// A name in the same folder, which is the same file system.
fn beside(file: &Path) -> PathBuf {
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    file.with_file_name(format!(".{name}.{}.seawall", std::process::id()))
}

/// Writes a file that is not there yet, for its owner's eyes: it is about to hold passwords.
fn create(file: &Path, text: &str) -> Result<(), StoreError> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut new = options.open(file).map_err(|error| match error.kind() {
        io::ErrorKind::AlreadyExists => StoreError::Exists,
        _ => StoreError::Io(error),
    })?;
    new.write_all(text.as_bytes())?;
    Ok(new.sync_all()?)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn a_file_that_changed_meanwhile_is_left_alone() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.yaml");
        fs::write(&file, "theirs").unwrap();
        assert!(matches!(replace(&file, "read", "ours"), Err(StoreError::Changed)));
        assert_eq!(fs::read_to_string(&file).unwrap(), "theirs");
        replace(&file, "theirs", "ours").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "ours");
        assert!(matches!(create(&file, "x"), Err(StoreError::Exists)));
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "no temporary file stays");
    }

    #[cfg(unix)]
    #[test]
    fn permissions_and_links_stay() {
        use std::os::unix::fs::{PermissionsExt, symlink};
        let folder = tempfile::tempdir().unwrap();
        let (file, link) = (folder.path().join("a.yaml"), folder.path().join("link.yaml"));
        fs::write(&file, "a").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        symlink(&file, &link).unwrap();
        replace(&link, "a", "b").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(fs::read_to_string(&file).unwrap(), "b");
        assert_eq!(fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o640);
        let secret = folder.path().join("s.secret.yaml");
        create(&secret, "x").unwrap();
        assert_eq!(fs::metadata(&secret).unwrap().permissions().mode() & 0o077, 0);
    }
}
