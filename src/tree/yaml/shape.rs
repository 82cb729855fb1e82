//! How a text spells its documents: where each value stands, and in which style.
//!
//! A [`Tree`](crate::tree::Tree) knows what a document says; this knows the bytes that say it, for edits that leave all other bytes alone.
use std::{collections::HashSet, ops::Range};

use granit_parser::{Event, Options, Parser, ScalarStyle, Span, StructureStyle};

use super::load::NESTING;

/// How a value is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spelling {
    /// Nothing stands there: `key:`.
    Empty,
    /// Without quotation marks.
    Plain,
    /// Between these.
    Quoted(char),
    /// `|` or `>`.
    Block,
    /// A map by indentation.
    Map,
    /// A list of `-`.
    List,
    /// `{...}`.
    FlowMap,
    /// `[...]`.
    FlowList,
    /// `*name`.
    Alias,
}

/// One value of a text.
#[derive(Debug)]
pub struct Part {
    /// How it is written.
    pub spelling: Spelling,
    /// Its bytes, without anchor and tag; of a map or list by indentation only the start counts.
    pub span: Range<usize>,
    /// Its key's text and bytes, in a map.
    pub key: Option<(String, Range<usize>)>,
    /// The map or list around it.
    pub parent: Option<usize>,
    /// What is in it.
    pub children: Vec<usize>,
    anchor: usize,
}

/// Why there is no way to a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Astray {
    /// The value is absent, and its parent is this part.
    Absent(usize),
    /// It stands elsewhere too, by `*name` or `<<`; with the byte at which that shows.
    Shared(usize),
    /// The text has no such place.
    Nowhere,
}

/// All values of a text.
#[derive(Debug, Default)]
pub struct Shape {
    parts: Vec<Part>,
    roots: Vec<Option<usize>>,
    used: HashSet<usize>,
}

impl Shape {
    /// The values of a text; `None` where it is no YAML, or has keys that are no text.
    #[must_use]
    pub fn of(text: &str) -> Option<Self> {
        let own = text.strip_prefix('\u{feff}').unwrap_or(text);
        let mut options = Options::default();
        options.set_emit_comments(false);
        options.flow_nesting_limit = NESTING;
        options.block_nesting_limit = NESTING;
        let mut parser = Parser::new_from_str_with_options(own, options);
        let mut builder = Builder { text, base: text.len() - own.len(), shape: Self::default(), open: Vec::new() };
        while let Some(next) = parser.next_event() {
            let (event, span) = next.ok()?;
            builder.event(event, span)?;
        }
        Some(builder.shape)
    }

    /// A value.
    #[must_use]
    pub fn part(&self, at: usize) -> Option<&Part> {
        self.parts.get(at)
    }

    /// The top value of a document.
    #[must_use]
    pub fn root(&self, document: usize) -> Option<usize> {
        self.roots.get(document).copied().flatten()
    }

    /// How many documents there are.
    #[must_use]
    pub fn documents(&self) -> usize {
        self.roots.len()
    }

    /// The last byte of a value and one.
    #[must_use]
    pub fn end(&self, at: usize) -> usize {
        let Some(part) = self.parts.get(at) else { return 0 };
        match (part.spelling, part.children.last()) {
            (Spelling::Map | Spelling::List, Some(last)) => self.end(*last),
            _ => part.span.end,
        }
    }

