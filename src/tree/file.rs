//! YAML files that are read into a type: engines and settings.
use std::path::{Path, PathBuf};

use serde::de::DeserializeOwned;

use super::{FieldError, Node, Tree, from_node};

/// Why a file could not be read into its type. What kind of file it is says who reads it.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// A file or folder could not be read.
    #[error("failed to read {}", path.display())]
    Read {
        /// Which.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A file is no YAML.
    #[error("{file}: line {line}: {message}")]
    Syntax {
        /// Which.
        file: String,
        /// 1-based.
        line: u32,
        /// What is wrong.
        message: String,
    },
    /// A folder has nothing of the kind that it is read for.
    #[error("no {what} in {}", path.display())]
    Nothing {
        /// Which.
        path: PathBuf,
        /// The kind.
        what: &'static str,
    },
    /// A field is unknown, missing or wrong.
    #[error("{file}: {error}")]
    Field {
        /// Which.
        file: String,
        /// Line, field and what is wrong.
        error: FieldError,
    },
}

/// The text of a file.
///
/// # Errors
/// When it cannot be read, or is no UTF-8.
pub fn text_of(path: &Path) -> Result<String, FileError> {
    std::fs::read_to_string(path).map_err(|source| FileError::Read { path: path.to_owned(), source })
}

/// Reads one YAML document into a type, and lets `check` look at it beside the text that it came from. `file` names it in errors.
///
/// # Errors
/// When it is no YAML, does not fit the type, or does not pass `check`; with line and field.
pub fn from_text<T: DeserializeOwned>(
    file: &str,
    text: &str,
    check: impl FnOnce(&T, Node<'_>) -> Result<(), FieldError>,
) -> Result<T, FileError> {
    let tree = Tree::one_from_yaml(text).map_err(|e| FileError::Syntax {
        file: file.to_owned(),
        line: e.line,
        message: e.to_string_with_help(),
    })?;
    let read = from_node(tree.root()).and_then(|read| check(&read, tree.root()).map(|()| read));
    read.map_err(|error| FileError::Field { file: file.to_owned(), error })
}
