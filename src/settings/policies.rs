//! Several policies: reading them, and which of their settings hold in a namespace.
//!
//! What holds depends on which selectors mean a namespace. For each such set that occurs the policies are merged once, and kept: a
//! request finds its settings by the namespace's labels without a lock, and copies nothing.
use std::{
    collections::{BTreeMap, HashMap},
    path::{Path, PathBuf},
    sync::Arc,
};

use arc_swap::ArcSwap;
use foldhash::fast::RandomState;
use smallvec::SmallVec;

use super::{
    API_VERSION, KnownNames, Settings, check,
    document::DatabasePolicy,
    merge::{self, Conflict, Policy, Winner},
    selector::Namespace,
    statement::{Field, statements},
};
use crate::{
    terms::Profile,
    tree::{FieldError, FileError, Node, Tree, from_node, text_of, yaml},
};

/// Folders nested deeper than this are not entered: a link that leads back would never end.
const DEEPEST: usize = 32;

/// The most merged settings that are kept. Labels are given by who may label namespaces; should there be more combinations than anybody
/// means, the rest are merged anew each time.
const MOST_KEPT: usize = 1024;

/// Which policies mean a namespace: one bit for each.
type Meant = SmallVec<[u64; 2]>;

/// All policies of a process.
#[derive(Debug)]
pub struct Policies {
    policies: Vec<Policy>,
    command_line: Option<Profile>,
    /// What holds where no selector means the namespace.
    always: Arc<Settings>,
    /// What holds in a namespace whose labels nobody could read.
    cautious: Arc<Settings>,
    is_selective: bool,
    kept: ArcSwap<HashMap<Meant, Arc<Settings>, RandomState>>,
    namespaces: BTreeMap<String, Vec<(String, String)>>,
}

impl From<Settings> for Policies {
    /// The same settings everywhere.
    fn from(settings: Settings) -> Self {
        let settings = Arc::new(settings);
        Self {
            policies: Vec::new(),
            command_line: None,
            always: Arc::clone(&settings),
            cautious: settings,
            is_selective: false,
            kept: ArcSwap::default(),
            namespaces: BTreeMap::new(),
        }
    }
}

impl Policies {
    /// No policy, and the profile of the command line.
    #[must_use]
    pub fn none(profile: Option<Profile>) -> Self {
        Reader::default().finish(profile)
    }

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

    /// Reads a file, or all files of a folder, in which other documents are passed over.
    ///
    /// # Errors
    /// As [`Policies::read`], when a file cannot be read, and when a folder has no policy.
    pub fn load(path: &Path, profile: Option<Profile>, known: KnownNames<'_>) -> Result<Self, FileError> {
        let mut reader = Reader::default();
        if path.is_dir() {
            reader.add_folder(path, known, 0)?;
            if reader.policies.is_empty() {
                return Err(FileError::Nothing { path: path.to_owned(), what: "DatabasePolicy" });
            }
        } else {
            reader.add(&path.display().to_string(), &text_of(path)?, known, false)?;
        }
        Ok(reader.finish(profile))
    }

    /// True where a namespace's labels matter.
    #[must_use]
    pub const fn are_selective(&self) -> bool {
        self.is_selective
    }

    /// True where not everything is judged by the same settings.
    #[must_use]
    pub fn vary(&self) -> bool {
        self.is_selective || self.always.varies()
    }

    /// What holds in every namespace that no selector means.
    #[must_use]
    pub const fn always(&self) -> &Arc<Settings> {
        &self.always
    }

    /// What holds in a namespace whose labels could not be read: what holds always, but nothing is refused or written there, for a
    /// policy may say so.
    #[must_use]
    pub fn of_unknown(&self) -> Arc<Settings> {
        Arc::clone(&self.cautious)
    }

