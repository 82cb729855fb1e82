//! One word of a command line, and what it stands for once variables are known.

use std::borrow::Cow;

/// A word after quotes and escapes are removed; expansions (`$NAME`, `${NAME}`, `$(NAME)`, `` `cmd` ``) stay as written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word<'a> {
    /// The text. It may be somebody's password: never print it.
    pub text: Cow<'a, str>,
    /// Whether the text is all there is. Otherwise the shell or the kubelet puts something into it.
    pub literal: bool,
    /// Written without quotes and escapes, so that it may be a keyword.
    pub(super) plain: bool,
}

impl AsRef<str> for Word<'_> {
    fn as_ref(&self) -> &str {
        &self.text
    }
}

impl<'a> Word<'a> {
    /// A word of `command` or `args` in a manifest: no shell reads it, but the kubelet replaces `$(NAME)` in it.
    #[must_use]
    pub fn of_argument(text: &'a str) -> Self {
        Self { text: Cow::Borrowed(text), literal: !has_reference(text), plain: false }
    }

    /// A part of this word, such as what follows an equals sign.
    #[must_use]
    pub fn part(&self, text: &str) -> Self {
        let literal = self.literal || !text.contains(['$', '`']);
        Self { text: Cow::Owned(text.to_owned()), literal, plain: self.plain }
    }

    /// Whether nothing of the text is literal: `$PASSWORD`, `${A}${B}`, `$(PASSWORD)`. A secret that is written so on a
    /// command line can be seen in the process list, but not in the manifest.
    #[must_use]
    pub fn only_references(&self) -> bool {
        !self.literal && only_references(&self.text)
    }

    /// The text with each variable replaced by its value; `None` where one is unknown or the expansion is anything else
    /// than a variable.
    ///
    /// Understands `$NAME`, `${NAME}`, `$(NAME)`, and a default or a complaint (`${NAME:-x}`, `${NAME:?}`).
    pub fn expand<'v>(&self, value: impl Fn(&str) -> Option<&'v str>) -> Option<Cow<'_, str>> {
        if self.literal {
            return Some(Cow::Borrowed(&self.text));
        }
        let mut out = String::with_capacity(self.text.len());
        let mut rest: &str = &self.text;
        while let Some(dollar) = rest.find(['$', '`']) {
            let (before, at) = rest.split_at(dollar);
            out.push_str(before);
            let reference = Reference::leading(at)?;
            match (value(reference.name), reference.default) {
                (Some(value), _) => out.push_str(value),
                (None, Some(default)) if !default.contains(['$', '`']) => out.push_str(default),
                (None, _) => return None,
            }
            rest = at.get(reference.length..)?;
        }
        out.push_str(rest);
        Some(Cow::Owned(out))
    }

    pub(super) fn into_owned<'b>(self) -> Word<'b> {
        Word { text: Cow::Owned(self.text.into_owned()), literal: self.literal, plain: self.plain }
    }
}

/// Whether a word of `command`, `args` or an environment value refers to a variable as the kubelet reads it: `$(NAME)`.
/// Two dollar signs are one written dollar sign, and no reference.
#[must_use]
pub fn has_reference(text: &str) -> bool {
    // Nearly no text has one.
    if !text.as_bytes().contains(&b'$') {
        return false;
    }
    let mut rest = text;
    while let Some(dollar) = rest.find('$') {
        let at = rest.get(dollar..).unwrap_or_default();
        if at.starts_with("$(") && Reference::leading(at).is_some() {
            return true;
        }
        rest = at.get(if at.starts_with("$$") { 2 } else { 1 }..).unwrap_or_default();
    }
    false
}

/// Whether a text consists of references to variables and nothing else. It cannot know about quotes: for a word of a
/// script ask [`Word::only_references`].
#[must_use]
pub fn only_references(text: &str) -> bool {
    let mut rest = text;
    while !rest.is_empty() {
        match Reference::leading(rest).and_then(|reference| rest.get(reference.length..)) {
            Some(after) => rest = after,
            None => return false,
        }
    }
    !text.is_empty()
}

/// A reference to a variable at the start of a text.
struct Reference<'a> {
    name: &'a str,
    /// What stands for it if it is unset or empty.
    default: Option<&'a str>,
    /// In bytes, with dollar sign and braces.
    length: usize,
}

