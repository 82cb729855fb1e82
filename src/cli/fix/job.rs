//! One object's corrections, rule by rule: one that cannot be written leaves the others be.

use std::collections::BTreeSet;

use json_patch::PatchOperation;
use serde_json::Value;

use super::plan::{Note, Source};
use super::secret::Secrets;
use crate::decision::Corrections;
use crate::manifest::{Manifest, edit};
use crate::proposal::{Mend, Merged};
use crate::tree::{place_and_value, unescaped_steps};

/// The rule that takes values out.
pub(super) const PLAINTEXT: &str = "plaintext-credentials";

/// What an object is called.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Named {
    pub(super) kind: String,
    pub(super) name: String,
    /// Empty where the manifest names none.
    pub(super) namespace: String,
}

impl Named {
    pub(super) fn of(manifest: &Manifest) -> Self {
        let object = manifest.object();
        let text = |field: &'static str| object.path(field).text().to_owned();
        Self { kind: text("kind"), name: text("metadata.name"), namespace: text("metadata.namespace") }
    }
}

/// What was tried in vain or said: file, object, rule and words.
pub(super) type Said = BTreeSet<(usize, String, &'static str, String)>;

/// An object, and what is to be written into it.
pub(super) struct Job {
    pub(super) file: usize,
    /// As [`Manifest::index`].
    pub(super) index: String,
    pub(super) object: Named,
    pub(super) corrections: Corrections,
}

impl Job {
    /// Writes what can be written; true where anything was.
    pub(super) fn run(self, source: &mut Source, secrets: &mut Secrets, left: &mut Vec<Note>, said: &mut Said) -> bool {
        let note = |rule, message: String, help: &str| {
            let (object, help) = (self.object.clone(), help.to_owned());
            Note { object, rule, message, path: String::new(), help, is_denied: false }
        };
        for withheld in &self.corrections.withheld {
            if said.insert((self.file, self.index.clone(), withheld.rule, withheld.message.clone())) {
                let (message, help) = (format!("not done: {}", withheld.message), format!("only {}", withheld.only));
                left.push(note(withheld.rule, message, &help));
            }
        }
        let mut changed = false;
        let rules: BTreeSet<&'static str> = self.corrections.mends.iter().map(|mend| mend.rule).collect();
        for rule in rules {
            let mends: Vec<Mend> = self.corrections.mends.iter().filter(|mend| mend.rule == rule).cloned().collect();
            match self.write(&source.text, &mends) {
                Ok(None) => {}
                Ok(Some((text, operations))) => {
                    changed = true;
                    source.text = text;
                    source.shown.extend(operations.iter().filter_map(|operation| self.place(operation)));
                    source.written.extend(mends.iter().map(|mend| note(rule, mend.message.clone(), helpful(mend))));
                    secrets.add(&source.name, &self.object, rule, &operations);
                }
                Err(error) => {
                    if said.insert((self.file, self.index.clone(), rule, String::new())) {
                        let words = mends.first().map_or("", |mend| mend.message.as_str());
                        let message = format!("not written: {words}: {error}");
                        left.push(note(rule, message, "write it by hand"));
                    }
                }
            }
        }
        changed
    }

    /// The text after the mends of one rule, and what was done; `None` where they are written already.
    fn write(&self, text: &str, mends: &[Mend]) -> Result<Option<(String, Vec<PatchOperation>)>, edit::EditError> {
        let objects = edit::objects("", text).ok_or(edit::EditError::Unusual)?;
        let manifest = objects.iter().find(|m| m.index == self.index).ok_or(edit::EditError::Unusual)?;
        let mut merged = Merged::default();
        merged.add(mends.to_vec());
        merged.settle();
        let operations = merged.operations(&manifest.tree, manifest.object());
        if operations.is_empty() {
            return Ok(None);
        }
        Ok(Some((edit::edited(text, &self.index, &operations)?, operations)))
    }

    /// The place of a value that was written whole.
    fn place(&self, operation: &PatchOperation) -> Option<(usize, Vec<String>)> {
        let (pointer, _) = place_and_value(operation).filter(|(_, value)| value.is_some())?;
        let (document, top) = edit::top(&self.index)?;
        Some((document, top.into_iter().chain(unescaped_steps(&pointer)).collect()))
    }
}

/// What to know about something that was written. A webhook's replaced value has a trap that a manifest's has not.
fn helpful(mend: &Mend) -> &str {
    if mend.rule == PLAINTEXT { "" } else { &mend.help }
}

/// What an operation writes.
pub(super) fn written(operation: &PatchOperation) -> Option<&Value> {
    place_and_value(operation)?.1
}
