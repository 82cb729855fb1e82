//! A folder of certificates: who may read what, and writes that are seen whole or not at all.

use std::fs::{self, DirBuilder, File, OpenOptions, Permissions};
use std::io::{self, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

use super::{Error, Issued};

/// A folder that we create is its owner's alone.
const FOLDER_MODE: u32 = 0o700;
/// A private key is its owner's alone.
const KEY_MODE: u32 = 0o600;
/// A certificate is public.
const CERTIFICATE_MODE: u32 = 0o644;

/// A folder of certificates and keys, held by one at a time until it is dropped.
pub struct Folder {
    path: PathBuf,
    /// Closing it gives the folder to the next.
    _lock: Option<File>,
}

impl Folder {
    /// Opens a folder, and creates it for its owner alone if it does not exist. The mode of one that exists is its
    /// owner's choice. Waits while somebody else holds it.
    ///
    /// # Errors
    /// [`Error::Folder`].
    pub fn open(path: &Path) -> Result<Self, Error> {
        let failed = |source| Error::Folder { path: path.to_owned(), source };
        DirBuilder::new().recursive(true).mode(FOLDER_MODE).create(path).map_err(failed)?;
        let opened = File::open(path).map_err(failed)?;
        // Some network file systems cannot lock a folder; there, two processes at once are the user's affair.
        let lock = opened.lock().is_ok().then_some(opened);
        Ok(Self { path: path.to_owned(), _lock: lock })
    }

    /// The path of a file in it.
    #[must_use]
    pub fn path(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    /// The text of a file, `None` if there is no such file.
    ///
    /// # Errors
    /// [`Error::Read`].
    pub fn read(&self, name: &str) -> Result<Option<String>, Error> {
        match fs::read_to_string(self.path(name)) {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(source) => Err(Error::Read { path: self.path(name), source }),
        }
    }

    /// The text of a private key, `None` if there is no such file. A key that others may read becomes its owner's.
    ///
    /// # Errors
    /// [`Error::Read`] and [`Error::Write`].
    pub fn read_key(&self, name: &str) -> Result<Option<String>, Error> {
        let Some(text) = self.read(name)? else { return Ok(None) };
        let path = self.path(name);
        let tighten = || {
            let others = fs::metadata(&path)?.permissions().mode() & 0o077;
            if others == 0 { Ok(()) } else { fs::set_permissions(&path, Permissions::from_mode(KEY_MODE)) }
        };
        tighten().map_err(|source| Error::Write { path: path.clone(), source })?;
        Ok(Some(text))
    }

    /// Writes a certificate and its key. The key comes first: an interruption between the two leaves a pair that does
    /// not match, which the next run sees and mends, and which a server that is running refuses to load.
    ///
    /// # Errors
    /// [`Error::Write`].
    pub fn write(&self, certificate: &str, key: &str, issued: &Issued) -> Result<(), Error> {
        self.replace(key, &issued.key, KEY_MODE)?;
        self.replace(certificate, &issued.certificate, CERTIFICATE_MODE)
    }

    /// Readers see the old file or the new one, and a key is never readable by others, not even for a moment.
    fn replace(&self, name: &str, text: &str, mode: u32) -> Result<(), Error> {
        let path = self.path(name);
        let draft = self.path(&format!(".{name}.{}", std::process::id()));
        let write = || {
            // A draft that a killed process of the same id left behind has no owner any more.
            remove(&draft)?;
            let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(&draft)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&draft, &path)
        };
        write().map_err(|source| {
            // The first error is the one to tell; the draft may not even exist.
            let _ = remove(&draft);
            Error::Write { path: path.clone(), source }
        })
    }
}

fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        _ => Ok(()),
    }
}