impl<'a> Reference<'a> {
    fn leading(text: &'a str) -> Option<Self> {
        let after = text.strip_prefix('$')?;
        if let Some(inner) = after.strip_prefix('{') {
            let inner = inner.get(..inner.find('}')?)?;
            let name = leading_name(inner)?;
            let default = match inner.get(name.len()..)? {
                "" => None,
                rest => match rest.trim_start_matches(':').split_at_checked(1)? {
                    ("-" | "=", default) => Some(default),
                    ("?", _) => None,
                    _ => return None,
                },
            };
            return Some(Self { name, default, length: inner.len() + 3 });
        }
        if let Some(inner) = after.strip_prefix('(') {
            let name = inner.get(..inner.find(')')?)?;
            // The kubelet's names may have dots and dashes.
            let valid = !name.is_empty()
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-'));
            return valid.then_some(Self { name, default: None, length: name.len() + 3 });
        }
        let name = leading_name(after)?;
        Some(Self { name, default: None, length: name.len() + 1 })
    }
}

/// The shell name at the start of a text.
pub(super) fn leading_name(text: &str) -> Option<&str> {
    let end = text.find(|c: char| !c.is_ascii_alphanumeric() && c != '_').unwrap_or(text.len());
    text.get(..end).filter(|name| name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'))
}

/// Takes `NAME=value` apart.
pub(super) fn assignment(text: &str) -> Option<(&str, &str)> {
    let name = leading_name(text)?;
    let rest = text.get(name.len()..)?;
    Some((name, rest.strip_prefix('=').or_else(|| rest.strip_prefix("+="))?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn open(text: &str) -> Word<'_> {
        Word { text: Cow::Borrowed(text), literal: false, plain: false }
    }

    fn value(name: &str) -> Option<&'static str> {
        match name {
            "PGDATA" => Some("/var/lib/postgresql/data"),
            "my.name-1" => Some("x"),
            _ => None,
        }
    }

    #[test]
    fn expands_known_variables() {
        let cases = [
            ("$PGDATA/*", Some("/var/lib/postgresql/data/*")),
            ("${PGDATA}", Some("/var/lib/postgresql/data")),
            ("${PGDATA:?}/x", Some("/var/lib/postgresql/data/x")),
            ("${PGDATA:-/data}", Some("/var/lib/postgresql/data")),
            ("${OTHER:-/data}", Some("/data")),
            ("${OTHER-/data}/y", Some("/data/y")),
            ("${OTHER:-$X}", None),
            ("$OTHER", None),
            ("$(PGDATA)", Some("/var/lib/postgresql/data")),
            ("$(my.name-1)", Some("x")),
            ("$(cat file)", None),
            ("`cat`", None),
            ("${PGDATA%/}", None),
            ("${", None),
            ("$", None),
            ("$1", None),
        ];
        for (text, expected) in cases {
            assert_eq!(open(text).expand(value).as_deref(), expected, "{text}");
        }
        assert_eq!(Word { literal: true, ..open("$PGDATA") }.expand(value).as_deref(), Some("$PGDATA"));
    }

    #[test]
    fn arguments_know_only_the_kubelet() {
        assert!(!Word::of_argument("--requirepass=$(PASSWORD)").literal);
        for text in ["$PASSWORD", "${PASSWORD}", "$$(PASSWORD)", "$(a b)", "$()", "$(", "plain"] {
            assert!(Word::of_argument(text).literal, "{text}");
        }
        assert!(has_reference("$$$(A)"));
    }

    #[test]
    fn tells_pure_references() {
        for text in ["$A", "${A}", "$(A)", "${A}$B"] {
            assert!(only_references(text), "{text}");
        }
        for text in ["", "a$A", "$A/", "$(a b)", "`a`", "$5", "p$"] {
            assert!(!only_references(text), "{text}");
        }
        assert!(!Word { literal: true, ..open("$ecret") }.only_references());
    }

    #[test]
    fn takes_assignments_apart() {
        assert_eq!(assignment("PGPASSWORD=x=y"), Some(("PGPASSWORD", "x=y")));
        assert_eq!(assignment("A+=b"), Some(("A", "b")));
        assert!(["=x", "1A=b", "a-b=c", "A", ""].iter().all(|text| assignment(text).is_none()));
    }

    proptest! {
        #[test]
        fn any_text_is_no_panic(text in "\\PC{0,30}|[$(){}`a-zA-Z:?-]{0,30}") {
            let _ = (has_reference(&text), only_references(&text), assignment(&text));
            let _ = open(&text).expand(|_| Some("v"));
        }
    }
}
