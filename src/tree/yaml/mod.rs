//! YAML into trees: each document of a text, typed as `kubectl` types it, every value with its line.
//!
//! Keys are strings (`on:` becomes `true`, as it does in the cluster); duplicate keys are errors, although `kubectl`
//! takes the last one; merge keys and aliases are resolved within bounds. A document that cannot be read does not keep
//! the next ones from being read.

mod error;
mod hints;
mod load;
mod scalar;
#[cfg(test)]
mod tests;

pub use error::YamlError;

use super::{Tree, Type};
use error::Problem;
use granit_parser::{ErrorKind, Event, Marker, Options, Parser, ScanError, StrInput};
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
    Documents { text, parser: Parser::new_from_str_with_options(text, options), index: 0, ended: false }
}

/// The documents of a text; made by [`documents`].
pub struct Documents<'a> {
    text: &'a str,
    parser: Parser<'a, StrInput<'a>>,
    index: usize,
    ended: bool,
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
                    let start = *error.marker();
                    let error = self.syntax(&error, start);
                    return Some(self.abandon(line_of(start.line()), error));
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
        loop {
            match self.parser.next_event() {
                Some(Ok((Event::DocumentEnd | Event::StreamEnd, _))) | None => break,
                Some(Ok((event, span))) => {
                    let at = span.start.line();
                    let line = *line.get_or_insert(line_of(at));
                    if let Err(problem) = loader.event(event, line_of(at)) {
                        let error = hints::refine(problem, self.rest(start), start.line(), at);
                        return self.abandon(line, error);
                    }
                }
                Some(Err(error)) => {
                    let error = self.syntax(&error, start);
                    return self.abandon(line.unwrap_or(line_of(start.line())), error);
                }
            }
        }
        let line = line.unwrap_or(line_of(start.line()));
        // What stands behind the end of a document belongs to it: `{...} rest`.
        if let Some(Err(error)) = self.parser.peek()
            && *error.kind() == ErrorKind::ExpectedDocumentStart
        {
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

    fn rest(&self, start: Marker) -> &str {
        self.text.get(start.byte_offset().unwrap_or(0)..).unwrap_or_default()
    }

    fn syntax(&self, error: &ScanError, start: Marker) -> YamlError {
        hints::explain(error, self.rest(start), start.line())
    }
}
