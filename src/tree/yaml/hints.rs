//! From what the parser stumbled over to what its author did wrong.
//!
//! A parser notices a mistake where it can go no further, which is often a line or two below it. So the lines of the
//! document up to there are looked at once more, for the mistakes that people make.

use super::error::{Problem, YamlError};
use granit_parser::{ErrorKind, ScanError};

/// How many lines below the error are looked at: the parser may stumble over the line above a tab.
const LOOK_AHEAD: usize = 8;

/// Fields of every object whose value holds no blank, so that a `//` in it was meant as a comment.
pub(super) fn is_swallowed_comment(path: &[Option<&str>], text: &str) -> bool {
    let in_place = matches!(
        path,
        [Some("apiVersion" | "kind")] | [.., Some("metadata"), Some("name" | "namespace")] | [.., Some("image")]
    );
    in_place && (text.starts_with("//") || text.contains(" //"))
}

/// What the parser's error means. `document` is the text from the start of the document on, whose line is `first`.
pub(super) fn explain(error: &ScanError, document: &str, first: usize) -> YamlError {
    let at = error.marker().line().max(first);
    let lines: Vec<Line<'_>> = code_lines(document, first).take_while(|line| line.number <= at + LOOK_AHEAD).collect();
    let (line, problem) = mistake(&lines, at, error.kind()).unwrap_or_else(|| by_kind(&lines, at, error.kind()));
    YamlError::new(super::line_of(line), &problem)
}

/// What a problem with a value means: `{{ .Values.x }}` is a map in a map to YAML.
pub(super) fn refine(problem: Problem, document: &str, first: usize, at: usize) -> YamlError {
    let template = problem == Problem::NoTextKey
        && code_lines(document, first).any(|line| line.number == at && line.text.contains("{{"));
    YamlError::new(super::line_of(at), if template { &Problem::Template } else { &problem })
}

/// A line that is neither a comment nor text of a block scalar.
pub(super) struct Line<'a> {
    number: usize,
    pub(super) text: &'a str,
}

impl Line<'_> {
    fn is_tabbed(&self) -> bool {
        self.text.chars().take_while(|c| c.is_whitespace()).any(|c| c == '\t')
    }

    /// A comment as in C or Java, outside quotes.
    fn has_slashes(&self) -> bool {
        let Some(at) = self.text.find("//") else { return false };
        let before = self.text.get(..at).unwrap_or_default();
        let balanced = |quote: char| before.matches(quote).count() % 2 == 0;
        (before.trim().is_empty() || before.ends_with([' ', '\t'])) && balanced('"') && balanced('\'')
    }

    /// The key of `key:value`.
    fn glued_key(&self) -> Option<&str> {
        let text = self.text.trim_start().trim_start_matches("- ").trim_start();
        let (key, value) = text.split_once(':')?;
        let is_key = key.starts_with(|c: char| c.is_ascii_alphabetic())
            && key.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.' | '/'));
        let glued = value.starts_with(|c: char| !c.is_whitespace() && c != '/' && c != ':');
        (is_key && glued && !value.contains(": ")).then_some(key)
    }

    fn is_item(&self) -> bool {
        self.text.trim_start().starts_with("- ")
    }

    /// A value begins with this quotation mark, and not all of them are closed.
    fn opens_quote(&self) -> bool {
        ['"', '\''].into_iter().any(|quote| {
            let starts = self.text.find(quote).is_some_and(|at| {
                let before = self.text.get(..at).unwrap_or_default();
                before.trim().is_empty() || before.trim_end().ends_with([':', '-', '[', '{', ','])
            });
            starts && self.text.replace("\\\"", "").matches(quote).count() % 2 == 1
        })
    }

    /// The bracket that is opened more often than closed.
    fn open_bracket(&self) -> Option<char> {
        let count = |bracket: char| self.text.matches(bracket).count();
        [('[', ']'), ('{', '}')].into_iter().find(|(open, close)| count(*open) > count(*close)).map(|(open, _)| open)
    }
}

/// True where placeholders stand outside of quotation marks: `{{ .Values.x }}`, `{% if x %}`.
pub fn is_template(document: &str) -> bool {
    let unquoted = |line: &Line<'_>| {
        let opens = line.text.find("{{").into_iter().chain(line.text.find("{%")).min();
        let before = opens.and_then(|at| line.text.get(..at));
        before.is_some_and(|before| ['"', '\''].iter().all(|quote| before.matches(*quote).count() % 2 == 0))
    };
    code_lines(document, 1).any(|line| unquoted(&line))
}