    /// The value behind these steps, whose bytes belong to that place alone.
    ///
    /// # Errors
    /// Where there is none.
    pub fn find(&self, document: usize, steps: &[String]) -> Result<usize, Astray> {
        let mut at = self.root(document).ok_or(Astray::Nowhere)?;
        self.own(at)?;
        for (depth, step) in steps.iter().enumerate() {
            let part = self.part(at).ok_or(Astray::Nowhere)?;
            let of = |child: &usize| self.part(*child).and_then(|c| c.key.as_ref()).map(|(key, _)| key.as_str());
            let next = match part.spelling {
                Spelling::Map | Spelling::FlowMap => {
                    part.children.iter().copied().rfind(|child| of(child) == Some(step.as_str()))
                }
                Spelling::List | Spelling::FlowList => {
                    step.parse().ok().and_then(|i: usize| part.children.get(i).copied())
                }
                _ => None,
            };
            let is_last = depth + 1 == steps.len();
            at = match next {
                Some(next) => next,
                None if is_last => return Err(Astray::Absent(at)),
                None if part.children.iter().any(|child| of(child) == Some("<<")) => {
                    return Err(Astray::Shared(part.span.start));
                }
                None => return Err(Astray::Nowhere),
            };
            self.own(at)?;
        }
        Ok(at)
    }

    fn own(&self, at: usize) -> Result<(), Astray> {
        match self.part(at) {
            Some(part) if part.spelling == Spelling::Alias || self.used.contains(&part.anchor) => {
                Err(Astray::Shared(part.span.start))
            }
            Some(_) => Ok(()),
            None => Err(Astray::Nowhere),
        }
    }
}

struct Open {
    at: usize,
    key: Option<(String, Range<usize>)>,
}

