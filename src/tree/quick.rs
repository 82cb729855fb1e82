//! JSON as API servers write it, into a tree: the same as through serde, at a third of the price.
//!
//! Whatever takes thought is not thought about here: a mistake, an unusual number, deep nesting end the attempt, and the text is read
//! again by [`Seed`](super::json::Seed), which also knows what to say about it. A property test holds both to the same trees.
use std::borrow::Cow;

use super::{Entry, Id, Key, MAX_ENTRIES, NONE, Tree, Value, json::stays_unread};

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
    let mut reader = Reader { text, bytes: text.as_bytes(), at: 0, tree: Tree { entries, ..Tree::default() } };
    let read = reader.token().and_then(|token| {
        let root = reader.push(NONE, None, 0)?;
        reader.value(token, root, 0)
    });
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
}

/// The elements of a list or the values of a map, as they are met.
#[derive(Clone, Copy)]
struct Chain {
    first: Id,
    last: Id,
}

// Every `None` ends the attempt.
impl<'a> Reader<'a> {
    fn next(&mut self) -> Option<u8> {
        let byte = self.bytes.get(self.at).copied()?;
        self.at += 1;
        Some(byte)
    }

    /// The next byte that is not blank.
    fn token(&mut self) -> Option<u8> {
        loop {
            let byte = self.next()?;
            if !matches!(byte, b' ' | b'\n' | b'\r' | b'\t') {
                return Some(byte);
            }
        }
    }

    fn word(&mut self, rest: &str) -> Option<()> {
        let end = self.at + rest.len();
        (self.text.get(self.at..end)? == rest).then(|| self.at = end)
    }

    /// What stands between a bracket that was read and `close`, item by item; each is given its first byte.
    fn items(&mut self, close: u8, mut item: impl FnMut(&mut Self, u8) -> Option<()>) -> Option<()> {
        let mut token = self.token()?;
        if token == close {
            return Some(());
        }
        loop {
            item(self, token)?;
            match self.token()? {
                b',' => token = self.token()?,
                byte => return (byte == close).then_some(()),
            }
        }
    }

    /// As [`Tree::push`], but without a value, and not yet linked to its neighbours. What is handed over fits into registers: an
    /// entry that is put together in memory elsewhere is waited for.
    fn push(&mut self, parent: Id, name: Option<&'a str>, index: u32) -> Option<Id> {
        let entries = &mut self.tree.entries;
        if entries.len() >= MAX_ENTRIES {
            self.tree.overflow = true;
            return None;
        }
        let id = Id::try_from(entries.len()).ok()?;
        let key = name.map_or(Key::Index(index), |name| Key::Name(Cow::Borrowed(name)));
        entries.push(Entry { key, value: Value::Null, parent, first: NONE, last: NONE, next: NONE });
        Some(id)
    }

    #[inline]
    fn set(&mut self, id: Id, value: Value<'a>) -> Option<()> {
        self.tree.entries.get_mut(id as usize)?.value = value;
        Some(())
    }

    fn link(&mut self, chain: &mut Chain, id: Id) {
        match self.tree.entries.get_mut(chain.last as usize) {
            Some(before) => before.next = id,
            None => chain.first = id,
        }
        chain.last = id;
    }

    fn close(&mut self, parent: Id, chain: Chain) -> Option<()> {
        let entry = self.tree.entries.get_mut(parent as usize)?;
        (entry.first, entry.last) = (chain.first, chain.last);
        Some(())
    }

    fn value(&mut self, token: u8, id: Id, depth: u8) -> Option<()> {
        match token {
            b'"' => match self.plain() {
                Some(text) => self.set(id, Value::Str(Cow::Borrowed(text))),
                None => {
                    let text = self.escaped()?;
                    self.set(id, Value::Str(Cow::Owned(text)))
                }
            },
            b'{' => self.map(id, depth),
            b'[' => self.list(id, depth),
            b't' => self.word("rue").and_then(|()| self.set(id, Value::Bool(true))),
            b'f' => self.word("alse").and_then(|()| self.set(id, Value::Bool(false))),
            b'n' => self.word("ull"),
            b'-' | b'0'..=b'9' => {
                let number = self.number()?;
                self.set(id, number)
            }
            _ => None,
        }
    }

