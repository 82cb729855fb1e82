//! Manifests: files, folders and standard input, as documents with their place.
pub mod edit;
mod mistakes;
mod sets;
mod strangers;

use std::{
    io::Read as _,
    path::{Path, PathBuf},
};

pub use sets::sets;
pub use strangers::PassedOver;

use crate::tree::{Node, Tree, yaml};

/// Folders nested deeper than this are not entered: a link that leads back would never end.
const DEEPEST: usize = 32;

/// Something that could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// The file, as it was named; `-` for standard input.
    pub file: String,
    /// The document's position, as [`Manifest::index`]; empty where the file as a whole is meant.
    pub index: String,
    /// 1-based.
    pub line: Option<u32>,
    /// What is wrong, lower case.
    pub message: String,
    /// What to do; may be empty.
    pub help: String,
}

/// One document of a manifest file, or one object of a List in it.
#[derive(Debug)]
pub struct Manifest {
    /// The file, as it was named; `-` for standard input.
    pub file: String,
    /// Its position as `yaml.load_all` counts (an empty document counts); inside a List `3.items.1`.
    pub index: String,
    /// The document, with this object as its top.
    pub tree: Tree<'static>,
    /// Why it is not judged, for a document of a folder that is no Kubernetes object.
    pub passed_over: Option<PassedOver>,
    top: u32,
}

impl Manifest {
    /// The object.
    #[must_use]
    pub fn object(&self) -> Node<'_> {
        Node::at(&self.tree, self.top)
    }
}

/// Everything that was read, and everything that could not be, in the order of the files.
#[derive(Debug, Default)]
pub struct Manifests {
    /// Objects, and what was passed over.
    pub objects: Vec<Manifest>,
    /// Errors.
    pub errors: Vec<ReadError>,
}

/// Reads paths as `kubectl -f` does, folders with all that is below them; `-` is standard input.
#[must_use]
pub fn read(paths: &[PathBuf]) -> Manifests {
    let mut manifests = Manifests::default();
    for path in paths {
        if path.as_os_str() == "-" {
            let mut text = String::new();
            match std::io::stdin().lock().read_to_string(&mut text) {
                Ok(_) => manifests.add_named("-", &text),
                Err(error) => manifests.fail("-", &error),
            }
        } else if path.is_dir() {
            manifests.add_folder(path, 0);
        } else {
            manifests.add_file(path, false);
        }
    }
    manifests
}

impl Manifests {
    fn fail(&mut self, file: &str, error: &std::io::Error) {
        self.errors.push(ReadError {
            file: file.to_owned(),
            index: String::new(),
            line: None,
            message: format!("failed to read: {error}"),
            help: String::new(),
        });
    }

    fn add_folder(&mut self, folder: &Path, depth: usize) {
        let entries =
            std::fs::read_dir(folder).and_then(|all| all.map(|e| e.map(|e| e.path())).collect::<Result<Vec<_>, _>>());
        let mut entries = match entries {
            Ok(entries) => entries,
            Err(error) => return self.fail(&folder.display().to_string(), &error),
        };
        entries.sort();
        for path in entries {
            let hidden = path.file_name().is_some_and(|n| n.to_string_lossy().starts_with('.'));
            if hidden {
                continue;
            }
            if path.is_dir() {
                if depth < DEEPEST {
                    self.add_folder(&path, depth + 1);
                }
            } else if path.extension().is_some_and(|e| e == "yaml" || e == "yml" || e == "json") {
                self.add_file(&path, true);
            }
        }
    }

    fn add_file(&mut self, path: &Path, in_folder: bool) {
        let name = path.display().to_string();
        match std::fs::read(path).map(String::from_utf8) {
            Ok(Ok(text)) if in_folder => self.add_text(&name, &text, in_folder),
            Ok(Ok(text)) => self.add_named(&name, &text),
            Ok(Err(_)) => self.fail(&name, &std::io::Error::other("the file is not UTF-8 text")),
            Err(error) => self.fail(&name, &error),
        }
    }

    /// Reads what somebody named. Nothing in it is an error: a pipe whose first half failed would pass for success.
    fn add_named(&mut self, file: &str, text: &str) {
        let before = self.objects.len() + self.errors.len();
        self.add_text(file, text, false);
        if self.objects.len() + self.errors.len() == before {
            self.errors.push(ReadError {
                file: file.to_owned(),
                index: String::new(),
                line: None,
                message: "there is no document in it".to_owned(),
                help: "leave it out, or see what should have written it".to_owned(),
            });
        }
    }

    /// Reads a text of any number of documents. In a folder a document that is no Kubernetes object, and not meant to be one, is passed
    /// over.
    pub fn add_text(&mut self, file: &str, text: &str, in_folder: bool) {
        let mut documents = yaml::documents(text).peekable();
        while let Some(document) = documents.next() {
            if document.is_empty() {
                continue;
            }
            let index = document.index.to_string();
            let error = match document.tree {
                Ok(tree) => {
                    self.add_document(file, index, tree, in_folder);
                    continue;
                }
                Err(error) => error,
            };
            let lines = text.lines().skip(place(document.line));
            let own: Vec<&str> = match documents.peek() {
                Some(next) => lines.take(place(next.line).saturating_sub(place(document.line))).collect(),
                None => lines.collect(),
            };
            match strangers::unreadable(&own.join("\n")).filter(|_| in_folder) {
                Some(why) => self.pass_over(file, index, Tree::default(), why),
                None => self.errors.push(ReadError {
                    file: file.to_owned(),
                    index,
                    line: Some(error.line),
                    message: error.message,
                    help: error.help,
                }),
            }
        }
    }

    fn add_document(&mut self, file: &str, index: String, tree: Tree<'static>, in_folder: bool) {
        let root = tree.root();
        let is_list = root.get("kind").text().ends_with("List") && root.get("items").is_set();
        if !is_list {
            if in_folder && !strangers::is_meant(root) {
                return self.pass_over(file, index, tree, PassedOver::NoObject);
            }
            return self.add_object(file, index, tree, 0);
        }
        let items: Vec<u32> = root.get("items").items().map(|n| n.at).collect();
        for (position, item) in items.into_iter().enumerate() {
            self.add_object(file, format!("{index}.items.{position}"), tree.clone(), item);
        }
    }

    fn pass_over(&mut self, file: &str, index: String, tree: Tree<'static>, why: PassedOver) {
        self.objects.push(Manifest { file: file.to_owned(), index, tree, passed_over: Some(why), top: 0 });
    }

    fn add_object(&mut self, file: &str, index: String, mut tree: Tree<'static>, top: u32) {
        tree.tops = [Some(top), None];
        let manifest = Manifest { file: file.to_owned(), index, tree, passed_over: None, top };
        match mistakes::find(manifest.object()) {
            Some((line, message, help)) => {
                self.errors.push(ReadError { file: manifest.file, index: manifest.index, line, message, help })
            }
            None => self.objects.push(manifest),
        }
    }
}

/// The position of a line that is counted from 1.
fn place(line: u32) -> usize {
    usize::try_from(line).unwrap_or(usize::MAX).saturating_sub(1)
}
