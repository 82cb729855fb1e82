//! Patterns over image names and tags.

use serde::Deserialize;

/// A text with `*` for any run of characters except `/`, and at most one `{}` for a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pattern {
    text: String,
    /// How many bytes stand before the first `*` or `{}`, and how many behind the last.
    head: usize,
    tail: usize,
    /// The first and the last byte of the text, where they stand for themselves.
    ends: [Option<u8>; 2],
}

impl Pattern {
    fn new(text: String) -> Self {
        let is_open = |c: char| matches!(c, '*' | '{' | '}');
        let head = text.find(is_open).unwrap_or(text.len());
        let tail = text.rfind(is_open).map_or(0, |last| text.len() - last - 1);
        let bytes = text.as_bytes();
        let ends = [bytes.first().filter(|_| head > 0).copied(), bytes.last().filter(|_| tail > 0).copied()];
        Self { text, head, tail, ends }
    }

    /// True when it stands for nothing but itself.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.head == self.text.len()
    }

    /// False for nearly every text that does not match, at the price of one or two comparisons.
    fn can_match(&self, text: &str) -> bool {
        let bytes = text.as_bytes();
        let [first, last] = self.ends;
        if (first.is_some() && first != bytes.first().copied()) || (last.is_some() && last != bytes.last().copied()) {
            return false;
        }
        let head = self.text.get(..self.head).unwrap_or("");
        let tail = self.text.get(self.text.len() - self.tail..).unwrap_or("");
        text.starts_with(head) && text.ends_with(tail)
    }

    /// The byte that every text begins with that matches; `None` where it may be any.
    pub(super) fn first(&self) -> Option<u8> {
        self.ends.first().copied().flatten()
    }

    /// The pattern as written.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// True when the whole of `text` matches.
    #[must_use]
    pub fn matches(&self, text: &str) -> bool {
        if self.is_plain() {
            return self.text == text;
        }
        if self.text == "*" {
            return !text.contains('/');
        }
        self.can_match(text) && find(&self.text, text, &mut None)
    }

    /// The version at `{}`, when the whole of `text` matches.
    #[must_use]
    pub fn version<'t>(&self, text: &'t str) -> Option<&'t str> {
        if !self.can_match(text) {
            return None;
        }
        let mut at = None;
        find(&self.text, text, &mut at).then_some(at).flatten().and_then(|(start, end)| text.get(start..end))
    }

    /// How many characters are fixed: the more, the more specific.
    #[must_use]
    pub fn weight(&self) -> usize {
        self.text.chars().filter(|c| !matches!(c, '*' | '{' | '}')).count()
    }
}

/// Backtracking match; patterns are short and come from our own files, or from an administrator's.
fn find(pattern: &str, text: &str, version: &mut Option<(usize, usize)>) -> bool {
    fn go(p: &str, t: &str, offset: usize, version: &mut Option<(usize, usize)>) -> bool {
        if let Some(rest) = p.strip_prefix("{}") {
            let digits = t.bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            return (1..=digits).rev().any(|n| {
                let fits = t.get(n..).is_some_and(|after| go(rest, after, offset + n, version));
                if fits {
                    *version = Some((offset, offset + n));
                }
                fits
            });
        }
        if let Some(rest) = p.strip_prefix('*') {
            let most = t.find('/').unwrap_or(t.len());
            // Where a letter follows, only its places need a closer look.
            let next = rest.bytes().next().filter(|b| !matches!(b, b'*' | b'{'));
            let fits = |n: usize| next.is_none_or(|b| t.as_bytes().get(n) == Some(&b));
            return (0..=most).any(|n| fits(n) && t.get(n..).is_some_and(|after| go(rest, after, offset + n, version)));
        }
        match (p.chars().next(), t.chars().next()) {
            (None, None) => true,
            (Some(a), Some(b)) if a == b => {
                let n = a.len_utf8();
                match (p.get(n..), t.get(n..)) {
                    (Some(p), Some(t)) => go(p, t, offset + n, version),
                    _ => false,
                }
            }
            _ => false,
        }
    }
    go(pattern, text, 0, version)
}

impl<'de> Deserialize<'de> for Pattern {
    fn deserialize<D: serde::Deserializer<'de>>(d: D) -> Result<Self, D::Error> {
        let text = String::deserialize(d)?;
        if text.matches("{}").count() > 1 || text.matches('*').count() > 3 || text.len() > 200 {
            return Err(serde::de::Error::custom(format!("{text:?} has more than one {{}} or more than three *")));
        }
        Ok(Self::new(text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pattern(text: &str) -> Pattern {
        Pattern::new(text.to_owned())
    }

    #[test]
    fn patterns_match_whole_texts_and_find_the_version() {
        for (p, text, version) in [
            ("pg{}", "pg17", Some("17")),
            ("*-pg{}", "0.8.0-pg17", Some("17")),
            ("*-pg{}*", "2.14.2-pg16-oss", Some("16")),
            ("postgresql-{}-*", "postgresql-16-c9s", Some("16")),
            ("*-mongod{}", "main-mongod8.0", Some("8.0")),
            ("pg{}", "xpg17", None),
        ] {
            assert_eq!(pattern(p).version(text), version, "{p} on {text}");
        }
        assert!(pattern("bitnami/*").matches("bitnami/mysql"));
        assert!(!pattern("*").matches("bitnami/mysql"), "a star stays within a segment");
    }
}
