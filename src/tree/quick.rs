//! JSON as API servers write it, into a tree: the same as through serde, at a third of the price.
//!
//! Whatever takes thought is not thought about here: a mistake, an unusual number, deep nesting end the attempt, and the text is read
//! again by [`Seed`](super::json::Seed), which also knows what to say about it. A property test holds both to the same trees.
mod marks;

use std::borrow::Cow;

use super::{Entry, Id, Key, MAX_ENTRIES, NONE, Tree, Value, json::stays_unread};
use marks::Marks;

/// Nested deeper than this is unusual; far below the limit of 128 that holds for all JSON.
const DEEP: u8 = 64;
/// The longest run of digits that is a number without further thought.
const DIGITS: usize = 18;

/// Why a text is no tree yet.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum GivenUp {
    /// It holds more values than a tree.
    TooMany,
    /// It takes thought.
    Unusual,
}

/// Reads one document.
pub(super) fn read(text: &str) -> Result<Tree<'_>, GivenUp> {
    let entries = Vec::with_capacity((text.len() / 24).min(MAX_ENTRIES));
    let mut reader = Reader {
        text,
        bytes: text.as_bytes(),
        at: 0,
        marks: Marks::of(text.as_bytes()),
        tree: Tree { entries, ..Tree::default() },
    };
    let read = reader.token().and_then(|token| reader.value(token, NONE, Key::Index(0), 0).map(drop));
    match read {
        Some(()) if reader.token().is_none() => Ok(reader.tree),
        None if reader.tree.overflow => Err(GivenUp::TooMany),
        _ => Err(GivenUp::Unusual),
    }
}

struct Reader<'a> {
    text: &'a str,
    bytes: &'a [u8],
    at: usize,
    tree: Tree<'a>,
    marks: Marks,
}

