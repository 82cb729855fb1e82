//! YAML into trees: each document of a text, typed as `kubectl` types it, every value with its line.
//!
//! Keys are strings (`on:` becomes `true`, as it does in the cluster); duplicate keys are errors, although `kubectl`
//! takes the last one; merge keys and aliases are resolved within bounds. A document that cannot be read does not keep
//! the next ones from being read.

mod error;
mod hints;
mod indent;
mod load;
mod merge;
mod scalar;
pub mod shape;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod tests_mistakes;

pub use error::YamlError;
pub use hints::is_template;

use super::{Tree, Type};
use error::Problem;
use granit_parser::{ErrorKind, Event, Marker, Options, Parser, ScanError, StrInput, StructureStyle};
use load::{Loader, NESTING};

/// One document of a text.
#[derive(Debug)]
pub struct Document {
    /// Its position as PyYAML's `yaml.load_all` counts: documents without a value count.
    pub index: usize,
    /// The 1-based line on which its value starts, or its `---` if it has none.
    pub line: u32,
    /// Its value; null where nothing stands in it.
    pub tree: Result<Tree<'static>, YamlError>,
}

impl Document {
    /// Whether nothing stands in it but perhaps comments.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.tree.as_ref().is_ok_and(|tree| tree.root().type_of() == Type::Null)
    }
}

/// Reads the documents of a text, one at a time.
///
/// Line ends of Windows and a byte order mark are fine. A text that is JSON is YAML too.
pub fn documents(text: &str) -> Documents<'_> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut options = Options::default();
    options.set_emit_comments(false);
    options.emit_unresolved_aliases = true;
    options.flow_nesting_limit = NESTING;
    options.block_nesting_limit = NESTING;
    Documents {
        text,
        parser: Parser::new_from_str_with_options(text, options),
        index: 0,
        ended: false,
        done: (0, 1),
        repaired: false,
    }
}

/// The documents of a text; made by [`documents`].
pub struct Documents<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    index: usize,
    ended: bool,
    /// How far documents have been read, and the line of that place.
    done: (usize, usize),
    /// This is the second attempt at a document.
    repaired: bool,
}

impl Tree<'static> {
    /// Reads a text that holds one document, such as an engine file or the settings. Empty documents around it are
    /// passed over; of nothing at all the root is null.
    ///
    /// # Errors
    /// Where the text is not YAML, or holds a second document.
    pub fn one_from_yaml(text: &str) -> Result<Self, YamlError> {
        let mut found = None;
        for document in documents(text) {
            if document.is_empty() {
                continue;
            }
            if found.is_some() {
                return Err(YamlError::new(document.line, &Problem::Several));
            }
            found = Some(document.tree?);
        }
        Ok(found.unwrap_or_else(|| Loader::new().finish(1)))
    }
}

/// The lines of a document that are neither comments nor text of a block scalar.
pub fn code_lines(document: &str) -> impl Iterator<Item = &str> {
    hints::code_lines(document, 1).map(|line| line.text)
}

fn line_of(line: usize) -> u32 {
    u32::try_from(line).unwrap_or(u32::MAX).max(1)
}

impl Iterator for Documents<'_> {
    type Item = Document;

    fn next(&mut self) -> Option<Document> {
        while !self.ended {
            match self.parser.next_event() {
                None | Some(Ok((Event::StreamEnd, _))) => self.ended = true,
                Some(Ok((Event::DocumentStart(..), span))) => return Some(self.document(span.start)),
                Some(Ok(_)) => {}
                Some(Err(error)) => {
                    // The parser looks ahead, so the document may have started long before.
                    let (from, first) = self.separator_before(*error.marker());
                    self.note(*error.marker());
                    let error = hints::explain(&error, self.text.get(from..).unwrap_or_default(), first);
                    return Some(self.abandon(line_of(first), error));
                }
            }
        }
        None
    }
}

