//! The same object in several styles, and that each is edited as the patch says.

use std::{collections::HashSet, fmt::Write as _};

use seawall::manifest::edit;
use serde_json::Value;

use super::{created, read};
use crate::specimens::Promise;

/// Manifests by indentation, with a comment behind every value and above every key; or with maps in braces below some depth.
#[derive(Clone, Copy)]
pub(super) struct Spelled {
    flow_below: usize,
    comments: bool,
    dash: usize,
}

pub(super) const SPELLINGS: [Spelled; 4] = [
    Spelled { flow_below: usize::MAX, comments: true, dash: 2 },
    Spelled { flow_below: usize::MAX, comments: false, dash: 0 },
    Spelled { flow_below: 5, comments: true, dash: 2 },
    Spelled { flow_below: 7, comments: false, dash: 0 },
];

impl Spelled {
    pub(super) fn of(self, value: &Value) -> String {
        let mut text = String::new();
        self.fields(&mut text, value, 0, 0);
        text.trim_start_matches('\n').to_owned()
    }

    fn comment(self, text: &mut String) {
        if self.comments {
            let count = text.matches('#').count();
            write!(text, " # c{count}").unwrap();
        }
    }

    fn fields(self, text: &mut String, map: &Value, column: usize, depth: usize) {
        for (position, (key, value)) in map.as_object().unwrap().iter().enumerate() {
            if position > 0 || depth == 0 {
                text.push_str(&format!("\n{}", " ".repeat(column)));
            }
            write!(text, "{}:", Value::from(key.as_str())).unwrap();
            self.value(text, value, column, depth + 1);
        }
    }

    fn value(self, text: &mut String, value: &Value, column: usize, depth: usize) {
        let is_flow = depth >= self.flow_below;
        match value {
            Value::Object(map) if !map.is_empty() && !is_flow => {
                text.push_str(&format!("\n{}", " ".repeat(column + 2)));
                self.fields(text, value, column + 2, depth);
            }
            Value::Array(items) if !items.is_empty() && !is_flow => {
                for item in items {
                    text.push_str(&format!("\n{}- ", " ".repeat(column + self.dash)));
                    match item {
                        Value::Object(map) if !map.is_empty() => {
                            self.fields(text, item, column + self.dash + 2, depth + 1)
                        }
                        other => {
                            text.push_str(&other.to_string());
                            self.comment(text);
                        }
                    }
                }
            }
            other => {
                write!(text, " {}", other.to_string().replace("\":", "\": ")).unwrap();
                self.comment(text);
            }
        }
    }
}

/// The text is edited as the patch says, whatever its style; by another library's account of the patch, not ours.
#[test]
fn the_text_says_what_the_patched_object_says_and_comments_stay() {
    let mut edited = 0;
    // What a rule is silent about is patched like what it finds.
    for (number, specimen) in created().filter(|s| !matches!(s.of, Some((_, Promise::Pass)))).enumerate() {
        let outcome = specimen.outcome();
        for patch in [&outcome.patch, &outcome.pod_patch] {
            let mut expected = specimen.case.object.clone();
            if patch.is_empty() || json_patch::patch(&mut expected, patch).is_err() {
                continue;
            }
            let pretty = serde_json::to_string_pretty(&specimen.case.object).unwrap();
            let spelled = |turn: usize| SPELLINGS[turn % SPELLINGS.len()].of(&specimen.case.object);
            for text in [spelled(number), spelled(number + 1), pretty] {
                assert_eq!(read(&text), specimen.case.object, "{}: the test's own spelling\n{text}", specimen.name);
                if edit::objects("", &text).is_none() {
                    continue;
                }
                let new = edit::edited(&text, "0", patch).unwrap_or_else(|e| panic!("{}: {e}\n{text}", specimen.name));
                assert_eq!(read(&new), expected, "{}", specimen.name);
                let now: HashSet<&str> = new.lines().map(|line| line.trim_end_matches(',')).collect();
                let changed = text.lines().filter(|line| !now.contains(line.trim_end_matches(','))).count();
                assert!(changed <= patch.len(), "{}: {changed} lines changed\n{text}\n{new}", specimen.name);
                for comment in text.lines().filter_map(|line| Some(line.rsplit_once(" # c")?.1)) {
                    assert!(new.contains(&format!(" # c{comment}")), "{}: comment {comment} is gone", specimen.name);
                }
                edited += 1;
            }
        }
    }
    assert!(edited > 500, "only {edited} texts were edited");
}