// Every `None` ends the attempt.
impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    /// The next byte that is not blank.
    #[inline]
    fn token(&mut self) -> Option<u8> {
        let byte = self.next()?;
        if byte > b' ' { Some(byte) } else { self.token_behind(byte) }
    }

    #[cold]
    fn token_behind(&mut self, mut byte: u8) -> Option<u8> {
        while matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
            byte = self.next()?;
        }
        Some(byte)
    }

    fn word(&mut self, rest: &str) -> Option<()> {
        let end = self.at + rest.len();
        (self.text.get(self.at..end)? == rest).then(|| self.at = end)
    }

    /// As [`Tree::push`], but not yet linked to its neighbours.
    #[inline]
    fn push(&mut self, parent: Id, key: Key<'a>, value: Value<'a>) -> Option<Id> {
        let entries = &mut self.tree.entries;
        if entries.len() >= MAX_ENTRIES {
            self.tree.overflow = true;
            return None;
        }
        let id = Id::try_from(entries.len()).ok()?;
        entries.push(Entry { key, value, parent, first: NONE, last: NONE, next: NONE });
        Some(id)
    }

    /// A value whose first byte was read, and all that is in it.
    #[inline]
    fn value(&mut self, token: u8, parent: Id, key: Key<'a>, depth: u8) -> Option<Id> {
        if token == b'"'
            && let Some(text) = self.plain()
        {
            return self.push(parent, key, Value::Str(Cow::Borrowed(text)));
        }
        self.other(token, parent, key, depth)
    }

    /// Any other value than a plain string, which most are.
    fn other(&mut self, token: u8, parent: Id, key: Key<'a>, depth: u8) -> Option<Id> {
        match token {
            b'"' => {
                let text = self.escaped()?;
                self.push(parent, key, Value::Str(Cow::Owned(text)))
            }
            b'{' if depth < DEEP => {
                let unread = stays_unread(&key, parent);
                let id = self.push(parent, key, Value::Map)?;
                self.map(id, unread, depth + 1)?;
                Some(id)
            }
            b'[' if depth < DEEP => {
                let id = self.push(parent, key, Value::List)?;
                self.list(id, depth + 1)?;
                Some(id)
            }
            b't' => self.word("rue").and_then(|()| self.push(parent, key, Value::Bool(true))),
            b'f' => self.word("alse").and_then(|()| self.push(parent, key, Value::Bool(false))),
            b'n' => self.word("ull").and_then(|()| self.push(parent, key, Value::Null)),
            b'-' | b'0'..=b'9' => {
                let number = self.number()?;
                self.push(parent, key, number)
            }
            _ => None,
        }
    }

    fn map(&mut self, id: Id, unread: fn(&str) -> bool, depth: u8) -> Option<()> {
        let mut token = self.token()?;
        if token == b'}' {
            return Some(());
        }
        let (mut first, mut last) = (NONE, NONE);
        loop {
            (token == b'"').then_some(())?;
            let name = match self.plain() {
                Some(name) => Cow::Borrowed(name),
                None => Cow::Owned(self.escaped()?),
            };
            (self.token()? == b':').then_some(())?;
            token = self.token()?;
            let child = if unread(&name) {
                let start = self.at - 1;
                self.skip(token, depth)?;
                let raw = self.text.get(start..self.at)?;
                self.push(id, Key::Name(name), Value::Unread(raw))?
            } else {
                self.value(token, id, Key::Name(name), depth)?
            };
            self.link(&mut first, &mut last, child);
            match self.token()? {
                b',' => token = self.token()?,
                b'}' => break,
                _ => return None,
            }
        }
        self.close(id, first, last)
    }

    fn list(&mut self, id: Id, depth: u8) -> Option<()> {
        let mut token = self.token()?;
        if token == b']' {
            return Some(());
        }
        let (mut first, mut last, mut index) = (NONE, NONE, 0);
        loop {
            let child = self.value(token, id, Key::Index(index), depth)?;
            index += 1;
            self.link(&mut first, &mut last, child);
            match self.token()? {
                b',' => token = self.token()?,
                b']' => break,
                _ => return None,
            }
        }
        self.close(id, first, last)
    }

    #[inline]
    fn link(&mut self, first: &mut Id, last: &mut Id, child: Id) {
        match self.tree.entries.get_mut(*last as usize) {
            Some(before) => before.next = child,
            None => *first = child,
        }
        *last = child;
    }

    #[inline]
    fn close(&mut self, id: Id, first: Id, last: Id) -> Option<()> {
        let entry = self.tree.entries.get_mut(id as usize)?;
        (entry.first, entry.last) = (first, last);
        Some(())
    }

    /// The rest of a string in which nothing is escaped, its opening quote read; `None`, and nothing is read, for any other.
    #[inline]
    fn plain(&mut self) -> Option<&'a str> {
        let end = self.marks.next(self.at);
        if self.bytes.get(end)? != &b'"' {
            return None;
        }
        let text = self.text.get(self.at..end)?;
        self.at = end + 1;
        Some(text)
    }

    /// The rest of any string, its opening quote read.
    fn escaped(&mut self) -> Option<String> {
        let start = self.at.checked_sub(1)?;
        self.skip_string()?;
        serde_json::from_str(self.text.get(start..self.at)?).ok()
    }

    /// A number, its first character read.
    fn number(&mut self) -> Option<Value<'a>> {
        let start = self.at - 1;
        while let Some(b'0'..=b'9' | b'+' | b'-' | b'.' | b'e' | b'E') = self.bytes.get(self.at) {
            self.at += 1;
        }
        let text = self.text.get(start..self.at)?;
        let is_plain = text.len() <= DIGITS && text.bytes().all(|b| b.is_ascii_digit());
        if is_plain && (text.len() == 1 || !text.starts_with('0')) {
            return text.parse().ok().map(Value::Int);
        }
        let number: serde_json::Number = serde_json::from_str(text).ok()?;
        Some(number.as_i64().map_or(Value::Float(number.as_f64()?), Value::Int))
    }

    /// Passes over a value, which must be one nevertheless.
    fn skip(&mut self, mut token: u8, depth: u8) -> Option<()> {
        // Of each open bracket a bit: set for a map.
        let (mut open, mut maps) = (0_u8, 0_u64);
        loop {
            match token {
                b'"' => self.skip_string()?,
                b'{' | b'[' => {
                    (depth + open < DEEP).then_some(())?;
                    let is_map = token == b'{';
                    token = self.token()?;
                    if token != if is_map { b'}' } else { b']' } {
                        open += 1;
                        maps = maps << 1 | u64::from(is_map);
                        if is_map {
                            token = self.skip_key(token)?;
                        }
                        continue;
                    }
                }
                b't' => self.word("rue")?,
                b'f' => self.word("alse")?,
                b'n' => self.word("ull")?,
                b'-' | b'0'..=b'9' => self.number().map(drop)?,
                _ => return None,
            }
            loop {
                if open == 0 {
                    return Some(());
                }
                let is_map = maps & 1 == 1;
                match self.token()? {
                    b',' => {
                        token = self.token()?;
                        if is_map {
                            token = self.skip_key(token)?;
                        }
                        break;
                    }
                    b'}' if is_map => {}
                    b']' if !is_map => {}
                    _ => return None,
                }
                open -= 1;
                maps >>= 1;
            }
        }
    }

    /// Passes over a key whose first byte was read, and the colon; the first byte of the value.
    #[inline]
    fn skip_key(&mut self, token: u8) -> Option<u8> {
        (token == b'"').then_some(())?;
        self.skip_string()?;
        // What a field set is full of.
        while self.bytes.get(self.at..).and_then(<[u8]>::first_chunk::<5>) == Some(b":{},\"") {
            self.at += 5;
            self.skip_string()?;
        }
        (self.token()? == b':').then_some(())?;
        self.token()
    }

    /// Passes over the rest of a string.
    #[inline]
    fn skip_string(&mut self) -> Option<()> {
        let end = self.marks.next(self.at);
        if self.bytes.get(end) == Some(&b'"') {
            self.at = end + 1;
            return Some(());
        }
        self.skip_escaped()
    }

    fn skip_escaped(&mut self) -> Option<()> {
        loop {
            self.at = self.marks.next(self.at);
            match self.next()? {
                b'"' => return Some(()),
                b'\\' => match self.next()? {
                    b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't' => {}
                    b'u' => {
                        let digits = self.bytes.get(self.at..self.at + 4)?;
                        self.at += 4;
                        digits.iter().all(u8::is_ascii_hexdigit).then_some(())?;
                    }
                    _ => return None,
                },
                _ => return None,
            }
        }
    }
}

#[cfg(test)]
mod tests;