    fn map(&mut self, id: Id, depth: u8) -> Option<()> {
        self.set(id, Value::Map).filter(|()| depth < DEEP)?;
        let unread = self.tree.entry(id).map(|e| stays_unread(&e.key, e.parent))?;
        let mut chain = Chain { first: NONE, last: NONE };
        self.items(b'}', |reader, token| {
            (token == b'"').then_some(())?;
            let name = reader.plain();
            let child = reader.push(id, name, 0)?;
            let is_unread = match name {
                Some(name) => unread(name),
                None => {
                    let name = reader.escaped()?;
                    let is_unread = unread(&name);
                    reader.tree.entries.get_mut(child as usize)?.key = Key::Name(Cow::Owned(name));
                    is_unread
                }
            };
            reader.link(&mut chain, child);
            (reader.token()? == b':').then_some(())?;
            let token = reader.token()?;
            if is_unread {
                let start = reader.at - 1;
                reader.skip(token, depth + 1)?;
                let raw = reader.text.get(start..reader.at)?;
                reader.set(child, Value::Unread(raw))
            } else {
                reader.value(token, child, depth + 1)
            }
        })?;
        self.close(id, chain)
    }

    fn list(&mut self, id: Id, depth: u8) -> Option<()> {
        self.set(id, Value::List).filter(|()| depth < DEEP)?;
        let mut chain = Chain { first: NONE, last: NONE };
        let mut index = 0;
        self.items(b']', |reader, token| {
            let child = reader.push(id, None, index)?;
            reader.link(&mut chain, child);
            index += 1;
            reader.value(token, child, depth + 1)
        })?;
        self.close(id, chain)
    }

    /// The rest of a string in which nothing is escaped, its opening quote read; `None`, and nothing is read, for any other.
    #[inline]
    fn plain(&mut self) -> Option<&'a str> {
        let end = next_special(self.bytes, self.at);
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
    fn skip(&mut self, token: u8, depth: u8) -> Option<()> {
        match token {
            b'"' => self.skip_string(),
            b'{' if depth < DEEP => self.items(b'}', |reader, token| {
                (token == b'"').then_some(())?;
                reader.skip_string()?;
                (reader.token()? == b':').then_some(())?;
                let token = reader.token()?;
                reader.skip(token, depth + 1)
            }),
            b'[' if depth < DEEP => self.items(b']', |reader, token| reader.skip(token, depth + 1)),
            b't' => self.word("rue"),
            b'f' => self.word("alse"),
            b'n' => self.word("ull"),
            b'-' | b'0'..=b'9' => self.number().map(drop),
            _ => None,
        }
    }

    /// Passes over the rest of a string.
    fn skip_string(&mut self) -> Option<()> {
        loop {
            self.at = next_special(self.bytes, self.at);
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

/// Where the next byte is that does not stand for itself in a string: a quote, a backslash, a control character. Eight bytes are looked at together: a byte's highest bit in `found` is set if it is such a byte, and perhaps in those
/// behind one.
fn next_special(bytes: &[u8], mut at: usize) -> usize {
    const EACH: u64 = u64::from_le_bytes([1; 8]);
    let zero = |word: u64| word.wrapping_sub(EACH) & !word;
    while let Some(chunk) = bytes.get(at..).and_then(<[u8]>::first_chunk::<8>) {
        let word = u64::from_le_bytes(*chunk);
        let control = word.wrapping_sub(EACH * 0x20) & !word;
        let found = (control | zero(word ^ (EACH * 0x22)) | zero(word ^ (EACH * 0x5c))) & (EACH * 0x80);
        if found != 0 {
            return at + found.trailing_zeros() as usize / 8;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|byte| !matches!(byte, b'"' | b'\\' | 0..=0x1f)) {
        at += 1;
    }
    at
}

#[cfg(test)]
mod tests;