impl Documents<'_> {
    /// Reads on to the end of a document that starts here.
    fn document(&mut self, start: Marker) -> Document {
        let mut loader = Loader::new();
        let mut line = None;
        // How many flow collections are open: between brackets, tabs are as good as spaces.
        let mut brackets = 0_usize;
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::DocumentEnd | Event::StreamEnd, span))) => {
                    self.note(span.start);
                    break;
                }
                None => break,
                Some(Ok((event, span))) => {
                    let at = span.start.line();
                    let line = *line.get_or_insert(line_of(at));
                    let tab = brackets == 0 && event.is_node() && self.has_tab_before(span.start);
                    match event {
                        Event::SequenceStart(StructureStyle::Flow, ..)
                        | Event::MappingStart(StructureStyle::Flow, ..) => {
                            brackets += 1;
                        }
                        Event::SequenceEnd | Event::MappingEnd => brackets = brackets.saturating_sub(1),
                        _ => {}
                    }
                    let read = if tab { Err(Problem::Tab) } else { loader.event(event, line_of(at)) };
                    if let Err(problem) = read {
                        self.note(span.start);
                        let error = hints::refine(problem, self.rest(start), start.line(), at);
                        return self.abandon(line, error);
                    }
                }
                Some(Err(error)) => return self.recover(&error, start, line.unwrap_or(line_of(start.line()))),
            }
        }
        let line = line.unwrap_or(line_of(start.line()));
        // What stands behind the end of a document belongs to it: `{...} rest`.
        if let Some(Err(error)) = self.parser.peek()
            && *error.kind() == ErrorKind::ExpectedDocumentStart
        {
            self.note(*error.marker());
            let error = self.syntax(&error, start);
            return self.abandon(line, error);
        }
        self.counted(line, Ok(loader.finish(line)))
    }

    fn counted(&mut self, line: u32, tree: Result<Tree<'static>, YamlError>) -> Document {
        let index = self.index;
        self.index += 1;
        Document { index, line, tree }
    }

    /// Gives up on a document and goes to the next one.
    fn abandon(&mut self, line: u32, error: YamlError) -> Document {
        self.ended = !self.parser.proceed_next_document().unwrap_or(false);
        self.counted(line, Err(error))
    }

    /// After an error of the parser: perhaps only an indentation that means nothing is not as YAML wants it.
    fn recover(&mut self, error: &ScanError, start: Marker, line: u32) -> Document {
        let indent = matches!(
            error.kind(),
            ErrorKind::InvalidQuotedScalarIndent | ErrorKind::TabInIndentation | ErrorKind::TabInBlockIndentation
        );
        self.note(*error.marker());
        let explained = self.syntax(error, start);
        let mut document = self.abandon(line, explained);
        if !indent || self.repaired {
            return document;
        }
        let end = match self.parser.peek() {
            Some(Ok((Event::DocumentStart(..), span))) => span.start.byte_offset(),
            _ => None,
        };
        let rest = self.rest(start);
        let above = self.text.len() - rest.len();
        let text = rest.get(..end.map_or(rest.len(), |end| end.saturating_sub(above))).and_then(indent::reindent);
        let again = text.and_then(|text| {
            let mut again = documents(&text);
            again.repaired = true;
            again.next()?.tree.ok()
        });
        if let Some(mut tree) = again {
            let above = line_of(start.line()) - 1;
            tree.lines.iter_mut().for_each(|line| *line = line.saturating_add(above));
            document.tree = Ok(tree);
        }
        document
    }

    /// Whether a tab takes part in the indentation of what starts here. `kubectl` refuses that, the parser not always.
    fn has_tab_before(&self, start: Marker) -> bool {
        let before = start.byte_offset().and_then(|at| self.text.get(..at)).unwrap_or_default();
        let line = before.rsplit('\n').next().unwrap_or_default();
        line.contains('\t') && line.bytes().all(|byte| matches!(byte, b' ' | b'\t' | b'-' | b'?'))
    }

    /// Everything up to here belongs to documents that were read or given up.
    fn note(&mut self, at: Marker) {
        self.done = (at.byte_offset().unwrap_or(0), at.line());
    }

    /// Where the last `---` before stands, and on which line; where the last document ended if there is none.
    fn separator_before(&self, at: Marker) -> (usize, usize) {
        let (done, line) = self.done;
        let since = self.text.get(done..at.byte_offset().unwrap_or(0)).unwrap_or_default();
        let Some(found) = since.rfind("\n---") else { return (done, line) };
        (done + found + 1, line + since.get(..=found).unwrap_or_default().matches('\n').count())
    }

    /// The text from the line on in which a document starts.
    fn rest(&self, start: Marker) -> &str {
        let at = start.byte_offset().unwrap_or(0);
        let line_start = self.text.get(..at).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
        self.text.get(line_start..).unwrap_or_default()
    }

    fn syntax(&self, error: &ScanError, start: Marker) -> YamlError {
        hints::explain(error, self.rest(start), start.line())
    }
}