/// The mistakes that can be seen in the lines, whatever the parser says.
fn mistake(lines: &[Line<'_>], at: usize, kind: &ErrorKind) -> Option<(usize, Problem)> {
    let until = || lines.iter().filter(|line| line.number <= at);
    let is_marker =
        |line: &&Line<'_>| ["<<<<<<< ", ">>>>>>> ", "======="].iter().any(|mark| line.text.starts_with(mark));
    if let Some(line) = until().find(is_marker) {
        return Some((line.number, Problem::Conflict));
    }
    let is_template =
        |line: &&Line<'_>| line.text.trim_start().starts_with("{{") || (line.number == at && line.text.contains("{{"));
    if let Some(line) = until().find(is_template) {
        return Some((line.number, Problem::Template));
    }
    if let Some(line) = until().find(|line| line.has_slashes()) {
        return Some((line.number, Problem::SlashComment));
    }
    let tabs = matches!(
        kind,
        ErrorKind::TabNotAllowed
            | ErrorKind::TabInBlockIndentation
            | ErrorKind::TabInIndentation
            | ErrorKind::TabInPlainScalar
            | ErrorKind::TabAtBlockScalarStart
            | ErrorKind::InvalidBlockEntryWhitespace
            | ErrorKind::InvalidMappingValueWhitespace
    );
    let tabbed =
        |from: usize, to: usize| lines.iter().find(|line| (from..=to).contains(&line.number) && line.is_tabbed());
    if let Some(line) = tabbed(at.saturating_sub(1), if tabs { usize::MAX } else { at }) {
        return Some((line.number, Problem::Tab));
    }
    let before = until().rev().find(|line| line.number < at).filter(|line| !line.is_item());
    for line in lines.iter().filter(|line| line.number == at).chain(before) {
        if let Some(key) = line.glued_key() {
            return Some((line.number, Problem::NoSpace { key: key.to_owned() }));
        }
    }
    None
}

fn by_kind(lines: &[Line<'_>], at: usize, kind: &ErrorKind) -> (usize, Problem) {
    let last = |matches: &dyn Fn(&Line<'_>) -> bool| {
        lines.iter().rev().find(|line| line.number <= at && matches(line)).map_or(at, |line| line.number)
    };
    match kind {
        ErrorKind::UnclosedQuotedScalar
        | ErrorKind::InvalidQuotedScalarIndent
        | ErrorKind::DocumentIndicatorInQuotedScalar => (last(&|line| line.opens_quote()), Problem::OpenQuote),
        ErrorKind::InvalidTrailingSingleQuotedScalar | ErrorKind::InvalidTrailingDoubleQuotedScalar => {
            (at, Problem::AfterQuote)
        }
        ErrorKind::UnclosedFlowCollection { open } => (at, Problem::OpenBracket { bracket: *open }),
        ErrorKind::InvalidColonPlacement
        | ErrorKind::ExpectedFlowMappingSeparator
        | ErrorKind::ExpectedFlowSequenceSeparator
        | ErrorKind::UnexpectedEofFlowMapping
        | ErrorKind::UnexpectedEofFlowSequence
        | ErrorKind::UnexpectedEofImplicitFlowMapping
        | ErrorKind::InvalidFlowScalarIndent
        | ErrorKind::BlockEntryInFlowCollection => {
            let line = last(&|line| line.open_bracket().is_some());
            let bracket = lines.iter().find(|found| found.number == line).and_then(|line| line.open_bracket());
            (line, bracket.map_or(Problem::CloseBracket, |bracket| Problem::OpenBracket { bracket }))
        }
        ErrorKind::MisplacedFlowCollectionEnd | ErrorKind::MismatchedFlowCollectionEnd { .. } => {
            (at, Problem::CloseBracket)
        }
        ErrorKind::UnexpectedCharacter { character } => (at, Problem::Character { character: *character }),
        ErrorKind::UnknownQuotedScalarEscape
        | ErrorKind::InvalidQuotedScalarHexEscape
        | ErrorKind::InvalidLowSurrogateHexEscape
        | ErrorKind::InvalidLowSurrogate
        | ErrorKind::MissingLowSurrogate
        | ErrorKind::UnpairedLowSurrogate
        | ErrorKind::InvalidUnicodeEscape => (at, Problem::Escape),
        ErrorKind::RecursionLimitExceeded => (at, Problem::TooDeep),
        ErrorKind::UnknownAnchor => (at, Problem::UnknownAlias),
        ErrorKind::SimpleKeyExpected | ErrorKind::CommentInterceptedScalar => (at, Problem::NoKey),
        ErrorKind::MappingValueNotAllowed
        | ErrorKind::MappingKeyNotAllowed
        | ErrorKind::ExpectedBlockMappingKey
        | ErrorKind::ExpectedBlockSequenceEntry
        | ErrorKind::BlockSequenceEntryNotAllowed
        | ErrorKind::InvalidIndentation
        | ErrorKind::InvalidBlockScalarIndent
        | ErrorKind::ExpectedDocumentStart => (at, Problem::Indentation),
        other => (at, Problem::Syntax(other.to_string())),
    }
}

/// The lines of a document that hold structure, with their numbers in the whole text.
pub(super) fn code_lines(document: &str, first: usize) -> impl Iterator<Item = Line<'_>> {
    // Lines that are indented further than this belong to a block scalar.
    let mut block: Option<usize> = None;
    (first..).zip(document.lines()).filter_map(move |(number, text)| {
        let indent = text.len() - text.trim_start_matches(' ').len();
        let blank = text.trim().is_empty();
        if let Some(column) = block {
            if blank || indent > column {
                return None;
            }
            block = None;
        }
        if blank || text.trim_start().starts_with('#') {
            return None;
        }
        block = block_column(text);
        Some(Line { number, text })
    })
}

/// The column of the key or dash whose value is a block scalar (`|`, `>-`), if that starts on this line.
pub(super) fn block_column(line: &str) -> Option<usize> {
    let code = line.split_once(" #").map_or(line, |(code, _)| code).trim_end();
    let header = code.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-' || c == '+');
    let before = header.strip_suffix(['|', '>'])?;
    if !before.ends_with([' ', '\t']) {
        return None;
    }
    let mut column = 0;
    let mut rest = before;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        column += rest.len() - trimmed.len();
        match trimmed.strip_prefix("- ") {
            // A key stands behind the dash.
            Some(after) if after.contains(':') => {
                column += 2;
                rest = after;
            }
            _ => return Some(column),
        }
    }
}
