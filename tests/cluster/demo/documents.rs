//! The example manifests, one document at a time.

use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, ensure};

/// How a comment begins that says why nothing is said about a file.
const NO_RULE: &str = "No rule yet";
/// The same, where it takes the other documents to see it.
const IN_A_RUN: &str = "Only where the same run";

/// One file of manifests.
pub struct File {
    /// Its path, as the folder of the examples was given.
    pub name: String,
    /// What its first comment says about it, line by line.
    pub about: Vec<String>,
    /// Its place in [`FOLDERS`].
    pub folder: Option<usize>,
    /// Why nothing is said about it, although something should be.
    pub aside: Option<String>,
    /// Its documents as they are written; empty ones are left out.
    pub documents: Vec<String>,
}

/// The folders in the order in which they are told, each with its heading.
const FOLDERS: [(&str, &str); 3] = [
    ("unsafe", "unsafe: refused, or stored with a warning"),
    ("careless", "careless: mended"),
    ("safe", "safe: left alone, but for the label seawall.dev/holds-data on what holds data"),
];

impl File {
    /// The heading of its folder.
    pub fn title(&self) -> &'static str {
        self.folder.and_then(|at| FOLDERS.get(at)).map_or("others", |(_, title)| title)
    }
}

/// Reads every manifest below `folder`, folder by folder, in each by name.
/// `settings.yaml` is Seawall's own, what is in `mistakes/` is never applied, and `policies/` would say who refuses what.
pub fn read(folder: &Path) -> Result<Vec<File>> {
    let mut paths = Vec::new();
    collect(folder, &mut paths)?;
    let mut files = Vec::new();
    for path in paths {
        let text = std::fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))?;
        let about = about(&text);
        files.push(File {
            name: path.display().to_string(),
            folder: FOLDERS.iter().position(|(name, _)| path.strip_prefix(folder).is_ok_and(|p| p.starts_with(name))),
            aside: about.iter().find(|line| line.starts_with(NO_RULE) || line.starts_with(IN_A_RUN)).cloned(),
            about,
            documents: split(&text),
        });
    }
    ensure!(!files.is_empty(), "{} holds no manifests", folder.display());
    files.sort_by_key(|file| (file.folder.unwrap_or(FOLDERS.len()), file.name.clone()));
    Ok(files)
}

fn collect(folder: &Path, paths: &mut Vec<PathBuf>) -> Result<()> {
    let context = || format!("failed to list {}", folder.display());
    for entry in std::fs::read_dir(folder).with_context(context)? {
        let entry = entry.with_context(context)?;
        let (path, name) = (entry.path(), entry.file_name());
        if path.is_dir() {
            if name != "mistakes" && name != "policies" {
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
