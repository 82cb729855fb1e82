//! Changes of a manifest's text: what a patch says is written where it belongs, and every other byte stays as it is.
//!
//! The text is read again after each change. Where it does not say what the patched object says, or where anything else in it says
//! something else, the change is refused: nothing that was not verified comes out.
mod mask;
mod render;
#[cfg(test)]
mod tests;
mod text;

use json_patch::PatchOperation;
use serde_json::Value;

pub use mask::{MASK, masked};

use super::{Manifest, Manifests};
use crate::tree::{place_and_value, unescaped_steps};
use text::Page;

/// Why a change cannot be made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// An alias or a merge key says it in several places.
    #[error("what stands at line {line} is used in several places (an anchor, an alias or `<<`)")]
    Shared {
        /// 1-based.
        line: usize,
    },
    /// The text is written in a way that is not edited.
    #[error("it is written in a way that is not edited")]
    Unusual,
    /// The changed text does not say what it should.
    #[error("the changed text would not say what it should")]
    Unverified,
}

/// A text as YAML, in quotation marks where it needs them.
#[must_use]
pub fn scalar(text: &str) -> String {
    render::text(text, render::Style { step: 2, dash: 0, json: false })
}

/// An object as a YAML document, in the style that people write; its fields stand in the order of their names, each list's `name` first.
#[must_use]
pub fn document(object: &Value) -> String {
    render::behind_dash(object, 0, render::Style { step: 2, dash: 0, json: false }) + "\n"
}

/// Where the object at `index` begins: its document's number, and the steps to it.
#[must_use]
pub fn top(index: &str) -> Option<(usize, Vec<String>)> {
    match index.split_once(".items.") {
        Some((document, item)) => Some((document.parse().ok()?, vec!["items".to_owned(), item.to_owned()])),
        None => Some((index.parse().ok()?, Vec::new())),
    }
}

/// The objects of a text, also those that are no manifests; `None` where one cannot be read.
#[must_use]
pub fn objects(file: &str, text: &str) -> Option<Vec<Manifest>> {
    let mut manifests = Manifests::default();
    manifests.add_text(file, text, true);
    manifests.errors.is_empty().then_some(manifests.objects)
}

/// The text after `operations` on the object at `index`, with pointers from the top of the object.
///
/// # Errors
/// Where it cannot be made, or does not say what it should; nothing is changed then.
pub fn edited(text: &str, index: &str, operations: &[PatchOperation]) -> Result<String, EditError> {
    let before = objects("", text).ok_or(EditError::Unusual)?;
    let own = before.iter().find(|m| m.index == index).ok_or(EditError::Unusual)?;
    let expected = own.tree.edited(own.object(), operations);
    let expected = expected.node_at(own.object()).to_json();
    let (document, prefix) = top(index).ok_or(EditError::Unusual)?;
    let mut new = text.to_owned();
    for operation in operations {
        let (pointer, value) = place_and_value(operation).ok_or(EditError::Unusual)?;
        let mut steps = prefix.clone();
        steps.extend(unescaped_steps(&pointer));
        new = applied(&new, document, &steps, value)?;
    }
    let after = objects("", &new).ok_or(EditError::Unverified)?;
    let same = after.len() == before.len()
        && before.iter().zip(&after).all(|(old, new)| {
            old.index == new.index
                && new.object().to_json() == if old.index == index { expected.clone() } else { old.object().to_json() }
        });
    if same { Ok(new) } else { Err(EditError::Unverified) }
}

fn applied(text: &str, document: usize, steps: &[String], value: Option<&Value>) -> Result<String, EditError> {
    let page = Page::of(text, document)?;
    match (value, steps.split_last()) {
        (None, _) => page.remove(steps),
        (Some(value), Some((last, list))) if last == "-" => page.append(list, value),
        (Some(value), _) => match (current(text, document, steps), value) {
            (Some(Value::Object(old)), Value::Object(new)) if !old.is_empty() => {
                drop(page);
                map_changed(text, document, steps, &old, new)
            }
            _ => page.set(steps, value),
        },
    }
}

/// What the text says at a place, with steps from the top of the document; `None` where nothing is.
#[must_use]
pub fn current(text: &str, document: usize, steps: &[String]) -> Option<Value> {
    let read = crate::tree::yaml::documents(text).nth(document)?.tree.ok()?.root().to_json();
    steps.iter().try_fold(read, |mut value, step| match &mut value {
        Value::Object(map) => map.remove(step),
        Value::Array(items) => step.parse().ok().filter(|i| *i < items.len()).map(|i: usize| items.swap_remove(i)),
        _ => None,
    })
}

type Fields = serde_json::Map<String, Value>;

/// Changes a map field by field, so that what stays keeps its bytes. What comes takes the place of what goes.
fn map_changed(text: &str, document: usize, steps: &[String], old: &Fields, new: &Fields) -> Result<String, EditError> {
    let at = |key: &String| steps.iter().cloned().chain([key.clone()]).collect::<Vec<_>>();
    let mut text = text.to_owned();
    let mut gone: Vec<&String> = old.keys().filter(|key| !new.contains_key(*key)).collect();
    for (key, value) in new {
        match old.get(key) {
            Some(before) if before == value => {}
            Some(_) => text = applied(&text, document, &at(key), Some(value))?,
            None => {
                text = match gone.pop() {
                    Some(before) => Page::of(&text, document)?.rename(&at(before), key, value)?,
                    None => Page::of(&text, document)?.set(&at(key), value)?,
                };
            }
        }
    }
    for key in gone {
        text = Page::of(&text, document)?.remove(&at(key))?;
    }
    Ok(text)
}
