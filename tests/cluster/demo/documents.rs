//! The example manifests, one document at a time.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// One file of manifests.
pub struct File {
    /// Its path, as the folder of the examples was given.
    pub name: String,
    /// What its first comment says about it, line by line.
    pub about: Vec<String>,
    /// Its documents as they are written; empty ones are left out.
    pub documents: Vec<String>,
}

/// What is told first: what is refused, then what is mended, then what is left alone.
const ORDER: [&str; 3] = ["unsafe", "careless", "safe"];

/// Reads every manifest below `folder`, folder by folder in [`ORDER`], in each by name.
/// `settings.yaml` is Seawall's own, and what is in `mistakes/` is never applied.
pub fn read(folder: &Path) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    let rank = |path: &PathBuf| {
        let inside = path.strip_prefix(folder).ok().and_then(|inside| inside.iter().next()).map(PathBuf::from);
        ORDER.iter().position(|first| inside.as_deref() == Some(Path::new(first))).unwrap_or(ORDER.len())
    };
    paths.sort_by_key(|path| (rank(path), path.clone()));
    let mut files = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        files.push(File { name: path.display().to_string(), about: about(&text), documents: split(&text) });
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

/// The lines of the comment that the file begins with.
fn about(text: &str) -> Vec<String> {
    text.lines().map_while(|line| line.strip_prefix('#')).map(|line| line.trim().to_owned()).collect()
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
