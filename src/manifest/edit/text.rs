//! Single changes of a text: each touches the bytes of one value, or adds one.
use serde_json::{Map, Value};

use super::{
    EditError,
    render::{self, Style},
};
use crate::tree::yaml::shape::{Astray, Part, Shape, Spelling};

/// A text and where its values stand.
pub(super) struct Page<'t> {
    text: &'t str,
    shape: Shape,
    document: usize,
    style: Style,
}

type Edited = Result<String, EditError>;

impl<'t> Page<'t> {
    pub(super) fn of(text: &'t str, document: usize) -> Result<Self, EditError> {
        let shape = Shape::of(text).ok_or(EditError::Unusual)?;
        let mut page = Self { text, shape, document, style: Style { step: 2, dash: 0, json: false } };
        page.style = page.look();
        Ok(page)
    }

    /// What the document itself does.
    fn look(&self) -> Style {
        let mut style = Style { step: 0, dash: usize::MAX, json: false };
        let mut open: Vec<usize> = self.shape.root(self.document).into_iter().collect();
        style.json = open.first().and_then(|at| self.shape.part(*at)).is_some_and(|root| self.is_quoted(root));
        while let Some(part) = open.pop().and_then(|at| self.shape.part(at)) {
            open.extend(part.children.iter().rev());
            let parts = part.children.iter().filter_map(|at| self.shape.part(*at));
            for child in parts {
                let Some(((_, key), first)) = child.key.as_ref().zip(self.first(child)) else { continue };
                let column = self.column(key.start);
                match child.spelling {
                    Spelling::Map if style.step == 0 => {
                        let inner = first.key.as_ref().map_or(0, |(_, key)| self.column(key.start));
                        style.step = inner.saturating_sub(column);
                    }
                    Spelling::List if style.dash == usize::MAX => {
                        style.dash = self.dash(first).map_or(0, |dash| self.column(dash).saturating_sub(column));
                    }
                    Spelling::FlowMap if style.json && style.step == 0 && self.begins_line(first) => {
                        let inner = first.key.as_ref().map_or(0, |(_, key)| self.column(key.start));
                        style.step = inner.saturating_sub(self.indent(key.start));
                    }
                    _ => {}
                }
            }
        }
        if style.step == 0 {
            style.step = 2;
        }
        if style.dash == usize::MAX {
            style.dash = 0;
        }
        style
    }

    fn first(&self, part: &Part) -> Option<&Part> {
        part.children.first().and_then(|at| self.shape.part(*at))
    }

    fn last(&self, part: &Part) -> Option<(usize, &Part)> {
        part.children.last().and_then(|at| Some((*at, self.shape.part(*at)?)))
    }

