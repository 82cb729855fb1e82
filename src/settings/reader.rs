//! Reading policies from files and folders.
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use super::{API_VERSION, KnownNames, Policies, check, document::DatabasePolicy, merge::Policy, statement::statements};
use crate::{
    terms::Profile,
    tree::{FieldError, FileError, Node, Tree, from_node, text_of, yaml},
};

/// Folders nested deeper than this are not entered: a link that leads back would never end.
const DEEPEST: usize = 32;

impl Policies {
    /// Reads a text of policies, one document each. `profile` is that of the command line.
    ///
    /// # Errors
    /// With file, line and field, where the text is no YAML, a field is unknown or wrong, a rule or engine is not known, or a name is
    /// taken.
    pub fn read(file: &str, text: &str, profile: Option<Profile>, known: KnownNames<'_>) -> Result<Self, FileError> {
        let mut reader = Reader::default();
        reader.add(file, text, known, false)?;
        Ok(reader.finish(profile))
    }

    /// Reads a text that may be meant for another version of Seawall as well: what it says about rules that this one does not know is left
    /// out, and told in words.
    ///
    /// # Errors
    /// As [`Policies::read`], but for the rules.
    pub fn read_shared(
        file: &str,
        text: &str,
        profile: Option<Profile>,
        known: KnownNames<'_>,
    ) -> Result<(Self, Vec<String>), FileError> {
        let mut reader = Reader::shared();
        reader.add(file, text, known, false)?;
        let unknown = std::mem::take(&mut reader.unknown).unwrap_or_default();
        Ok((reader.finish(profile), unknown))
    }

    /// Reads a file, or all files of a folder, in which other documents are passed over.
    ///
    /// # Errors
    /// As [`Policies::read`], when a file cannot be read, and when a folder has no policy.
    pub fn load(path: &Path, profile: Option<Profile>, known: KnownNames<'_>) -> Result<Self, FileError> {
        let mut reader = Reader::default();
        reader.add_path(path, known)?;
        Ok(reader.finish(profile))
    }

    /// Reads files that may be meant for another version as well: see [`Policies::read_shared`].
    ///
    /// # Errors
    /// As [`Policies::load`], but for the rules.
    pub fn load_shared(
        path: &Path,
        profile: Option<Profile>,
        known: KnownNames<'_>,
    ) -> Result<(Self, Vec<String>), FileError> {
        let mut reader = Reader::shared();
        reader.add_path(path, known)?;
        let unknown = std::mem::take(&mut reader.unknown).unwrap_or_default();
        Ok((reader.finish(profile), unknown))
    }
}

/// Policies under way.
#[derive(Debug, Default)]
struct Reader {
    policies: Vec<Policy>,
    places: BTreeMap<String, String>,
    namespaces: BTreeMap<String, Vec<(String, String)>>,
    /// What is said of rules that nobody knows, where that is no error.
    unknown: Option<Vec<String>>,
}

impl Reader {
    fn shared() -> Self {
        Self { unknown: Some(Vec::new()), ..Self::default() }
    }

    fn finish(self, command_line: Option<Profile>) -> Policies {
        let mut policies = Policies::of(self.policies, command_line);
        policies.namespaces = self.namespaces;
        policies
    }

    fn add_path(&mut self, path: &Path, known: KnownNames<'_>) -> Result<(), FileError> {
        if !path.is_dir() {
            return self.add(&path.display().to_string(), &text_of(path)?, known, false);
        }
        self.add_folder(path, known, 0)?;
        if self.policies.is_empty() {
            return Err(FileError::Nothing { path: path.to_owned(), what: "DatabasePolicy" });
        }
        Ok(())
    }