struct Builder<'t> {
    text: &'t str,
    base: usize,
    shape: Shape,
    open: Vec<Open>,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: Span) -> Option<()> {
        let range = span.byte_range().map_or(0..0, |r| r.start + self.base..r.end + self.base);
        match event {
            Event::DocumentStart(..) => self.shape.roots.push(None),
            Event::Scalar(text, style, anchor, _) => {
                if self.wants_key() {
                    let slot = self.open.last_mut()?;
                    slot.key = Some((text.into_owned(), range));
                    return Some(());
                }
                let (spelling, range) = self.scalar(&text, style, range);
                self.push(spelling, range, anchor);
            }
            Event::Alias(anchor) => {
                self.shape.used.insert(anchor);
                if self.wants_key() {
                    return None;
                }
                self.push(Spelling::Alias, range, 0);
            }
            Event::SequenceStart(style, anchor, _) => {
                let flow = matches!(style, StructureStyle::Flow);
                self.open(if flow { Spelling::FlowList } else { Spelling::List }, range, anchor)?;
            }
            Event::MappingStart(style, anchor, _) => {
                let flow = matches!(style, StructureStyle::Flow);
                self.open(if flow { Spelling::FlowMap } else { Spelling::Map }, range, anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let Open { at, .. } = self.open.pop()?;
                let part = self.shape.parts.get_mut(at)?;
                part.span.end = range.end.max(part.span.start);
            }
            _ => {}
        }
        Some(())
    }

    fn wants_key(&self) -> bool {
        let Some(open) = self.open.last() else { return false };
        let spelling = self.shape.part(open.at).map(|p| p.spelling);
        matches!(spelling, Some(Spelling::Map | Spelling::FlowMap)) && open.key.is_none()
    }

    /// Of a text over several lines the parser counts the line break behind it, too; of nothing it says where the next thing is.
    fn scalar(&self, text: &str, style: ScalarStyle, range: Range<usize>) -> (Spelling, Range<usize>) {
        match style {
            ScalarStyle::SingleQuoted => (Spelling::Quoted('\''), range),
            ScalarStyle::DoubleQuoted => (Spelling::Quoted('"'), range),
            ScalarStyle::Literal | ScalarStyle::Folded => {
                let own = self.text.get(range.clone()).unwrap_or_default().trim_end().len();
                (Spelling::Block, self.header(range.start)..range.start + own)
            }
            ScalarStyle::Plain if text.is_empty() || range.is_empty() => {
                let key = self.open.last().and_then(|open| open.key.as_ref()).map(|(_, key)| key.end);
                let colon = key.and_then(|end| Some(end + self.text.get(end..)?.find(':')? + 1));
                let at = colon.unwrap_or(range.start);
                (Spelling::Empty, at..at)
            }
            ScalarStyle::Plain => (Spelling::Plain, range),
        }
    }

    /// The `|` or `>` before a text that starts here; the parser leaves it out.
    fn header(&self, start: usize) -> usize {
        let key = self.open.last().and_then(|open| open.key.as_ref()).map(|(_, key)| key.end);
        let found = match key {
            Some(from) => self.text.get(from..start).and_then(|s| s.find(['|', '>'])).map(|at| from + at),
            None => self.text.get(..start).and_then(|before| before.rfind(['|', '>'])),
        };
        found.unwrap_or(start)
    }

    fn push(&mut self, spelling: Spelling, span: Range<usize>, anchor: usize) -> usize {
        let at = self.shape.parts.len();
        let (parent, key) = self.open.last_mut().map_or((None, None), |open| (Some(open.at), open.key.take()));
        self.shape.parts.push(Part { spelling, span, key, parent, children: Vec::new(), anchor });
        match parent.and_then(|up| self.shape.parts.get_mut(up)) {
            Some(up) => up.children.push(at),
            None => {
                if let Some(root) = self.shape.roots.last_mut() {
                    *root = Some(at);
                }
            }
        }
        at
    }

    fn open(&mut self, spelling: Spelling, span: Range<usize>, anchor: usize) -> Option<()> {
        // A key that is a map or a list is nothing that Kubernetes takes.
        if self.wants_key() {
            return None;
        }
        let at = self.push(spelling, span, anchor);
        self.open.push(Open { at, key: None });
        Some(())
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "tests")]
    use super::*;

    fn spelled<'t>(text: &'t str, path: &str) -> &'t str {
        let shape = Shape::of(text).unwrap();
        let steps: Vec<String> = path.split('/').filter(|s| !s.is_empty()).map(str::to_owned).collect();
        let at = shape.find(0, &steps).unwrap();
        &text[shape.part(at).unwrap().span.start..shape.end(at)]
    }

    #[test]
    fn every_value_has_its_bytes() {
        let text = "a: 1 # one\nb:\n- x: 'q'  # two\n  y: |\n    text\n    more\n\n# three\nc: {d: [1, \"2\"], e: {}}\nn:\nl:\n  - p\n  - q: r\n";
        for (path, bytes) in [
            ("/a", "1"),
            ("/b/0/x", "'q'"),
            ("/b/0/y", "|\n    text\n    more"),
            ("/b/0", "x: 'q'  # two\n  y: |\n    text\n    more"),
            ("/c", "{d: [1, \"2\"], e: {}}"),
            ("/c/d/1", "\"2\""),
            ("/c/e", "{}"),
            ("/n", ""),
            ("/l/1/q", "r"),
        ] {
            assert_eq!(spelled(text, path), bytes, "{path}");
        }
        let shape = Shape::of(text).unwrap();
        let at = shape.find(0, &["n".to_owned()]).unwrap();
        assert_eq!(&text[..shape.part(at).unwrap().span.start], &text[..text.find("n:\nl").unwrap() + 2]);
        assert_eq!(shape.part(at).unwrap().spelling, Spelling::Empty);
    }

    #[test]
    fn what_stands_in_two_places_is_nobodys_own() {
        let text = "a: &x {k: 1}\nb: *x\nc: {<<: *x, m: {}}\nd: &y 1\n";
        let shape = Shape::of(text).unwrap();
        let find = |path: &str| shape.find(0, &path.split('/').skip(1).map(str::to_owned).collect::<Vec<_>>());
        assert!(matches!(find("/a/k"), Err(Astray::Shared(_))));
        assert!(matches!(find("/b/k"), Err(Astray::Shared(_))));
        assert!(matches!(find("/c/k/z"), Err(Astray::Shared(_))));
        assert!(find("/c/m").is_ok() && find("/d").is_ok());
    }
}