    /// The settings that hold in a namespace.
    #[must_use]
    pub fn of_namespace(&self, namespace: Namespace<'_>) -> Arc<Settings> {
        if !self.is_selective {
            return Arc::clone(&self.always);
        }
        let meant = self.meant(namespace);
        let kept = self.kept.load();
        if let Some(settings) = kept.get(&meant) {
            return Arc::clone(settings);
        }
        let settings = Arc::new(Settings::merged(&self.that_mean(namespace), self.command_line));
        if kept.len() < MOST_KEPT {
            self.kept.rcu(|kept| {
                let mut more = HashMap::clone(kept);
                more.insert(meant.clone(), Arc::clone(&settings));
                more
            });
        }
        settings
    }

    /// Every field that is set in a namespace, for one engine, or for what belongs to none: value, origin, and who disagreed.
    #[must_use]
    pub fn shown(&self, namespace: Namespace<'_>, engine: Option<&str>) -> BTreeMap<Field, Winner> {
        merge::winners(&self.that_mean(namespace), self.command_line, engine)
    }

    /// Policies of one priority that may meet and say different things.
    #[must_use]
    pub fn conflicts(&self) -> Vec<Conflict> {
        merge::conflicts(&self.policies)
    }

    /// The names of the policies that hold in a namespace, in order; with an engine those that say something about it.
    #[must_use]
    pub fn names_in(&self, namespace: Namespace<'_>, engine: Option<&str>) -> Vec<&str> {
        let mut holding = self.that_mean(namespace);
        holding.retain(|policy| engine.is_none() || policy.is_about(engine));
        let mut names: Vec<&str> = holding.into_iter().map(|p| p.name.as_str()).collect();
        names.sort_unstable();
        names
    }

    /// The engines that policies of a namespace single out, in order.
    #[must_use]
    pub fn engines_in(&self, namespace: Namespace<'_>) -> Vec<&str> {
        merge::engines(&self.that_mean(namespace)).into_iter().collect()
    }

    /// The labels of a namespace that stands among the policies of a folder.
    #[must_use]
    pub fn labels_of(&self, namespace: &str) -> Option<&[(String, String)]> {
        self.namespaces.get(namespace).map(Vec::as_slice)
    }

    fn that_mean(&self, namespace: Namespace<'_>) -> Vec<&Policy> {
        self.policies.iter().filter(|p| p.selector.as_ref().is_none_or(|s| s.means(namespace))).collect()
    }

    fn meant(&self, namespace: Namespace<'_>) -> Meant {
        let mut meant = Meant::new();
        for policies in self.policies.chunks(64) {
            let bits =
                policies.iter().enumerate().filter(|(_, p)| p.selector.as_ref().is_some_and(|s| s.means(namespace)));
            meant.push(bits.fold(0, |all, (at, _)| all | 1 << at));
        }
        meant
    }
}

/// Policies under way.
#[derive(Debug, Default)]
struct Reader {
    policies: Vec<Policy>,
    places: BTreeMap<String, String>,
    namespaces: BTreeMap<String, Vec<(String, String)>>,
}

impl Reader {
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
        let policy: DatabasePolicy = from_node(root).map_err(wrong)?;
        check::policy(&policy, root, known).map_err(wrong)?;
        let name = policy.metadata.name.clone();
        let at = root.path("metadata.name");
        let place = format!("{file}:{}", at.line().unwrap_or_default());
        if let Some(before) = self.places.insert(name.clone(), place) {
            return Err(wrong(FieldError::at(at, format!("another policy is called {name:?}, in {before}"))));
        }
        let statements = statements(&policy, file, root);
        self.policies.push(Policy {
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

    fn finish(self, command_line: Option<Profile>) -> Policies {
        let unselective: Vec<&Policy> = self.policies.iter().filter(|p| p.selector.is_none()).collect();
        let is_selective = unselective.len() < self.policies.len();
        let always = Settings::merged(&unselective, command_line);
        let cautious = Arc::new(always.cautious());
        Policies {
            always: Arc::new(always),
            cautious,
            is_selective,
            command_line,
            kept: ArcSwap::default(),
            namespaces: self.namespaces,
            policies: self.policies,
        }
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
