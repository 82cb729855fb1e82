//! What can be wrong with a YAML document, in one plain line and with a remedy.

use crate::tree::MAX_ENTRIES;
use thiserror::Error;

/// Why a text is no tree.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
#[error("line {line}: {message}")]
pub struct YamlError {
    /// Where, counted from 1 in the whole text.
    pub line: u32,
    /// What is wrong: lower case, no final period, at most 120 characters, never a value.
    pub message: String,
    /// What to do about it.
    pub help: String,
}

impl YamlError {
    /// Message and remedy on one line.
    #[must_use]
    pub fn to_string_with_help(&self) -> String {
        if self.help.is_empty() { self.message.clone() } else { format!("{}; {}", self.message, self.help) }
    }

    pub(super) fn new(line: u32, problem: &Problem) -> Self {
        let mut message = problem.to_string();
        if message.chars().count() > 120 {
            message = message.chars().take(119).chain(['…']).collect();
        }
        Self { line, message, help: problem.help() }
    }
}

/// What is wrong, before it has a line.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub(super) enum Problem {
    // Mistakes that people make.
    #[error("`//` does not start a comment in YAML")]
    SlashComment,
    #[error("a tab indents this line: YAML allows only spaces")]
    Tab,
    #[error("no space after the colon of `{key}:`")]
    NoSpace { key: String },
    #[error("a quotation mark that opens here is never closed")]
    OpenQuote,
    #[error("text follows the closing quotation mark")]
    AfterQuote,
    #[error("a `{bracket}` that opens here is never closed")]
    OpenBracket { bracket: char },
    #[error("a closing bracket matches no open one")]
    CloseBracket,
    #[error("`{{{{` is a placeholder of a template")]
    Template,
    #[error("a merge conflict was left in the file")]
    Conflict,
    #[error("a value cannot start with {character:?}")]
    Character { character: char },
    #[error("this line does not fit the indentation of the lines around it")]
    Indentation,
    #[error("a line with `key: value` was expected")]
    NoKey,
    #[error("`\\` is followed by a letter that has no meaning after it")]
    Escape,
    // What a document may not hold.
    #[error("`{key}` is already set on line {first}")]
    Duplicate { key: String, first: u32 },
    #[error("the key of this value is no text")]
    NoTextKey,
    #[error("`<<` merges maps, and this is none")]
    MergeNoMap,
    #[error("a value that starts with `*` is an alias, and this one has no anchor before it")]
    UnknownAlias,
    #[error("an anchor contains an alias of itself")]
    SelfReference,
    #[error("the value is not what its tag says")]
    WrongTag,
    #[error("the value is not base64, which its tag `!!binary` says")]
    NoBase64,
    #[error("an infinite number has no place in JSON")]
    NoJsonNumber,
    #[error("more than {MAX_ENTRIES} values in one document")]
    TooMany,
    #[error("aliases repeat more than 8 MiB of text")]
    AliasText,
    #[error("nested deeper than 128 levels")]
    TooDeep,
    #[error("more than one document")]
    Several,
    /// What the parser says; never a value, by its own types.
    #[error("not valid YAML: {0}")]
    Syntax(String),
}

impl Problem {
    fn help(&self) -> String {
        let text = match self {
            Self::SlashComment => "write `#` before the comment",
            Self::Tab => "replace the tab by spaces",
            Self::NoSpace { key } => return format!("write `{key}: ...` with a space"),
            Self::OpenQuote => "close it, or put the whole value into quotation marks of the other kind",
            Self::AfterQuote => "put the whole value into quotation marks, or none of it",
            Self::OpenBracket { .. } | Self::CloseBracket => {
                "check the brackets; a value that starts with one is quoted to be text"
            }
            Self::Template => {
                "render the template first (`helm template ... | seawall check -`), or put it in quotation marks"
            }
            Self::Conflict => "resolve it and remove the lines with `<<<<<<<`, `=======` and `>>>>>>>`",
            Self::Character { .. } => "put the value into quotation marks",
            Self::Indentation => "indent it as its neighbours are; put a value that contains `: ` into quotation marks",
            Self::NoKey => "write `key: value`, or `- value` in a list",
            Self::Escape => "write `\\\\` for a backslash, or use single quotation marks",
            Self::Duplicate { .. } => "remove one of the two",
            Self::NoTextKey => "put the key into quotation marks",
            Self::MergeNoMap => "name a map, or a list of maps, by an alias: `<<: *name`",
            Self::UnknownAlias => {
                "put the value into quotation marks, or define the anchor earlier in the same document"
            }
            Self::SelfReference => "write the value out",
            Self::WrongTag => "remove the tag, or correct the value",
            Self::NoBase64 => "correct the value, or remove the tag",
            Self::NoJsonNumber => "put it into quotation marks if it is text",
            Self::TooMany => "split the document; check its aliases if it is not so large",
            Self::AliasText => "write the values out, or split the document",
            Self::TooDeep => "no Kubernetes object is nested so deeply; check the brackets and the indentation",
            Self::Several => "keep one document in this file",
            Self::Syntax(_) => "check this line and the one before it",
        };
        text.to_owned()
    }
}
