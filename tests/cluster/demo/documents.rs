//! The example manifests, one document at a time.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// One file of manifests.
pub struct File {
    /// Its path, as the folder of the examples was given.
    pub name: String,
    /// Its documents as they are written; empty ones are left out.
    pub documents: Vec<String>,
}

/// Reads every manifest below `folder` in the order of the names. `settings.yaml` is
/// Seawall's own, and what is in `mistakes/` is never applied.
pub fn read(folder: &Path) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    paths.sort();
    let mut files = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        files.push(File { name: path.display().to_string(), documents: split(&text) });
    }
    ensure!(!files.is_empty(), "{} holds no manifests", folder.display());
    Ok(files)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let context = || format!("failed to list {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "mistakes" {
                collect(&path, paths)?;
            }
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") && name != "settings.yaml" {
            paths.push(path);
        }
    }
    Ok(())
}

/// At each line that begins a document. `---` at the start of a line can be nothing else.
fn split(text: &str) -> Vec<String> {
    let mut documents = vec![String::new()];
    for line in text.lines() {
        if line == "---" || line.starts_with("--- ") {
            documents.push(String::new());
        } else if let Some(last) = documents.last_mut() {
            last.push_str(line);
            last.push('\n');
        }
    }
    documents.retain(|document| document.lines().any(says_something));
    documents
}

fn says_something(line: &str) -> bool {
    let line = line.trim();
    !line.is_empty() && !line.starts_with('#')
}
