//! A text as it may be shown: without values that are, or may be, secrets.
use std::ops::Range;

use crate::tree::yaml::shape::{Part, Shape, Spelling};

/// What stands in the place of a value that is not shown.
pub const MASK: &str = "***";

/// Shorter values are looked for in comments in vain: they are words.
const SHORTEST_VALUE: usize = 4;

/// Two versions of a text with a mask in the place of each value of a variable, argument, annotation, Secret or ConfigMap, of what is
/// called a password, and of comments that speak of one, repeat a value of either version or stand behind one. The number of lines stays.
/// In the new version, places below one of `shown` (a document, and steps from its top) are shown; `None` for what is no YAML.
#[must_use]
pub fn masked(old: &str, new: &str, shown: &[(usize, Vec<String>)]) -> Option<(String, String)> {
    let (before, after) = (secrets(old, &[])?, secrets(new, shown)?);
    let values = |text, spans: &[Range<usize>]| spans.iter().flat_map(|span| words_of(text, span)).collect::<Vec<_>>();
    let words = [values(old, &before), values(new, &after)].concat();
    Some((without_comments(old, &before, &words), without_comments(new, &after, &words)))
}

/// The bytes of all values that may be secrets, in order.
fn secrets(text: &str, shown: &[(usize, Vec<String>)]) -> Option<Vec<Range<usize>>> {
    let shape = Shape::of(text)?;
    let mut spans = Vec::new();
    for document in 0..shape.documents() {
        let Some(root) = shape.root(document) else { continue };
        let shown = shown.iter().filter(|(of, _)| *of == document).map(|(_, steps)| steps.as_slice()).collect();
        let mut search = Search { text, shape: &shape, shown, path: Vec::new(), kind: "", spans: &mut spans };
        search.visit(root);
    }
    spans.sort_by_key(|span: &Range<usize>| span.start);
    Some(spans)
}

/// What no comment may repeat: the value, and the comment behind it.
fn words_of<'t>(text: &'t str, span: &Range<usize>) -> Vec<&'t str> {
    let value = text.get(span.clone()).unwrap_or_default().trim_matches(['"', '\'']);
    let behind = text.get(span.end..).and_then(|rest| rest.lines().next()).unwrap_or_default();
    let comment = behind.find(" #").and_then(|at| behind.get(at + 1..)).map(str::trim_end);
    let value = Some(value).filter(|value| value.len() >= SHORTEST_VALUE);
    value.into_iter().chain(comment.filter(|comment| comment.len() > 2)).collect()
}

struct Search<'s> {
    text: &'s str,
    shape: &'s Shape,
    shown: Vec<&'s [String]>,
    path: Vec<String>,
    kind: &'s str,
    spans: &'s mut Vec<Range<usize>>,
}

impl<'s> Search<'s> {
    fn visit(&mut self, at: usize) {
        let Some(part) = self.shape.part(at) else { return };
        if self.shown.contains(&self.path.as_slice()) {
            return;
        }
        match part.spelling {
            Spelling::Map | Spelling::FlowMap => {
                let above = self.kind;
                self.kind = self.kind_of(part).unwrap_or(above);
                for child in &part.children {
                    let key = self.shape.part(*child).and_then(|c| c.key.as_ref());
                    self.path.push(key.map_or_else(String::new, |(key, _)| key.clone()));
                    self.visit(*child);
                    self.path.pop();
                }
                self.kind = above;
            }
            Spelling::List | Spelling::FlowList => {
                for (position, child) in part.children.iter().enumerate() {
                    self.path.push(position.to_string());
                    self.visit(*child);
                    self.path.pop();
                }
            }
            _ if self.may_be_secret(part) => self.spans.push(part.span.clone()),
            _ => {}
        }
    }

    /// The `kind` of a map that says one; a List's items say their own.
    fn kind_of(&self, map: &Part) -> Option<&'s str> {
        let mut kinds = map.children.iter().filter_map(|at| self.shape.part(*at));
        let kind = kinds.rfind(|c| c.key.as_ref().is_some_and(|(key, _)| key == "kind"))?;
        let text: &'s str = self.text;
        text.get(kind.span.clone()).map(|kind| kind.trim_matches(['"', '\'']))
    }

    fn may_be_secret(&self, part: &Part) -> bool {
        let has = |name: &str| self.path.iter().any(|step| step == name);
        let last = self.path.last().map_or("", String::as_str);
        let lower = last.to_ascii_lowercase();
        let is_variable = last == "value" && (has("env") || has("data"));
        let is_argument = has("command") || has("args");
        let is_data = matches!(self.kind, "Secret" | "ConfigMap")
            && !has("metadata")
            && !matches!(last, "kind" | "apiVersion" | "type");
        let is_called_so = ["passw", "pwd", "credential"].iter().any(|word| lower.contains(word))
            && !["name", "key", "ref"].iter().any(|end| lower.ends_with(end));
        let text = self.text.get(part.span.clone()).unwrap_or_default();
        let is_address = text.split_once("://").is_some_and(|(_, rest)| rest.contains('@'));
        is_variable || is_argument || is_data || has("annotations") || is_called_so || is_address
    }
}