    fn line_start(&self, at: usize) -> usize {
        self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |newline| newline + 1)
    }

    fn column(&self, at: usize) -> usize {
        let line = self.text.get(self.line_start(at)..at).unwrap_or_default();
        line.trim_start_matches('\u{feff}').chars().count()
    }

    /// The blanks at the start of a line.
    fn indent(&self, at: usize) -> usize {
        let line = self.text.get(self.line_start(at)..).unwrap_or_default();
        line.len() - line.trim_start_matches(' ').len()
    }

    /// Behind the line break of the line on which a byte stands.
    fn line_end(&self, at: usize) -> usize {
        self.text.get(at..).and_then(|rest| rest.find('\n')).map_or(self.text.len(), |newline| at + newline + 1)
    }

    fn begins_line(&self, part: &Part) -> bool {
        let start = part.key.as_ref().map_or(part.span.start, |(_, key)| key.start);
        self.text.get(self.line_start(start)..start).is_some_and(|before| before.bytes().all(|b| b == b' '))
    }

    /// True for a map whose keys are in quotation marks.
    fn is_quoted(&self, map: &Part) -> bool {
        let key = self.first(map).and_then(|first| first.key.as_ref());
        map.spelling == Spelling::FlowMap
            && key.and_then(|(_, key)| self.text.get(key.clone())).is_some_and(|key| key.starts_with('"'))
    }

    /// The dash before an element that stands on the dash's line.
    fn dash(&self, element: &Part) -> Option<usize> {
        let start = self.start(element);
        let line = self.line_start(start);
        let before = self.text.get(line..start)?;
        let dash = before.rfind("- ")?;
        // Behind the dash there may be an anchor or a tag.
        Some(line + dash)
    }

    fn start(&self, part: &Part) -> usize {
        match (part.spelling, self.first(part)) {
            (Spelling::Map, Some(first)) => first.key.as_ref().map_or(part.span.start, |(_, key)| key.start),
            _ => part.span.start,
        }
    }

    fn spliced(&self, from: usize, to: usize, new: &str) -> Edited {
        let (before, after) = self.text.get(..from).zip(self.text.get(to..)).ok_or(EditError::Unusual)?;
        let windows = self.text.contains("\r\n");
        let new = if windows { new.replace('\n', "\r\n") } else { new.to_owned() };
        Ok(format!("{before}{new}{after}"))
    }

    fn lines_after(&self, at: usize, lines: &str) -> Edited {
        let end = self.line_end(at);
        match self.text.get(..end).is_some_and(|before| before.ends_with('\n')) {
            true => self.spliced(end, end, &format!("{lines}\n")),
            false => self.spliced(end, end, &format!("\n{lines}")),
        }
    }

    fn find(&self, steps: &[String]) -> Result<usize, Astray> {
        self.shape.find(self.document, steps)
    }

    fn fault(&self, astray: &Astray) -> EditError {
        match astray {
            Astray::Shared(at) => {
                EditError::Shared { line: self.text.get(..*at).unwrap_or("").matches('\n').count() + 1 }
            }
            Astray::Absent(_) | Astray::Nowhere => EditError::Unusual,
        }
    }

    /// Gives the place a value, whether there is one or not.
    pub(super) fn set(&self, steps: &[String], value: &Value) -> Edited {
        match self.find(steps) {
            Ok(at) => self.replace(at, None, value),
            Err(Astray::Absent(parent)) => {
                let key = steps.last().ok_or(EditError::Unusual)?;
                self.add(parent, key, value)
            }
            Err(astray) => Err(self.fault(&astray)),
        }
    }

    /// Gives a field another name and value, where the old one stood.
    pub(super) fn rename(&self, steps: &[String], key: &str, value: &Value) -> Edited {
        let at = self.find(steps).map_err(|astray| self.fault(&astray))?;
        self.replace(at, Some(key), value)
    }

    fn replace(&self, at: usize, name: Option<&str>, value: &Value) -> Edited {
        let part = self.shape.part(at).ok_or(EditError::Unusual)?;
        let parent = part.parent.and_then(|up| self.shape.part(up)).ok_or(EditError::Unusual)?;
        let end = self.shape.end(at);
        let Some((_, key)) = &part.key else {
            let is_simple = !matches!(value, Value::Object(_) | Value::Array(_));
            return if is_simple {
                self.spliced(part.span.start, end, &self.like(part, value))
            } else {
                Err(EditError::Unusual)
            };
        };
        let (start, head) = match name {
            Some(name) => (key.start, render::text(name, self.around(parent))),
            None => (key.start, self.text.get(key.clone()).unwrap_or_default().to_owned()),
        };
        if parent.spelling == Spelling::FlowMap {
            let value = match self.spreads(parent) {
                true => render::spread(value, self.indent(key.start), self.around(parent)),
                false => render::flow(value, self.around(parent)),
            };
            return self.spliced(start, end, &format!("{head}: {value}"));
        }
        if name.is_none() && !matches!(value, Value::Object(_) | Value::Array(_)) && part.spelling != Spelling::Empty {
            // What stands between key and value stays.
            return self.spliced(self.start(part), end, &self.like(part, value));
        }
        let value = render::behind_key(value, self.column(key.start), self.style);
        self.spliced(start, end, &format!("{head}:{value}"))
    }

    /// A scalar in the quotation marks of the one that it takes the place of.
    fn like(&self, part: &Part, value: &Value) -> String {
        match (part.spelling, value) {
            (Spelling::Quoted('"'), Value::String(_)) => value.to_string(),
            (Spelling::Quoted(_), Value::String(text)) => format!("'{}'", text.replace('\'', "''")),
            _ => render::flow(value, self.style),
        }
    }

    fn around(&self, map: &Part) -> Style {
        Style { json: self.style.json || self.is_quoted(map), ..self.style }
    }

    /// True for a flow map or list over several lines.
    fn spreads(&self, part: &Part) -> bool {
        self.first(part).is_some_and(|first| self.begins_line(first))
    }

    fn add(&self, parent: usize, key: &str, value: &Value) -> Edited {
        let map = self.shape.part(parent).ok_or(EditError::Unusual)?;
        let whole = || Value::Object(Map::from_iter([(key.to_owned(), value.clone())]));
        match map.spelling {
            Spelling::Map => {
                let first = self.first(map).and_then(|first| first.key.as_ref()).ok_or(EditError::Unusual)?;
                let column = self.column(first.1.start);
                let (name, rest) = (render::text(key, self.style), render::behind_key(value, column, self.style));
                self.lines_after(self.shape.end(parent), &format!("{}{name}:{rest}", " ".repeat(column)))
            }
            Spelling::FlowMap if map.children.is_empty() => self.fill(parent, &whole()),
            Spelling::FlowMap => {
                let style = self.around(map);
                let name = render::text(key, style);
                self.add_to_flow(map, |indent| match indent {
                    Some(indent) => format!("{name}: {}", render::spread(value, indent, style)),
                    None => format!("{name}: {}", render::flow(value, style)),
                })
            }
            Spelling::Empty => self.replace(parent, None, &whole()),
            _ => Err(EditError::Unusual),
        }
    }

    /// Writes into `{}` or `[]`.
    fn fill(&self, at: usize, value: &Value) -> Edited {
        let part = self.shape.part(at).ok_or(EditError::Unusual)?;
        let above = part.parent.and_then(|up| self.shape.part(up)).ok_or(EditError::Unusual)?;
        match (above.spelling, self.style.json) {
            (Spelling::Map, false) => self.replace(at, None, value),
            (_, true) if self.spreads(above) => {
                let new = render::spread(value, self.indent(part.span.start), self.style);
                self.spliced(part.span.start, part.span.end, &new)
            }
            _ => self.spliced(part.span.start, part.span.end, &render::flow(value, self.around(above))),
        }
    }

    fn add_to_flow(&self, part: &Part, new: impl Fn(Option<usize>) -> String) -> Edited {
        let (at, last) = self.last(part).ok_or(EditError::Unusual)?;
        let mut end = self.shape.end(at);
        // A comma may stand behind the last one already.
        let rest = self.text.get(end..part.span.end).unwrap_or_default();
        let comma = rest.trim_start().starts_with(',').then(|| rest.find(',')).flatten();
        if let Some(comma) = comma {
            end += comma + 1;
        }
        let separator = if comma.is_some() { "" } else { "," };
        match self.begins_line(last) {
            true => {
                let indent = self.indent(self.start_of_field(last));
                self.spliced(end, end, &format!("{separator}\n{}{}", " ".repeat(indent), new(Some(indent))))
            }
            false => self.spliced(end, end, &format!("{separator} {}", new(None))),
        }
    }

    fn start_of_field(&self, part: &Part) -> usize {
        part.key.as_ref().map_or_else(|| self.start(part), |(_, key)| key.start)
    }

    /// Adds an element behind the last one of a list, spelled like that one.
    pub(super) fn append(&self, list: &[String], element: &Value) -> Edited {
        let at = self.find(list).map_err(|astray| self.fault(&astray))?;
        let part = self.shape.part(at).ok_or(EditError::Unusual)?;
        let whole = || Value::Array(vec![element.clone()]);
        let Some((last_at, last)) = self.last(part) else {
            return match part.spelling {
                Spelling::Empty => self.replace(at, None, &whole()),
                Spelling::FlowList => self.fill(at, &whole()),
                _ => Err(EditError::Unusual),
            };
        };
        if part.spelling == Spelling::FlowList {
            return self.add_to_flow(part, |indent| match indent {
                Some(indent) if self.style.json => render::spread(element, indent, self.style),
                _ => render::flow(element, self.around(last)),
            });
        }
        let dash = self.dash(last).ok_or(EditError::Unusual)?;
        let (column, inner) = (self.column(dash), self.column(self.start(last)));
        let new = match last.spelling {
            Spelling::FlowMap => render::flow(element, self.around(last)),
            _ => render::behind_dash(element, inner, self.style),
        };
        let gap = " ".repeat(inner.saturating_sub(column + 1).max(1));
        self.lines_after(self.shape.end(last_at), &format!("{}-{gap}{new}", " ".repeat(column)))
    }

    /// Takes a field out of a map that has others.
    pub(super) fn remove(&self, steps: &[String]) -> Edited {
        let at = self.find(steps).map_err(|astray| self.fault(&astray))?;
        let part = self.shape.part(at).ok_or(EditError::Unusual)?;
        let parent = part.parent.and_then(|up| self.shape.part(up)).ok_or(EditError::Unusual)?;
        let (_, key) = part.key.as_ref().ok_or(EditError::Unusual)?;
        let position = parent.children.iter().position(|child| *child == at).ok_or(EditError::Unusual)?;
        let sibling = |index: Option<usize>| parent.children.get(index?).copied();
        let next = sibling(position.checked_add(1)).and_then(|at| self.shape.part(at));
        let end = self.shape.end(at);
        match (parent.spelling, next, sibling(position.checked_sub(1))) {
            (_, None, None) => Err(EditError::Unusual),
            (Spelling::Map, _, _) if self.begins_line(part) => {
                self.spliced(self.line_start(key.start), self.line_end(end), "")
            }
            (_, Some(next), _) => self.spliced(key.start, self.start_of_field(next), ""),
            (_, None, Some(before)) => self.spliced(self.shape.end(before), end, ""),
        }
    }
}