    fn add(&mut self, file: &str, text: &str, known: KnownNames<'_>, in_folder: bool) -> Result<(), FileError> {
        let mut is_nothing = true;
        for document in yaml::documents(text) {
            if document.is_empty() {
                continue;
            }
            is_nothing = false;
            let tree = document.tree.map_err(|e| FileError::Syntax {
                file: file.to_owned(),
                line: e.line,
                message: e.to_string_with_help(),
            })?;
            self.add_document(file, &tree, known, in_folder)?;
        }
        if is_nothing && !in_folder {
            // The fault of an empty file is that of a document without anything in it.
            return self.add_document(file, &one(file, text)?, known, false);
        }
        Ok(())
    }

    fn add_document(
        &mut self,
        file: &str,
        tree: &Tree<'_>,
        known: KnownNames<'_>,
        in_folder: bool,
    ) -> Result<(), FileError> {
        let root = tree.root();
        if in_folder && !is_ours(root) {
            self.add_namespace(root);
            return Ok(());
        }
        let wrong = |error| FileError::Field { file: file.to_owned(), error };
        let mut policy: DatabasePolicy = from_node(root).map_err(wrong)?;
        check::policy(&policy, root, known).map_err(wrong)?;
        for (at, words) in check::strangers(root, known) {
            let Some(unknown) = &mut self.unknown else { return Err(wrong(FieldError::at(at, words))) };
            unknown.push(words);
        }
        policy.spec.rules.retain(|rule, _| known.rules.contains(&rule.as_str()));
        let name = policy.metadata.name.clone();
        let at = root.path("metadata.name");
        let place = format!("{file}:{}", at.line().unwrap_or_default());
        if let Some(before) = self.places.insert(name.clone(), place) {
            return Err(wrong(FieldError::at(at, format!("another policy is called {name:?}, in {before}"))));
        }
        let statements = statements(&policy, file, root);
        self.policies.push(Policy {
            version: name.clone(),
            name,
            priority: policy.spec.priority,
            selector: policy.spec.namespace_selector,
            only_engines: policy.spec.only_engines,
            statements,
        });
        Ok(())
    }

    /// A folder may hold the namespaces that its policies are about.
    fn add_namespace(&mut self, root: Node<'_>) {
        if root.get("kind").text() == "Namespace" && root.get("apiVersion").text() == "v1" {
            let labels = root.path("metadata.labels").fields();
            let labels = labels.filter_map(|(key, value)| Some((key.to_owned(), value.str()?.to_owned()))).collect();
            self.namespaces.insert(root.path("metadata.name").text().to_owned(), labels);
        }
    }

    fn add_folder(&mut self, folder: &Path, known: KnownNames<'_>, depth: usize) -> Result<(), FileError> {
        let unread = |source| FileError::Read { path: folder.to_owned(), source };
        let entries = std::fs::read_dir(folder).map_err(unread)?;
        let mut paths: Vec<PathBuf> =
            entries.map(|entry| entry.map(|e| e.path())).collect::<Result<_, _>>().map_err(unread)?;
        paths.sort();
        for path in paths {
            // A mounted ConfigMap has its files a second time, in a hidden folder.
            if path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.')) {
                continue;
            }
            if path.is_dir() {
                if depth < DEEPEST {
                    self.add_folder(&path, known, depth + 1)?;
                }
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
                self.add(&path.display().to_string(), &text_of(&path)?, known, true)?;
            }
        }
        Ok(())
    }
}

/// True for a document that is, or was meant to be, a policy.
fn is_ours(root: Node<'_>) -> bool {
    let group = API_VERSION.split_once('/').map_or(API_VERSION, |(group, _)| group);
    let own = root.get("apiVersion").text().split_once('/').is_some_and(|(g, _)| g == group);
    own || root.get("kind").text() == "DatabasePolicy"
}

fn one(file: &str, text: &str) -> Result<Tree<'static>, FileError> {
    Tree::one_from_yaml(text).map_err(|e| FileError::Syntax {
        file: file.to_owned(),
        line: e.line,
        message: e.to_string_with_help(),
    })
}