/// Lines are masked one by one, so that their number stays.
fn blotted(span: &str) -> String {
    let line = |line: &str| {
        let indent = line.len() - line.trim_start().len();
        let end = if line.ends_with('\r') { "\r" } else { "" };
        if line.trim().is_empty() {
            line.to_owned()
        } else {
            format!("{}{MASK}{end}", line.get(..indent).unwrap_or(""))
        }
    };
    span.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

fn without_comments(text: &str, spans: &[Range<usize>], words: &[&str]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for span in spans {
        let (Some(between), Some(own)) = (text.get(at..span.start), text.get(span.clone())) else { continue };
        out.push_str(&without_secrets(between, words));
        out.push_str(&blotted(own));
        at = span.end;
    }
    out.push_str(&without_secrets(text.get(at..).unwrap_or_default(), words));
    out
}

/// A comment repeats a value wherever it names it, and a comment only as a whole.
fn repeats(comment: &str, word: &str) -> bool {
    if word.starts_with('#') { comment.trim_end() == word } else { comment.contains(word) }
}

/// Text between values: its comments may repeat one, or keep an older one.
fn without_secrets(text: &str, values: &[&str]) -> String {
    let line = |line: &str| {
        let comment = line.char_indices().find(|(at, c)| {
            *c == '#' && line.get(..*at).is_none_or(|before| before.is_empty() || before.ends_with([' ', '\t']))
        });
        let Some((start, comment)) = comment.and_then(|(at, _)| Some((at, line.get(at..)?))) else {
            return line.to_owned();
        };
        let lower = comment.to_ascii_lowercase();
        let speaks = ["passw", "pwd", "secret", "token", "value:", "://"].iter().any(|word| lower.contains(word))
            || values.iter().any(|value| repeats(comment, value));
        let end = if line.ends_with('\r') { "\r" } else { "" };
        if speaks { format!("{}# {MASK}{end}", line.get(..start).unwrap_or("")) } else { line.to_owned() }
    };
    text.split('\n').map(line).collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn what_may_be_a_secret_is_not_shown() {
        let text = "kind: Pod # not hunter2\nmetadata: {annotations: {note: hunter2}}\nspec:\n  containers:\n  - name: db\n    image: db:1 # fine\n    command: [db, --x=hunter2]\n    env:\n    - name: P\n      value: hunter2\n    # - {name: OLD, value: older}\n    - name: Q\n      value: |\n        hunter2\n        more\n---\nkind: Secret\ntype: Opaque\nstringData:\n  a: hunter2\n";
        let (shown, _) = masked(text, text, &[]).unwrap();
        assert_eq!(
            shown,
            "kind: Pod # ***\nmetadata: {annotations: {note: ***}}\nspec:\n  containers:\n  - name: db\n    image: db:1 # fine\n    command: [***, ***]\n    env:\n    - name: P\n      value: ***\n    # ***\n    - name: Q\n      value: ***\n        ***\n        ***\n---\nkind: Secret\ntype: Opaque\nstringData:\n  a: ***\n"
        );
        let steps = ["spec", "containers", "0", "command"].map(str::to_owned).to_vec();
        assert!(masked(text, text, &[(0, steps)]).unwrap().1.contains("[db, --x=hunter2]"));
    }

    #[test]
    fn what_was_a_secret_is_none_to_be_shown_later() {
        let old =
            "kind: Pod\nenv:\n# once hunter2\n- name: P\n  value: hunter2 # or hunter1\n- {name: Q, value: x} # a\n";
        let new = "kind: Pod\nenv:\n# once hunter2\n- name: P\n  valueFrom:\n    x: y # or hunter1\n- {name: Q, value: x} # a\n";
        let (old, new) = masked(old, new, &[]).unwrap();
        assert_eq!(old, "kind: Pod\nenv:\n# ***\n- name: P\n  value: *** # ***\n- {name: Q, value: ***} # ***\n");
        assert_eq!(
            new,
            "kind: Pod\nenv:\n# ***\n- name: P\n  valueFrom:\n    x: y # ***\n- {name: Q, value: ***} # ***\n"
        );
    }
}
